"""The command line against a daemon's doors, served for real in a thread of their own."""

import asyncio
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from netwatch.cli import main
from netwatch.web import sample
from netwatch.web.api import local_api
from netwatch.web.fake import FakeDoors
from netwatch.web.server import serve
from netwatch.web.sockets import open_unix


@dataclass
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


class Served:
    """A fake daemon at `socket`."""

    def __init__(self, doors: FakeDoors, socket: Path) -> None:
        self.doors = doors
        self.socket = socket
        self._listener = open_unix(socket)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self._loop.run_until_complete(serve(local_api(self.doors), self._listener, self._stop))
        self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    served = Served(FakeDoors(sample.picture()), tmp_path_factory.mktemp("doors") / "s")
    yield served
    served.stop()


@pytest.fixture(autouse=True)
def doors(daemon):
    """The sample outage, fresh."""
    daemon.doors.__dict__.clear()
    daemon.doors.__dict__.update(
        vars(FakeDoors(sample.picture(), devices={"up": 1, "unreachable": 2}, version="1.2.3"))
    )
    return daemon.doors


@pytest.fixture
def netwatch(daemon, monkeypatch, capsys, tmp_path):
    """Runs a command in this process, as the console script does, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("NETWATCH_SOCKET", str(daemon.socket))
    monkeypatch.delenv("NETWATCH_CONFIG", raising=False)

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["netwatch", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return run
