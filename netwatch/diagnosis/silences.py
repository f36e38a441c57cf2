"""When devices fell silent and answered again: a long memory, to see what lives and dies together."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from typing import Final

#: Two silences are the same when they begin within this many seconds of each other, and end within twice as many.
_TOGETHER_S: Final = 15.0
#: A silence that so many others share tells nothing of any of them.
_CROWD: Final = 200
_KEPT: Final = 8
_KEPT_IN_ALL: Final = 20_000


@dataclass(slots=True)
class Silences:
    """When devices fell silent and answered again: the latest of each."""

    of: dict[str, deque[tuple[float, float]]] = field(default_factory=dict)
    _by_onset: list[tuple[float, str]] = field(default_factory=list)

    def add(self, device: str, onset_at: float, until_at: float) -> None:
        """Note one silence that is over."""
        mine = self.of.setdefault(device, deque(maxlen=_KEPT))
        mine.append((onset_at, until_at))
        insort(self._by_onset, (onset_at, device))
        if len(self._by_onset) > _KEPT_IN_ALL:
            del self._by_onset[: _KEPT_IN_ALL // 2]

    def beside(self, onset_at: float, until_at: float) -> list[str]:
        """Devices that were silent over the same time, sorted; none when they are a crowd."""
        first = bisect_left(self._by_onset, (onset_at - _TOGETHER_S, ""))
        last = bisect_left(self._by_onset, (onset_at + _TOGETHER_S, ""))
        if last - first > _CROWD:
            return []
        near = {device for _, device in self._by_onset[first:last]}
        return sorted(device for device in near if self.shared(device, onset_at, until_at))

    def shared(self, device: str, onset_at: float, until_at: float) -> bool:
        """Whether `device` had this silence too."""
        return any(
            abs(begun_at - onset_at) <= _TOGETHER_S and abs(ended_at - until_at) <= 2 * _TOGETHER_S
            for begun_at, ended_at in self.of.get(device, ())
        )
