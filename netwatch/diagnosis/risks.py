"""Shared risks: what fails together, and how well one of them explains several items at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netwatch.diagnosis.islands import Item
from netwatch.diagnosis.net import Net
from netwatch.diagnosis.picture import Picture

POWER = frozenset({"site", "feed", "region"})
_SPENT = 0.25
"""Share of its time after which a battery may be empty: they age."""


@dataclass(frozen=True, slots=True)
class Risk:
    """One shared risk: the links (duct, provider, line card) or the sites (power) that it takes out."""

    ref: str
    kind: str
    links: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()


class RiskIndex:
    """All shared risks of an inventory, by link and by site.

    A site is a risk to itself, which is made when it is asked for: a large network has a site for almost each device.
    """

    def __init__(self, net: Net) -> None:
        self.net = net
        self._by_link: dict[str, list[Risk]] = defaultdict(list)
        self._regions: dict[str | None, tuple[str, ...]] = {None: ()}
        self._by_ref: dict[str, Risk] = {}
        self._devices_of: dict[str, frozenset[str]] = {}
        self._at_site: dict[str, tuple[Risk, ...]] = {}
        self._devices_at = _devices_at(net)
        for risk in (*_link_risks(net), *_power_risks(net, self._devices_at, self._regions)):
            self._by_ref[risk.ref] = risk
            for link in risk.links:
                self._by_link[link].append(risk)

    def at_site(self, site: str | None) -> tuple[Risk, ...]:
        """The power risks of a site with devices; none of another."""
        if site is None or site not in self._devices_at:
            return ()
        found = self._at_site.get(site)
        if found is None:
            found = self._at_site[site] = self._power_at(site)
        return found

    def _power_at(self, site: str) -> tuple[Risk, ...]:
        found = self.net.inventory.sites.get(site)
        if found is None:
            return ()
        feeds = (f"feed:{found.power_feed}",) if found.power_feed else ()
        regions = (f"region:{name}" for name in _chain(self.net, found.region, self._regions))
        itself = Risk(f"site:{found.id}", "site", sites=frozenset((found.id,)))
        return (itself, *(self._by_ref[ref] for ref in (*feeds, *regions)))

    def find(self, ref: str) -> Risk | None:
        """The risk that a ref means; None when it is none."""
        kind, _, name = ref.partition(":")
        return next(iter(self.at_site(name)), None) if kind == "site" else self._by_ref.get(ref)

    def items_of(self, items: Iterable[Item]) -> dict[str, tuple[Risk, list[Item]]]:
        """Risks that could have a part in any of `items`, by ref and sorted, each with the items it touches."""
        found: dict[str, tuple[Risk, list[Item]]] = {}
        for item in items:
            risks = {risk.ref: risk for link in item.links for risk in self._by_link.get(link, ())}
            site = self.net.inventory.devices[item.device].site if item.device else None
            risks.update({risk.ref: risk for risk in self.at_site(site)})
            for ref, risk in risks.items():
                found.setdefault(ref, (risk, []))[1].append(item)
        return {ref: found[ref] for ref in sorted(found)}

    def devices_of(self, risk: Risk) -> frozenset[str]:
        """The devices on the sites of a power risk."""
        found = self._devices_of.get(risk.ref)
        if found is None:
            found = frozenset(device for site in risk.sites for device in self._devices_at.get(site, ()))
            self._devices_of[risk.ref] = found
        return found


def _devices_at(net: Net) -> dict[str, tuple[str, ...]]:
    """The devices of each site that has any, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    devices = net.inventory.devices
    for device in net.edges:
        site = devices[device].site
        if site is not None:
            found[site] = (*found[site], device) if site in found else (device,)
    return found


def _link_risks(net: Net) -> list[Risk]:
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for link in net.inventory.links.values():
        for duct in link.ducts:
            members["duct", duct].add(link.id)
        if link.provider:
            members["provider", link.provider].add(link.id)
    for group in net.inventory.port_groups.values():
        trunks = {edge.own_interface: edge.link for edge in net.edges.get(group.device, ()) if edge.own_interface}
        for interface in trunks.keys() & group.interfaces:
            members["port_group", group.id].add(trunks[interface])
    return [
        Risk(f"{kind}:{name}", kind, links=frozenset(links))
        for (kind, name), links in sorted(members.items())
        if len(links) > 1
    ]


def _power_risks(net: Net, occupied: Collection[str], chains: dict[str | None, tuple[str, ...]]) -> list[Risk]:
    """Feeds and regions, of the sites that have devices."""
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    # Regions hold many sites: first by the nearest one, then each of these goes to all above it.
    by_region: dict[str | None, set[str]] = defaultdict(set)
    for site in net.inventory.sites.values():
        if site.id not in occupied:
            continue
        if site.power_feed:
            members["feed", site.power_feed].add(site.id)
        by_region[site.region].add(site.id)
    for nearest, sites in by_region.items():
        for region in _chain(net, nearest, chains):
            members["region", region] |= sites
    return [Risk(f"{kind}:{name}", kind, sites=frozenset(sites)) for (kind, name), sites in sorted(members.items())]


