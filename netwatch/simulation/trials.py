"""Faults drawn by class, with what a perfect diagnosis would say of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from netwatch.diagnosis.model import Scope
from netwatch.inventory.model import Device, Inventory, Segment
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import Noise

#: The fault begins and ends at these instants of a trial, in seconds after the warm-up.
BEGIN_S: Final = 30.0
LASTS_S: Final = 240.0
#: What came back several times counts as mended only after a longer quiet.
RESTLESS_S: Final = 330.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Faults and the answer. `roots`: any of these sets is right; none = nothing may be published.

    `events`: how many incidents are right (None = at most one a fault). `inventory`: the network, when it is not the
    ground's own; `believed`: what netwatch holds for it. `noise` None = that of the campaign. `begin_s`: when the time
    to the first telling begins. `restarts_at_s`: when netwatch is killed and started again. `after_s`: how long the
    recovery is watched.
    """

    faults: tuple[Breakage, ...]
    roots: tuple[frozenset[str], ...] = ()
    scope: Scope = Scope.REGIONAL
    events: int | None = None
    inventory: Inventory | None = None
    believed: Inventory | None = None
    noise: Noise | None = None
    begin_s: float = BEGIN_S
    restarts_at_s: tuple[float, ...] = ()
    after_s: float = 180.0

    @property
    def duration_s(self) -> float:
        """How long the whole takes after the warm-up."""
        return BEGIN_S + LASTS_S + self.after_s


Draw = Callable[[Ground, Random], Trial | None]


def broken(verb: Verb, element: str, *, at_s: float = BEGIN_S, loss_ratio: float = 0.0) -> Breakage:
    return Breakage(verb, element, at_s, LASTS_S, loss_ratio)


def pick(rng: Random, choices: Iterable[str]) -> str | None:
    found = sorted(choices)
    return rng.choice(found) if found else None


def tree_trunk(ground: Ground, rng: Random) -> Trial | None:
    """A trunk without a way round is cut."""
    name = pick(rng, (n for n in ground.bridges if ground.serves(ground.inventory.links[n])))
    if name is None:
        return None
    return Trial((broken(Verb.CUT, f"link:{name}"),), ground.equals((), (name,)), ground.scope_of((), (name,)))


def ring_trunk(ground: Ground, rng: Random) -> Trial | None:
    """A trunk with a way round is cut."""
    name = pick(rng, ground.loops)
    if name is None:
        return None
    return Trial((broken(Verb.CUT, f"link:{name}"),), one(f"link:{name}"), Scope.REDUNDANCY)


def ring_twice(ground: Ground, rng: Random) -> Trial | None:
    """A ring is cut in two places, 40 s apart, which cuts customers off."""
    for _ in range(30):
        if len(ground.loops) < 2:
            return None
        first, second = rng.sample(ground.loops, 2)
        if ground.scope_of((), (first, second)) is Scope.REGIONAL:
            faults = (broken(Verb.CUT, f"link:{first}"), broken(Verb.CUT, f"link:{second}", at_s=BEGIN_S + 40.0))
            both = frozenset({f"link:{first}", f"link:{second}"})
            return Trial(faults, (both, frozenset({f"link:{second}"})), Scope.REGIONAL)
    return None


def device_of(*roles: str) -> Draw:
    def draw(ground: Ground, rng: Random) -> Trial | None:
        devices = ground.inventory.devices.values()
        name = pick(rng, (d.id for d in devices if d.role in roles and far(ground, d)))
        if name is None:
            return None
        roots = (frozenset({f"device:{name}"}), *ground.equals((name,), ()))
        scope = Scope.CUSTOMER if roles == ("cpe",) else ground.scope_of((name,))
        return Trial((broken(Verb.DOWN, f"device:{name}"),), roots, scope)

    return draw


def far(ground: Ground, device: Device) -> bool:
    return device.id not in ground.inventory.monitor.attached_to


def duct(ground: Ground, rng: Random) -> Trial | None:
    """A duct with at least two links is cut."""
    links: dict[str, list[str]] = {}
    for link in ground.inventory.links.values():
        for each in link.ducts:
            links.setdefault(each, []).append(link.id)
    name = pick(rng, (each for each, members in links.items() if len(members) > 1))
    if name is None:
        return None
    roots = (*one(f"duct:{name}"), *ground.equals((), links[name]))
    return Trial((broken(Verb.CUT, f"duct:{name}"),), roots, ground.scope_of((), links[name]))


def power_of(kind: str) -> Draw:
    def draw(ground: Ground, rng: Random) -> Trial | None:
        inventory = ground.inventory
        seen_from = {inventory.devices[device].site for device in inventory.monitor.attached_to}
        fed: dict[str, list[Device]] = {}
        for device in inventory.devices.values():
            site = inventory.sites[device.site or ""]
            power = site.id if kind == "site" else site.power_feed
            if power is not None and site.id not in seen_from:
                fed.setdefault(power, []).append(device)
        dying = {each: [d.id for d in devices if d.battery_minutes == 0] for each, devices in fed.items()}
        name = pick(rng, (each for each, devices in dying.items() if len(devices) > 1))
        if name is None:
            return None
        roots = (*one(f"{kind}:{name}"), *ground.equals(dying[name], ()))
        only = {inventory.devices[d].site for d in dying[name]}
        if kind == "feed" and len(only) == 1:
            roots = (*roots, frozenset({f"site:{next(iter(only))}"}))
        return Trial((broken(Verb.POWER, f"{kind}:{name}"),), roots, ground.scope_of(dying[name]))

    return draw


