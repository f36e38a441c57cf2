"""Harder faults by class: several at once, in stages, half repaired, announced, behind a wrong inventory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from netwatch.diagnosis.model import Scope
from netwatch.inventory.model import Device, Inventory, Link, Maintenance, Port, PortGroup, Provider, Segment
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import Noise, stale
from netwatch.simulation.trials import (
    BEGIN_S,
    LASTS_S,
    RESTLESS_S,
    Draw,
    Trial,
    both,
    broken,
    device_of,
    duct,
    far,
    one,
    pick,
    power_of,
    ring_trunk,
    tree_trunk,
    wider,
)

#: As bad as it gets without anything being wrong.
NOISY: Final = Noise(loss_ratio=0.04, trap_loss_ratio=0.3, late_ratio=0.1, late_s=8.0, mute_ratio=0.03)

#: So many devices are tried until something hangs on one alone.
_MUTES_TRIED: Final = 40


def three(*draws: Draw) -> Draw:
    """Several faults at the same moment."""

    def draw(ground: Ground, rng: Random) -> Trial | None:
        found = [each(ground, rng) for each in draws]
        trials = [trial for trial in found if trial is not None]
        faults = tuple(fault for trial in trials for fault in trial.faults)
        if len(trials) < len(draws) or len({fault.element for fault in faults}) < len(faults):
            return None
        roots: tuple[frozenset[str], ...] = (frozenset(),)
        scope = trials[0].scope
        for trial in trials:
            roots = tuple(before | more for before in roots for more in trial.roots)
            scope = wider(scope, trial.scope)
        return Trial(faults, roots, scope)

    return draw


def storm(ground: Ground, rng: Random) -> Trial | None:
    """Three trunks fall one after the other, 25 s apart."""
    found = three(tree_trunk, tree_trunk, tree_trunk)(ground, rng)
    if found is None:
        return None
    faults = tuple(replace(f, at_s=f.at_s + 25.0 * n, for_s=LASTS_S) for n, f in enumerate(found.faults))
    return replace(found, faults=faults)


def half_mended(ground: Ground, rng: Random) -> Trial | None:
    """A duct with several links is cut; one link is mended after half of the time.

    The rest may be told once more: as the links that are still cut.
    """
    links: dict[str, list[str]] = {}
    for link in ground.inventory.links.values():
        for each in link.ducts:
            links.setdefault(each, []).append(link.id)
    name = pick(rng, (each for each, members in links.items() if len(members) > 1))
    if name is None:
        return None
    members = sorted(links[name])
    faults = [replace(broken(Verb.CUT, f"link:{link}"), for_s=LASTS_S) for link in members]
    faults[0] = replace(faults[0], for_s=LASTS_S / 2)
    rest = frozenset(f"link:{link}" for link in members[1:])
    roots = (*one(f"duct:{name}"), frozenset(f"link:{link}" for link in members), *ground.equals((), members))
    roots = (*roots, frozenset({f"duct:{name}"}) | rest)
    return Trial(tuple(faults), roots, ground.scope_of((), members))


def rebooting(ground: Ground, rng: Random) -> Trial | None:
    """An access device dies again and again for 25 s."""
    found = device_of("access", "olt")(ground, rng)
    if found is None:
        return None
    first = found.faults[0]
    faults = tuple(replace(first, at_s=BEGIN_S + 70.0 * n, for_s=25.0) for n in range(4))
    return replace(found, faults=faults, events=1, after_s=RESTLESS_S)


def region_power(ground: Ground, rng: Random) -> Trial | None:
    """A region with several sites loses power."""
    inventory = ground.inventory
    seen_from = {inventory.sites[inventory.devices[d].site or ""].region for d in inventory.monitor.attached_to}
    dying: dict[str, list[Device]] = {}
    for device in inventory.devices.values():
        site = inventory.sites.get(device.site or "")
        if site is not None and site.region and site.region not in seen_from and device.battery_minutes == 0:
            dying.setdefault(site.region, []).append(device)
    name = pick(rng, (region for region, devices in dying.items() if len(devices) > 5))
    if name is None:
        return None
    feeds = {inventory.sites[device.site or ""].power_feed for device in dying[name]}
    dead = [device.id for device in dying[name]]
    roots = (*one(f"region:{name}"), frozenset(f"feed:{feed}" for feed in feeds if feed), *ground.equals(dead, ()))
    return Trial((broken(Verb.POWER, f"region:{name}"),), roots, ground.scope_of(dead))


def battery_decay(ground: Ground, rng: Random) -> Trial | None:
    """The devices of a feed die one after another, as their batteries run empty within two minutes."""
    inventory = ground.inventory
    seen_from = {inventory.devices[device].site for device in inventory.monitor.attached_to}
    fed: dict[str, list[Device]] = {}
    for device in inventory.devices.values():
        site = inventory.sites.get(device.site or "")
        if site is not None and site.power_feed and site.id not in seen_from and device.role != "cpe":
            fed.setdefault(site.power_feed, []).append(device)
    name = pick(rng, (feed for feed, devices in fed.items() if len(devices) > 3))
    if name is None:
        return None
    minutes = {device.id: rng.choice((0.0, 0.0, 1.0, 2.0)) for device in sorted(fed[name], key=lambda d: d.id)}
    devices = {i: replace(d, battery_minutes=minutes.get(i, d.battery_minutes)) for i, d in inventory.devices.items()}
    changed = replace(inventory, devices=MappingProxyType(devices))
    roots = (*one(f"feed:{name}"), *ground.equals(sorted(minutes), ()))
    return Trial((broken(Verb.POWER, f"feed:{name}"),), roots, ground.scope_of(minutes), inventory=changed)


def _children(ground: Ground, device: Device) -> list[str]:
    """Trunks without a way round that lead down from a device."""
    found = []
    for edge in ground.topology.edges[device.id]:
        link = ground.inventory.links[edge.link]
        if edge.link in ground.bridges and ground.serves(link) and ground.inventory.devices[edge.neighbour].role in {
            "access", "olt",
        }:  # fmt: skip
            found.append(edge.link)
    return found


def line_card(ground: Ground, rng: Random) -> Trial | None:
    """A line card with three trunks or more dies in a device that lives on."""
    inventory = ground.inventory
    name = pick(rng, (d.id for d in inventory.devices.values() if d.role != "cpe" and len(_children(ground, d)) > 2))
    if name is None:
        return None
    links = sorted(_children(ground, inventory.devices[name]))[:4]
    ports = tuple(_end(inventory.links[link], name).interface for link in links)
    card = PortGroup(f"{name}/card", name, ports)
    changed = replace(inventory, port_groups=MappingProxyType({**inventory.port_groups, card.id: card}))
    faults = tuple(broken(Verb.CUT, f"link:{link}") for link in links)
    roots = (*one(f"port_group:{card.id}"), *_shared_ducts(inventory, links), *ground.equals((), links))
    return Trial(faults, roots, ground.scope_of((), links), events=1, inventory=changed)


def _shared_ducts(inventory: Inventory, links: Iterable[str]) -> tuple[frozenset[str], ...]:
    """A duct that holds exactly these links leaves the same traces."""
    wanted = set(links)
    ducts = {duct for link in wanted for duct in inventory.links[link].ducts}
    return tuple(
        frozenset({f"duct:{duct}"})
        for duct in sorted(ducts)
        if {link.id for link in inventory.links.values() if duct in link.ducts} == wanted
    )


def _end(link: Link, device: str) -> Port:
    return link.a if link.a.device == device else link.b


def provider_outage(ground: Ground, rng: Random) -> Trial | None:
    """A supplier's three leased trunks fail at once, in different places."""
    inventory = ground.inventory
    trunks = [name for name in ground.bridges if ground.serves(inventory.links[name])]
    if len(trunks) < 3:
        return None
    leased = rng.sample(trunks, 3)
    links = {i: replace(link, provider="leaseco") if i in leased else link for i, link in inventory.links.items()}
    providers = {**inventory.providers, "leaseco": Provider("leaseco", "LeaseCo")}
    changed = replace(inventory, links=MappingProxyType(links), providers=MappingProxyType(providers))
    faults = tuple(broken(Verb.CUT, f"link:{name}") for name in leased)
    roots = (*one("provider:leaseco"), frozenset(f"link:{name}" for name in leased), *ground.equals((), leased))
    return Trial(faults, roots, ground.scope_of((), leased), inventory=changed)


