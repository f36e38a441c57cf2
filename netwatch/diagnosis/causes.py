"""The cheapest explanation of all items: single causes, shared risks chosen greedily, and what only together cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netwatch.diagnosis.costs import Prices, price
from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.islands import Item
from netwatch.diagnosis.model import Alternative
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.risks import POWER, Risk, RiskIndex, explains, on_battery, own_cost, penalty

_UNREAD = 0.9
#: Fewer silent devices are no power failure of a whole region, unless one says that it runs on battery.
_REGION_LEAST = 3
_SINGLE_SITE_POWER = frozenset({"site"})


@dataclass(frozen=True, slots=True)
class Cause:
    """One event: its roots, the items that it explains, and what is out of order by itself.

    `dead` are devices, `cut` links. `battery`: devices that reported running on battery.
    """

    roots: tuple[str, ...]
    items: tuple[Item, ...]
    dead: frozenset[str]
    cut: frozenset[str]
    cost: float
    alternatives: tuple[Alternative, ...] = ()
    battery: tuple[str, ...] = ()

    @property
    def onset_at(self) -> float:
        return min(item.onset_at for item in self.items)


@dataclass(frozen=True, slots=True)
class _Offer:
    risk: Risk
    items: tuple[Item, ...]
    gain: float
    cost: float
    battery: tuple[str, ...]


def find_causes(picture: Picture, index: RiskIndex, items: Sequence[Item]) -> list[Cause]:
    """Explain every item; each belongs to exactly one cause. Sorted by onset, then roots."""
    prices = {item: price(picture, item) for item in items}
    left = [item for item in items if not prices[item].explained]
    found: list[Cause] = []
    found.extend(_greedy(picture, index, left, prices))
    taken = {item for cause in found for item in cause.items}
    found.extend(_single_cause(picture, item, prices[item]) for item in left if item not in taken)
    return sorted(_joined(picture, found), key=lambda cause: (cause.onset_at, cause.roots))


def _greedy(picture: Picture, index: RiskIndex, items: Sequence[Item], prices: dict[Item, Prices]) -> list[Cause]:
    """Shared causes, the one that saves most first. Only offers that lost an item are computed again."""
    found: list[Cause] = []
    taken: set[Item] = set()
    mine = index.items_of(items)
    offers = {
        risk.ref: offer
        for risk, touched in mine.values()
        if (offer := _offer(picture, index, risk, touched, prices)) is not None
    }
    while offers:
        best = max(offers.values(), key=lambda offer: (offer.gain, offer.risk.ref))
        chosen = set(best.items)
        rivals = [offer for offer in offers.values() if offer is not best and offer.items == best.items]
        found.append(_shared_cause(picture, index, best, rivals, prices))
        taken |= chosen
        for ref in sorted(ref for ref, offer in offers.items() if not chosen.isdisjoint(offer.items)):
            risk, touched = mine[ref]
            again = _offer(picture, index, risk, [item for item in touched if item not in taken], prices)
            offers.pop(ref)
            if again is not None:
                offers[ref] = again
    return found


def _offer(
    picture: Picture, index: RiskIndex, risk: Risk, items: Sequence[Item], prices: dict[Item, Prices]
) -> _Offer | None:
    """What `risk` would save; None when it is no better than single causes."""
    worth = len(items) != 1 or _could_share(picture, risk, items[0])
    mine = tuple(item for item in items if worth and explains(picture, risk, item, prices[item].links))
    if not mine:
        return None
    battery = on_battery(picture, index, risk, max(item.onset_at for item in mine))
    if risk.kind in POWER:
        silent = index.devices_of(risk) & picture.silent
        # What was told stays possible when its last device falls silent before the others, and so hides them.
        told = risk.ref in picture.sticky and len(silent) > 1
        if len(mine) < 2 and not told and not (battery and risk.kind in _SINGLE_SITE_POWER):
            return None
        if risk.kind == "region" and len(silent) < _REGION_LEAST and not battery:
            return None
    elif len({link for item in mine for link in item.links}) < 2:
        return None
    saved = sum(prices[item].least for item in mine)
    cost = own_cost(picture, risk) - (picture.settings.costs.on_battery if battery else 0.0)
    against = penalty(picture, index, risk, mine, saved - cost)
    gain = saved - cost - against
    if gain <= picture.settings.costs.least_gain:
        return None
    return _Offer(risk, mine, gain, cost + against, battery)


def _could_share(picture: Picture, risk: Risk, item: Item) -> bool:
    """Whether a risk that touches one item only is worth a look: several links, or power that somebody spoke of."""
    if risk.kind in POWER:
        return bool(picture.beliefs.on_battery) or risk.ref in picture.sticky
    return len(item.links) > 1


def _shared_cause(
    picture: Picture, index: RiskIndex, offer: _Offer, rivals: Sequence[_Offer], prices: dict[Item, Prices]
) -> Cause:
    singles = [_single_cause(picture, item, prices[item]) for item in offer.items]
    sticky = picture.settings.costs.sticky if offer.risk.ref in picture.sticky else 0.0
    apart = tuple(sorted(root for one in singles for root in one.roots))
    # What only the lack of readings makes dearer is no evidence for the shared cause.
    unseen = sum(_dearer(picture, item, prices[item]) for item in offer.items)
    unread = picture.settings.costs.contradiction * _unread_beside(picture, offer)
    options = [Alternative(apart, max(0.0, offer.gain - sticky - unseen - unread))]
    options += [Alternative((rival.risk.ref,), offer.gain - rival.gain) for rival in rivals]
    dead: set[str] = set()
    cut: set[str] = set()
    if offer.risk.kind in POWER:
        dead = {item.device for item in offer.items} | (index.devices_of(offer.risk) & picture.silent)
    else:
        cut = {link for item in offer.items for link in item.links}
    return Cause(
        (offer.risk.ref,),
        offer.items,
        frozenset(dead),
        frozenset(cut),
        offer.cost,
        _sorted_options(options),
        offer.battery,
    )


def _unread_beside(picture: Picture, offer: _Offer) -> int:
    """How many other links of the same risk may carry for all that is known: no port of theirs was ever read."""
    links = picture.net.inventory.links
    others = offer.risk.links.difference(link for item in offer.items for link in item.links)
    return sum(
        all(picture.reading(end).read_at == NEVER for end in (links[other].a, links[other].b)) for other in others
    )


def _unheard_ends(picture: Picture, item: Item, prices: Prices) -> list[tuple[str, float]]:
    """The ends of a lone link that were not heard since it went down: each may have failed itself, at what more cost."""
    found = []
    for link in () if item.device else item.links:
        ends = picture.net.inventory.links[link]
        for name in sorted({ends.a.device, ends.b.device}):
            if picture.device(name).known and not picture.answers(name, picture.fresh_after(item.onset_at)):
                dead = price(picture, replace(item, device=name))
                found.append((name, dead.device_by_evidence - prices.links_by_evidence))
    return found


def _dearer(picture: Picture, item: Item, prices: Prices) -> float:
    """How much dearer the item's cheapest explanation is for what could not be read, or was not heard yet."""
    unheard = (-extra for _, extra in _unheard_ends(picture, item, prices))
    return prices.least_by_unseen + max([0.0, *unheard])