def isolation(ground: Ground, rng: Random) -> Trial | None:
    """Netwatch's own uplink fails."""
    del ground, rng
    return Trial((broken(Verb.ISOLATE, "monitor"),), one("monitor"), Scope.MONITORING)


def flapping(ground: Ground, rng: Random) -> Trial | None:
    """A trunk without a way round goes up and down."""
    name = pick(rng, (n for n in ground.bridges if ground.serves(ground.inventory.links[n])))
    if name is None:
        return None
    roots, scope = ground.equals((), (name,)), ground.scope_of((), (name,))
    return Trial((broken(Verb.FLAP, f"link:{name}"),), roots, scope, after_s=RESTLESS_S)


def customer_port(ground: Ground, rng: Random) -> Trial | None:
    """The access of one business customer fails."""
    customers = ground.inventory.customers
    name = pick(rng, (c for c, (s, *_) in customers.items() if s.segment is Segment.BUSINESS and s.backup is None
                       and ground.inventory.devices[s.primary.device].role != "cpe"))  # fmt: skip
    if name is None:
        return None
    port = customers[name][0].primary
    return Trial((broken(Verb.ACCESS, f"customer:{name}"),), one(f"port:{port}"), Scope.CUSTOMER)


def pon(ground: Ground, rng: Random) -> Trial | None:
    """A PON fails with all its ports."""
    name = pick(rng, ground.inventory.port_groups)
    if name is None:
        return None
    return Trial((broken(Verb.CUT, f"port_group:{name}"),), one(f"port_group:{name}"), Scope.REGIONAL)


def upstream(ground: Ground, rng: Random) -> Trial | None:
    """Every way out fails."""
    del rng
    ways = sorted(ground.inventory.upstreams)
    if not ways:
        return None
    faults = tuple(broken(Verb.CUT, f"upstream:{name}") for name in ways)
    return Trial(faults, (frozenset(f"upstream:{name}" for name in ways),), Scope.REGIONAL)


def brown_out(ground: Ground, rng: Random) -> Trial | None:
    """A trunk without a way round loses a third of what passes."""
    name = pick(rng, (n for n in ground.bridges if ground.serves(ground.inventory.links[n])))
    if name is None:
        return None
    link = ground.inventory.links[name]
    near = [f"device:{end.device}" for end in (link.a, link.b)]
    roots = (frozenset({f"link:{name}"}), *(frozenset({each}) for each in near))
    fault = broken(Verb.LOSS, f"link:{name}", loss_ratio=0.3)
    return Trial((fault,), roots, ground.scope_of((), (name,)))


def _harmless(verb: Verb) -> Draw:
    def draw(ground: Ground, rng: Random) -> Trial | None:
        name = pick(rng, (d for d in ground.inventory.devices if d not in ground.inventory.monitor.attached_to))
        return None if name is None else Trial((broken(verb, f"device:{name}"),))

    return draw


def both(first: Draw, second: Draw) -> Draw:
    """Two faults at the same moment."""

    def draw(ground: Ground, rng: Random) -> Trial | None:
        one, two = first(ground, rng), second(ground, rng)
        if one is None or two is None or one.faults == two.faults:
            return None
        roots = tuple(left | right for left in one.roots for right in two.roots)
        return Trial((*one.faults, *two.faults), roots, wider(one.scope, two.scope))

    return draw


def quiet(ground: Ground, rng: Random) -> Trial | None:
    """Nothing happens."""
    del ground, rng
    return Trial(())


def blind_witness(ground: Ground, rng: Random) -> Trial | None:
    """One witness falls silent, which says nothing of the network."""
    name = pick(rng, (witness.id for witness in ground.inventory.monitor.witnesses))
    return None if name is None else Trial((broken(Verb.BLIND, f"witness:{name}"),))


def wider(one: Scope, two: Scope) -> Scope:
    return Scope.REGIONAL if Scope.REGIONAL in {one, two} else one


def one(ref: str) -> tuple[frozenset[str], ...]:
    return (frozenset({ref}),)


BASIC: Final[Mapping[str, Draw]] = MappingProxyType(
    {
        "tree trunk": tree_trunk,
        "ring trunk": ring_trunk,
        "ring twice": ring_twice,
        "access device": device_of("access", "olt"),
        "aggregation": device_of("aggregation"),
        "core": device_of("core"),
        "cpe": device_of("cpe"),
        "duct": duct,
        "site power": power_of("site"),
        "feed power": power_of("feed"),
        "isolation": isolation,
        "flapping": flapping,
        "customer port": customer_port,
        "pon": pon,
        "upstream": upstream,
        "brown-out": brown_out,
        "two trunks": both(tree_trunk, tree_trunk),
        "trunk and device": both(tree_trunk, device_of("aggregation")),
        "duct and power": both(duct, power_of("site")),
        "icmp filtered": _harmless(Verb.MUTE),
        "snmp hung": _harmless(Verb.HANG),
        "witness": blind_witness,
        "quiet": quiet,
    }
)