def silent_trunk(ground: Ground, rng: Random) -> Trial | None:
    """A trunk without a way round keeps its light and passes nothing."""
    found = tree_trunk(ground, rng)
    if found is None:
        return None
    fault = found.faults[0]
    link = ground.inventory.links[fault.element.partition(":")[2]]
    ends = tuple(frozenset({f"device:{end.device}"}) for end in (link.a, link.b))
    return replace(found, faults=(replace(fault, verb=Verb.SILENT),), roots=(*found.roots, *ends))


def one_upstream(ground: Ground, rng: Random) -> Trial | None:
    """One of several ways out fails."""
    ways = sorted(ground.inventory.upstreams)
    if len(ways) < 2:
        return None
    name = rng.choice(ways)
    return Trial((broken(Verb.CUT, f"upstream:{name}"),), one(f"upstream:{name}"), Scope.REDUNDANCY)


def second_leg(ground: Ground, rng: Random) -> Trial | None:
    """The second leg of a dual-homed device is cut."""
    name = pick(rng, (n for n in ground.loops if n.startswith("second-")))
    return None if name is None else Trial(
        (broken(Verb.CUT, f"link:{name}"),), one(f"link:{name}"), Scope.REDUNDANCY
    )  # fmt: skip


def blip(ground: Ground, rng: Random) -> Trial | None:
    """A trunk is gone for two seconds."""
    found = tree_trunk(ground, rng)
    return None if found is None else Trial((replace(found.faults[0], for_s=2.0),))


