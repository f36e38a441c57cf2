"""What a fault would do to a network, worked out on its graph: the yardstick that trials are drawn by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from netwatch.diagnosis.model import Scope
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Link


@dataclass(frozen=True, slots=True)
class Ground:
    """What drawing looks at: the inventory and its critical links."""

    inventory: Inventory
    topology: Topology
    bridges: tuple[str, ...]
    loops: tuple[str, ...]

    @classmethod
    def of(cls, inventory: Inventory) -> Ground:
        topology = Topology(inventory)
        critical = _critical(topology)
        return cls(inventory, topology, tuple(sorted(critical)), tuple(sorted(set(inventory.links) - critical)))

    def serves(self, link: Link) -> bool:
        """Whether it is a trunk, rather than the line of one customer's device."""
        return "cpe" not in {self.inventory.devices[end.device].role for end in (link.a, link.b)}

    def equals(self, dead: Iterable[str], cut: Iterable[str]) -> tuple[frozenset[str], ...]:
        """Single causes that leave exactly the same traces, since all that is seen is where the light ends.

        When every link from the living part ends on one lost device, that device may be dead; when it is one link
        only, that link may be cut.
        """
        gone, without = set(dead), set(cut)
        starts = [device for device in self.inventory.monitor.attached_to if device not in gone]
        lit = self.topology.reachable(starts, gone, without)
        edge = {
            (link.id, far.device)
            for link in self.inventory.links.values()
            for near, far in ((link.a, link.b), (link.b, link.a))
            if near.device in lit and far.device not in lit and self.inventory.devices[near.device].transit
        }
        found = []
        if len({device for _, device in edge}) == 1:
            found.append(frozenset({f"device:{device}" for _, device in edge}))
        if len(edge) == 1:
            found.append(frozenset({f"link:{link}" for link, _ in edge}))
        return tuple(found)

    def scope_of(self, devices: Iterable[str], links: Iterable[str] = ()) -> Scope:
        """Regional, or redundancy when losing these cuts no other customer off."""
        dead = set(devices)
        lit = self.topology.reachable(
            [d for d in self.inventory.monitor.attached_to if d not in dead], dead, set(links)
        )
        lost = [c for c, services in self.inventory.customers.items()
                if all(p.device not in lit for s in services for p in (s.primary, s.backup) if p)]  # fmt: skip
        return Scope.REGIONAL if lost else Scope.REDUNDANCY


def _critical(topology: Topology) -> set[str]:
    """Links without which something is cut off from the monitor.

    Only links of a tree from the monitor can be so. Such a link is when what hangs below it in the tree can't all be
    reached over the other links that lead there.
    """
    starts = sorted(topology.inventory.monitor.attached_to)
    devices = topology.inventory.devices
    forwards = {name for name, device in devices.items() if device.transit or name in starts}
    above: dict[str, tuple[str, str]] = {}
    order, queue = list(starts), deque(starts)
    while queue:
        near = queue.popleft()
        for edge in topology.edges[near] if near in forwards else ():
            if edge.neighbour not in above and edge.neighbour not in starts:
                above[edge.neighbour] = (near, edge.link)
                order.append(edge.neighbour)
                queue.append(edge.neighbour)
    below: dict[str, set[str]] = {name: {name} for name in order}
    for name in reversed(order):
        if name in above:
            below[above[name][0]] |= below[name]
    return {link for name, (_, link) in above.items() if not _hangs_elsewhere(topology, forwards, below[name], link)}


def _hangs_elsewhere(topology: Topology, forwards: set[str], branch: set[str], without: str) -> bool:
    """Whether all of a branch can be reached from outside it without one link."""
    seen = {
        name
        for name in branch
        for edge in topology.edges[name]
        if edge.link != without and edge.neighbour in forwards and edge.neighbour not in branch
    }
    queue = deque(sorted(seen))
    while queue:
        near = queue.popleft()
        for edge in topology.edges[near] if near in forwards else ():
            if edge.link != without and edge.neighbour in branch and edge.neighbour not in seen:
                seen.add(edge.neighbour)
                queue.append(edge.neighbour)
    return seen == branch
