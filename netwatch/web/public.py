"""The doors on TCP: metrics and health, and the outage page where the operator serves it from here.

No customer's data and no orders: what is served is safe to read for anyone who can connect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from netwatch.communication.channels.callback import Door
from netwatch.web import metrics
from netwatch.web.answers import Ear, answer_route
from netwatch.web.model import Check
from netwatch.web.offer import Doors
from netwatch.web.receipts import receipt_route

_PAGE_TYPES = {
    ".html": "text/html",
    ".json": "application/json",
    ".atom": "application/atom+xml",
    ".txt": "text/plain; charset=utf-8",
}
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "max-age=15",
}


def metrics_app(doors: Doors, *, page: bool = False) -> Starlette:
    """`/metrics`, `/-/healthy`, `/-/ready`; with `page` the outage page at `/` too."""
    public = _Public(doors)
    routes: list[BaseRoute] = [
        Route("/metrics", public.metrics),
        Route("/-/healthy", public.healthy),
        Route("/-/ready", public.ready),
    ]
    return Starlette(routes=[*routes, *_page_routes(public, page=page)])


def page_app(doors: Doors, receipts: Door | None = None, ear: Ear | None = None) -> Starlette:
    """The outage page alone, for an address of its own; beside it, where SMS gateways leave `receipts` and answers."""
    gateways = [receipt_route(receipts)] if receipts is not None else []
    gateways += [answer_route(ear)] if ear is not None else []
    return Starlette(routes=[*gateways, *_page_routes(_Public(doors), page=True)])


def _page_routes(public: _Public, *, page: bool) -> list[BaseRoute]:
    return [Route("/", public.page), Route("/{file}", public.page)] if page else []


class _Public:
    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def metrics(self, _: Request) -> Response:
        text = await asyncio.to_thread(metrics.render, self._doors.metrics())
        return Response(text, headers={"Content-Type": metrics.CONTENT_TYPE})

    async def healthy(self, _: Request) -> Response:
        health = self._doors.health()
        return _checks("live", health.live, ok=health.is_live)

    async def ready(self, _: Request) -> Response:
        health = self._doors.health()
        return _checks("ready", (*health.live, *health.ready), ok=health.is_ready)

    async def page(self, request: Request) -> Response:
        """One of the page's own files; nothing else of the folder, whatever is asked."""
        directory = self._doors.page()
        name = request.path_params.get("file", "index.html")
        kind = _PAGE_TYPES.get(Path(name).suffix)
        if directory is None or kind is None or name.startswith("."):
            return PlainTextResponse("not found\n", 404)
        path = directory / name
        if not await asyncio.to_thread(path.is_file):
            return PlainTextResponse("not found\n", 404)
        return FileResponse(path, media_type=kind, headers=_PAGE_HEADERS)


def _checks(word: str, checks: Sequence[Check], *, ok: bool) -> Response:
    lines = [word if ok else f"not {word}"]
    lines += [f"{'ok ' if check.ok else 'BAD'} {check.name}: {check.detail}".rstrip(": ") for check in checks]
    return PlainTextResponse("\n".join(lines) + "\n", 200 if ok else 503)
