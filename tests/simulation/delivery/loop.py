"""An event loop in virtual time: nothing waits, and the same program takes the same course each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

#: So many turns of the loop in a row, with less than so many seconds between them, do no work any more.
HOT_TURNS, HOT_S = 20_000, 0.05


class StuckError(Exception):
    """Everything waits for something that nobody will do."""


class _NoSockets:
    """What the loop asks for input: instead of waiting it moves the time on."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._turns = 0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise StuckError("nothing is scheduled any more")
        self._turns = self._turns + 1 if timeout < HOT_S else 0
        if self._turns > HOT_TURNS:
            raise StuckError("it runs hot: no time passes any more")
        self._loop.pass_time(timeout)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """asyncio's own loop without sockets and threads; what would run in a thread runs at once."""

    def __init__(self) -> None:
        super().__init__()
        self._passed_s = 0.0
        self._selector = _NoSockets(self)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self._passed_s

    def pass_time(self, by_s: float) -> None:
        self._passed_s += by_s

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        del executor
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does: it is the caller's
            done.set_exception(error)
        return done

    def _process_events(self, events: list[Any]) -> None:
        assert not events

    def _write_to_self(self) -> None:
        """Nobody waits that would have to be woken."""


class VirtualClock:
    """`netwatch.clock.Clock` on a virtual loop. As the machine's, it is anchored to the wall clock at each start."""

    def __init__(self, loop: VirtualLoop, wall_at: float) -> None:
        self._loop = loop
        self._anchor_at = wall_at - loop.time()
        self._step_s = 0.0

    def now(self) -> float:
        return self._anchor_at + self._loop.time()

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at + self._step_s, tz=UTC)

    def wall_step_s(self) -> float:
        return self._step_s

    def step_wall(self, by_s: float) -> None:
        self._step_s += by_s

    async def sleep_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self.now()))
