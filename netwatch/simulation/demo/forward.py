"""A way from this machine's loopback into the demo's namespace, so that a browser can look in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

_CHUNK: Final = 64 * 1024
_IDLE_S: Final = 60.0


async def forward(listener: socket.socket, connect: Callable[[], socket.socket]) -> asyncio.Server:
    """Hands every connection to `listener` on to a fresh one from `connect`, until the server is closed."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far = await asyncio.to_thread(connect)
        except OSError:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(sock=far)
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer), return_exceptions=True)

    return await asyncio.start_server(serve, sock=listener)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(TimeoutError, ConnectionError):
            while chunk := await asyncio.wait_for(reader.read(_CHUNK), _IDLE_S):
                writer.write(chunk)
                await writer.drain()
    finally:
        writer.close()
