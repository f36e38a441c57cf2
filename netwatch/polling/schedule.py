"""When each thing is asked: always at the same moment of its interval, whatever happens around it.

The moment (the phase) comes from a stable hash of the key, so that the load is even, restarts and reloads
move nothing, and two monitors ask at the same moments. What a stall made late is due once, not once an
interval missed, and the caller's token bucket spreads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)


def phase(key: str) -> float:
    """A number from 0 up to but not including 1 that depends on `key` alone."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=6).digest()
    return int.from_bytes(digest) / (1 << 48)


class Turn(NamedTuple, Generic[T]):
    """A slot that came due: at which moment, in which turn of the wheel, and its items.

    The number of an item's turn rises by one from turn to turn, however late the caller is. `span` is how many turns
    this one stands for: more than one after a stall of more than an interval.
    """

    due_at: float
    number: int
    span: int
    items: tuple[T, ...]


class Wheel(Generic[T]):
    """Items due once an interval, each at its phase, in slots of about `slot_s`.

    The phase is one of the interval, or of `within_s`: of wheels with the same `within_s` those of a longer interval
    turn together with those of a shorter one of which it is a multiple. Slots are many and hold few, mostly none:
    tuples are the smallest that can be.
    """

    def __init__(self, interval_s: float, slot_s: float, within_s: float | None = None) -> None:
        self._slots: list[tuple[T, ...]] = [()] * max(1, round(interval_s / slot_s))
        self._within_s = within_s or interval_s
        self.interval_s = interval_s
        self.slot_s = interval_s / len(self._slots)
        self._last: int | None = None
        self._size = 0
        self.missed = 0
        """Items that a stall of more than an interval left out."""

    def __len__(self) -> int:
        return self._size

    def add(self, key: str, item: T) -> None:
        """From now on `item` is due at the phase of `key`."""
        place = self._place(key)
        if item not in self._slots[place]:
            self._slots[place] = (*self._slots[place], item)
            self._size += 1

    def remove(self, key: str, item: T) -> None:
        """Forget `item`; nothing happens when it was not there."""
        place = self._place(key)
        left = tuple(other for other in self._slots[place] if other != item)
        self._size -= len(self._slots[place]) - len(left)
        self._slots[place] = left

    def _place(self, key: str) -> int:
        """The slot of `key`. Counted in whole slots, so that wheels that turn together agree to the slot."""
        return int(phase(key) * self._within_s / self.slot_s) % len(self._slots)

    def due(self, now: float) -> list[T]:
        """What came due since the last call, in order, each item once; nothing on the first call."""
        turns = self.turns(now)
        if len(turns) == 1:
            return list(turns[0].items)
        return [item for turn in turns for item in turn.items]

    def turns(self, now: float) -> list[Turn[T]]:
        """The same slot by slot."""
        current = int(now / self.slot_s)
        last = current if self._last is None else self._last
        if current < last:  # a caller's clock that went back: wait until it is there again
            return []
        self._last = current
        passed = current - last
        count = len(self._slots)
        if passed > count:
            rounds, rest = divmod(passed - count, count)
            left_out = range(last + 1, last + 1 + rest)
            self.missed += self._size * rounds + sum(len(self._slots[step % count]) for step in left_out)
            passed = count
        steps = range(current - passed + 1, current + 1)
        return [
            Turn(step * self.slot_s, step // count, (step - last - 1) // count + 1, self._slots[step % count])
            for step in steps
        ]