def short_isolation(ground: Ground, rng: Random) -> Trial | None:
    """Netwatch is cut off for twenty seconds."""
    del ground, rng
    return Trial((replace(broken(Verb.ISOLATE, "monitor"), for_s=20.0),), one("monitor"), Scope.MONITORING)


def while_blind(ground: Ground, rng: Random) -> Trial | None:
    """A trunk is cut while netwatch is cut off for a minute."""
    found = tree_trunk(ground, rng)
    if found is None:
        return None
    blind = replace(broken(Verb.ISOLATE, "monitor"), at_s=BEGIN_S - 20.0, for_s=60.0)
    roots = tuple(each | {"monitor"} for each in found.roots)
    return replace(found, faults=(blind, *found.faults), roots=roots, events=2, begin_s=blind.at_s)


def residential_port(ground: Ground, rng: Random) -> Trial | None:
    """Somebody switches a modem off."""
    customers = ground.inventory.customers
    name = pick(rng, (c for c, (s, *_) in customers.items() if s.segment is Segment.RESIDENTIAL))
    return None if name is None else Trial((broken(Verb.ACCESS, f"customer:{name}"),))


def announced(ground: Ground, rng: Random) -> Trial | None:
    """A trunk or device goes down within its announced window."""
    found = rng.choice((tree_trunk, device_of("access", "aggregation")))(ground, rng)
    if found is None:
        return None
    return Trial(found.faults, inventory=_with_work(ground.inventory, found.faults[0].element, 400.0))


def overrun(ground: Ground, rng: Random) -> Trial | None:
    """Announced work on a trunk takes longer than its window."""
    found = tree_trunk(ground, rng)
    if found is None:
        return None
    ends_s = BEGIN_S + 60.0
    changed = _with_work(ground.inventory, found.faults[0].element, ends_s)
    return replace(found, inventory=changed, begin_s=ends_s)


