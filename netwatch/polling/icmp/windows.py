"""The last pings of one target as figures: loss, round trips, jitter. Pure."""

from __future__ import annotations

import itertools
from array import array
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 300.0
PINGS: Final = 64
"""Most pings remembered for a target: five minutes at the default interval, with some bursts."""
_LOST: Final = -1.0


@dataclass(frozen=True, slots=True)
class PingStatistics:
    """Pings sent within the window, those lost, and the round trips of the rest.

    `jitter_ms` is the mean difference between one round trip and the next. None: there were too few.
    """

    sent: int
    lost: int
    rtt_p50_ms: float | None = None
    rtt_p95_ms: float | None = None
    jitter_ms: float | None = None

    @property
    def loss_ratio(self) -> float | None:
        """From 0 to 1; None when nothing was sent."""
        return self.lost / self.sent if self.sent else None


class Window:
    """A ring of the last pings, 1 kB a target."""

    __slots__ = ("_at", "_next", "_rtt_ms")

    def __init__(self) -> None:
        self._at = array("d")
        self._rtt_ms = array("d")
        self._next = 0

    def add(self, at: float, rtt_ms: float | None) -> None:
        """Remember a ping sent at `at`; None = lost."""
        value = _LOST if rtt_ms is None else rtt_ms
        if len(self._at) < PINGS:
            self._at.append(at)
            self._rtt_ms.append(value)
            return
        self._at[self._next] = at
        self._rtt_ms[self._next] = value
        self._next = (self._next + 1) % PINGS

    def statistics(self, now: float) -> PingStatistics:
        """The figures of the pings sent within the last `WINDOW_S`."""
        ordered = sorted(zip(self._at, self._rtt_ms, strict=True))
        recent = [rtt_ms for at, rtt_ms in ordered if at >= now - WINDOW_S]
        times = [rtt_ms for rtt_ms in recent if rtt_ms != _LOST]
        if not times:
            return PingStatistics(len(recent), len(recent))
        steps = [abs(later - earlier) for earlier, later in itertools.pairwise(times)]
        ranked = sorted(times)
        return PingStatistics(
            sent=len(recent),
            lost=len(recent) - len(times),
            rtt_p50_ms=ranked[(len(ranked) - 1) // 2],
            rtt_p95_ms=ranked[-(-len(ranked) * 95 // 100) - 1],
            jitter_ms=sum(steps) / len(steps) if steps else None,
        )
