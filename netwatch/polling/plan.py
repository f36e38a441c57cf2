"""What is asked of each device, read off the inventory. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from netwatch.inventory.model import Inventory
from netwatch.polling.settings import PollingSettings, RoleSettings

_DEFAULTS: Final = PollingSettings()


@dataclass(frozen=True, slots=True)
class Intervals:
    """Seconds between two askings of one device; 0 = never. All devices of a role share one object."""

    icmp_interval_s: float = _DEFAULTS.icmp_interval_s
    snmp_interval_s: float = _DEFAULTS.snmp_interval_s
    interface_interval_s: float = _DEFAULTS.interface_interval_s
    customer_port_interval_s: float = _DEFAULTS.customer_port_interval_s
    traffic_interval_s: float = _DEFAULTS.traffic_interval_s
    power_interval_s: float = _DEFAULTS.power_interval_s
    neighbour_interval_s: float = _DEFAULTS.neighbour_interval_s
    optics_interval_s: float = _DEFAULTS.optics_interval_s


_USUAL: Final = Intervals()


def intervals(settings: PollingSettings, role: str = "") -> Intervals:
    """What applies to devices of `role`: its own values where given, else the general ones."""
    own = settings.roles.get(role, RoleSettings())
    chosen: dict[str, float] = {}
    for interval in fields(Intervals):
        value = getattr(own, interval.name)
        chosen[interval.name] = getattr(settings, interval.name) if value is None else value
    return Intervals(**chosen)


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One device: where it is pinged, which profile asks it, for which ports, and how often. Empty profile = no SNMP.

    `icmp` is already False where the role's interval says never.
    """

    device: str
    address: str
    icmp: bool
    profile: str
    link_ports: tuple[str, ...] = ()
    customer_ports: tuple[str, ...] = ()
    intervals: Intervals = _USUAL


def plan(inventory: Inventory, settings: PollingSettings = _DEFAULTS) -> Mapping[str, DevicePlan]:
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
    of_role = {role: intervals(settings, role) for role in {entry.role for entry in inventory.devices.values()}}
    return {
        device: DevicePlan(
            device,
            entry.address,
            entry.icmp and of_role[entry.role].icmp_interval_s > 0,
            entry.snmp or "",
            tuple(sorted(links[device] - {""})),
            tuple(sorted(customers[device] - links[device] - {""})),
            of_role[entry.role],
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
