"""`netwatch run` on a real terminal: the moving line of the first look; and what --record leaves after kill -9."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from netwatch.simulation.reading import read

NETWATCH = [sys.executable, "-m", "netwatch"]
DEVICES = ("core-1", "acc-1", "acc-2")


@pytest.fixture
def config(root, tmp_path):
    """Three devices of which loopback answers the pings."""
    assert root
    network = {
        "devices": [{"id": name, "address": f"127.0.9.{n}", "role": "core"} for n, name in enumerate(DEVICES, 1)],
        "links": [{"id": f"l-{name}", "a": f"core-1:to-{name}", "b": f"{name}:up"} for name in DEVICES[1:]],
        "monitor": {"attached_to": ["core-1"]},
    }
    (tmp_path / "network.yaml").write_text(yaml.safe_dump(network))
    settings = {
        "inventory": ["network.yaml"],
        "polling": {"icmp_interval_s": 1},
        "diagnosis": {"learning_s": 4},
        "storage": {"directory": "state"},
        "web": {"socket": "s", "page_directory": "page"},
        "metrics": {"port": None},
    }
    path = tmp_path / "netwatch.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._own, theirs = pty.openpty()
        self.process = subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.said = ""

    def read_until(self, holds: Callable[[str], object], within_s: float = 40.0) -> None:
        until = time.monotonic() + within_s
        while not holds(self.said):
            assert time.monotonic() < until, self.said
            if select.select([self._own], [], [], 0.5)[0]:
                self.said += os.read(self._own, 65536).decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self._own)


def test_the_first_look_moves_on_a_terminal_and_what_was_recorded_survives_kill_9(config):
    recorded = config.with_name("seen.jsonl")
    terminal = Terminal(*NETWATCH, "run", "-c", str(config), "--record", str(recorded))
    try:
        terminal.read_until(lambda said: re.search(r"\[#+\.*\]  pinged 100 %  \d s left", said))
        # The line is drawn again and again, and cleared at last when the network is learnt.
        terminal.read_until(lambda said: said.endswith("\r\x1b[2K"))
        status = subprocess.run([*NETWATCH, "status", "-c", str(config), "--json"], capture_output=True, check=True)
        assert json.loads(status.stdout)["first_look"] is None
        assert json.loads(status.stdout)["warm"]
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait(10)
    finally:
        terminal.close()
    assert {seen.device for seen in read(recorded) if hasattr(seen, "device")} == set(DEVICES)
    replayed = subprocess.run(
        [*NETWATCH, "replay", "-c", str(config), str(recorded), "--json"], capture_output=True, check=True
    )
    assert json.loads(replayed.stdout) == {"incidents": []}


def test_off_a_terminal_the_log_tells_it(config):
    with config.with_name("log").open("w") as log:
        process = subprocess.Popen([*NETWATCH, "run", "-c", str(config)], stdout=log, stderr=log)
    try:
        until = time.monotonic() + 30
        while "first look: " not in config.with_name("log").read_text():
            assert process.poll() is None
            assert time.monotonic() < until
            select.select([], [], [], 0.1)
        # What understood the arguments and the files would be kept as long as the daemon runs.
        assert "pydantic_core" not in Path(f"/proc/{process.pid}/maps").read_text()
    finally:
        process.terminate()
        assert process.wait(20) == 0
    lines = [json.loads(line)["text"] for line in config.with_name("log").read_text().splitlines()]
    (told,) = [line for line in lines if line.startswith("first look")]
    assert re.fullmatch(r"first look: \d of 3 devices pinged \(\d answer\).*", told)
