"""The inventory's graph as the diagnosis needs it: who forwards, which tree reaches whom, what lies in a shadow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from netwatch.inventory.graph import Edge, Topology
from netwatch.names import lasting

#: So many devices and links are remembered in shadows, which are asked for again while a fault lasts.
_SHADOWS: Final = 200_000
#: From this part of all devices on, going through all in order is quicker than sorting.
_MANY: Final = 10
_RANK: Final = {"core": 0, "router": 1, "upstream": 1, "aggregation": 2, "distribution": 2}


class Net:
    """Static indexes over one topology. All orders are those of sorted ids."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.inventory = topology.inventory
        self.edges = topology.edges
        self.near: dict[str, tuple[str, ...]] = {
            device: tuple([edge.neighbour for edge in edges]) for device, edges in topology.edges.items()
        }
        self.monitor_known = bool(self.inventory.monitor.attached_to)
        attached = sorted(d for d in self.inventory.monitor.attached_to if d in self.edges)
        self.starts: tuple[str, ...] = tuple(attached or self._chosen_starts(()))
        self.strays: tuple[str, ...] = self._chosen_starts(self.starts)
        self._begun = frozenset((*self.starts, *self.strays))
        self.records_ducts = any(link.ducts for link in self.inventory.links.values())
        devices = self.inventory.devices
        self.forwards: dict[str, bool] = {d: devices[d].transit or d in self._begun for d in self.edges}

    def _chosen_starts(self, given: Collection[str]) -> tuple[str, ...]:
        """One device for each part of the graph that `given` does not reach: the most central one."""
        seen = self._flood(given)
        chosen: list[str] = []
        devices = self.inventory.devices
        if len(seen) == len(devices):
            return ()
        rank = sorted(devices, key=lambda d: (_RANK.get(devices[d].role, 3), -len(self.edges[d]), d))
        for device in rank:
            if device not in seen:
                chosen.append(device)
                seen |= self._flood((device,))
        return tuple(sorted(chosen))

    def _flood(self, starts: Iterable[str]) -> set[str]:
        """The devices of the parts of the graph in which `starts` lie."""
        seen, layer, near = set[str](), set(starts), self.near
        while layer:
            seen |= layer
            layer = set().union(*[near[device] for device in layer]) - seen
        return seen

    def in_order(self, devices: Collection[str]) -> list[str]:
        """These devices, sorted; many of them without comparing them anew."""
        if len(devices) * _MANY < len(self.forwards):
            return sorted(devices)
        return [device for device in self.forwards if device in devices]

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
        seen, near, forwards = set(self.order), net.near, net.forwards
        for device in self.order:  # it grows meanwhile
            if seen.issuperset(near[device]) or not forwards[device]:
                continue
            for edge in net.edges[device]:
                if edge.neighbour not in seen and edge.link not in ghosts:
                    seen.add(edge.neighbour)
                    self.parent[edge.neighbour] = device
                    self.parent_link[edge.neighbour] = edge.link
                    self.children[device].append(edge.neighbour)
                    self.order.append(edge.neighbour)
        self._sizes = sizes = dict.fromkeys(self.order, 1)
        for device, parent in reversed(self.parent.items()):  # those below come before it
            sizes[parent] += sizes[device]
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
            found = self._shadows[asked] = lasting(frozenset(self._find_shadow(*asked)))
            self._kept += len(asked[0]) + len(asked[1]) + len(found)
            if self._kept > _SHADOWS:
                self._shadows.clear()
                self._kept = 0
        return found

    def _find_shadow(self, gone: frozenset[str], broken: frozenset[str]) -> set[str]:
        doubtful = self._doubtful(gone, broken)
        enclosed = doubtful | gone
        doubtful -= gone
        reached = self._reached_from_outside(doubtful, enclosed, broken)
        doubtful.difference_update(reached)
        forwards, edges, ghosts = self.net.forwards, self.net.edges, self.ghosts
        while reached:
            device = reached.pop()
            if not forwards[device]:
                continue
            for edge in edges[device]:
                if edge.neighbour in doubtful and edge.link not in broken and edge.link not in ghosts:
                    doubtful.discard(edge.neighbour)
                    reached.append(edge.neighbour)
        return doubtful

    def _reached_from_outside(self, doubtful: set[str], enclosed: set[str], broken: frozenset[str]) -> list[str]:
        """The doubtful that begin at the monitor, or that a device outside of all that is `enclosed` forwards to."""
        begun, near, edges = self.net.begun, self.net.near, self.net.edges
        return [
            device
            for device in doubtful
            if device in begun
            or (
                not enclosed.issuperset(near[device])
                and any(self._comes_over(edge, enclosed, broken) for edge in edges[device])
            )
        ]

    def _comes_over(self, edge: Edge, enclosed: set[str], broken: frozenset[str]) -> bool:
        near = edge.neighbour
        return (
            near not in enclosed
            and self.net.forwards[near]
            and edge.link not in broken
            and edge.link not in self.ghosts
            and (near in self.parent or near in self.net.begun)
        )

    def _doubtful(self, gone: Collection[str], broken: Collection[str]) -> set[str]:
        """All whose path in the tree passes something that is gone."""
        tops = [device for device in gone if device in self.parent or device in self.net.begun]
        tops += [self.link_child[link] for link in broken if link in self.link_child]
        found: set[str] = set()
        layer, children = set(tops), self.children
        while layer:
            found |= layer
            layer = set().union(*[children[device] for device in layer if device in children]) - found
        return found
