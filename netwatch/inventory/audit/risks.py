"""What fails together: ducts, sites, feeds, providers, port groups; and whose redundancy that defeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from netwatch.inventory.audit.crowd import Crowd, ports_of
from netwatch.inventory.audit.flow import Flow
from netwatch.inventory.audit.model import Point
from netwatch.inventory.model import Inventory, Port, Segment


def shared_points(inventory: Inventory, flow: Flow, crowd: Crowd) -> Iterator[tuple[Point, frozenset[int]]]:
    """Every shared risk that cuts anyone off, with the groups of customers that it cuts off."""
    sites = {name: frozenset(members) for name, members in _sites(inventory, flow).items()}
    batteries = _batteries(inventory)
    cut_by_site: dict[str, frozenset[int]] = {}
    for name in sorted(sites):
        point, groups = _point(f"site:{name}", sites[name], flow, crowd)
        cut_by_site[name] = groups
        yield replace(point, battery_minutes=batteries[name]), groups
    for name, of_feed in sorted(_feeds(inventory, sites).items()):
        members = frozenset().union(*(sites[site] for site in of_feed))
        point, groups = _point(f"feed:{name}", members, flow, crowd)
        alone = frozenset().union(*(cut_by_site[site] for site in of_feed))
        defeated, _ = crowd.count(groups - alone)
        listed = tuple(f"site:{site}" for site in of_feed)
        shortest = _shortest([batteries[site] for site in of_feed])
        yield replace(point, defeated=defeated, members=listed, battery_minutes=shortest), groups
    for ref, members in sorted(_cables(inventory, flow).items()):
        if len(members) > 1 or not ref.startswith("provider:"):
            yield _point(ref, members, flow, crowd)


def _point(ref: str, members: frozenset[int], flow: Flow, crowd: Crowd) -> tuple[Point, frozenset[int]]:
    lost = flow.lost(members)
    groups = frozenset(crowd.cut_off(lost))
    customers, critical = crowd.count(groups)
    left = [n for n in groups if not any(flow.passes(m, crowd.groups[n].top) for m in members if flow.reaches(m))]
    defeated, _ = crowd.count(left)
    devices = sum(flow.refs[vertex].startswith("device:") for vertex in lost)
    named = tuple(sorted(flow.refs[vertex] for vertex in members))
    return Point(ref, customers, critical, devices, defeated, named), groups


def _shortest(minutes: Collection[float | None]) -> float | None:
    """The shortest of several batteries; None when one is unknown and none is known to be missing."""
    known = [each for each in minutes if each is not None]
    return min(known) if known and (len(known) == len(minutes) or min(known) == 0.0) else None


def _batteries(inventory: Inventory) -> dict[str, float | None]:
    """The shortest battery of each site's devices."""
    found: defaultdict[str, list[float | None]] = defaultdict(list)
    for device in inventory.devices.values():
        if device.site is not None:
            found[device.site].append(device.battery_minutes)
    return {site: _shortest(minutes) for site, minutes in found.items()}


def _sites(inventory: Inventory, flow: Flow) -> Mapping[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for device in inventory.devices.values():
        if device.site is not None:
            found[device.site].add(flow.number[f"device:{device.id}"])
    return found


def _feeds(inventory: Inventory, sites: Collection[str]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(sites):
        feed = inventory.sites[name].power_feed
        if feed:
            found[feed].append(name)
    return found


def _cables(inventory: Inventory, flow: Flow) -> Mapping[str, frozenset[int]]:
    """Links and upstreams by what they share."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for name, link in inventory.links.items():
        shared = [f"duct:{duct}" for duct in link.ducts] + ([f"provider:{link.provider}"] if link.provider else [])
        for ref in shared:
            found[ref].add(flow.number[f"link:{name}"])
    for upstream in inventory.upstreams.values():
        number = flow.number.get(f"upstream:{upstream.id}")
        if upstream.provider and number is not None:
            found[f"provider:{upstream.provider}"].add(number)
    return {ref: frozenset(members) for ref, members in found.items()}


def port_groups(inventory: Inventory, flow: Flow) -> Iterator[Point]:
    """Every port group whose failure cuts anyone off: customers' own ports, and links that end in it."""
    of_port = {(g.device, i): g.id for g in inventory.port_groups.values() for i in g.interfaces}
    members: defaultdict[str, set[int]] = defaultdict(set)
    for name, link in inventory.links.items():
        for end in (link.a, link.b):
            if (end.device, end.interface) in of_port:
                members[of_port[end.device, end.interface]].add(flow.number[f"link:{name}"])
    lost = {name: flow.lost(frozenset(links)) for name, links in members.items()}
    behind: defaultdict[int, set[str]] = defaultdict(set)
    for name, vertices in lost.items():
        for vertex in vertices:
            behind[vertex].add(name)
    out: defaultdict[str, list[bool]] = defaultdict(list)
    defeated: defaultdict[str, int] = defaultdict(int)
    for customer in sorted(inventory.customers):
        services = inventory.customers[customer]
        ports = set(ports_of(services))
        for name in _cutting(ports, of_port, behind, flow):
            out[name].append(any(service.segment is Segment.CRITICAL for service in services))
            defeated[name] += not _one_alone(ports, of_port, members[name], flow)
    for name in sorted(out):
        gone = [flow.refs[vertex] for vertex in lost.get(name, ())]
        links = tuple(sorted(flow.refs[vertex] for vertex in members[name]))
        devices = sum(ref.startswith("device:") for ref in gone)
        yield Point(f"port_group:{name}", len(out[name]), sum(out[name]), devices, defeated[name], links)


def _cutting(
    ports: Collection[Port], of_port: Mapping[tuple[str, str], str], behind: Mapping[int, set[str]], flow: Flow
) -> list[str]:
    """Groups each of which takes all of these ports out, or all that lies before them."""
    found: set[str] | None = None
    for port in ports:
        own = of_port.get((port.device, port.interface))
        ways = behind.get(flow.number[f"device:{port.device}"], set()) | ({own} if own else set())
        found = ways if found is None else found & ways
    return sorted(found or ())


def _one_alone(
    ports: Collection[Port], of_port: Mapping[tuple[str, str], str], links: Collection[int], flow: Flow
) -> bool:
    """Whether one port or one link of the group alone would be enough."""
    if len(ports) == 1 and all((port.device, port.interface) in of_port for port in ports):
        return True
    if not links:
        return False
    top = flow.common(flow.number[f"device:{port.device}"] for port in ports)
    return any(flow.passes(link, top) for link in links)
