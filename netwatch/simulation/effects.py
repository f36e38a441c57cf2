"""What a fault does to the network and when: intervals of simple effects, batteries and boot times included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final

from netwatch.inventory.model import Inventory, Site
from netwatch.simulation.chance import seeded
from netwatch.simulation.faults import Breakage, Verb

#: A flapping link stays up or down for this long, in seconds, drawn anew each time.
_FLAP_S = (4.0, 25.0)
#: A device takes this long to boot after power or repair, in seconds.
_BOOT_S = (5.0, 40.0)
#: What an unknown battery turns out to last, in minutes.
_UNKNOWN_BATTERY_MINUTES = (0.0, 0.0, 0.0, 5.0, 30.0)


class Effect(StrEnum):
    """One simple thing that is so during an interval."""

    DEAD = "dead"
    BATTERY = "battery"
    CUT = "cut"
    SILENT = "silent"
    LOSS = "loss"
    PORT = "port"
    MUTE = "mute"
    HUNG = "hung"
    BLIND = "blind"
    UPSTREAM = "upstream"
    ISOLATED = "isolated"
    NO_CARRIER = "no_carrier"


#: What people say when an effect begins, and when it ends.
SAYINGS: Final[Mapping[Effect, tuple[str, str]]] = MappingProxyType(
    {
        Effect.DEAD: ("down", "up again"),
        Effect.BATTERY: ("on battery", "no longer on battery"),
        Effect.CUT: ("cut", "mended"),
        Effect.SILENT: ("passes nothing, with light", "passes again"),
        Effect.LOSS: ("loses packets", "loses nothing any more"),
        Effect.PORT: ("dead", "alive again"),
        Effect.MUTE: ("ignores pings", "answers pings again"),
        Effect.HUNG: ("SNMP hangs", "SNMP answers again"),
        Effect.BLIND: ("answers nobody", "answers again"),
        Effect.UPSTREAM: ("lost", "back"),
        Effect.ISOLATED: ("cut off from the network", "back on the network"),
        Effect.NO_CARRIER: ("own interface down", "own interface up"),
    }
)

#: Faults that are one effect on what they name.
_SIMPLE: Final[Mapping[Verb, Effect]] = MappingProxyType(
    {
        Verb.LOSS: Effect.LOSS,
        Verb.SILENT: Effect.SILENT,
        Verb.MUTE: Effect.MUTE,
        Verb.HANG: Effect.HUNG,
        Verb.BLIND: Effect.BLIND,
        Verb.ISOLATE: Effect.ISOLATED,
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """`effect` holds for `name` from `start_at` (included) to `end_at` (excluded). `ratio` only for LOSS."""

    start_at: float
    end_at: float
    effect: Effect
    name: str
    ratio: float = 0.0


def effects_of(inventory: Inventory, faults: Iterable[Breakage], seed: int, until_at: float) -> tuple[Interval, ...]:
    """All intervals of all faults, sorted. Flapping is drawn up to `until_at`."""
    found: list[Interval] = []
    for number, fault in enumerate(faults):
        rng = seeded("effects", seed, number, fault)
        found.extend(_of_fault(inventory, fault, rng, until_at))
    return tuple(sorted(found))


def _of_fault(inventory: Inventory, fault: Breakage, rng: Random, until_at: float) -> Iterator[Interval]:
    kind, _, name = fault.element.partition(":")
    start, end = fault.at_s, fault.end_s
    if fault.verb in _SIMPLE:
        yield Interval(start, end, _SIMPLE[fault.verb], name or "monitor", fault.loss_ratio)
    match fault.verb:
        case Verb.DOWN:
            yield Interval(start, end + rng.uniform(*_BOOT_S), Effect.DEAD, name)
        case Verb.CUT:
            yield from _cut(inventory, kind, name, start, end)
        case Verb.POWER:
            yield from _power(inventory, kind, name, fault, rng)
        case Verb.FLAP:
            yield from _flap(name, start, min(end, until_at), rng)
        case Verb.ISOLATE if rng.random() < 0.5:
            yield Interval(start, end, Effect.NO_CARRIER, "monitor")
        case Verb.ACCESS:
            for service in inventory.customers[name]:
                yield Interval(start, end, Effect.PORT, str(service.primary))


def _cut(inventory: Inventory, kind: str, name: str, start: float, end: float) -> Iterator[Interval]:
    if kind == "link":
        yield Interval(start, end, Effect.CUT, name)
    elif kind == "duct":
        for link in inventory.links.values():
            if name in link.ducts:
                yield Interval(start, end, Effect.CUT, link.id)
    elif kind == "upstream":
        yield Interval(start, end, Effect.UPSTREAM, name)
    elif kind == "provider":
        lines = (link.id for link in inventory.links.values() if link.provider == name)
        yield from (Interval(start, end, Effect.CUT, line) for line in lines)
        ways = (way.id for way in inventory.upstreams.values() if way.provider == name)
        yield from (Interval(start, end, Effect.UPSTREAM, way) for way in ways)
    else:
        group = inventory.port_groups[name]
        for interface in group.interfaces:
            yield Interval(start, end, Effect.PORT, f"{group.device}:{interface}")


def _power(inventory: Inventory, kind: str, name: str, fault: Breakage, rng: Random) -> Iterator[Interval]:
    for device in sorted(inventory.devices.values(), key=lambda device: device.id):
        site = inventory.sites.get(device.site or "")
        if site is None or not _fed(inventory, site, kind, name):
            continue
        minutes = device.battery_minutes
        if minutes is None:
            minutes = rng.choice(_UNKNOWN_BATTERY_MINUTES)
        empty_at = fault.at_s + minutes * 60.0
        if minutes > 0:
            yield Interval(fault.at_s, min(fault.end_s, empty_at), Effect.BATTERY, device.id)
        boot_s = rng.uniform(*_BOOT_S)
        if empty_at < fault.end_s:
            yield Interval(empty_at, fault.end_s + boot_s, Effect.DEAD, device.id)


def _fed(inventory: Inventory, site: Site, kind: str, name: str) -> bool:
    if kind == "site":
        return site.id == name
    if kind == "feed":
        return site.power_feed == name
    region = site.region
    while region is not None and region != name:
        region = inventory.regions[region].parent
    return region == name


def _flap(link: str, start: float, end: float, rng: Random) -> Iterator[Interval]:
    at = start
    while at < end:
        down_s = rng.uniform(*_FLAP_S)
        yield Interval(at, min(end, at + down_s), Effect.CUT, link)
        at += down_s + rng.uniform(*_FLAP_S)
