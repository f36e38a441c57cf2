"""Who is pinged next: regular pings in the order in which they came due, paced. Pure.

Each target waits at most once, and the longest waiting goes first. So a target is reached after at most as many
others as there are, however long the overload lasts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from netwatch.polling.icmp.packet import Target
from netwatch.polling.pacing import Bucket
from netwatch.polling.schedule import Wheel

TICK_S: Final = 0.04
_CATCH_UP: Final = 2.0  # what a stall delayed goes out at no more than twice the steady rate
_LEAST_PPS: Final = 100.0
_LATE_RATIO, _LATE_S = 0.1, 1.0


class Lineup:
    """Regular pings at their phase, at most `rate_pps` a second.

    `skipped` came due while the one before still waited or fell into a stall, `thinned` were left out by `stretch`,
    `late` left later than a tenth of their interval, or 1 s, after their moment.
    """

    def __init__(self, rate_pps: float) -> None:
        self._rate_pps = rate_pps
        self._wheels: dict[float, Wheel[Target]] = {}
        self._queue: deque[Target] = deque()
        self._bucket = Bucket(_LEAST_PPS, _LEAST_PPS * TICK_S * 2)
        self._skipped = 0
        self.stretch = 1
        self.thinned = 0
        self.late = 0

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def skipped(self) -> int:
        """Pings that were not sent at all."""
        return self._skipped + sum(wheel.missed for wheel in self._wheels.values())

    @property
    def backlog_s(self) -> float:
        """How long it takes to send what waits."""
        return len(self._queue) / self._bucket.rate

    def add(self, target: Target, interval_s: float) -> None:
        """From now on `target` is due once every `interval_s`."""
        target.interval_s = interval_s
        target.late_after_s = min(_LATE_S, interval_s * _LATE_RATIO)
        self._wheels.setdefault(interval_s, Wheel(interval_s, TICK_S)).add(target.key, target)
        self._set_rate()

    def remove(self, target: Target) -> None:
        """Forget a target."""
        target.gone = True
        self._wheels[target.interval_s].remove(target.key, target)
        self._set_rate()

    def due(self, now: float) -> None:
        """Let those line up whose moment has come."""
        stretch, queue = self.stretch, self._queue
        for wheel in self._wheels.values():
            for moment, number, span, targets in wheel.turns(now):
                for target in targets:
                    if stretch > 1 and (target.number + number) % stretch >= span and not target.steady:
                        self.thinned += 1
                    elif target.queued:
                        self._skipped += 1
                    else:
                        target.queued = True
                        target.due_at = moment
                        queue.append(target)

    def take(self, now: float) -> list[Target]:
        """Those who may be pinged now; each has to be told to `left` or to `put_back`."""
        queue = self._queue
        return [queue.popleft() for _ in range(self._bucket.take(now, len(queue)))]

    def left(self, targets: Iterable[Target], now: float) -> None:
        """These were dealt with."""
        for target in targets:
            target.queued = False
            if now - target.due_at > target.late_after_s:
                self.late += 1

    def put_back(self, targets: Sequence[Target]) -> None:
        """These could not be sent now and go first next time."""
        self._queue.extendleft(reversed(targets))

    def _set_rate(self) -> None:
        pps = sum(len(wheel) / wheel.interval_s for wheel in self._wheels.values())
        self._bucket.rate = max(_LEAST_PPS, min(self._rate_pps, pps * _CATCH_UP))
        self._bucket.burst = max(2.0, self._bucket.rate * TICK_S * 2)