def _with_work(inventory: Inventory, element: str, until_s: float) -> Inventory:
    return replace(inventory, maintenance=(*inventory.maintenance, Maintenance("work", (element,), 10.0, until_s)))


def with_wrong_inventory(draw: Draw) -> Draw:
    """The same while two links in a hundred are wrong in the inventory."""

    def drawn(ground: Ground, rng: Random) -> Trial | None:
        found = draw(ground, rng)
        if found is None:
            return None
        return replace(found, believed=stale(ground.inventory, 0.02, rng.randrange(1_000_000)))

    return drawn


def with_restart(draw: Draw) -> Draw:
    """The same while netwatch is killed and started again, some seconds after the fault."""

    def drawn(ground: Ground, rng: Random) -> Trial | None:
        found = draw(ground, rng)
        return None if found is None else replace(found, restarts_at_s=(BEGIN_S + rng.uniform(2.0, 40.0),))

    return drawn


def with_noise(draw: Draw, noise: Noise) -> Draw:
    """The same under more noise."""

    def drawn(ground: Ground, rng: Random) -> Trial | None:
        found = draw(ground, rng)
        return None if found is None else replace(found, noise=noise)

    return drawn


def noisy_quiet(ground: Ground, rng: Random) -> Trial | None:
    """Nothing happens, noisily."""
    del ground, rng
    return Trial((), noise=NOISY)


def mute_and_cut(ground: Ground, rng: Random) -> Trial | None:
    """A device that ignores pings loses its trunk."""
    found = tree_trunk(ground, rng)
    if found is None:
        return None
    link = ground.inventory.links[found.faults[0].element.partition(":")[2]]
    lower = link.b.device if far(ground, ground.inventory.devices[link.b.device]) else link.a.device
    mute = Breakage(Verb.MUTE, f"device:{lower}", 0.0, None)
    return replace(found, faults=(mute, *found.faults), events=1)


def mute_device(ground: Ground, rng: Random) -> Trial | None:
    """A device that others hang on alone answers neither ping nor SNMP any more, and forwards all."""
    starts = ground.inventory.monitor.attached_to
    names = sorted(d.id for d in ground.inventory.devices.values() if d.transit and far(ground, d))
    everyone = ground.topology.reachable(starts)
    for name in rng.sample(names, min(len(names), _MUTES_TRIED)):
        if everyone - ground.topology.reachable(starts, (name,)) - {name}:
            faults = tuple(broken(verb, f"device:{name}") for verb in (Verb.MUTE, Verb.HANG))
            return Trial(faults, one(f"device:{name}"), Scope.REDUNDANCY, events=1)
    return None


HARDER: Final[Mapping[str, Draw]] = MappingProxyType(
    {
        "region power": region_power,
        "battery decay": battery_decay,
        "line card": line_card,
        "provider": provider_outage,
        "silent trunk": silent_trunk,
        "one upstream": one_upstream,
        "second leg": second_leg,
        "half mended": half_mended,
        "rebooting": rebooting,
        "storm": storm,
        "mute and cut": mute_and_cut,
        "while blind": while_blind,
        "overrun": overrun,
        "wrong inventory": with_wrong_inventory(tree_trunk),
        "wrong, duct": with_wrong_inventory(duct),
        "restart": with_restart(tree_trunk),
        "noisy trunk": with_noise(tree_trunk, NOISY),
        "ring and device": both(ring_trunk, device_of("access", "olt")),
        "two devices": both(device_of("access"), device_of("aggregation")),
        "two feeds": both(power_of("feed"), power_of("feed")),
        "three trunks": three(tree_trunk, tree_trunk, tree_trunk),
        "three kinds": three(tree_trunk, device_of("access", "olt"), duct),
        "announced": announced,
        "blip": blip,
        "short isolation": short_isolation,
        "modem off": residential_port,
        "noisy quiet": noisy_quiet,
        "mute device": mute_device,
    }
)
