"""Time as a value: one timeline for every decision, and its translation for people.

The timeline counts seconds, reads like Unix time, and never steps: it is anchored to the
wall clock once, when the process starts, and then advances with the boot clock. Deadlines,
windows and stored instants (`..._at`) are all on it, so that they compare across restarts.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What every stage may ask of time."""

    def now(self) -> float:
        """Seconds on the timeline; never goes backwards."""
        ...

    def utc(self, at: float) -> datetime:
        """The aware UTC wall time of an instant on the timeline, for people."""
        ...

    def wall_step_s(self) -> float:
        """How far the wall clock has moved against the timeline since the start, in seconds."""
        ...

    async def sleep_until(self, at: float) -> None:
        """Return at `at` on the timeline; at once when it has passed."""
        ...


class SystemClock:
    """The machine's clock. Source: clock_gettime(2), CLOCK_BOOTTIME."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME) + self._offset_s

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at + self.wall_step_s(), tz=UTC)

    def wall_step_s(self) -> float:
        return time.time() - self.now()

    async def sleep_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self.now()))
