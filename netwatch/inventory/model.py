"""The inventory's nouns, spelt as NetBox spells them. All frozen; all ids unique within their kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

ROLES: Final = (
    "core", "aggregation", "distribution", "access", "cpe", "upstream",
    "router", "switch", "olt", "radio", "ups",
)  # fmt: skip

#: Languages with complete texts, and the ways in which a customer may be told.
LANGUAGES: Final = ("nl", "pl", "en")
NOTIFY: Final = ("email", "sms", "call")


class Segment(StrEnum):
    """What kind of customer a service is sold to."""

    RESIDENTIAL = "residential"
    BUSINESS = "business"
    CRITICAL = "critical"
    WHOLESALE = "wholesale"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the country; regions nest by `parent`."""

    id: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place with devices. `battery_minutes`: 0 = no battery, None = unknown."""

    id: str
    name: str
    region: str | None = None
    power_feed: str | None = None
    battery_minutes: float | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A router, switch, OLT, radio or CPE.

    `snmp` names a profile of the configuration, None = not polled by SNMP.
    `battery_minutes`: 0 = none, None = unknown; the site's value is already filled in.
    `transit`: whether it forwards for others.
    """

    id: str
    name: str
    site: str | None = None
    role: str = "access"
    address: str = ""
    snmp: str | None = None
    icmp: bool = True
    battery_minutes: float | None = None
    transit: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """One interface of one device. `interface` is "" when the operator named only the device."""

    device: str
    interface: str = ""

    def __str__(self) -> str:
        return f"{self.device}:{self.interface}" if self.interface else self.device


@dataclass(frozen=True, slots=True)
class Link:
    """A trunk or cable between two devices; `ducts` are the ways that it shares with others."""

    id: str
    a: Port
    b: Port
    ducts: tuple[str, ...] = ()
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """A supplier of links or upstreams, and how to reach it."""

    id: str
    name: str
    phone: str = ""
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A way out of the network (transit, peering)."""

    id: str
    device: str
    interface: str = ""
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class PortGroup:
    """Ports that fail together: a PON, a line card, a radio sector."""

    id: str
    device: str
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """An address outside the network whose answer tells that netwatch can see."""

    id: str
    address: str


@dataclass(frozen=True, slots=True)
class Monitor:
    """Where netwatch stands in the topology. Empty `attached_to` = unknown."""

    attached_to: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Announced work. `elements` are refs as in `link:trunk-17`; instants on the timeline (Unix seconds)."""

    id: str
    elements: tuple[str, ...]
    start_at: float
    end_at: float


@dataclass(frozen=True, slots=True)
class Service:
    """One line of the customers' file: one service of one customer.

    `customer` is the file's `id` column; a customer may have several services. `primary.device` is ""
    when the file does not say where the service hangs: it is then never counted as affected.
    `priority`: 1 is told first, larger later. `notify`: subset of email, sms, call; empty = none.
    """

    customer: str
    name: str
    segment: Segment
    language: str
    email: str
    mobile: str
    phone: str
    postcode: str
    primary: Port
    backup: Port | None
    priority: int
    notify: tuple[str, ...]
    line: int


def _empty() -> Mapping[str, tuple[Service, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of it, by id, in the order of the files. `customers` maps a customer's id to its services."""

    regions: Mapping[str, Region] = field(default_factory=lambda: MappingProxyType({}))
    sites: Mapping[str, Site] = field(default_factory=lambda: MappingProxyType({}))
    devices: Mapping[str, Device] = field(default_factory=lambda: MappingProxyType({}))
    links: Mapping[str, Link] = field(default_factory=lambda: MappingProxyType({}))
    providers: Mapping[str, Provider] = field(default_factory=lambda: MappingProxyType({}))
    upstreams: Mapping[str, Upstream] = field(default_factory=lambda: MappingProxyType({}))
    port_groups: Mapping[str, PortGroup] = field(default_factory=lambda: MappingProxyType({}))
    monitor: Monitor = field(default_factory=Monitor)
    maintenance: tuple[Maintenance, ...] = ()
    customers: Mapping[str, tuple[Service, ...]] = field(default_factory=_empty)
