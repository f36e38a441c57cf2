"""The real `netwatch run` as a process of its own, asked at its local API like any other client."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import httpx

from netwatch.errors import OperatingError
from netwatch.simulation.demo import ground as place
from netwatch.web.model import IncidentView, StatusView
from netwatch.web.wire import Incidents, decode

T = TypeVar("T")

_ANSWER_S: Final = 5.0
_STOP_S: Final = 10.0


class Daemon:
    """netwatch with one configuration, alive from `start` to `stop`."""

    def __init__(self, ground: place.Ground, configuration: Path, socket: Path) -> None:
        self._ground = ground
        self._configuration = configuration
        self._process: subprocess.Popen[bytes] | None = None
        transport = httpx.AsyncHTTPTransport(uds=str(socket), verify=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://netwatch", timeout=_ANSWER_S)
        self.log = configuration.with_name("netwatch.log")

    def start(self) -> None:
        command = [sys.executable, "-m", "netwatch", "run", "-c", str(self._configuration)]
        self._process = self._ground.do(partial(place.start, command, self.log, {}))

    async def status(self) -> StatusView | None:
        """None while it does not answer yet.

        Raises:
            OperatingError: it has ended.
        """
        self._check()
        try:
            return await self._ask("/v1/status", StatusView)
        except httpx.TransportError:
            return None

    async def incident(self, known: str | None) -> IncidentView | None:
        """The incident of that id, or with None the gravest or newest there is; None = none yet."""
        self._check()
        try:
            found = await self._ask("/v1/incidents?closed=1", Incidents)
        except httpx.TransportError:
            return None
        wanted = [view for view in found.incidents if known in {None, view.id} and view.status != "dismissed"]
        return max(wanted, key=lambda view: (view.opened_at is not None, view.ever_affected), default=None)

    async def _ask(self, path: str, kind: type[T]) -> T:
        answer = await self._client.get(path)
        return decode(kind, answer.content)

    def _check(self) -> None:
        if self._process is None or self._process.poll() is None:
            return
        said = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        raise OperatingError(f"netwatch run ended with {self._process.returncode}", "\n".join(["it said:", *said]))

    def say(self, *arguments: str) -> str:
        """What the netwatch command prints."""
        command = [sys.executable, "-m", "netwatch", *arguments, "-c", str(self._configuration)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - our own
        return done.stdout + done.stderr

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL when that is not heeded. Meanwhile the loop turns: netwatch may still send."""
        await self._client.aclose()
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)


def unix(at: datetime | None) -> float | None:
    """Unix seconds of an instant of the API."""
    return at.timestamp() if at is not None else None