def _single_cause(picture: Picture, item: Item, prices: Prices) -> Cause:
    by_device, by_links = (f"device:{item.device}",), tuple(f"link:{link}" for link in item.links)
    ends = _unheard_ends(picture, item, prices)
    options = [Alternative((f"device:{name}",), max(0.0, extra)) for name, extra in ends]
    if prices.device is not None and prices.all_links is not None:
        other = by_links if prices.by_device else by_device
        extra = prices.links_by_evidence - prices.device_by_evidence
        options.append(Alternative(other, max(0.0, extra if prices.by_device else -extra)))
    if prices.by_device:
        return Cause(by_device, (item,), frozenset({item.device}), frozenset(), prices.least, tuple(options))
    cut = tuple(link for link in item.links if prices.links[link] > 0) or item.links
    roots = tuple(f"link:{link}" for link in cut)
    return Cause(roots, (item,), frozenset(), frozenset(item.links), prices.least, tuple(options))


def _sorted_options(options: Sequence[Alternative]) -> tuple[Alternative, ...]:
    return tuple(sorted(options, key=lambda option: (option.extra_cost, option.roots)))


def _joined(picture: Picture, causes: list[Cause]) -> list[Cause]:
    """Join causes that touch the same island, lie close in time, and cut more together than each alone."""
    found = dict(enumerate(sorted(causes, key=lambda cause: (cause.onset_at, cause.roots))))
    by_island: dict[frozenset[str], list[int]] = {}
    for place, cause in found.items():
        for island in dict.fromkeys(item.members for item in cause.items if item.members):
            by_island.setdefault(island, []).append(place)
    for places in by_island.values():
        ours = [place for place in places if place in found]
        while ours:
            first = ours.pop(0)
            for other in list(ours):
                if _belongs(picture, found[first], found[other]):
                    found[first] = _merge(found[first], found.pop(other))
                    ours.remove(other)
    return list(found.values())


