"""Announced work: what it excuses while it lasts, and what overruns it."""

from __future__ import annotations

from dataclasses import dataclass

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.net import Net, Tree
from netwatch.diagnosis.risks import RiskIndex
from netwatch.inventory.model import Maintenance

_EARLY_S = 60.0
_OVERRUN_S = 86400.0


@dataclass(frozen=True, slots=True)
class Excuse:
    """What one announced window accounts for: devices taken out or cut off, and links."""

    window: Maintenance
    dead: frozenset[str]
    links: frozenset[str]
    behind: frozenset[str]

    @property
    def devices(self) -> frozenset[str]:
        return self.dead | self.behind


class Plan:
    """All announced windows of an inventory."""

    def __init__(self, net: Net, index: RiskIndex) -> None:
        self._net = net
        self._index = index
        self.windows = tuple(sorted(net.inventory.maintenance, key=lambda window: (window.start_at, window.id)))
        self._elements = {window.id: self._taken_out(window) for window in self.windows}

    def active(self, now: float, tree: Tree) -> list[Excuse]:
        """Excuses of the windows that are open at `now`."""
        return [self._excuse(window, tree) for window in self.windows if window.start_at <= now < window.end_at]

    def overrun(self, now: float, tree: Tree) -> list[Excuse]:
        """Excuses of windows that ended lately: what is still out within them is late."""
        return [self._excuse(w, tree) for w in self.windows if w.end_at <= now < w.end_at + _OVERRUN_S]

    def next_change_at(self, now: float) -> float:
        """When the next window opens or closes; infinity when none does."""
        return min((at for w in self.windows for at in (w.start_at, w.end_at) if at > now), default=float("inf"))

    def _excuse(self, window: Maintenance, tree: Tree) -> Excuse:
        dead, links = self._elements[window.id]
        return Excuse(window, dead, links, frozenset(tree.shadow(dead, links)))

    def _taken_out(self, window: Maintenance) -> tuple[frozenset[str], frozenset[str]]:
        """The devices and links that the window names, through ducts, sites, feeds and regions too."""
        devices: set[str] = set()
        links: set[str] = set()
        for ref in window.elements:
            kind, _, name = ref.partition(":")
            if kind == "device" and name in self._net.edges:
                devices.add(name)
            elif kind == "link" and name in self._net.inventory.links:
                links.add(name)
            elif kind == "duct":
                links |= {link.id for link in self._net.inventory.links.values() if name in link.ducts}
            elif kind == "provider":
                links |= {link.id for link in self._net.inventory.links.values() if link.provider == name}
            elif (risk := self._index.find(ref)) is not None:
                links |= risk.links
                devices |= self._index.devices_of(risk)
        return frozenset(devices), frozenset(links)


def excused(excuse: Excuse, beliefs: Beliefs) -> frozenset[str]:
    """Devices down within `excuse` that failed after (or just before) the window opened."""
    return frozenset(
        device
        for device in excuse.devices & beliefs.down
        if beliefs.devices[device].onset_at >= excuse.window.start_at - _EARLY_S
    )


def late(excuse: Excuse, roots: tuple[str, ...], dead: frozenset[str], links: frozenset[str], onset_at: float) -> bool:
    """Whether a cause is the window's own work that went on after its end."""
    if not excuse.window.start_at - _EARLY_S <= onset_at < excuse.window.end_at:
        return False
    return bool(dead & excuse.dead) or bool(links & excuse.links) or bool(set(roots) & set(excuse.window.elements))
