"""Where a kill -9 can strike, and when it does."""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import StrEnum


class Point(StrEnum):
    """Moments at which a kill finds most to break."""

    CLAIMED = "claimed, nothing sent"
    TAKEN = "taken by the peer, no reply yet"
    REPLIED = "replied, not written down"
    LOGGING = "about to write the sent log"
    LOGGED = "in the sent log, not committed"
    COMMITTED = "committed, nobody knows yet"
    DECIDED = "decided, not saved"
    SAVED = "saved"
    ORDERED = "a person's order was taken"
    RELOADED = "reloaded"
    STEPPED = "the wall clock stepped"
    ANY = "any moment"


class Killed(BaseException):
    """Unwinds what runs at the instant of the kill."""


class Kills:
    """The process' death: at the n-th passing of a point, or at once. After it nothing the process does has effect."""

    def __init__(self) -> None:
        self.dead = False
        self._left: tuple[Point, int] | None = None
        self._over: asyncio.Future[None] | None = None
        self.struck: Counter[Point] = Counter()

    def begin(self, at: tuple[Point, int] | None) -> asyncio.Future[None]:
        """A new process; done when it dies. `at`: where, and at which passing."""
        self.dead = False
        self._left = at
        self._over = asyncio.get_running_loop().create_future()
        return self._over

    def aim(self, point: Point, passing: int) -> None:
        """Die there, unless another death was already decided."""
        if self._left is None:
            self._left = (point, passing)

    def pass_by(self, point: Point) -> None:
        """Something was done that a kill might follow."""
        if self.dead:
            raise Killed
        if self._left is None or self._left[0] is not point:
            return
        self._left = (point, self._left[1] - 1)
        if self._left[1] <= 0:
            self.strike(point)
            raise Killed

    def strike(self, point: Point = Point.ANY) -> None:
        if not self.dead:
            self.dead = True
            self.struck[point] += 1
            if self._over is not None and not self._over.done():
                self._over.set_result(None)
