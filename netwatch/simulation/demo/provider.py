"""The demo's provider, invented: 30 routers in three regions, rings and trees, 200 customers in three languages.

What is behind a cut is computed here from the plain list of trunks, by nothing that netwatch uses: it is the
truth that the demo judges netwatch by.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from netwatch.inventory.model import Port, Service
from netwatch.simulation.chance import seeded
from netwatch.simulation.people import Attachment, invent, segment_of

CUSTOMERS: Final = 200
#: The trunk that is cut: a whole branch of Twente hangs on it.
VICTIM: Final = "trunk-hgl-borne"
_DUAL_HOMED: Final = 15  # one customer of so many has a second line


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A router. `ports` maps its interfaces to what they lead to."""

    name: str
    site: str
    role: str
    address: str
    ports: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk between two ports, each (device, interface)."""

    id: str
    a: tuple[str, str]
    b: tuple[str, str]
    duct: str = ""


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A place in a region, with what its battery lasts."""

    id: str
    name: str
    region: str
    battery_minutes: int
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Provider:
    """All of it, by id."""

    regions: Mapping[str, str]
    sites: Mapping[str, DemoSite]
    devices: Mapping[str, DemoDevice]
    trunks: Mapping[str, Trunk]
    customers: tuple[Service, ...] = field(repr=False)
    core: str = "ens-core-1"

    def behind(self, trunk: str) -> frozenset[str]:
        """The devices that have no way to the core without `trunk`."""
        reached = {self.core}
        grown = True
        while grown:
            before = len(reached)
            for other in self.trunks.values():
                ends = {other.a[0], other.b[0]}
                if other.id != trunk and ends & reached:
                    reached |= ends
            grown = len(reached) > before
        return frozenset(self.devices) - reached

    def cut_off(self, devices: Collection[str]) -> frozenset[str]:
        """The mail addresses of the customers whose every line ends on one of `devices`."""
        return frozenset(
            service.email
            for service in self.customers
            if service.primary.device in devices and (service.backup is None or service.backup.device in devices)
        )


_REGIONS: Final = {"twente": "Twente", "salland": "Salland", "achterhoek": "Achterhoek"}
_SITES: Final = (
    # id, name, region, minutes of battery, latitude, longitude
    ("ens", "Enschede", "twente", 480, 52.22, 6.89),
    ("hgl", "Hengelo", "twente", 240, 52.27, 6.79),
    ("alm", "Almelo", "twente", 240, 52.36, 6.66),
    ("borne", "Borne", "twente", 120, 52.30, 6.75),
    ("dev", "Deventer", "salland", 480, 52.25, 6.16),
    ("raalte", "Raalte", "salland", 240, 52.39, 6.28),
    ("olst", "Olst", "salland", 120, 52.34, 6.11),
    ("dtc", "Doetinchem", "achterhoek", 480, 51.97, 6.29),
    ("zutphen", "Zutphen", "achterhoek", 240, 52.14, 6.20),
    ("lochem", "Lochem", "achterhoek", 120, 52.16, 6.41),
)
_TRUNKS: Final = (
    # the backbone: a ring over the three regions
    ("trunk-ens-dev", "ens-core-1", "dev-core-1", "duct-a1"),
    ("trunk-dev-dtc", "dev-core-1", "dtc-core-1", "duct-a348"),
    ("trunk-dtc-ens", "dtc-core-1", "ens-core-1", "duct-a18"),
    # Twente: a ring of aggregation routers, and trees below it
    ("trunk-ens-hgl", "ens-core-1", "hgl-agg-1", "duct-a35"),
    ("trunk-hgl-alm", "hgl-agg-1", "alm-agg-1", "duct-n743"),
    ("trunk-alm-ens", "alm-agg-1", "ens-core-1", ""),
    ("trunk-ens-acc-1", "ens-core-1", "ens-acc-1", ""),
    ("trunk-hgl-acc-1", "hgl-agg-1", "hgl-acc-1", ""),
    ("trunk-hgl-acc-2", "hgl-agg-1", "hgl-acc-2", ""),
    ("trunk-alm-acc-1", "alm-agg-1", "alm-acc-1", ""),
    ("trunk-alm-acc-2", "alm-agg-1", "alm-acc-2", ""),
    ("trunk-alm-acc-3", "alm-acc-2", "alm-acc-3", ""),
    (VICTIM, "hgl-agg-1", "borne-acc-1", "duct-n744"),
    ("trunk-borne-2", "borne-acc-1", "borne-acc-2", ""),
    ("trunk-borne-3", "borne-acc-1", "borne-acc-3", ""),
    # Salland
    ("trunk-dev-raalte", "dev-core-1", "raalte-agg-1", "duct-n348"),
    ("trunk-raalte-olst", "raalte-agg-1", "olst-agg-1", ""),
    ("trunk-olst-dev", "olst-agg-1", "dev-core-1", "duct-n337"),
    ("trunk-dev-acc-1", "dev-core-1", "dev-acc-1", ""),
    ("trunk-dev-acc-2", "dev-core-1", "dev-acc-2", ""),
    ("trunk-raalte-acc-1", "raalte-agg-1", "raalte-acc-1", ""),
    ("trunk-raalte-acc-2", "raalte-acc-1", "raalte-acc-2", ""),
    ("trunk-olst-acc-1", "olst-agg-1", "olst-acc-1", ""),
    ("trunk-olst-acc-2", "olst-agg-1", "olst-acc-2", ""),
    # Achterhoek
    ("trunk-dtc-zutphen", "dtc-core-1", "zutphen-agg-1", "duct-n314"),
    ("trunk-zutphen-lochem", "zutphen-agg-1", "lochem-agg-1", "duct-n346"),
    ("trunk-lochem-dtc", "lochem-agg-1", "dtc-core-1", ""),
    ("trunk-dtc-acc-1", "dtc-core-1", "dtc-acc-1", ""),
    ("trunk-dtc-acc-2", "dtc-core-1", "dtc-acc-2", ""),
    ("trunk-zutphen-acc-1", "zutphen-agg-1", "zutphen-acc-1", ""),
    ("trunk-zutphen-acc-2", "zutphen-acc-1", "zutphen-acc-2", ""),
    ("trunk-lochem-acc-1", "lochem-agg-1", "lochem-acc-1", ""),
    ("trunk-lochem-acc-2", "lochem-acc-1", "lochem-acc-2", ""),
)
_ROLES: Final = {"core": "core", "agg": "aggregation", "acc": "access"}


