"""Counts of pings by tens of seconds: what one device, or several together, lost lately."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

BUCKET_S: Final = 10.0
_BUCKETS: Final = 19
_SLOW: Final = 0.03
_EVENTS: Final = 8
_EXACT_UP_TO: Final = 100

_SENT, _LOST, _TIME, _REPLIES, _WIDTH = 0, 1, 2, 3, 4  # of a bucket; _TIME is the sum of round trips in ms
_EMPTY: Final = array("f", bytes(4 * _WIDTH))


class Window:
    """Pings of one device by tens of seconds, over the latest 190 s. There is one a device, so it is kept small."""

    __slots__ = ("_cells", "_losses", "_newest", "usual_rtt_ms")

    def __init__(self) -> None:
        self._cells = array("f", bytes(4 * _WIDTH * _BUCKETS))  # a ring; the bucket's number tells its place
        self._newest = -1
        self._losses: deque[float] | None = None
        self.usual_rtt_ms = 0.0

    @property
    def losses(self) -> Sequence[float]:
        """When the latest losses were, in the order in which they were told."""
        return self._losses or ()

    def answer(self, at: float, count: int, rtt_ms: float | None) -> bool:
        """Count `count` pings that were answered; return whether they are recent enough to count."""
        place = self._place(int(at // BUCKET_S))
        if place < 0:
            return False
        cells = self._cells
        cells[place] += count
        if rtt_ms is not None:
            cells[place + _TIME] += rtt_ms
            cells[place + _REPLIES] += 1
            self.usual_rtt_ms += _SLOW * (rtt_ms - self.usual_rtt_ms) if self.usual_rtt_ms else rtt_ms
        return True

    def lose(self, at: float, count: int) -> bool:
        """Count `count` pings that were lost, the same instant once; return whether they were counted."""
        place = self._place(int(at // BUCKET_S))
        if place < 0 or at in self.losses:
            return False
        self._cells[place + _SENT] += count
        self._cells[place + _LOST] += count
        if self._losses is None:
            self._losses = deque(maxlen=_EVENTS)
        self._losses.append(at)
        return True

    def counts(self) -> Iterator[tuple[int, float, float]]:
        """Bucket, sent and lost of each ten seconds in which pings were sent, the newest first."""
        cells = self._cells
        for bucket in range(self._newest, max(self._newest - _BUCKETS, -1), -1):
            place = bucket % _BUCKETS * _WIDTH
            if sent := cells[place]:
                yield bucket, sent, cells[place + _LOST]

    def slowed(self, since_at: float) -> bool:
        """Whether replies take much longer than usual."""
        oldest = max(math.ceil(since_at / BUCKET_S), self._newest - _BUCKETS + 1, 0)
        places = [bucket % _BUCKETS * _WIDTH for bucket in range(oldest, self._newest + 1)]
        replies = sum(self._cells[place + _REPLIES] for place in places)
        total = sum(self._cells[place + _TIME] for place in places)
        return bool(replies) and total / replies > max(1.5 * self.usual_rtt_ms, self.usual_rtt_ms + 5.0)

    def _place(self, bucket: int) -> int:
        """Where a bucket's cells begin, emptied when it is new; -1 when it is too old."""
        newest = self._newest
        if bucket > newest:
            for new in range(max(newest + 1, bucket - _BUCKETS + 1), bucket + 1):
                place = new % _BUCKETS * _WIDTH
                self._cells[place : place + _WIDTH] = _EMPTY
            self._newest = bucket
        elif bucket <= newest - _BUCKETS:
            return -1
        return bucket % _BUCKETS * _WIDTH


@dataclass(frozen=True, slots=True)
class Tally:
    """Pings sent and lost by several devices over a window, and over its two halves.

    `later`: sent and lost in the second half.
    """

    sent: float = 0.0
    lost: float = 0.0
    halves: tuple[float, float] = (0.0, 0.0)
    later: tuple[float, float] = (0.0, 0.0)

    @property
    def ratio(self) -> float:
        return self.lost / self.sent if self.sent else 0.0

    def without(self, other: Tally) -> Tally:
        """What is left when `other`, a part of it, is taken away; the halves are not told."""
        return Tally(self.sent - other.sent, self.lost - other.lost)


