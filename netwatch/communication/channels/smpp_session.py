"""One SMPP session: a connection that is bound, tested while it is silent, and gives each answer to who asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from netwatch.communication.channels import smpp_pdu
from netwatch.communication.channels.smpp_pdu import HEADER, LONGEST, Pdu, Receipt
from netwatch.communication.channels.sms_settings import SmppRoute

_SEQUENCES = 0x7FFF_FFFF


class LostError(Exception):
    """The connection is gone, or what came over it was no SMPP."""


class Session:
    """Its tasks live from `open` to `close`; once `alive` is False it is of no more use."""

    def __init__(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        route: SmppRoute,
        on: Callable[[Receipt], None],
    ) -> None:
        """`on` hears every receipt."""
        self._reader, self._writer = streams
        self._route = route
        self._on = on
        self._sequence = 0
        self._asked: dict[int, asyncio.Future[Pdu]] = {}
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self.alive = True

    @classmethod
    async def open(
        cls, route: SmppRoute, tls: ssl.SSLContext | None, password: str, on: Callable[[Receipt], None]
    ) -> tuple[Session, Pdu]:
        """Connect and bind; the answer to the bind says whether the session may be used.

        Raises:
            OSError, TimeoutError, LostError: nobody there, or no answer.
        """
        async with asyncio.timeout(route.timeout_s):
            streams = await asyncio.open_connection(route.host, route.port, ssl=tls)
        session = cls(streams, route, on)
        session._tasks = (asyncio.create_task(session._listen()), asyncio.create_task(session._test()))
        try:
            command, fields = smpp_pdu.bind(route, password)
            return session, await session.ask(command, **fields)
        except BaseException:
            await session.close()
            raise

    async def ask(self, command: str, **fields: Any) -> Pdu:
        """Say it and wait for the answer.

        Raises:
            TimeoutError, LostError: none came; what was said may have arrived.
        """
        if not self.alive:
            raise LostError
        self._sequence = self._sequence % _SEQUENCES + 1
        sequence = self._sequence
        answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._asked[sequence] = answer
        try:
            async with asyncio.timeout(self._route.timeout_s):
                await self._say(smpp_pdu.write(command, sequence, **fields))
                return await answer
        finally:
            del self._asked[sequence]

    async def close(self) -> None:
        """Leave: unbind where that still is heard, for a second at most."""
        if self.alive:
            with suppress(LostError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self.ask("unbind")
        self._lose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _say(self, octets: bytes) -> None:
        try:
            self._writer.write(octets)
            await self._writer.drain()
        except OSError as error:
            self._lose()
            raise LostError from error

    async def _listen(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(HEADER.size)
                length = HEADER.unpack(head)[0]
                if not HEADER.size <= length <= LONGEST:
                    return
                pdu = smpp_pdu.read(head + await self._reader.readexactly(length - HEADER.size))
                await self._heed(pdu)
        except (OSError, asyncio.IncompleteReadError, LostError):
            pass
        finally:
            self._lose()

    async def _heed(self, pdu: Pdu) -> None:
        if pdu.response:
            answer = self._asked.get(pdu.sequence)
            if answer is not None and not answer.done():
                answer.set_result(pdu)
        elif pdu.command == "enquire_link":
            await self._say(smpp_pdu.write("enquire_link_resp", pdu.sequence))
        elif pdu.command == "deliver_sm":
            await self._say(smpp_pdu.write("deliver_sm_resp", pdu.sequence))
            if pdu.receipt is not None:
                self._on(pdu.receipt)
        elif pdu.command == "unbind":
            await self._say(smpp_pdu.write("unbind_resp", pdu.sequence))
            raise LostError

    async def _test(self) -> None:
        """Ask whether anybody is there, again and again; silence ends the session."""
        with suppress(LostError, TimeoutError):
            while True:
                await asyncio.sleep(self._route.enquire_s)
                await self.ask("enquire_link")
        self._lose()

    def _lose(self) -> None:
        self.alive = False
        self._writer.close()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(LostError())
