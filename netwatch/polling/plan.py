"""What is asked of each device, read off the inventory. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from netwatch.inventory.model import Inventory


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device: where it is pinged, which profile asks it, and for which ports. Empty profile = no SNMP."""

    device: str
    address: str
    icmp: bool
    profile: str
    link_ports: tuple[str, ...] = ()
    customer_ports: tuple[str, ...] = ()


def plan(inventory: Inventory) -> Mapping[str, DevicePlan]:
    """The plan of every device that has an address, in the order of their ids.

    Ports of links and upstreams are link ports; ports of port groups and customers that are none of those
    are customers' ports.
    """
    links: dict[str, set[str]] = defaultdict(set)
    for link in inventory.links.values():
        links[link.a.device].add(link.a.interface)
        links[link.b.device].add(link.b.interface)
    for upstream in inventory.upstreams.values():
        links[upstream.device].add(upstream.interface)
    customers: dict[str, set[str]] = defaultdict(set)
    for group in inventory.port_groups.values():
        customers[group.device].update(group.interfaces)
    for services in inventory.customers.values():
        for service in services:
            customers[service.primary.device].add(service.primary.interface)
            if service.backup is not None:
                customers[service.backup.device].add(service.backup.interface)
    return {
        device: DevicePlan(
            device,
            entry.address,
            entry.icmp,
            entry.snmp or "",
            tuple(sorted(links[device] - {""})),
            tuple(sorted(customers[device] - links[device] - {""})),
        )
        for device, entry in sorted(inventory.devices.items())
        if entry.address
    }


def telling_addresses(inventory: Inventory) -> list[str]:
    """Addresses whose way out tells whether the monitor is connected: its first hops (or, when they are unknown,
    some device) and the witnesses.
    """
    first = [
        inventory.devices[device].address for device in inventory.monitor.attached_to if device in inventory.devices
    ]
    addresses = [address for address in first if address]
    addresses = addresses or [entry.address for _, entry in sorted(inventory.devices.items()) if entry.address][:1]
    return addresses + [witness.address for witness in inventory.monitor.witnesses]
