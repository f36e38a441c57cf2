"""`netwatch run` as an operator runs it, in the monitor's namespace; asked at its local API."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lab.namespaces.provider import SOCKET
from tests.lab.namespaces.shell import Namespace, end, kill, wait_until


class _Asking(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, path: str) -> None:
        super().__init__("netwatch", timeout=5.0)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5.0)
        self.sock.connect(self._path)


class Daemon:
    """One configuration; started and stopped as often as a test likes."""

    def __init__(self, space: Namespace, configuration: Path) -> None:
        self._space = space
        self._configuration = configuration
        self._socket = configuration.with_name(SOCKET)
        self._process: subprocess.Popen[bytes] | None = None
        self.log = configuration.with_name("netwatch.log")

    def start(self, within_s: float = 20.0) -> None:
        """Runs, and answers at its API."""
        command = [sys.executable, "-m", "netwatch", "run", "-c", str(self._configuration)]
        self._process = self._space.start(command, self.log)
        try:
            wait_until("netwatch run answers", self._alive, within_s)
        except TimeoutError as error:
            raise AssertionError(f"{error}:\n{self.tail()}") from None

    def _alive(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            msg = f"netwatch run ended with {self._process.returncode}:\n{self.tail()}"
            raise AssertionError(msg)
        try:
            self.ask("/v1/status")
        except OSError:
            return False
        return True

    def wait_warm(self, within_s: float = 120.0) -> float:
        """Until customers may be told: two full cycles seen."""
        return wait_until("netwatch is warm", lambda: self.ask("/v1/status")["warm"], within_s, every_s=0.25)

    def kill_9(self) -> None:
        """As a power cut or the kernel's memory killer would."""
        assert self._process is not None
        kill(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> int:
        """Its exit code after SIGTERM; 0 when it was not running."""
        if self._process is None:
            return 0
        return end(self._process)

    def ask(self, path: str) -> Any:
        """What the local API answers."""
        asking = _Asking(str(self._socket))
        try:
            asking.request("GET", path)
            answer = asking.getresponse()
            assert answer.status == 200, f"{path}: {answer.status} {answer.read().decode()}"
            return json.loads(answer.read())
        finally:
            asking.close()

    def incidents(self) -> list[dict[str, Any]]:
        """All of them, open and closed, newest first, as `netwatch incidents --json` gives them."""
        found: list[dict[str, Any]] = self.ask("/v1/incidents?closed=1")["incidents"]
        return found

    def told(self) -> list[dict[str, Any]]:
        """The incidents that were ever opened."""
        return [incident for incident in self.incidents() if incident["opened_at"]]

    def incident(self, incident: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(f"/v1/incidents/{incident}")
        return found

    def command(self, *arguments: str) -> str:
        """What the netwatch command prints."""
        done = subprocess.run(
            [sys.executable, "-m", "netwatch", *arguments, "-c", str(self._configuration)],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, f"netwatch {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.command(*arguments, "--json"))

    def tail(self, lines: int = 60) -> str:
        """The end of its log, for a failed test's report."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