def _chain(net: Net, start: str | None, chains: dict[str | None, tuple[str, ...]]) -> tuple[str, ...]:
    """A region and those above it, each once; what was found before is in `chains`."""
    if start not in chains:
        found: list[str] = []
        region = start
        while region and region not in found:
            found.append(region)
            above = net.inventory.regions.get(region)
            region = above.parent if above else None
        chains[start] = tuple(found)
    return chains[start]


def explains(picture: Picture, risk: Risk, item: Item, early: Mapping[str, float]) -> bool:
    """Whether `risk` alone accounts for all of `item`. `early`: the item's link costs; 0 = explained already."""
    if risk.kind in POWER:
        return bool(item.device) and picture.net.inventory.devices[item.device].site in risk.sites
    return bool(item.links) and all(link in risk.links or early[link] == 0.0 for link in item.links)


def own_cost(picture: Picture, risk: Risk) -> float:
    """The prior of the risk itself, moved by reports of battery and by an open incident."""
    cost = float(getattr(picture.settings.costs, risk.kind))
    if risk.ref in picture.sticky:
        cost -= picture.settings.costs.sticky
    return cost


def penalty(picture: Picture, index: RiskIndex, risk: Risk, items: Sequence[Item], limit: float) -> float:
    """What is seen that speaks against `risk` as the cause of `items`; may stop counting above `limit`."""
    total = _gaps(picture, risk, items)
    if total > limit:
        return total
    onsets = [item.onset_at for item in items]
    if risk.kind in POWER:
        devices = picture.net.inventory.devices
        hit = frozenset(devices[item.device].site for item in items if item.device)
        last_at = max(onsets)
        counts = (_still_powered(picture, device, last_at, hit) for device in index.devices_of(risk) - picture.dark)
        if risk.ref not in picture.sticky and not on_battery(picture, index, risk, last_at):
            total += picture.settings.costs.battery_held * len(_sites_with_battery(picture, items, min(onsets)))
    else:
        others = sorted(risk.links - {link for item in items for link in item.links})
        contradiction, first_at = picture.settings.costs.contradiction, min(onsets)
        counts = (contradiction * picture.link_carries(link, first_at) for link in others)
    # The same few amounts again and again: counted, not added up, so that their order does not matter.
    seen: dict[float, int] = {}
    against = 0.0
    for count in counts:
        if count:
            seen[count] = seen.get(count, 0) + 1
            against += count
            if total + against > limit + 1.0:
                break
    return total + sum(amount * times for amount, times in sorted(seen.items()))


def _gaps(picture: Picture, risk: Risk, items: Sequence[Item]) -> float:
    costs = picture.settings.costs
    total = 0.0
    for earlier, later in pairwise(sorted(items, key=lambda item: item.order)):
        if later.onset_at - earlier.onset_at > picture.settings.spread_s:
            battery = picture.net.inventory.devices[later.device].battery_minutes if later.device else 0.0
            if battery == 0.0 or risk.kind not in POWER:
                total += costs.gap
            else:
                total += costs.gap_with_unknown if battery is None else costs.gap_with_battery
    return total


def _sites_with_battery(picture: Picture, items: Sequence[Item], first_at: float) -> set[str | None]:
    """The sites whose devices fell silent long before their battery was empty, as far as anything was seen of it."""
    found = [(picture.net.inventory.devices[item.device], item.onset_at) for item in items if item.device]
    return {
        device.site
        for device, onset_at in found
        if device.battery_minutes and onset_at - first_at < device.battery_minutes * 60.0 * _SPENT
    }


def _still_powered(picture: Picture, device: str, last_onset_at: float, hit: frozenset[str | None]) -> float:
    if not picture.answers(device, picture.fresh_after(last_onset_at)):
        return 0.0
    costs, found = picture.settings.costs, picture.net.inventory.devices[device]
    if found.battery_minutes is None:
        # What stands on one site is mostly fed, and buffered, alike.
        return costs.still_powered if found.site in hit else costs.still_powered_unknown
    return costs.still_powered if found.battery_minutes == 0 else 0.0


def on_battery(picture: Picture, index: RiskIndex, risk: Risk, onset_at: float) -> tuple[str, ...]:
    """Devices under a power risk that reported running on battery before or at its onset, sorted."""
    if risk.kind not in POWER:
        return ()
    since_at = onset_at - picture.settings.battery_report_s
    reported = index.devices_of(risk) & picture.beliefs.on_battery
    return tuple(device for device in sorted(reported) if since_at < picture.device(device).battery_at)
