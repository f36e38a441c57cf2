"""Customers in groups: all who hang on exactly the same devices fare alike, so that they are counted once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from netwatch.inventory.audit.flow import Flow
from netwatch.inventory.model import Inventory, Port, Segment, Service


@dataclass(frozen=True, slots=True)
class Group:
    """Customers whose services hang on the same devices. `devices` are vertices with a way out, sorted.

    `top` is the last element on every way to all of them: it and whatever lies on every way to it are the single
    points of failure of the group.
    """

    devices: tuple[int, ...]
    customers: int
    critical: int
    top: int


class Crowd:
    """All customers that have a way out. `stranded` counts those attached to devices that have none anyway."""

    def __init__(self, inventory: Inventory, flow: Flow) -> None:
        counts: dict[tuple[int, ...], list[int]] = {}
        self.unattached: list[str] = []
        self.same_device: list[str] = []
        self.stranded = 0
        for customer in sorted(inventory.customers):
            services = inventory.customers[customer]
            ports = ports_of(services)
            if not ports:
                self.unattached.append(customer)
                continue
            if any(s.backup is not None and s.backup.device == s.primary.device for s in services):
                self.same_device.append(customer)
            vertices = {flow.number[f"device:{port.device}"] for port in ports}
            key = tuple(sorted(filter(flow.reaches, vertices)))
            if not key:
                self.stranded += 1
                continue
            count = counts.setdefault(key, [0, 0])
            count[0] += 1
            count[1] += any(service.segment is Segment.CRITICAL for service in services)
        self.groups = [Group(key, counts[key][0], counts[key][1], flow.common(key)) for key in sorted(counts)]
        self.at: dict[int, list[int]] = defaultdict(list)
        for number, group in enumerate(self.groups):
            for vertex in group.devices:
                self.at[vertex].append(number)

    def cut_off(self, lost: Collection[int]) -> set[int]:
        """Groups all of whose devices are in `lost`."""
        near = {number for vertex in lost for number in self.at.get(vertex, ())}
        return {number for number in near if all(vertex in lost for vertex in self.groups[number].devices)}

    def count(self, groups: Iterable[int]) -> tuple[int, int]:
        """Customers of the groups, and the critical ones among them."""
        found = list(groups)
        return sum(self.groups[n].customers for n in found), sum(self.groups[n].critical for n in found)


def ports_of(services: Iterable[Service]) -> list[Port]:
    """Every port on which any of the services hangs."""
    return [port for s in services for port in (s.primary, s.backup) if port is not None and port.device]