def tally(windows: Mapping[str, Window], devices: Iterable[str], since_at: float, now: float) -> Tally:
    """All pings of `devices` from `since_at` on; devices without a window count nothing."""
    oldest = math.ceil(since_at / BUCKET_S)
    middle = oldest + math.ceil((now - since_at) / BUCKET_S / 2)
    first = second = first_lost = second_lost = 0.0
    for device in devices:
        window = windows.get(device)
        if window is None:
            continue
        for bucket, sent, lost in window.counts():
            if bucket >= middle:
                second += sent
                second_lost += lost
            elif bucket >= oldest:
                first += sent
                first_lost += lost
            else:
                break
    halves = (first_lost / first if first else 0.0, second_lost / second if second else 0.0)
    return Tally(first + second, first_lost + second_lost, halves, (second, second_lost))


def by_bucket(
    windows: Mapping[str, Window], devices: Iterable[str], since_at: float
) -> dict[float, tuple[float, float]]:
    """Pings sent and lost by all `devices` in each of the tens of seconds from `since_at` on."""
    oldest = math.ceil(since_at / BUCKET_S)
    found: dict[float, tuple[float, float]] = {}
    for device in devices:
        for bucket, sent, lost in windows[device].counts():
            if bucket < oldest:
                break
            before = found.get(bucket)
            found[bucket] = (sent, lost) if before is None else (before[0] + sent, before[1] + lost)
    return found


def sum_up(counts: Mapping[float, tuple[float, float]], since_at: float, now: float) -> Tally:
    """The same as `tally`, from counts by tens of seconds."""
    oldest = math.ceil(since_at / BUCKET_S)
    middle = oldest + math.ceil((now - since_at) / BUCKET_S / 2)
    first = [count for bucket, count in counts.items() if oldest <= bucket < middle]
    second = [count for bucket, count in counts.items() if bucket >= middle]
    sent, lost = (sum(each[0] for each in first), sum(each[1] for each in first))
    sent_later, lost_later = (sum(each[0] for each in second), sum(each[1] for each in second))
    halves = (lost / sent if sent else 0.0, lost_later / sent_later if sent_later else 0.0)
    return Tally(sent + sent_later, lost + lost_later, halves)


def unlikely(seen: Tally, base: float, chance: float) -> bool:
    """Whether a network that loses `base` would lose as much less often than `chance`.

    Exact for few pings, by the Chernoff bound for many.
    """
    expected = max(base, 0.005) + 0.01
    ratio = min(seen.ratio, 1.0 - 1e-9)
    if ratio <= expected:
        return False
    if seen.sent <= _EXACT_UP_TO:
        return _binomial_tail(round(seen.sent), round(seen.lost), expected) < chance
    divergence = ratio * math.log(ratio / expected) + (1 - ratio) * math.log((1 - ratio) / (1 - expected))
    return -seen.sent * divergence < math.log(chance)


def _binomial_tail(sent: int, lost: int, expected: float) -> float:
    """The chance of `lost` or more losses among `sent`."""
    return sum(
        math.comb(sent, count) * expected**count * (1.0 - expected) ** (sent - count) for count in range(lost, sent + 1)
    )


def began_at(
    windows: Mapping[str, Window], devices: Sequence[str], since_at: float, base: float, ratio: float
) -> float:
    """When the loss of `devices` most likely rose from `base` to `ratio`: the change point of a CUSUM.

    Source: E. S. Page, "Continuous inspection schemes", Biometrika 41, 1954.
    """
    sent: dict[int, float] = {}
    lost: dict[int, float] = {}
    for device in devices:
        for bucket, sent_here, lost_here in windows[device].counts():
            sent[bucket] = sent.get(bucket, 0.0) + sent_here
            lost[bucket] = lost.get(bucket, 0.0) + lost_here
    before, after = min(max(base, 0.005), 0.98), min(max(ratio, base + 0.01, 0.015), 0.99)
    for_lost, for_good = math.log(after / before), math.log((1.0 - after) / (1.0 - before))
    best_at, best, score = since_at, 0.0, 0.0
    for bucket in sorted(sent, reverse=True):
        score += lost[bucket] * for_lost + (sent[bucket] - lost[bucket]) * for_good
        if bucket * BUCKET_S >= since_at and score > best:
            best_at, best = bucket * BUCKET_S, score
    return best_at
