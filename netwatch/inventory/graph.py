"""The inventory as a graph, indexed once, for every stage that asks who hangs on what.

All orders are those of sorted ids, so that no answer depends on the files' order.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter

from netwatch.inventory.collector import collector_paused
from netwatch.inventory.model import Inventory, Port, Service


@dataclass(frozen=True, slots=True)
class Edge:
    """One link as seen from one of its ends."""

    link: str
    neighbour: str
    own_interface: str
    far_interface: str


class Topology:
    """Adjacency, attachments and reachability of one inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        with collector_paused():
            self._index()

    def _index(self) -> None:
        inventory = self.inventory
        edges: dict[str, list[Edge]] = {device: [] for device in sorted(inventory.devices)}
        for link_id in sorted(inventory.links):
            link = inventory.links[link_id]
            edges[link.a.device].append(Edge(link_id, link.b.device, link.a.interface, link.b.interface))
            edges[link.b.device].append(Edge(link_id, link.a.device, link.b.interface, link.a.interface))
        self.edges: dict[str, tuple[Edge, ...]] = {device: tuple(found) for device, found in edges.items()}
        self.link_of_port: dict[Port, str] = {}
        for link_id, link in inventory.links.items():
            for end in (link.a, link.b):
                if end.interface:
                    self.link_of_port[end] = link_id
        attached: dict[str, list[Service]] = defaultdict(list)
        for services in inventory.customers.values():
            for service in services if len(services) == 1 else sorted(services, key=attrgetter("line")):
                device, backup = service.primary.device, service.backup
                if device:
                    attached[device].append(service)
                if backup is not None and backup.device != device:
                    attached[backup.device].append(service)
        # A customer's services are in the order of their lines already, and sorting keeps that.
        self.services_at: dict[str, tuple[Service, ...]] = {
            device: tuple(sorted(found, key=attrgetter("customer"))) for device, found in attached.items()
        }

    def neighbours(self, device: str) -> tuple[str, ...]:
        """Devices that share a link with `device`, sorted, each once."""
        return tuple(sorted({edge.neighbour for edge in self.edges[device]}))

    def reachable(
        self, starts: Collection[str], without_devices: Collection[str] = (), without_links: Collection[str] = ()
    ) -> set[str]:
        """Devices that can be reached from `starts` over forwarding devices.

        A device with `transit` false is reached but not passed through, unless it is a start.
        """
        dead = set(without_devices)
        cut = set(without_links)
        seen = {start for start in starts if start not in dead}
        queue = deque(sorted(seen))
        begun = frozenset(seen)
        while queue:
            device = queue.popleft()
            if device not in begun and not self.inventory.devices[device].transit:
                continue
            for edge in self.edges[device]:
                if edge.link not in cut and edge.neighbour not in dead and edge.neighbour not in seen:
                    seen.add(edge.neighbour)
                    queue.append(edge.neighbour)
        return seen
