"""Checks between elements: what is named must exist, and what is unique must be so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from netwatch.errors import Place
from netwatch.inventory.draft import Draft
from netwatch.inventory.model import Device, Link, Maintenance, Region, Site
from netwatch.sources import Node, Suggester, quoted

#: (kind of the element, its key, kind of what it names)
_REFERENCES: Final = (
    ("region", "parent", "region"),
    ("site", "region", "region"),
    ("device", "site", "site"),
    ("link", "provider", "provider"),
    ("upstream", "device", "device"),
    ("upstream", "provider", "provider"),
    ("port_group", "device", "device"),
)


def check_references(draft: Draft, profiles: Collection[str] | None) -> None:
    """Every name that must be declared somewhere is; `profiles` are the SNMP profiles (None = not judged)."""
    for kind, key, target in _REFERENCES:
        for block in draft.declared[kind].values():
            named = block.get(key)
            if named is not None and isinstance(named.value, str):
                draft.require(named, target, named.value)
    if draft.monitor_block is not None:
        for node in _listed(draft.monitor_block, "attached_to"):
            draft.require(node, "device", str(node.value))
    if profiles is not None:
        _check_profiles(draft, profiles)
    _check_region_cycles(draft)
    _check_addresses(draft)
    _check_sites(draft)
    _check_maintenance(draft)
    for ident in draft.records["port_group"]:
        if _is_empty_list(draft.declared["port_group"][ident], "interfaces"):
            place = draft.declared["port_group"][ident].place_of("interfaces")
            draft.faults.add(place, "the list is empty", "name the ports that fail together")


def check_links(draft: Draft) -> None:
    """Both ends exist and differ, and no port carries two links."""
    used: dict[str, tuple[str, Place]] = {}
    links: Mapping[str, Link] = draft.records["link"]
    for ident, link in links.items():
        block = draft.declared["link"][ident]
        for key, end in (("a", link.a), ("b", link.b)):
            place = block.place_of(key)
            if end.device not in draft.declared["device"]:
                draft.unknown(place, "device", end.device)
            if not end.interface or link.a == link.b:
                continue
            other, first = used.setdefault(str(end), (ident, place))
            if other != ident:
                what = f"the port {quoted(str(end))} already carries the link {quoted(other)}"
                draft.faults.add(place, what, f"mend one of the two (the other is at {first.file}:{first.line})")
        if link.a.device == link.b.device:
            same = "port" if link.a == link.b else "device"
            what = f"both ends of the link are on the {same} {quoted(str(link.a) if same == 'port' else link.a.device)}"
            draft.faults.add(block.place_of("b"), what, "name the device at the other end")


def fill_batteries(draft: Draft) -> None:
    """A device whose own battery is not told has its site's."""
    devices: dict[str, Device] = draft.records["device"]
    sites: Mapping[str, Site] = draft.records["site"]
    for ident, device in devices.items():
        site = sites.get(device.site or "")
        if device.battery_minutes is None and site is not None and site.battery_minutes is not None:
            devices[ident] = replace(device, battery_minutes=site.battery_minutes)


def _listed(block: Node, key: str) -> list[Node]:
    node = block.get(key)
    return [entry for entry in node.entries() if isinstance(entry.value, str)] if node is not None else []


def _is_empty_list(block: Node, key: str) -> bool:
    node = block.get(key)
    return node is not None and node.value == []


def _check_profiles(draft: Draft, profiles: Collection[str]) -> None:
    for ident, device in draft.records["device"].items():
        if device.snmp is not None and device.snmp not in profiles:
            mend = f"declare it under snmp.profiles of the configuration{Suggester(profiles).hint(device.snmp)}"
            place = draft.declared["device"][ident].place_of("snmp")
            draft.faults.add(place, f"unknown SNMP profile {quoted(device.snmp)}", mend)


