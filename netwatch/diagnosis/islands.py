"""Where to look for causes: islands of silent devices, and the items on their frontier.

A device is on the frontier when a neighbour that forwards, and has answered since the onset, has a link to it.
What lies behind the frontier is unreachable, not down. Silence without such a neighbour is held, not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.picture import Picture
from netwatch.inventory.graph import Edge


@dataclass(frozen=True, slots=True, eq=False)  # each is one of its kind; told apart without looking into it
class Item:
    """One thing to be explained: a frontier device with the links to its living neighbours, or a lone link.

    `device` is "" for a link between devices that both answer. `members` is the whole island. `settled`: the
    neighbours have answered since the onset, and the device has failed once more since it was confirmed.
    """

    device: str
    links: tuple[str, ...]
    onset_at: float
    last_good_at: float
    confirmed_at: float
    settled: bool
    members: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[float, str, tuple[str, ...]]:
        return (self.onset_at, self.device, self.links)


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is to be explained now, and what must wait."""

    items: tuple[Item, ...]
    orphans: tuple[Item, ...]
    held: tuple[frozenset[str], ...]


def find_frontier(picture: Picture) -> Frontier:
    """Divide everything silent into items, orphans and islands that are held."""
    items: list[Item] = []
    orphans: list[Item] = []
    held: list[frozenset[str]] = []
    onsets = with_connectors(picture)
    dark = picture.dark & onsets.keys()
    begun, near = picture.net.begun, picture.net.near
    for island in _islands(picture, onsets):
        rim = sorted([device for device in island if device in begun or not dark.issuperset(near[device])])
        found = [item for device in rim if (item := _frontier_item(picture, device, island))]
        if any(item.settled for item in found) and _has_quiet_neighbours(picture, island, rim):
            found = [replace(item, settled=False) if item.settled else item for item in found]
        items.extend(found)
        if found:
            continue
        if _is_orphan(picture, island, rim):
            orphans.extend(_device_item(picture, device, (), island) for device in sorted(island))
        else:
            held.append(island)
    # A link to a device that nobody polls is explained with that device, not once more by itself.
    named = {link for item in items if not picture.device(item.device).known for link in item.links}
    items.extend(item for item in _link_items(picture) if named.isdisjoint(item.links))
    return Frontier(tuple(sorted(items, key=_by_order)), tuple(sorted(orphans, key=_by_order)), tuple(held))


def _by_order(item: Item) -> tuple[float, str, tuple[str, ...]]:
    return item.order


def with_connectors(picture: Picture) -> dict[str, float]:
    """Silent devices with their onsets, and those above them that nobody polls and behind which all is silent."""
    silent, devices = picture.net.in_order(picture.silent), picture.beliefs.devices
    onsets = {device: devices[device].onset_at for device in silent}
    if all(devices[device].known for device in picture.beliefs.unheard):
        return onsets
    for device in silent:
        onset_at = onsets[device]
        above = picture.tree.parent.get(device)
        while (
            above is not None
            and not picture.device(above).known
            and not picture.answers(above, picture.fresh_after(onset_at))
        ):
            onsets[above] = min(onset_at, onsets.get(above, onset_at))
            above = picture.tree.parent.get(above)
    return onsets


def _islands(picture: Picture, onsets: dict[str, float]) -> list[frozenset[str]]:
    """Connected components of the silent devices over links that are no ghosts."""
    left, near = set(onsets), picture.net.near
    found: list[frozenset[str]] = []
    for device in picture.net.in_order(onsets):
        if device not in left:
            continue
        left.discard(device)
        island = [device]
        for member in island:
            beside = left.intersection(near[member])
            if not beside:
                continue
            if picture.ghosts:
                edges = picture.net.edges[member]
                beside &= {edge.neighbour for edge in edges if edge.link not in picture.ghosts}
            left -= beside
            island.extend(beside)
        found.append(frozenset(island))
    return found


def _onset(picture: Picture, device: str, island: frozenset[str]) -> float:
    """Since when `device` is silent; of one that nobody polls, since when those around it are."""
    evidence = picture.device(device)
    if evidence.known:
        return evidence.onset_at
    return min(picture.device(member).onset_at for member in island if picture.device(member).known)


