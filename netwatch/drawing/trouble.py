"""From refs, as the diagnosis and the inventory name elements, to what is wrong in a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwatch.drawing.model import Trouble
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory


def trouble_of(
    topology: Topology,
    title: str,
    *,
    roots: Iterable[str],
    down: Iterable[str] = (),
    unreachable: Iterable[str] = (),
    degraded: Iterable[str] = (),
    cut_links: Iterable[str] = (),
    facts: Iterable[str] = (),
    customers: Mapping[str, int] | None = None,
) -> Trouble:
    """What to draw of an incident. `roots` are refs; devices behind a cut link that count as down can't be reached.

    `customers`: how many are out, by the device that they hang on. Unknown elements are left out.
    """
    inventory = topology.inventory
    devices, links = _elements(inventory, roots)
    cut = (links | set(cut_links)) & inventory.links.keys()
    silent = (set(down) | set(unreachable)) & inventory.devices.keys()
    failed = devices & inventory.devices.keys()
    if not failed and not cut:
        failed = set(down) & inventory.devices.keys()
    lossy = (set(degraded) & inventory.devices.keys()) - silent - failed
    notes = {
        device: f"{count:,} customer{'' if count == 1 else 's'}"
        for device, count in sorted((customers or {}).items())
        if count
    }
    return Trouble(
        title=title,
        facts=tuple(facts),
        failed=frozenset(failed),
        unreachable=frozenset(silent - failed),
        degraded=frozenset(lossy),
        cut=frozenset(cut),
        notes=notes,
    )


def _elements(inventory: Inventory, roots: Iterable[str]) -> tuple[set[str], set[str]]:
    """Devices and links that the roots name or take down with them."""
    devices: set[str] = set()
    links: set[str] = set()
    for ref in roots:
        kind, _, name = ref.partition(":")
        if kind == "device":
            devices.add(name)
        elif kind == "link":
            links.add(name)
        elif kind == "duct":
            links.update(link.id for link in inventory.links.values() if name in link.ducts)
        elif kind == "provider":
            links.update(link.id for link in inventory.links.values() if link.provider == name)
        elif kind in {"site", "feed", "region"}:
            devices.update(_powered(inventory, kind, name))
        elif kind == "port":
            devices.add(name.partition(":")[0])
        elif kind == "upstream" and name in inventory.upstreams:
            devices.add(inventory.upstreams[name].device)
        elif kind == "port_group" and name in inventory.port_groups:
            devices.add(inventory.port_groups[name].device)
    return devices, links


def _powered(inventory: Inventory, kind: str, name: str) -> Iterable[str]:
    for device in inventory.devices.values():
        site = inventory.sites.get(device.site or "")
        if site is None:
            continue
        if kind == "site":
            found = site.id == name
        elif kind == "feed":
            found = site.power_feed == name
        else:
            found = name in _regions(inventory, site.region)
        if found:
            yield device.id


def _regions(inventory: Inventory, region: str | None) -> list[str]:
    chain: list[str] = []
    while region is not None and region not in chain:
        chain.append(region)
        above = inventory.regions.get(region)
        region = above.parent if above is not None else None
    return chain
