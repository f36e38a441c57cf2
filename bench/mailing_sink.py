"""A quick SMTP server on loopback that takes every mail: `PORT FILE`. Writes `<monotonic seconds> <recipient>` for each."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TextIO

WRITE_S = 0.1
_END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection. Commands come one at a time or pipelined; nothing is refused."""

    def __init__(self, taken: TextIO) -> None:
        self._taken = taken
        self._buffer = bytearray()
        self._recipient = ""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._next():
            pass

    def _next(self) -> bool:
        """Deal with one command or one mail; False = it is not here whole."""
        end = _END if self._in_data else b"\r\n"
        place = self._buffer.find(end)
        if place < 0:
            return False
        line = bytes(self._buffer[:place])
        del self._buffer[: place + len(end)]
        if self._in_data:
            self._in_data = False
            self._taken.write(f"{time.monotonic():.6f} {self._recipient}\n")
            self._transport.write(b"250 OK\r\n")
        else:
            self._command(line)
        return True

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line.partition(b"<")[2].partition(b">")[0].decode()
        if verb == b"DATA":
            self._in_data = True
            self._transport.write(b"354 go ahead\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 sink\r\n")


async def main(port: int, path: Path) -> None:
    with path.open("w", encoding="ascii") as taken:
        await asyncio.get_running_loop().create_server(lambda: Session(taken), "127.0.0.1", port, backlog=128)
        print("ready", flush=True)
        while True:
            await asyncio.sleep(WRITE_S)
            taken.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
