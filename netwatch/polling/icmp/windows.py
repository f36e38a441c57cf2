"""The last pings of one target as figures: loss, round trips, jitter. Pure."""

from __future__ import annotations

import itertools
from array import array
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

WINDOW_S: Final = 300.0
PINGS: Final = 64
"""Most pings remembered for a target: five minutes of one every five seconds."""
_LOST: Final = 0xFFFF_FFFF
_MASK: Final = 0xFFFF_FFFF
_LONGEST_MS: Final = 1e6
_LATE_MS: Final = 60_000  # a loss is told after answers to pings that were sent later
_KEPT_MS: Final = int(WINDOW_S * 1e3) + _LATE_MS
_AHEAD_MS: Final = 1000  # the moment of sending is the kernel's, and may seem a little later than now


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
    """A ring of the last pings that grows while all of them lie within the window: 0.4 kB a target pinged every 10 s.

    Each is two numbers of 32 bits: when it was sent, in milliseconds of a clock that goes round in 49 days, and its
    round trip in microseconds.
    """

    __slots__ = ("_next", "_pings")

    def __init__(self) -> None:
        self._pings = array("I")
        self._next = 0

    def add(self, at: float, rtt_ms: float | None) -> None:
        """Remember a ping sent at `at`; None = lost."""
        sent_ms = int(at * 1e3) & _MASK
        rtt_us = _LOST if rtt_ms is None else int(min(rtt_ms, _LONGEST_MS) * 1e3)
        pings, place = self._pings, self._next  # the oldest
        if len(pings) < 2 * PINGS and (not pings or (sent_ms - pings[place] + _LATE_MS) & _MASK <= _KEPT_MS):
            pings.insert(place, rtt_us)
            pings.insert(place, sent_ms)
        else:
            pings[place] = sent_ms
            pings[place + 1] = rtt_us
        self._next = (place + 2) % len(pings)

    def statistics(self, now: float) -> PingStatistics:
        """The figures of the pings sent within the last `WINDOW_S`."""
        now_ms = int(now * 1e3) + _AHEAD_MS
        ages = ((now_ms - sent_ms) & _MASK for sent_ms in self._pings[::2])
        ordered = sorted(zip(ages, self._pings[1::2], strict=True), key=itemgetter(0), reverse=True)
        recent = [rtt_us for age_ms, rtt_us in ordered if age_ms <= WINDOW_S * 1e3 + _AHEAD_MS]
        times = [rtt_us / 1e3 for rtt_us in recent if rtt_us != _LOST]
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
