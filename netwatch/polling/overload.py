"""What is asked more rarely when there is more to ask than this machine can. Pure.

Overload is judged once a second from how late the ticks are and how much waits behind the rate limits. It has to
last before anything changes: a single stall is none. Each level gives up one duty more, in the order of `Duty`.
What is given up is asked every fourth or second turn, never not at all, so that nothing starves. Pings of
witnesses and all that is asked on suspicion are never given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

LATE_S: Final = 0.05
"""A tick that is later than this is late."""


class Duty(IntEnum):
    """What is asked regularly, in the order in which it is given up: each from the level of its number on."""

    DETAILS = 1
    """Optical levels, traffic, routing neighbours."""
    CUSTOMER_PORTS = 2
    LINK_PORTS = 3
    """With the uptime and what feeds the device."""
    PINGS = 4


HIGHEST: Final = max(Duty)
STRETCH: Final[Mapping[Duty, int]] = MappingProxyType(
    {Duty.DETAILS: 4, Duty.CUSTOMER_PORTS: 4, Duty.LINK_PORTS: 4, Duty.PINGS: 2}
)
"""A duty that is given up is asked in one turn of so many."""

_LOOK_S: Final = 1.0
_RAISE_AFTER_S: Final = 5.0
_LOWER_AFTER_S: Final = 30.0
_STRAINED_SHARE, _CALM_SHARE = 0.5, 0.1  # of a second's ticks that are late
_STRAINED_WAIT_S, _CALM_WAIT_S = 1.0, 0.25  # of sending at the permitted rate


class Overload:
    """The level, from 0 (all is asked) to 4. It rises by one after 5 s of strain and falls by one after 30 s of calm."""

    def __init__(self) -> None:
        self.level = 0
        self._looked_at: float | None = None
        self._ticks = 0
        self._late = 0
        self._strained_at: float | None = None
        self._calm_at: float | None = None

    def note(self, now: float, late_s: float, waiting_s: float) -> int:
        """One tick, `late_s` late; `waiting_s` is how long what waits now takes to send at the permitted rate.

        Returns:
            The level from now on.
        """
        self._ticks += 1
        self._late += late_s > LATE_S
        if self._looked_at is None:
            self._looked_at = now
        elif now - self._looked_at >= _LOOK_S:
            self._look(now, self._late / self._ticks, waiting_s)
            self._looked_at = now
            self._ticks = self._late = 0
        return self.level

    def takes(self, duty: Duty, turn: int, span: int = 1) -> bool:
        """Whether `duty` is done in this turn, or was to be in one of the `span` - 1 before it that a stall left out.

        `turn` is the number of the wheel's turn plus a number that depends on the device, so that in each turn an
        equal share of the devices is asked.
        """
        return turn % self.stretch(duty) < span

    def stretch(self, duty: Duty) -> int:
        """One turn of how many is taken now."""
        return STRETCH[duty] if self.level >= duty else 1

    def _look(self, now: float, late_share: float, waiting_s: float) -> None:
        if late_share >= _STRAINED_SHARE or waiting_s >= _STRAINED_WAIT_S:
            self._calm_at = None
            self._strained_at = self._moved(self._strained_at, now, _RAISE_AFTER_S, 1)
        elif late_share <= _CALM_SHARE and waiting_s <= _CALM_WAIT_S:
            self._strained_at = None
            self._calm_at = self._moved(self._calm_at, now, _LOWER_AFTER_S, -1)
        else:
            self._calm_at = None

    def _moved(self, since: float | None, now: float, after_s: float, step: int) -> float:
        """Take the step when its reason has lasted; since when the reason holds, counted anew after each step."""
        if since is None:
            return now
        if now - since < after_s:
            return since
        self.level = min(HIGHEST, max(0, self.level + step))
        return now