def invent_provider() -> Provider:
    """The same provider every time, to the letter."""
    names = sorted({end for _, a, b, _ in _TRUNKS for end in (a, b)})
    ports: dict[str, dict[str, str]] = {name: {} for name in names}
    trunks = {}
    for trunk, a, b, duct in _TRUNKS:
        near = (a, _next_port(ports[a], b))
        far = (b, _next_port(ports[b], a))
        trunks[trunk] = Trunk(trunk, near, far, duct)
    customers = _invent_customers([name for name in names if "-acc-" in name], ports)
    sites = {row[0]: DemoSite(*row) for row in _SITES}
    numbers = {region: number for number, region in enumerate(_REGIONS, 1)}
    devices = {
        name: DemoDevice(
            name=name,
            site=name.split("-")[0],
            role=_ROLES[name.split("-")[1]],
            address=f"127.77.{numbers[sites[name.split('-')[0]].region]}.{names.index(name) + 1}",
            ports=ports[name],
        )
        for name in names
    }
    return Provider(dict(_REGIONS), sites, devices, trunks, customers)


def _next_port(ports: dict[str, str], leads_to: str) -> str:
    port = f"ge-0/0/{len(ports)}"
    ports[port] = leads_to
    return port


def _invent_customers(access: list[str], ports: dict[str, dict[str, str]]) -> tuple[Service, ...]:
    """Each on a port of its own; every fifteenth has a second line, at another access router."""
    random = seeded("demo")
    customers = []
    for number in range(1, CUSTOMERS + 1):
        primary = access[number % len(access)]
        attachment = Attachment(Port(primary, _customer_port(ports[primary], number)))
        if number % _DUAL_HOMED == 0:
            backup = access[(number + len(access) // 2) % len(access)]
            attachment = Attachment(attachment.primary, Port(backup, _customer_port(ports[backup], number)))
        customers.append(invent(random, number, segment_of(random), attachment))
    return tuple(customers)


def _customer_port(ports: dict[str, str], number: int) -> str:
    port = f"ge-1/0/{len(ports)}"
    ports[port] = f"customer {number}"
    return port
