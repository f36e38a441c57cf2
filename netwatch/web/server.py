"""uvicorn inside the daemon's loop: no signals of its own, no logs of its own, bounded in everything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from netwatch.web.peer import uid_of

_CONNECTIONS = 64
#: Connections open at one listener at most, so that nobody from outside takes all descriptors. Each listener has its
#: own: the operator gets in at the socket file however crowded the public doors are.
MOST_OPEN = 256
#: Connections that wait in the kernel at most.
_BACKLOG = 64
_IDLE_S = 10.0
_STOP_S = 2.0


class _Protocol(H11Protocol):
    """Knows the peer's user id, and hangs up on who connects and asks nothing, or is one too many."""

    _hang_up: asyncio.TimerHandle | None = None
    _seen: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_OPEN:
            transport.abort()
            return
        connection = transport.get_extra_info("socket")
        uid = uid_of(connection) if connection is not None else None
        if uid is not None:
            self.client = ("uid", uid)
        self._hang_up = self.loop.call_later(_IDLE_S, self._hang_up_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._hang_up is not None:
            self._hang_up.cancel()
        super().connection_lost(exc)

    def _hang_up_if_idle(self) -> None:
        """Since the last look no question came to its end: who sends a part of one now and then asks nothing either."""
        if self.cycle is self._seen and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
            return
        self._seen = self.cycle
        self._hang_up = self.loop.call_later(_IDLE_S, self._hang_up_if_idle)


class _Server(uvicorn.Server):
    """Leaves the process' signals to the daemon, and takes one connection at each turn of the loop.

    With nothing left to open asyncio tries all of a backlog at each turn, plans another turn for each that failed, and
    soon does nothing else; so it is told of a backlog of 1, and the kernel of the true one.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(_BACKLOG)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(app: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serves `app` on `listener` until `stop` is set, then lets requests finish for at most two seconds.

    Cancelling has the same end. The caller closes the listener's file, if it has one.
    """
    settings: dict[str, Any] = {
        "http": _Protocol,
        "ws": "none",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "limit_concurrency": _CONNECTIONS,
        "backlog": 1,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": int(_STOP_S),
        "h11_max_incomplete_event_size": 16 * 1024,
    }
    server = _Server(uvicorn.Config(app, **settings))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name=f"serve {listener.getsockname()}")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.should_exit = True
        await serving
