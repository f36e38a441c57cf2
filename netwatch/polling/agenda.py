"""What is going to be asked on suspicion, in the order of its moments. Pure."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from typing import Final

from netwatch.polling.suspicion import Action

_MOST: Final = 500_000  # a bound, not a target


class Agenda:
    """A heap of actions; what does not fit any more is counted."""

    def __init__(self) -> None:
        self._actions: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self.refused = 0

    def add(self, actions: Iterable[Action]) -> None:
        """Plan these."""
        for action in actions:
            if len(self._actions) < _MOST:
                heapq.heappush(self._actions, (action.at, next(self._numbers), action))
            else:
                self.refused += 1

    def due(self, now: float) -> Iterable[Action]:
        """Take what is due, the earliest first."""
        while self._actions and self._actions[0][0] <= now:
            yield heapq.heappop(self._actions)[2]
