"""Was the promise kept? Tellings compared with what was really so, second by second and customer by customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from netwatch.communication.model import CUSTOMERS, EXTERNAL, Phase
from netwatch.incidents.model import Incident
from netwatch.simulation.network import VirtualNetwork
from netwatch.simulation.telling import Fate, Told

#: What netwatch promises, in seconds from the moment that a customer's service fails.
PROMISE_S: Final = 180.0
#: The stage at which the first colleague knows.
COLLEAGUE: Final = "first colleague told"


@dataclass(frozen=True, slots=True)
class Hits:
    """What really happened to customers, from the virtual network itself.

    `since_at`: out or degraded for the first time, by customer. `lasting`: those it ailed for more than the promised
    time. `ailed`: all whom anything ailed at any time, lost redundancy included.
    """

    since_at: Mapping[str, float]
    lasting: frozenset[str]
    ailed: frozenset[str]

    @classmethod
    def of(cls, network: VirtualNetwork, until_at: float) -> Hits:
        """Look at every period of the network up to `until_at`."""
        since_at: dict[str, float] = {}
        begun_at: dict[str, float] = {}
        lasting: set[str] = set()
        ailed: set[str] = set()
        changes_at = [at for at in network.changes_at if at < until_at]
        for at, end_at in pairwise((*changes_at, until_at)):
            affected = network.affected(at)
            hit = affected.out | affected.degraded
            ailed |= hit | affected.at_risk
            begun_at = {customer: begun_at.get(customer, at) for customer in hit}
            for customer, begun in begun_at.items():
                since_at.setdefault(customer, begun)
                if end_at - begun > PROMISE_S:
                    lasting.add(customer)
        return cls(since_at, frozenset(lasting), frozenset(ailed))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on the way from fault to telling: reached so many seconds after the fault. None = never."""

    name: str
    since_fault_s: float | None


@dataclass(frozen=True, slots=True)
class Account:
    """The 180 seconds of one incident. `fault_at` is when the first of its customers, or else of its elements, failed."""

    incident: str
    fault_at: float
    stages: tuple[Stage, ...]
    customers: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an operator wants to know after a drill.

    `late`: told later than promised. `missed`: without service for longer than promised, and in no incident.
    `wrong`: told although nothing ailed them. `waiting`: their notice waits for a person. `unreachable`: counted as
    affected, but the playbook has no way to tell them. `unrouted`: those of them who could be told if the channel that
    they chose had a route. `best_s`, `worst_s`: seconds from failure to acceptance of the fastest and the slowest notice.
    """

    kept: bool
    sentence: str
    best_s: float | None
    worst_s: float | None
    told: int
    late: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    unrouted: tuple[str, ...] = ()


def judge(
    hits: Hits, incidents: Sequence[Incident], told: Sequence[Told], no_route: Callable[[str], bool] = lambda _: False
) -> Verdict:
    """Compare who was told, and when, with who was really hit. `no_route`: a customer whose channels have none."""
    first = [one for one in told if one.message.phase is Phase.OPENED and one.message.audience in CUSTOMERS]
    accepted_at: dict[str, float] = {}
    for one in first:
        if one.accepted_at is not None:
            name = one.message.recipient
            accepted_at[name] = min(one.accepted_at, accepted_at.get(name, one.accepted_at))
    waits_s = {name: at - hits.since_at[name] for name, at in accepted_at.items() if name in hits.since_at}
    planned = {one.message.recipient for one in first}
    held = {one.message.recipient for one in first if one.fate is Fate.WAITS} - accepted_at.keys()
    counted = frozenset().union(*(i.ever_affected for i in incidents)) if incidents else frozenset()
    late = sorted(name for name, wait_s in waits_s.items() if wait_s > PROMISE_S)
    missed = sorted(hits.lasting - counted)
    wrong = sorted(accepted_at.keys() - hits.ailed)
    waiting = sorted(held & hits.lasting)
    unreachable = sorted((hits.lasting & counted) - planned)
    worst_s = max(waits_s.values(), default=None)
    best_s = min(waits_s.values(), default=None)
    unrouted = [name for name in unreachable if no_route(name)]
    kept = not (late or missed or wrong or waiting or unrouted)
    return Verdict(
        kept=kept,
        sentence=_sentence(
            kept, len(accepted_at), worst_s, (len(late), len(missed), len(wrong), len(waiting), len(unrouted))
        ),
        best_s=None if best_s is None else round(best_s, 3),
        worst_s=None if worst_s is None else round(worst_s, 3),
        told=len(accepted_at),
        late=tuple(late),
        missed=tuple(missed),
        wrong=tuple(wrong),
        waiting=tuple(waiting),
        unreachable=tuple(unreachable),
        unrouted=tuple(unrouted),
    )


def _sentence(kept: bool, told: int, worst_s: float | None, faults: tuple[int, int, int, int, int]) -> str:
    if kept and worst_s is not None:
        return f"Kept: the last of {_customers(told)} is told {worst_s:.0f} s after the failure."
    if kept:
        return "Kept: no customer had to be told, and none was."
    late, missed, wrong, waiting, unrouted = faults
    parts = [f"{_customers(late)} told after more than {PROMISE_S:.0f} s"] if late else []
    parts += [f"{_customers(missed)} cut off and never counted"] if missed else []
    parts += [f"{_customers(wrong)} told although nothing ailed them"] if wrong else []
    parts += [f"the notices of {_customers(waiting)} wait for a person"] if waiting else []
    parts += [f"no route leads to {_customers(unrouted)}"] if unrouted else []
    return f"Not kept: {'; '.join(parts)}."


def _customers(count: int) -> str:
    return f"{count:,} customer{'' if count == 1 else 's'}"


def account_of(
    incident: Incident, told: Iterable[Told], page_at: float | None, hits: Hits, failed_at: float
) -> Account:
    """The stages of one incident. `failed_at`: when its elements failed, for an incident without customers."""
    own = [one for one in told if one.message.incident == incident.id and one.message.phase is Phase.OPENED]
    inside = [one.accepted_at for one in own if one.message.audience not in EXTERNAL and one.accepted_at is not None]
    outside = [one for one in own if one.message.audience in CUSTOMERS]
    released = [one.released_at for one in outside if one.released_at is not None]
    accepted = [one.accepted_at for one in outside if one.accepted_at is not None]
    since = [hits.since_at[name] for name in incident.ever_affected if name in hits.since_at]
    fault_at = min(since, default=failed_at)
    reached: list[tuple[str, float | None]] = [
        ("first failed probe", incident.onset_at),
        ("confirmed", incident.confirmed_at),
        ("cause stable, incident opened", incident.opened_at),
        (COLLEAGUE, min(inside, default=None)),
        ("outage page published", page_at),
        ("notices to customers released", max(released, default=None)),
        ("last notice accepted by the relay", max(accepted, default=None)),
    ]
    stages = tuple(Stage(name, None if at is None else round(max(0.0, at - fault_at), 3)) for name, at in reached)
    return Account(incident.id, round(fault_at, 3), stages, len({one.message.recipient for one in outside}))