def _has_quiet_neighbours(picture: Picture, island: frozenset[str], rim: Sequence[str]) -> bool:
    """Whether a neighbour that could put more devices on the frontier has not answered since the onset."""
    return any(
        edge.neighbour not in island
        and picture.net.forwards[edge.neighbour]
        and (near := picture.device(edge.neighbour)).known
        and not near.is_down
        and near.answered_at <= picture.fresh_after(picture.device(device).onset_at)
        and edge.link not in picture.ghosts
        for device in rim
        for edge in picture.net.edges[device]
    )


def _frontier_item(picture: Picture, device: str, island: frozenset[str]) -> Item | None:
    """`device` as an item, when the monitor or a living neighbour stands right before it."""
    onset_at = _onset(picture, device, island)
    before = [
        edge
        for edge in picture.net.edges[device]
        if edge.neighbour not in picture.dark and stands_before(picture, device, edge, onset_at)
    ]
    if not before and device not in picture.net.begun:
        return None
    return _device_item(picture, device, tuple(sorted({edge.link for edge in before})), island)


def stands_before(picture: Picture, device: str, edge: Edge, onset_at: float) -> bool:
    """Whether the neighbour over `edge` has answered since the onset and could forward to `device`."""
    if edge.link in picture.ghosts or not picture.net.forwards[edge.neighbour]:
        return False
    if not picture.answers(edge.neighbour, picture.fresh_after(onset_at)):
        return False
    returned_at = picture.device(edge.neighbour).returned_at
    if returned_at <= onset_at:
        return True
    return picture.device(device).last_fail_at > returned_at + picture.settings.reconverge_s


def _device_item(picture: Picture, device: str, links: tuple[str, ...], island: frozenset[str]) -> Item:
    evidence = picture.device(device)
    known = [evidence] if evidence.known else [picture.device(d) for d in sorted(island) if picture.device(d).known]
    onset_at = min(one.onset_at for one in known)
    last_fail_at = max(one.last_fail_at for one in known)
    again = last_fail_at > min(one.confirmed_at for one in known)
    sighted = picture.beliefs.sights.between(onset_at, last_fail_at)
    settled = again and sighted and all(_has_spoken(picture, edge, onset_at) for edge in picture.net.edges[device])
    return Item(
        device,
        links,
        onset_at,
        max((one.good_before_at for one in known if one.good_before_at < onset_at), default=onset_at),
        min(one.confirmed_at for one in known),
        settled,
        island,
    )


def _has_spoken(picture: Picture, edge: Edge, onset_at: float) -> bool:
    """Whether nothing more is to be expected from the neighbour over `edge`."""
    near = picture.device(edge.neighbour)
    if not near.known or near.is_down or edge.link in picture.ghosts:
        return True
    if near.answered_at <= picture.fresh_after(onset_at):
        return False
    port = picture.far_port(edge)
    return port is None or port.read_at == NEVER or bool(picture.port_toward(edge, onset_at))


def _is_orphan(picture: Picture, island: frozenset[str], rim: Sequence[str]) -> bool:
    """Whether only ghost links lead out of the island; `rim`: its members that have neighbours outside."""
    return all(
        edge.neighbour in island or edge.link in picture.ghosts for device in rim for edge in picture.net.edges[device]
    )


def _link_items(picture: Picture) -> list[Item]:
    """Links that are down although both ends answer, or that were down well before an end fell silent."""
    link_of = picture.net.topology.link_of_port
    links = {link for port in picture.beliefs.bad_ports if (link := link_of.get(port)) is not None}
    found: list[Item] = []
    for link in sorted(links - picture.covered - picture.ghosts):
        onset_at = picture.link_down_at(link)
        if onset_at is None:
            continue
        ends = [picture.net.inventory.links[link].a, picture.net.inventory.links[link].b]
        silent = [picture.device(end.device) for end in ends if picture.device(end.device).is_down]
        if any(one.onset_at - picture.settings.spread_s <= onset_at for one in silent):
            continue
        ups = [port.last_up_at for end in ends if (port := picture.port(end.device, end.interface)) is not None]
        last_good_at = max((at for at in ups if NEVER < at < onset_at), default=onset_at)
        found.append(Item("", (link,), onset_at, last_good_at, onset_at, _both_read(picture, link, onset_at)))
    return found


def _both_read(picture: Picture, link: str, onset_at: float) -> bool:
    found = picture.net.inventory.links[link]
    return all(
        (port := picture.port(end.device, end.interface)) is None or port.read_at == NEVER or port.read_at >= onset_at
        for end in (found.a, found.b)
    )
