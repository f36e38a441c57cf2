"""uvicorn inside the daemon's loop: no signals of its own, no logs of its own, bounded in everything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from netwatch.web.peer import uid_of

_CONNECTIONS = 64
_IDLE_S = 10.0
_STOP_S = 2.0


class _Protocol(H11Protocol):
    """Knows the peer's user id, and hangs up on who connects and asks nothing."""

    _hang_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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
        if self.cycle is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """Leaves the process' signals to the daemon."""

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
