"""The daemon's listening sockets: opened first, so that a taken one is told before anything else begins."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from netwatch.communication.channels.callback import Door
from netwatch.config.doors import MetricsSettings, WebSettings
from netwatch.web.answers import Ear
from netwatch.web.api import local_api
from netwatch.web.offer import Doors
from netwatch.web.public import metrics_app, page_app
from netwatch.web.queue import Queue, queue_app
from netwatch.web.server import serve
from netwatch.web.sockets import address_of, close_unix, open_tcp, open_unix

_log = logging.getLogger("netwatch")


@dataclass(frozen=True, slots=True)
class Listening:
    """Open listeners; None where the configuration wants none."""

    local: socket.socket
    metrics: socket.socket | None
    page: socket.socket | None
    phone: socket.socket | None

    @classmethod
    @contextmanager
    def open(cls, web: WebSettings, metrics: MetricsSettings) -> Iterator[Self]:
        """Open all of them.

        Raises:
            OperatingError: one is taken or not allowed; the setting is named.
        """
        with ExitStack() as stack:
            local = open_unix(web.socket)
            stack.callback(close_unix, local, web.socket)
            found: list[socket.socket | None] = []
            for what, host, port in (
                ("metrics.port", metrics.bind, metrics.port),
                ("web.page_port", web.page_bind, web.page_port),
                ("web.phone.port", web.phone.bind, web.phone.port),
            ):
                listener = None if port is None else open_tcp(host, port, what)
                if listener is not None:
                    stack.callback(listener.close)
                    _log.info("%s: listening on http://%s", what, address_of(listener))
                found.append(listener)
            yield cls(local, *found)

    async def serve(
        self, doors: Doors, queue: Queue, stop: asyncio.Event, *, phone_token: str, receipts: Door, ear: Ear
    ) -> None:
        """Serve all of them until `stop` is set. `phone_token`: what the phone queue must bear; "" = nothing.

        `receipts`: where SMS gateways leave theirs. `ear`: who hears what people answer.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(local_api(doors), self.local, stop))
            if self.metrics is not None:
                group.create_task(serve(metrics_app(doors), self.metrics, stop))
            if self.page is not None:
                group.create_task(serve(page_app(doors, receipts, ear), self.page, stop))
            if self.phone is not None:
                group.create_task(serve(queue_app(queue, phone_token), self.phone, stop))
