"""The inventory's graph as the diagnosis needs it: who forwards, which tree reaches whom, what lies in a shadow."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from typing import Final

from netwatch.inventory.graph import Topology

#: So many devices and links are remembered in shadows, which are asked for again while a fault lasts.
_SHADOWS: Final = 200_000
_RANK: Final = {"core": 0, "router": 1, "upstream": 1, "aggregation": 2, "distribution": 2}


class Net:
    """Static indexes over one topology. All orders are those of sorted ids."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.inventory = topology.inventory
        self.edges = topology.edges
        self.monitor_known = bool(self.inventory.monitor.attached_to)
        attached = sorted(d for d in self.inventory.monitor.attached_to if d in self.edges)
        self.starts: tuple[str, ...] = tuple(attached or self._chosen_starts(()))
        self.strays: tuple[str, ...] = self._chosen_starts(self.starts)
        self._begun = frozenset((*self.starts, *self.strays))
        self.records_ducts = any(link.ducts for link in self.inventory.links.values())
        devices = self.inventory.devices
        self.forwards: dict[str, bool] = {d: devices[d].transit or d in self._begun for d in sorted(devices)}

    def _chosen_starts(self, given: Collection[str]) -> tuple[str, ...]:
        """One device for each part of the graph that `given` does not reach: the most central one."""
        seen: set[str] = set()
        self._flood(given, seen)
        chosen: list[str] = []
        devices = self.inventory.devices
        rank = sorted(devices, key=lambda d: (_RANK.get(devices[d].role, 3), -len(self.edges[d]), d))
        for device in rank:
            if device not in seen:
                chosen.append(device)
                self._flood([device], seen)
        return tuple(sorted(chosen))

    def _flood(self, starts: Iterable[str], seen: set[str]) -> None:
        queue = deque(start for start in starts if start not in seen)
        seen.update(queue)
        while queue:
            for edge in self.edges[queue.popleft()]:
                if edge.neighbour not in seen:
                    seen.add(edge.neighbour)
                    queue.append(edge.neighbour)

    def near(self, device: str) -> set[str]:
        """The devices next to `device`."""
        return {edge.neighbour for edge in self.edges[device]}

    @property
    def begun(self) -> frozenset[str]:
        """Devices that the monitor reaches without passing another."""
        return self._begun

    def region_chain(self, device: str) -> tuple[str, ...]:
        """The device's region and those above it, nearest first."""
        site = self.inventory.sites.get(self.inventory.devices[device].site or "")
        chain: list[str] = []
        region = site.region if site else None
        while region and region not in chain:
            chain.append(region)
            found = self.inventory.regions.get(region)
            region = found.parent if found else None
        return tuple(chain)


class Tree:
    """A breadth-first tree from the monitor over all links that are not ghosts; finds shadows locally."""

    def __init__(self, net: Net, ghosts: frozenset[str] = frozenset()) -> None:
        self.net = net
        self.ghosts = ghosts
        self.parent: dict[str, str] = {}
        self.parent_link: dict[str, str] = {}
        self.children: dict[str, list[str]] = defaultdict(list)
        self.order: list[str] = sorted(net.begun)
        seen = set(self.order)
        place = 0
        while place < len(self.order):
            device = self.order[place]
            place += 1
            if not net.forwards[device]:
                continue
            for edge in net.edges[device]:
                if edge.neighbour not in seen and edge.link not in ghosts:
                    seen.add(edge.neighbour)
                    self.parent[edge.neighbour] = device
                    self.parent_link[edge.neighbour] = edge.link
                    self.children[device].append(edge.neighbour)
                    self.order.append(edge.neighbour)
        self._sizes = dict.fromkeys(self.order, 1)
        for device in reversed(self.order):
            if device in self.parent:
                self._sizes[self.parent[device]] += self._sizes[device]
        self._shadows: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}
        self._kept = 0
        self.link_child = {link: child for child, link in self.parent_link.items()}

    def subtree(self, device: str) -> list[str]:
        """`device` and all below it in the tree."""
        found = [device]
        for above in found:
            found.extend(self.children.get(above, ()))
        return found

    def size(self, device: str) -> int:
        """How many devices `subtree` holds."""
        return self._sizes[device]

    def ancestors(self, device: str) -> Iterable[str]:
        """`device` and all above it in the tree, upward."""
        at: str | None = device
        while at is not None:
            yield at
            at = self.parent.get(at)

    def shadow(self, dead: Collection[str], cut: Collection[str]) -> frozenset[str]:
        """Devices that lose every forwarding path from the monitor when `dead` and `cut` are gone.

        The dead themselves are not in it. The cost is that of the subtrees concerned, not of the network; the same
        question is answered from memory.
        """
        asked = (frozenset(dead), frozenset(cut))
        found = self._shadows.get(asked)
        if found is None:
            found = self._shadows[asked] = frozenset(self._find_shadow(*asked))
            self._kept += len(asked[0]) + len(asked[1]) + len(found)
            if self._kept > _SHADOWS:
                self._shadows.clear()
                self._kept = 0
        return found

    def _find_shadow(self, gone: frozenset[str], broken: frozenset[str]) -> set[str]:
        doubtful = self._doubtful(gone, broken)
        doubtful -= gone
        if not doubtful:
            return doubtful
        forwards, edges, ghosts = self.net.forwards, self.net.edges, self.ghosts
        reached: list[str] = []
        for device in doubtful:
            if device in self.net.begun:
                reached.append(device)
                continue
            for edge in edges[device]:
                near = edge.neighbour
                if (
                    near not in doubtful
                    and near not in gone
                    and forwards[near]
                    and edge.link not in broken
                    and edge.link not in ghosts
                    and (near in self.parent or near in self.net.begun)
                ):
                    reached.append(device)
                    break
        doubtful.difference_update(reached)
        while reached:
            device = reached.pop()
            if not forwards[device]:
                continue
            for edge in edges[device]:
                if edge.neighbour in doubtful and edge.link not in broken and edge.link not in ghosts:
                    doubtful.discard(edge.neighbour)
                    reached.append(edge.neighbour)
        return doubtful

    def _doubtful(self, gone: Collection[str], broken: Collection[str]) -> set[str]:
        """All whose path in the tree passes something that is gone."""
        tops = [device for device in gone if device in self.parent or device in self.net.begun]
        tops += [self.link_child[link] for link in broken if link in self.link_child]
        found: set[str] = set()
        stack = list(tops)
        while stack:
            device = stack.pop()
            if device not in found:
                found.add(device)
                stack.extend(self.children.get(device, ()))
        return found
