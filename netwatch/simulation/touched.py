"""Which devices must be polled on so that a fault is diagnosed as if all were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from netwatch.inventory.model import Inventory, Port
from netwatch.simulation.network import VirtualNetwork

#: So many of the others go on answering: enough for the background loss, and for telling silence from blindness.
_SAMPLE: Final = 120
#: Of those that share a region or a provider with the touched, so many are polled.
_MATES: Final = 40


def devices_to_ask(network: VirtualNetwork, at: float) -> frozenset[str]:
    """What a fault that begins at `at` touches, its surroundings, and a sample of the rest."""
    inventory, topology = network.inventory, network.topology
    healthy = set(inventory.devices)
    touched: set[str] = set()
    for changed_at in network.changes_at:
        truth = network.at(changed_at)
        touched |= (healthy - truth.reached) | truth.dead | truth.loss_ratio.keys() | truth.on_battery
        touched |= {end.device for name in truth.cut for end in _ends(inventory, name)}
        touched |= {name.partition(":")[0] for name in truth.dead_ports}
        touched |= {inventory.upstreams[name].device for name in truth.lost_upstreams}
    near = {edge.neighbour for device in touched for edge in topology.edges[device]}
    kept = touched | near | set(inventory.monitor.attached_to)
    kept |= {upstream.device for upstream in inventory.upstreams.values()}
    kept |= set(_mates(inventory, network.at(at).cut, touched))
    rest = sorted(healthy - kept)
    kept.update(rest[:: max(1, len(rest) // _SAMPLE)])
    return frozenset(kept)


def _ends(inventory: Inventory, link: str) -> tuple[Port, Port]:
    found = inventory.links[link]
    return found.a, found.b


def _mates(inventory: Inventory, cut: Iterable[str], touched: set[str]) -> Iterator[str]:
    """Devices that share a duct or provider, a site, a feed or a region with what is touched."""
    links = [inventory.links[name] for name in sorted(cut)]
    shared = {duct for link in links for duct in link.ducts} | {link.provider for link in links if link.provider}
    others = [link for link in inventory.links.values() if shared & {*link.ducts, link.provider}]
    for link in sorted(others, key=lambda link: link.id)[:_MATES]:
        yield link.a.device
        yield link.b.device
    sites = {inventory.devices[device].site for device in touched}
    feeds = {inventory.sites[site].power_feed for site in sites if site} - {None}
    regions = {inventory.sites[site].region for site in sites if site} - {None}
    left = dict.fromkeys(regions, _MATES)
    for name in sorted(inventory.devices):
        site = inventory.sites.get(inventory.devices[name].site or "")
        if site is None:
            continue
        if site.id in sites or site.power_feed in feeds:
            yield name
        elif left.get(site.region, 0) > 0:
            left[site.region] -= 1
            yield name
