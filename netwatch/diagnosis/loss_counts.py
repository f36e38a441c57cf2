"""How often something was lost at or below each element lately. Kept up to date by what changed, never counted anew."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from heapq import heappop, heappush
from typing import Final

from netwatch.diagnosis.loss_window import Window
from netwatch.diagnosis.net import Tree

#: An element of at most so many devices may be judged over the longer span, once so much was lost within it.
_FEW: Final = 10
_EVENTS: Final = 4
#: A larger one, when so much was lost lately, or this share of its devices.
_LEAST: Final = 3.0
_LOSERS: Final = 0.25


class LossCounts:
    """Losses of the last `short_s` and `long_s`, summed up the tree. Devices that are `blind` are not counted.

    `hot`: the elements where so much was lost that they are worth a look. `losers`: devices that lost anything.
    """

    def __init__(self, windows: Mapping[str, Window], short_s: float, long_s: float) -> None:
        self._windows = windows
        self._short_s, self._long_s = short_s, long_s
        self._tree: Tree | None = None
        self._places: dict[str, int] = {}
        self._blind: AbstractSet[str] = frozenset()
        self._changed: set[str] = set()
        self._leaving: list[tuple[float, str]] = []
        self._own: dict[str, tuple[int, int]] = {}
        self._short: dict[str, int] = {}
        self._long: dict[str, int] = {}
        self.losers: set[str] = set()
        self.hot: set[str] = set()

    def lost(self, device: str, at: float) -> None:
        """A ping of `device` was lost at `at`."""
        self._changed.add(device)
        self.losers.add(device)
        heappush(self._leaving, (at + self._short_s, device))
        heappush(self._leaving, (at + self._long_s, device))

    def pass_time(self, now: float) -> None:
        """Count what is new and what is too old by now; to be done often, so that little is to be done at once."""
        while self._leaving and self._leaving[0][0] < now:
            self._changed.add(heappop(self._leaving)[1])
        if self._tree is not None:
            for device in self._changed:
                self._count(self._tree, device, now)
            self._changed.clear()

    def look(self, now: float, tree: Tree, blind: AbstractSet[str]) -> None:
        """Bring everything up to `now` for this tree, without the `blind`."""
        if tree is not self._tree:
            self._tree, self._places = tree, {device: place for place, device in enumerate(tree.order)}
            self._own, self._short, self._long, self.hot = {}, {}, {}, set()
            self._changed |= self.losers
        self._changed |= (self._blind ^ blind) & self.losers
        self._blind = blind
        self.pass_time(now)

    def in_order(self, devices: AbstractSet[str]) -> list[str]:
        """Elements of the tree, from the monitor downward."""
        return sorted((device for device in devices if device in self._places), key=self._places.__getitem__)

    def _count(self, tree: Tree, device: str, now: float) -> None:
        """Count the losses of one device anew, and pass the difference up."""
        lately = within = 0
        for at in self._windows[device].losses:
            within += at >= now - self._long_s
            lately += at >= now - self._short_s
        if not within:
            self.losers.discard(device)
        if device in self._blind or device not in self._places:
            lately = within = 0
        had_lately, had_within = self._own.get(device, (0, 0))
        if (lately, within) == (had_lately, had_within):
            return
        if within:
            self._own[device] = lately, within
        else:
            del self._own[device]
        for above in tree.ancestors(device):
            short = self._short[above] = self._short.get(above, 0) + lately - had_lately
            long = self._long[above] = self._long.get(above, 0) + within - had_within
            size = tree.size(above)
            if short >= max(_LEAST, _LOSERS * size) or (size <= _FEW and long >= _EVENTS):
                self.hot.add(above)
            else:
                self.hot.discard(above)

    def is_small(self, tree: Tree, device: str) -> bool:
        """Whether an element is of few devices, and enough was lost over the longer span."""
        return tree.size(device) <= _FEW and self._long.get(device, 0) >= _EVENTS