def _belongs(picture: Picture, one: Cause, other: Cause) -> bool:
    if abs(one.onset_at - other.onset_at) > picture.settings.joint_s:
        return False
    together = picture.tree.shadow(one.dead | other.dead, one.cut | other.cut)
    apart = picture.tree.shadow(one.dead, one.cut) | picture.tree.shadow(other.dead, other.cut)
    return bool(together - apart - one.dead - other.dead)


def _merge(one: Cause, other: Cause) -> Cause:
    return replace(
        one,
        roots=tuple(sorted({*one.roots, *other.roots})),
        items=(*one.items, *other.items),
        dead=one.dead | other.dead,
        cut=one.cut | other.cut,
        cost=one.cost + other.cost,
        alternatives=_sorted_options(
            [Alternative(tuple(sorted({*o.roots, *other.roots})), o.extra_cost) for o in one.alternatives]
            + [Alternative(tuple(sorted({*one.roots, *o.roots})), o.extra_cost) for o in other.alternatives]
        ),
        battery=tuple(sorted({*one.battery, *other.battery})),
    )


def impact_confidence(picture: Picture, cause: Cause, *, ports_read: bool) -> float:
    """How sure it is who is hit: only alternatives that would silence other devices count against it."""
    here = picture.tree.shadow(cause.dead, cause.cut) | cause.dead
    rivals = [
        option for option in cause.alternatives if _silences(picture, option.roots) not in {None, frozenset(here)}
    ]
    return confidence(rivals, ports_read=ports_read)


def _silences(picture: Picture, roots: Sequence[str]) -> frozenset[str] | None:
    """The devices that these roots would silence; None for a shared risk, which is only offered for the same items."""
    by_kind = [root.split(":", 1) for root in roots]
    if any(kind not in {"device", "link"} for kind, _ in by_kind):
        return None
    dead = frozenset(name for kind, name in by_kind if kind == "device")
    cut = frozenset(name for kind, name in by_kind if kind == "link")
    return frozenset(picture.tree.shadow(dead, cut) | dead)


def confidence(alternatives: Sequence[Alternative], *, ports_read: bool) -> float:
    """How sure the chosen cause is, given what else would explain the same within a cost of 1.

    While no port before the failure was read, it stays below `_UNREAD`: half of the evidence is missing.
    """
    doubt: float = sum(10.0 ** -max(0.0, option.extra_cost) for option in alternatives if option.extra_cost <= 1.0)
    sure = float(1.0 / (1.0 + doubt))
    return round(sure if ports_read else min(sure, _UNREAD), 3)
