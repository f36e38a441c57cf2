"""A clock that stands still until it is told to go on; for tests, drills and asyncio code alike."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime
from itertools import count

#: Turns of the event loop after each wake-up, so that what was woken can run to its next wait.
_TURNS = 25


class SimulatedClock:
    """Keeps the `netwatch.clock.Clock` protocol without real time.

    Synchronous code calls `set`; asyncio code is driven by `advance`, which wakes every sleeper in the
    order of its time and then of its arrival.
    """

    def __init__(self, start_at: float = 0.0) -> None:
        self._now = start_at
        self._wall_step_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrival = count()

    def now(self) -> float:
        return self._now

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at + self._wall_step_s, tz=UTC)

    def wall_step_s(self) -> float:
        return self._wall_step_s

    def step_wall(self, by_s: float) -> None:
        """Move the wall clock against the timeline, as a bad NTP server does."""
        self._wall_step_s += by_s

    def set(self, at: float) -> None:
        """Go on to `at` without waking anyone; the timeline never goes back."""
        self._now = max(self._now, at)

    async def sleep_until(self, at: float) -> None:
        if at <= self._now:
            await asyncio.sleep(0)
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, next(self._arrival), waiting))
        await waiting

    async def advance(self, by_s: float) -> None:
        """Let `by_s` seconds pass; returns when all sleepers due within them have run on."""
        target = self._now + by_s
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            at, _, waiting = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            if not waiting.done():
                waiting.set_result(None)
            await self._settle()
        self._now = target

    async def _settle(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