def _check_region_cycles(draft: Draft) -> None:
    regions: Mapping[str, Region] = draft.records["region"]
    settled: set[str] = set()
    for start in regions:
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here in regions and here not in settled and here not in path:
            path[here] = None
            here = regions[here].parent
        if here in path:
            chain = list(path)
            circle = [*chain[chain.index(here) :], here]
            what = f"regions contain one another: {' in '.join(quoted(name) for name in circle)}"
            place = draft.declared["region"][here].place_of("parent")
            draft.faults.add(place, what, "remove the parent of the largest one")
        settled.update(path)


def _check_addresses(draft: Draft) -> None:
    first: dict[str, str] = {}
    for ident, device in draft.records["device"].items():
        if not device.address:
            if device.icmp or device.snmp is not None:
                what = f"the device {quoted(ident)} has no address, so it is never polled"
                draft.warn(draft.declared["device"][ident].place, what, 'give its address, or say "icmp: false"')
            continue
        other = first.setdefault(device.address, ident)
        if other != ident:
            place = draft.declared["device"][other].place_of("address")
            what = f"the address {device.address} belongs to the device {quoted(other)} already"
            mend = f"mend one of the two (the other is at {place.file}:{place.line})"
            draft.faults.add(draft.declared["device"][ident].place_of("address"), what, mend)
    for ident, witness in draft.records["witness"].items():
        if witness.address in first:
            what = f"the witness {quoted(ident)} is the device {quoted(first[witness.address])}"
            place = draft.declared["witness"][ident].place_of("address")
            draft.faults.add(place, what, "name an address outside your network")


def _check_sites(draft: Draft) -> None:
    for ident, site in draft.records["site"].items():
        block = draft.declared["site"][ident]
        given = {key for key in ("latitude", "longitude") if block.get(key) is not None}
        if len(given) == 1 and (site.latitude is None) != (site.longitude is None):
            missing = "longitude" if "latitude" in given else "latitude"
            draft.faults.add(block.place, f"there is no {missing} beside the {given.pop()}", f'add "{missing}: ..."')


def _check_maintenance(draft: Draft) -> None:
    elements: dict[str, set[str]] = {kind: set(found) for kind, found in draft.declared.items()}
    elements["feed"] = {site.power_feed for site in draft.records["site"].values() if site.power_feed}
    elements["duct"] = {duct for link in draft.records["link"].values() for duct in link.ducts}
    del elements["maintenance"], elements["witness"]
    for ident, work in draft.records["maintenance"].items():
        block = draft.declared["maintenance"][ident]
        if work.end_at <= work.start_at:
            draft.faults.add(block.place_of("end"), "the end is not after the start", "mend one of the two times")
        refs = [_element_ref(draft, node, elements) for node in _listed(block, "elements")]
        if _is_empty_list(block, "elements"):
            draft.faults.add(block.place_of("elements"), "the list is empty", "name what is worked on")
        kept = tuple(dict.fromkeys(ref for ref in refs if ref))
        draft.records["maintenance"][ident] = Maintenance(ident, kept, work.start_at, work.end_at)


def _element_ref(draft: Draft, node: Node, elements: Mapping[str, Collection[str]]) -> str | None:
    """`kind:id` of what the operator named by its id, or by `kind:id`."""
    written = str(node.value)
    kind, colon, ident = written.partition(":")
    if colon and ident in elements.get(kind, ()):
        return written
    kinds = [kind for kind, known in elements.items() if written in known]
    if len(kinds) == 1:
        return f"{kinds[0]}:{written}"
    if kinds:
        what = f"{quoted(written)} is the id of several elements"
        draft.faults.add(node.place, what, f"write {' or '.join(f'{kind}:{written}' for kind in sorted(kinds))}")
    elif draft.whole:
        hint = Suggester(known for ids in elements.values() for known in ids).hint(written)
        what = f"unknown element {quoted(written)}"
        draft.faults.add(node.place, what, f"name a device, link, site, duct, feed, region, provider or upstream{hint}")
    return None
