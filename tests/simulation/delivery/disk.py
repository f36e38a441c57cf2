"""The store's SQLite in the loop's own thread, so that a kill can strike between any two of its acts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any, Protocol

from netwatch.communication.delivery.model import Turn
from netwatch.storage.database import Database, T, Work, _Job
from tests.simulation.delivery.kills import Kills, Point


class Witness(Protocol):
    """Sees each claim within its transaction."""

    def claimed(self, connection: sqlite3.Connection, turn: Turn) -> None: ...


class InlineDatabase(Database):
    """The production transactions, SQL, sent log and group commit; only the thread is left out.

    A job waits `latency_s()` for the disk. What was asked together shares a transaction, as with the thread.
    """

    def __init__(
        self,
        kills: Kills,
        witness: Witness,
        latency_s: Callable[[], float],
        connection: sqlite3.Connection,
        *args: Any,
        before_commit: Callable[[], None] = lambda: None,
        **more: Any,
    ) -> None:
        self._kills = kills
        self._witness = witness
        self._latency_s = latency_s

        def logged() -> None:
            kills.pass_by(Point.LOGGING)
            before_commit()
            kills.pass_by(Point.LOGGED)

        super().__init__(connection, *args, before_commit=logged, **more)

    def _serve(self) -> None:
        """No thread."""

    async def run(self, work: Work[T], *, alone: bool = False) -> T:
        def watched(connection: sqlite3.Connection) -> T:
            found = work(connection)
            if isinstance(found, Turn):
                self._witness.claimed(connection, found)
            return found

        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(watched, future, alone))
        self._loop.call_later(self._latency_s(), self._serve_waiting)
        return await future

    def _serve_waiting(self) -> None:
        while not self._kills.dead and (self._put_off or not self._jobs.empty()):
            batch, lone, _ = self._gather()
            if batch:
                self._answer(self._transaction(batch))
            if lone is not None:
                self._answer([self._alone(lone)])

    def _answer(self, answers: list[Any]) -> None:
        self._kills.pass_by(Point.COMMITTED)
        super()._answer(answers)

    async def close(self) -> None:
        self._serve_waiting()
        self._closed = True

    def drop(self, look: Callable[[sqlite3.Connection], None]) -> None:
        """What the kernel does with a dead process' file; `look` reads what is left in it."""
        if self._connection.in_transaction:
            self._connection.rollback()
        try:
            look(self._connection)
        finally:
            self._connection.close()
