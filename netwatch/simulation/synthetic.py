"""A synthetic provider: core ring, regional rings, trees, PON, dual homing, ducts, feeds, batteries, customers."""

from __future__ import annotations

from dataclasses import dataclass

from netwatch.inventory.model import Inventory, Port, PortGroup, Provider, Segment, Upstream
from netwatch.simulation.chance import seeded
from netwatch.simulation.draft import Draft
from netwatch.simulation.people import segment_of

_RING = 4
_PON_PORTS = 8
#: Minutes of a street cabinet's battery; None is "nobody wrote it down".
_CABINET_BATTERIES = (0.0, 0.0, 0.0, None, 120.0)


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """How large, and which of the many: `devices` is met to within a few per cent."""

    devices: int = 100
    """Devices of all roles, at least 12."""
    customers_per_access: int = 6
    """Customers on each access device's ports; an OLT has four times as many."""
    seed: int = 0
    """The same seed gives the same provider, to the letter."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where access devices grow: below `root`, in `region`, on `feed`; `other` is the root for second legs."""

    name: str
    root: str
    other: str
    region: str
    feed: str
    devices: int


def generate(plan: ProviderPlan) -> Inventory:
    """Make a provider of about `plan.devices` devices, seen by a monitor at two core devices."""
    draft = Draft(seeded("provider", plan.seed))
    cores = _core(draft, max(3, min(10, plan.devices // 60)))
    left = plan.devices - len(cores)
    regions = max(1, round(left / 60))
    for number in range(regions):
        size = left * (number + 1) // regions - left * number // regions
        _region(draft, plan, number, size, (cores[number % len(cores)], cores[(number + 1) % len(cores)]))
    return draft.freeze((cores[0], cores[1]))


def _core(draft: Draft, count: int) -> list[str]:
    region = draft.region("backbone")
    draft.providers["fibreco"] = Provider("fibreco", "FibreCo", "+44 7700 900123", "F-2210")
    names = [f"core-{number}" for number in range(1, count + 1)]
    for number, name in enumerate(names, 1):
        site = draft.site(f"pop-{number}", region, feed=f"feed-pop-{number}", battery_minutes=480.0)
        draft.device(name, site, "core")
    for number, name in enumerate(names, 1):
        draft.link(f"ring-{number}", name, names[number % count], ducts=(f"duct-ring-{number}",))
    for number, device in enumerate((names[0], names[count // 2]), 1):
        draft.upstreams[f"transit-{number}"] = Upstream(f"transit-{number}", device, f"et-0/0/{number}", "fibreco")
    return names


def _region(draft: Draft, plan: ProviderPlan, number: int, size: int, ends: tuple[str, str]) -> None:
    """A ring of aggregation devices between two cores, with an area of access below each."""
    rng = draft.rng
    region = draft.region(f"region-{number + 1}")
    aggregations = [f"agg-{number + 1}-{place}" for place in range(1, min(_RING, max(2, size // 4)) + 1)]
    for name in aggregations:
        battery = rng.choice((0.0, 240.0, 240.0))
        site = draft.site(f"site-{name}", region, feed=f"feed-{name}", battery_minutes=battery)
        draft.device(name, site, "aggregation")
    path = [ends[0], *aggregations, ends[1]]
    for place in range(len(path) - 1):
        name = f"trunk-{number + 1}-{place + 1}"
        draft.link(name, path[place], path[place + 1], ducts=(f"duct-{number + 1}-{place + 1}",))
    left = size - len(aggregations)
    for place, root in enumerate(aggregations):
        share = left * (place + 1) // len(aggregations) - left * place // len(aggregations)
        other = aggregations[(place + 1) % len(aggregations)]
        grow(draft, Area(root.removeprefix("agg-"), root, other, region, f"feed-{root}", share), plan)


def grow(draft: Draft, area: Area, plan: ProviderPlan) -> None:
    """Grow `area.devices` devices below its root: one OLT, trees of access devices, managed CPE."""
    if area.devices <= 0:
        return
    rng = draft.rng
    _olt(draft, area, plan)
    hosts: list[tuple[str, int]] = []
    for number in range(1, area.devices):
        if hosts and number % 6 == 0:
            _cpe(draft, area, rng.choice(hosts)[0], number)
            continue
        name = f"acc-{area.name}-{number}"
        site = draft.site(
            f"cab-{area.name}-{number}", area.region, feed=area.feed, battery_minutes=rng.choice(_CABINET_BATTERIES)
        )
        draft.device(name, site, "access")
        upper = [host for host, depth in hosts if depth < 3]
        parent = rng.choice(upper) if upper and rng.random() < 0.4 else area.root
        depth = next((depth for host, depth in hosts if host == parent), 0) + 1
        ducts = (f"duct-{area.name}-{number // 4}",) if parent == area.root else ()
        draft.link(f"trunk-{name}", parent, name, ducts=ducts)
        if parent == area.root and area.other != area.root and rng.random() < 0.15:
            draft.link(f"second-{name}", area.other, name)
        _customers(draft, name, [host for host, _ in hosts], plan.customers_per_access)
        hosts.append((name, depth))


def _olt(draft: Draft, area: Area, plan: ProviderPlan) -> None:
    name = f"olt-{area.name}"
    site = draft.devices[area.root].site
    draft.device(name, site or area.region, "olt")
    draft.link(f"trunk-{name}", area.root, name)
    wanted = 4 * plan.customers_per_access
    for pon in range(-(-wanted // _PON_PORTS)):
        ports = tuple(f"pon{pon}/{port}" for port in range(1, min(_PON_PORTS, wanted - pon * _PON_PORTS) + 1))
        draft.port_groups[f"{name}/pon{pon}"] = PortGroup(f"{name}/pon{pon}", name, ports)
        for port in ports:
            draft.customer(Segment.RESIDENTIAL, Port(name, port))


def _cpe(draft: Draft, area: Area, parent: str, number: int) -> None:
    name = f"cpe-{area.name}-{number}"
    site = draft.site(f"prem-{area.name}-{number}", area.region, battery_minutes=0.0)
    draft.device(name, site, "cpe")
    draft.link(f"line-{name}", parent, name)
    draft.customer(Segment.BUSINESS, draft.access_port(name))


def _customers(draft: Draft, device: str, others: list[str], count: int) -> None:
    for _ in range(count):
        segment = segment_of(draft.rng)
        backup = None
        if others and segment is not Segment.RESIDENTIAL and draft.rng.random() < 0.3:
            backup = draft.access_port(draft.rng.choice(others))
        draft.customer(segment, draft.access_port(device), backup)
