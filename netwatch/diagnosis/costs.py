"""What each explanation of an item costs: how rare it is, moved by the evidence for and against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netwatch.diagnosis.islands import Item
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.settings import CostSettings


@dataclass(frozen=True, slots=True)
class Prices:
    """The costs of one item: of its device (None when no device is silent) and of each of its links.

    `device_sticky` and `links_sticky`: how much less these are because an open incident says so; `links_unseen`: how
    much more because no port of them could be read. Both decide what is chosen, but are no evidence.
    """

    device: float | None
    links: Mapping[str, float]
    device_sticky: float = 0.0
    links_sticky: float = 0.0
    links_unseen: float = 0.0

    @property
    def links_by_evidence(self) -> float:
        """The cost of "its links were cut" by evidence alone."""
        return (self.all_links or 0.0) + self.links_sticky - self.links_unseen

    @property
    def device_by_evidence(self) -> float:
        """The cost of "it failed" by evidence alone."""
        return (self.device or 0.0) + self.device_sticky

    @property
    def all_links(self) -> float | None:
        """The cost of "its links were cut"; None when it has none."""
        return sum(self.links.values()) if self.links else None

    @property
    def explained(self) -> bool:
        """Whether a silent device is accounted for: all its links were lost before it fell silent."""
        return self.device is not None and bool(self.links) and not any(self.links.values())

    @property
    def least(self) -> float:
        return min(cost for cost in (self.device, self.all_links) if cost is not None)

    @property
    def least_by_unseen(self) -> float:
        """How much dearer the cheapest explanation is because ports could not be read."""
        return 0.0 if self.all_links is None else max(0.0, self.least - (self.all_links - self.links_unseen))

    @property
    def by_device(self) -> bool:
        """Whether the device is the cheaper explanation; on a tie it is not."""
        return self.device is not None and (self.all_links is None or self.device < self.all_links)


def role_cost(role: str, costs: CostSettings) -> float:
    """The prior of a device of this role."""
    if role in {"core", "upstream", "router"}:
        return costs.core
    if role in {"aggregation", "distribution"}:
        return costs.aggregation
    return costs.cpe if role == "cpe" else costs.access


def price(picture: Picture, item: Item) -> Prices:
    """The costs of `item` under all evidence there is about it."""
    links = {link: link_cost(picture, link, item.onset_at) for link in item.links}
    if not item.device:
        return Prices(None, links)
    costs = picture.settings.costs
    device = role_cost(picture.net.inventory.devices[item.device].role, costs)
    device_sticky = costs.sticky if f"device:{item.device}" in picture.sticky else 0.0
    device -= device_sticky
    surcharge = 0.0
    near_up = side_up = False
    unseen = 0.0
    for edge in picture.net.edges[item.device]:
        said = picture.port_toward(edge, item.onset_at)
        if edge.link in links:
            links[edge.link] += costs.link_port_up if said == "up" else 0.0
            near_up |= said == "up"
            if not said and not _readable(picture, edge.link, item):
                links[edge.link] += costs.link_unseen
                unseen += costs.link_unseen
        elif picture.answers(edge.neighbour, picture.fresh_after(item.onset_at)):
            surcharge = max(surcharge, costs.link_side_port_down if said == "down" else 0.0)
            side_up |= said == "up"
    device += costs.device_port_up * near_up + costs.device_side_port_up * side_up
    early = _cut_before(picture, item)
    if early:
        links = {link: 0.0 if link in early else max(0.1, cost - costs.link_beside_cut) for link, cost in links.items()}
    if links and surcharge:
        first = min(links)
        links[first] += surcharge
    links_sticky = sum(costs.sticky for link in links if f"link:{link}" in picture.sticky and links[link])
    return Prices(device, links, device_sticky, links_sticky, 0.0 if early else unseen)


def _readable(picture: Picture, link: str, item: Item) -> bool:
    """Whether the living end's port of `link` was ever read."""
    found = picture.net.inventory.links[link]
    near = found.b if found.a.device == item.device else found.a
    port = picture.port(near.device, near.interface)
    return port is not None and bool(port.oper)


def _cut_before(picture: Picture, item: Item) -> frozenset[str]:
    """Links of `item` whose loss is explained already: announced work, or down well before its onset."""
    before_at = item.onset_at - picture.settings.spread_s
    return frozenset(
        link
        for link in item.links
        if link in picture.covered or ((down_at := picture.link_down_at(link)) is not None and down_at < before_at)
    )


def link_cost(picture: Picture, link: str, onset_at: float) -> float:
    """The prior of a link: ducts, flapping, and whether it is part of an open incident."""
    costs = picture.settings.costs
    found = picture.net.inventory.links[link]
    cost = costs.link
    if not found.ducts:
        same_site = _same_site(picture, found.a.device, found.b.device)
        cost += costs.link_without_duct if picture.net.records_ducts or same_site else costs.link_without_duct / 4
    drops = 0
    for end in (found.a, found.b):
        port = picture.port(end.device, end.interface)
        if port is not None:
            since_at = onset_at - picture.settings.flap_window_s
            drops = max(drops, sum(1 for at in port.drops if since_at < at < onset_at - picture.settings.spread_s))
    cost -= min(costs.flapping, costs.flap * drops)
    if f"link:{link}" in picture.sticky:
        cost -= costs.sticky
    return cost


def _same_site(picture: Picture, one: str, other: str) -> bool:
    devices = picture.net.inventory.devices
    return devices[one].site is not None and devices[one].site == devices[other].site
