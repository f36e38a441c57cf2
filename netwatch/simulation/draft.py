"""An inventory in the making: hands out ports, addresses and numbers, then freezes."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from types import MappingProxyType

from netwatch.inventory.model import (
    Device,
    Inventory,
    Link,
    Maintenance,
    Monitor,
    Port,
    PortGroup,
    Provider,
    Region,
    Segment,
    Service,
    Site,
    Upstream,
    Witness,
)
from netwatch.simulation.people import Attachment, invent


class Draft:
    """Collects elements; `freeze` gives the `Inventory`. Ids are the caller's and must be unique per kind."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.regions: dict[str, Region] = {}
        self.sites: dict[str, Site] = {}
        self.devices: dict[str, Device] = {}
        self.links: dict[str, Link] = {}
        self.providers: dict[str, Provider] = {}
        self.upstreams: dict[str, Upstream] = {}
        self.port_groups: dict[str, PortGroup] = {}
        self.customers: dict[str, tuple[Service, ...]] = {}
        self.maintenance: list[Maintenance] = []
        self._trunks: defaultdict[str, int] = defaultdict(int)
        self._access: defaultdict[str, int] = defaultdict(int)

    def region(self, name: str, parent: str | None = None) -> str:
        self.regions[name] = Region(name, name.title(), parent)
        return name

    def site(self, name: str, region: str, *, feed: str | None = None, battery_minutes: float | None = None) -> str:
        self.sites[name] = Site(name, name.upper(), region, feed, battery_minutes)
        return name

    def device(self, name: str, site: str, role: str) -> str:
        """Add a device with the site's battery and the next free address."""
        number = len(self.devices) + 1
        self.devices[name] = Device(
            id=name,
            name=name,
            site=site,
            role=role,
            address=f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
            snmp="default",
            battery_minutes=0.0 if role == "cpe" else self.sites[site].battery_minutes,
            transit=role != "cpe",
        )
        return name

    def link(self, name: str, a: str, b: str, *, ducts: tuple[str, ...] = (), provider: str | None = None) -> str:
        """Join two devices by their next free trunk ports."""
        self.links[name] = Link(name, self._trunk_port(a), self._trunk_port(b), ducts, provider)
        return name

    def access_port(self, device: str) -> Port:
        """The next free customers' port of a device."""
        self._access[device] += 1
        return Port(device, f"ge-1/0/{self._access[device]}")

    def customer(self, segment: Segment, primary: Port, backup: Port | None = None) -> str:
        """Invent a customer with one service; returns its id."""
        service = invent(self.rng, len(self.customers) + 1, segment, Attachment(primary, backup))
        self.customers[service.customer] = (service,)
        return service.customer

    def freeze(self, attached_to: tuple[str, ...], witnesses: tuple[str, ...] = ("w1", "w2")) -> Inventory:
        """The inventory as it stands, with the monitor at `attached_to`."""
        seen_from = tuple(Witness(name, f"192.0.2.{number}") for number, name in enumerate(witnesses, 1))
        return Inventory(
            regions=MappingProxyType(dict(self.regions)),
            sites=MappingProxyType(dict(self.sites)),
            devices=MappingProxyType(dict(self.devices)),
            links=MappingProxyType(dict(self.links)),
            providers=MappingProxyType(dict(self.providers)),
            upstreams=MappingProxyType(dict(self.upstreams)),
            port_groups=MappingProxyType(dict(self.port_groups)),
            monitor=Monitor(attached_to, seen_from),
            maintenance=tuple(self.maintenance),
            customers=MappingProxyType(dict(self.customers)),
        )

    def _trunk_port(self, device: str) -> Port:
        self._trunks[device] += 1
        return Port(device, f"xe-0/0/{self._trunks[device]}")
