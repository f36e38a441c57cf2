"""The doors served for real: on a unix socket and on loopback."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest

from netwatch.web import sample
from netwatch.web.api import local_api
from netwatch.web.fake import FakeDoors
from netwatch.web.server import serve
from netwatch.web.sockets import address_of, open_tcp, open_unix


@pytest.fixture
def doors():
    return FakeDoors(sample.picture(), devices={"up": 1, "unreachable": 2}, version="1.2.3")


@asynccontextmanager
async def served(app, listener):
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(app, listener, stop))
    try:
        yield
    finally:
        stop.set()
        await serving


@pytest.fixture
async def api(doors, tmp_path):
    """A client of the local API."""
    path = tmp_path / "s"
    async with (
        served(local_api(doors), open_unix(path)),
        httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path)), base_url="http://netwatch/v1") as client,
    ):
        yield client


@pytest.fixture
def on_tcp():
    """Serves an app on a free port of loopback, and gives a client of it."""

    @asynccontextmanager
    async def opened(app):
        listener = open_tcp("127.0.0.1", 0, "metrics.port")
        base = f"http://{address_of(listener)}"
        async with served(app, listener), httpx.AsyncClient(base_url=base, trust_env=False) as client:
            yield client

    return opened
