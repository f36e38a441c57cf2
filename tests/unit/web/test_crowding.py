"""A door that is crowded from outside: bounded, whoever knocks, and never in the operator's way."""

import asyncio
import socket

import httpx

from netwatch.web import server
from netwatch.web.api import local_api
from netwatch.web.public import metrics_app
from netwatch.web.server import MOST_OPEN, serve
from netwatch.web.sockets import open_tcp, open_unix

BEYOND = 100


async def asked(transport, path):
    async with httpx.AsyncClient(transport=transport, base_url="http://netwatch") as client:
        return (await client.get(path)).status_code


async def crowd(address):
    """More connections than may be open, which ask nothing; and those of them that were left open."""
    connections = [await asyncio.open_connection(*address) for _ in range(MOST_OPEN + BEYOND)]
    ends = [asyncio.create_task(reader.read()) for reader, _ in connections]
    async with asyncio.timeout(5):
        while sum(end.done() for end in ends) < BEYOND:
            await asyncio.wait([end for end in ends if not end.done()], return_when=asyncio.FIRST_COMPLETED)
    return connections, ends


async def test_connections_beyond_the_bound_are_closed_and_the_operator_still_gets_in(doors, tmp_path):
    path, public, stop = tmp_path / "s", open_tcp("127.0.0.1", 0, "metrics.port"), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(local_api(doors), open_unix(path), stop))
        group.create_task(serve(metrics_app(doors), public, stop))
        connections, ends = await crowd(public.getsockname())
        assert sum(end.done() for end in ends) == BEYOND
        assert await asked(httpx.AsyncHTTPTransport(uds=str(path)), "/v1/status") == 200
        for _, writer in connections:
            writer.close()
        await asyncio.gather(*ends, return_exceptions=True)
        assert await asked(httpx.AsyncHTTPTransport(), f"http://127.0.0.1:{public.getsockname()[1]}/metrics") == 200
        stop.set()


async def test_a_door_without_a_free_descriptor_opens_again_once_there_is_one(doors, no_descriptors):
    public, stop, refused = open_tcp("127.0.0.1", 0, "metrics.port"), asyncio.Event(), asyncio.Queue()
    address, loop = public.getsockname(), asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, what: refused.put_nowait(what["message"]))
    async with asyncio.TaskGroup() as group, asyncio.timeout(10):
        group.create_task(serve(metrics_app(doors), public, stop))
        with socket.socket() as early:
            early.settimeout(0)
            with no_descriptors():
                await loop.sock_connect(early, address)  # the kernel takes it, the door can't
                for _ in range(3):
                    assert "accept" in await refused.get()
                    assert refused.empty(), "one complaint a second, or the loop does nothing but complain"
        assert await asked(httpx.AsyncHTTPTransport(), f"http://127.0.0.1:{address[1]}/metrics") == 200
        stop.set()


async def test_who_begins_a_second_request_and_never_ends_it_is_hung_up_on(doors, monkeypatch):
    monkeypatch.setattr(server, "_IDLE_S", 0.2)
    public, stop = open_tcp("127.0.0.1", 0, "metrics.port"), asyncio.Event()
    async with asyncio.TaskGroup() as group, asyncio.timeout(4):  # less than what uvicorn keeps an idle connection
        group.create_task(serve(metrics_app(doors), public, stop))
        reader, writer = await asyncio.open_connection(*public.getsockname())
        for _ in range(2):
            writer.write(b"GET /-/healthy HTTP/1.1\r\nHost: netwatch\r\n\r\n")
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"GET /-/hea")
        await reader.read()
        writer.close()
        stop.set()
