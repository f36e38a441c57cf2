"""An invented provider of any size on loopback addresses, as an operator's files.

Every device has 48 ports called ge-0/0/N, as bench/agents.c has them: its trunks count up from 1, its customers
down from 48. Regions of about 50 devices: a ring of aggregation devices between two cores, rings of access devices
between two of those, trees and customers' routers below.
"""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from pathlib import Path
from types import MappingProxyType

from bench.icmp_worker import addresses
from netwatch.inventory.model import (
    Device,
    Inventory,
    Link,
    Monitor,
    Port,
    Provider,
    Region,
    Segment,
    Service,
    Site,
    Upstream,
    Witness,
)
from netwatch.simulation.writing import write_inventory

REGION, RING, PORTS = 50, 4, 48
WITNESS = "127.250.0.1"
SEED = 3


class _Builder:
    def __init__(self, count: int) -> None:
        self.rng = random.Random(SEED)
        self.free = iter(addresses(count))
        self.left = count
        self.regions: dict[str, Region] = {}
        self.sites: dict[str, Site] = {}
        self.devices: dict[str, Device] = {}
        self.links: dict[str, Link] = {}
        self.customers: dict[str, tuple[Service, ...]] = {}
        self.trunks: Counter[str] = Counter()
        self.access: Counter[str] = Counter()

    def device(self, name: str, role: str, region: str) -> str:
        """A device on a site of its own; customers' routers stand at their customers."""
        self.left -= 1
        site = f"site-{name}"
        self.sites[site] = Site(site, site.upper(), region, f"feed-{region}", 0.0 if role == "cpe" else 120.0)
        self.devices[name] = Device(name, name, site, role, next(self.free), "default", transit=role != "cpe")
        return name

    def link(self, a: str, b: str) -> None:
        ends = []
        for end in (a, b):
            self.trunks[end] += 1
            ends.append(Port(end, f"ge-0/0/{self.trunks[end]}"))
        name = f"trunk-{len(self.links) + 1}"
        self.links[name] = Link(name, *ends, ducts=(f"duct-{a}",) if a.startswith("agg") else ())

    def chain(self, *names: str) -> None:
        for a, b in itertools.pairwise(names):
            self.link(a, b)

    def customer(self, device: str) -> None:
        self.access[device] += 1
        name = f"c{len(self.customers) + 1}"
        segment = self.rng.choice((Segment.RESIDENTIAL, Segment.RESIDENTIAL, Segment.BUSINESS))
        port = Port(device, f"ge-0/0/{PORTS + 1 - self.access[device]}")
        mail, post = f"{name}@example.com", f"{1000 + len(self.customers) % 9000} AB"
        service = Service(name, f"Customer {name}", segment, "nl", mail, "", "", post, port, None, 5, ("email",), 0)
        self.customers[name] = (service,)

    def area(self, number: int, ends: tuple[str, str]) -> None:
        """One region: a ring, and below it access in rings of three, trees, customers' routers."""
        region = f"region-{number}"
        self.regions[region] = Region(region, region.title(), "all")
        size = min(REGION, self.left)
        rings = [self.device(f"agg-{number}-{place}", "aggregation", region) for place in range(min(RING, size))]
        self.chain(ends[0], *rings, ends[1])
        below = 0
        while below < size - len(rings):
            root, other = rings[below % len(rings)], rings[(below + 1) % len(rings)]
            room = min(6, size - len(rings) - below)
            ring = [self.device(f"acc-{number}-{below + place}", "access", region) for place in range(min(3, room))]
            self.chain(root, *ring, other)
            for place in range(len(ring), room):
                role = "cpe" if place == room - 1 else "access"
                leaf = self.device(f"{'cpe' if role == 'cpe' else 'acc'}-{number}-{below + place}", role, region)
                self.link(self.rng.choice(ring), leaf)
                ring += [leaf] * (role == "access")
            for name in ring:
                self.customer(name)
                self.customer(name)
            below += room


def provider(count: int) -> Inventory:
    """The provider of exactly `count` devices; the same each time."""
    made = _Builder(count)
    made.regions["all"] = Region("all", "All")
    cores = [made.device(f"core-{number}", "core", "all") for number in range(max(3, min(count // 3, count // 500)))]
    made.chain(*cores, cores[0])
    number = 0
    while made.left:
        made.area(number, (cores[number % len(cores)], cores[(number + 1) % len(cores)]))
        number += 1
    return Inventory(
        regions=MappingProxyType(made.regions),
        sites=MappingProxyType(made.sites),
        devices=MappingProxyType(made.devices),
        links=MappingProxyType(made.links),
        providers=MappingProxyType({"fibreco": Provider("fibreco", "FibreCo", "+44 7700 900123", "F-2210")}),
        upstreams=MappingProxyType({"transit": Upstream("transit", cores[0], f"ge-0/0/{PORTS}", "fibreco")}),
        customers=MappingProxyType(made.customers),
        monitor=Monitor((cores[0], cores[1]), (Witness("w1", WITNESS),)),
    )


def write(directory: Path, count: int, settings: dict[str, object]) -> tuple[Path, Inventory]:
    """Write the provider and a configuration with `settings`; the configuration's path, and the provider."""
    inventory = provider(count)
    config = write_inventory(inventory, directory)
    lines = [f"{name}: {json.dumps(value)}" for name, value in settings.items()]
    config.write_text("\n".join(["inventory: [network.yaml, customers.csv]", *lines]) + "\n", encoding="utf-8")
    return config, inventory
