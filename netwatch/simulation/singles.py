"""Every single fault once: each device, link, duct, port group, upstream, site and feed fails alone, and is judged.

Netwatch warms up once on the whole healthy network; each fault then goes on from that state in a process of its own,
and only what it touches is polled further: the failed and the cut off, what stands next to them or shares a risk with
them, the monitor's first hops, the witnesses, and a sample of the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from netwatch.communication.model import Conditions
from netwatch.communication.planning import CommunicationState
from netwatch.config import Config
from netwatch.diagnosis.engine import Engine
from netwatch.incidents.model import Change, ChangeKind
from netwatch.inventory.audit import audit
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.pipeline import Pipeline
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.ground import Ground
from netwatch.simulation.network import VirtualNetwork
from netwatch.simulation.parallel import map_forked
from netwatch.simulation.poller import VirtualPoller
from netwatch.simulation.replay import planner_of
from netwatch.simulation.routes import Routes
from netwatch.simulation.runner import Rehearsal, Run
from netwatch.simulation.telling import follow
from netwatch.simulation.touched import devices_to_ask
from netwatch.simulation.verdict import PROMISE_S, Hits, judge

_ORIGIN_AT: Final = 1_767_578_400.0
_WARMUP_S: Final = 100.0
#: The fault begins so long after the warm-up, so that batteries are reported before their devices die.
_LEAD_S: Final = 35.0
#: All is told by then, or else it is watched for as long as the promise lasts.
_WATCH_S: Final = 75.0
_LONG_S: Final = PROMISE_S + 20.0
_VERBS: Final = MappingProxyType(
    {
        "device": Verb.DOWN, "link": Verb.CUT, "duct": Verb.CUT, "port_group": Verb.CUT, "upstream": Verb.CUT,
        "site": Verb.POWER, "feed": Verb.POWER,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fault. Times in seconds since the failure; `customers` are those really cut off or degraded.

    `battery_minutes`: the fault is rehearsed at the moment when the first battery is empty, so long after power is
    lost. `asks`: the notices wait for a person, by the brakes that the settings want.
    """

    fault: str
    ref: str
    customers: int
    kept: bool
    asks: bool
    sentence: str
    worst_s: float | None
    told: int
    late: int
    missed: int
    wrong: int
    incidents: int
    cause_right: bool
    root_causes: tuple[str, ...]
    battery_minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Singles:
    """All outcomes, the worst first. `left` faults with at most `left_customers` customers each were not rehearsed."""

    outcomes: tuple[Outcome, ...]
    left: int
    left_customers: int

    @property
    def kept(self) -> bool:
        """Whether each fault kept the promise."""
        return all(outcome.kept for outcome in self.outcomes)

    def account(self) -> dict[str, Any]:
        """The JSON of `netwatch drill --all-single-faults --json`."""
        return {
            "promise_s": PROMISE_S,
            "kept": self.kept,
            "rehearsed": len(self.outcomes),
            "not_rehearsed": {"count": self.left, "customers_at_most": self.left_customers},
            "faults": [{**asdict(outcome), "root_causes": list(outcome.root_causes)} for outcome in self.outcomes],
        }


def rehearse_singles(
    settings: Config,
    inventory: Inventory,
    *,
    seed: int = 0,
    most: int | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Singles:
    """Rehearse the `most` single faults with most customers behind them (None = all), on `jobs` processes.

    Raises:
        InputError: with every fault of the playbook or the texts.
    """
    wanted = list(candidates(inventory))
    chosen = wanted[:most]
    if progress is not None:
        progress(0, len(chosen))
    room = _Room(settings, inventory, seed)

    def learn(result: tuple[Outcome, tuple[Change, ...]], done: int, of: int) -> None:
        room.prepare(result[1])
        if progress is not None:
            progress(done, of)

    results = map_forked(room.rehearse, [ref for ref, _ in chosen], jobs, learn)
    ranked = sorted(
        (outcome for outcome, _ in results), key=lambda one: (-one.customers, one.kept, -(one.worst_s or 0.0), one.ref)
    )
    left = wanted[len(chosen) :]
    return Singles(tuple(ranked), len(left), max((customers for _, customers in left), default=0))


def candidates(inventory: Inventory) -> Iterator[tuple[str, int]]:
    """Every element that can fail alone, with the customers that it cuts off; most first."""
    behind = {point.ref: point.customers for point in audit(inventory).points}
    refs = [f"device:{name}" for name in inventory.devices]
    refs += [f"link:{name}" for name in inventory.links]
    refs += [f"upstream:{name}" for name in inventory.upstreams]
    refs += [f"port_group:{name}" for name in inventory.port_groups]
    refs += [f"duct:{name}" for name in {duct for link in inventory.links.values() for duct in link.ducts}]
    housed = {device.site for device in inventory.devices.values()}
    sites = [site for site in inventory.sites.values() if site.id in housed]
    refs += [f"site:{site.id}" for site in sites]
    refs += [f"feed:{feed}" for feed in {site.power_feed for site in sites if site.power_feed}]
    yield from sorted(((ref, behind.get(ref, 0)) for ref in refs), key=lambda found: (-found[1], found[0]))


class _Room:
    """A warm netwatch and the healthy network; each rehearsal spends it, so that each needs a copy (a fork)."""

    def __init__(self, settings: Config, inventory: Inventory, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._true = _without_unknown_batteries(inventory)
        self._topology = Topology(self._true)
        believed = Topology(inventory)
        rehearsal = Rehearsal(inventory, origin_at=_ORIGIN_AT, warmup_s=_WARMUP_S)
        self._planner = planner = planner_of(settings, inventory)
        self._routes = Routes.of(settings, inventory)
        self._prepared: set[tuple[str, str]] = set()
        self._start_at = _ORIGIN_AT + _WARMUP_S
        calm = VirtualNetwork(self._true, (), seed, self._start_at, start_at=_ORIGIN_AT, topology=self._topology)
        self._poller = VirtualPoller(calm, inventory, seed, settings.polling)

        def fresh() -> Pipeline[CommunicationState]:
            engine = Engine(believed, settings.diagnosis)
            return Pipeline(engine, settings.incidents, planner, CommunicationState())

        self._run = Run(rehearsal, fresh)
        self._advance(self._start_at)

    def prepare(self, openings: Iterable[Change]) -> None:
        """Have the texts of such openings compiled here, once, for all rehearsals to come."""
        for change in openings:
            kind = (change.incident.scope.value, change.incident.scenario.value)
            if kind not in self._prepared:
                self._prepared.add(kind)
                incidents = {change.incident.id: change.incident}
                self._planner.step(CommunicationState(), (change,), incidents, Conditions(), change.at)

    def rehearse(self, ref: str) -> tuple[Outcome, tuple[Change, ...]]:
        """What becomes of the failure of `ref`, and the openings of incidents on the way."""
        battery_minutes = self._battery(ref)
        at = self._start_at + _LEAD_S
        fault = Breakage(_VERBS[ref.partition(":")[0]], ref, at - battery_minutes * 60.0)
        until_at = at + _LONG_S
        network = VirtualNetwork(
            self._true, (fault,), self._seed, until_at, start_at=self._start_at, topology=self._topology
        )
        hits = Hits.of(network, until_at + PROMISE_S)
        self._poller.resume(network, devices_to_ask(network, at))
        self._advance(at + _WATCH_S)
        if not hits.lasting <= self._counted():
            self._advance(until_at)
        openings = tuple(change for change in self._run.changes if change.kind is ChangeKind.OPENED)
        return self._outcome(ref, network, hits, battery_minutes), openings

    def _advance(self, until_at: float) -> None:
        run = self._run
        for observation in self._poller.observations(until_at):
            run.up_to(observation.at)
            run.pipeline.observe(observation)
            run.metronome.note(observation)
        run.up_to(until_at)

    def _counted(self) -> frozenset[str]:
        published = [i.ever_affected for i in self._run.incidents.values() if i.opened_at is not None]
        return frozenset().union(*published)

    def _outcome(self, ref: str, network: VirtualNetwork, hits: Hits, battery_minutes: float) -> Outcome:
        published = self._run.published()
        told = follow(self._run.plans, self._settings.channels.delivery.mailing_budget_s)
        verdict = judge(hits, published, told, self._routes.missing_for)
        roots = tuple(sorted({root for incident in published for root in incident.roots}))
        fault = Breakage(_VERBS[ref.partition(":")[0]], ref)
        return Outcome(
            fault=f"{fault.verb} {ref}",
            ref=ref,
            customers=len(hits.since_at),
            kept=verdict.kept,
            asks=bool(verdict.waiting) and not (verdict.late or verdict.missed or verdict.wrong or verdict.unrouted),
            sentence=verdict.sentence,
            worst_s=verdict.worst_s,
            told=verdict.told,
            late=len(verdict.late),
            missed=len(verdict.missed),
            wrong=len(verdict.wrong),
            incidents=len(published),
            cause_right=frozenset(roots) in _right_causes(ref, network, self._start_at + _LEAD_S),
            root_causes=roots,
            battery_minutes=battery_minutes,
        )

    def _battery(self, ref: str) -> float:
        """Minutes from the loss of power until the first device dies; 0 for faults of other kinds."""
        kind, _, name = ref.partition(":")
        if kind not in {"site", "feed"}:
            return 0.0
        sites = self._true.sites
        minutes = [
            device.battery_minutes or 0.0
            for device in self._true.devices.values()
            if device.site is not None and (device.site if kind == "site" else sites[device.site].power_feed) == name
        ]
        return min(minutes, default=0.0)


def _without_unknown_batteries(inventory: Inventory) -> Inventory:
    """The same where a battery that nobody wrote down is none: the worst that it can be."""
    devices = {
        name: replace(device, battery_minutes=0.0) if device.battery_minutes is None else device
        for name, device in inventory.devices.items()
    }
    return replace(inventory, devices=MappingProxyType(devices))


def _right_causes(ref: str, network: VirtualNetwork, at: float) -> Sequence[frozenset[str]]:
    """Every set of causes that leaves exactly the traces of this fault; none told is right where nothing is to see."""
    truth, inventory = network.at(at), network.inventory
    ground = Ground(inventory, network.topology, (), ())
    right = [frozenset({ref}), *ground.equals(truth.dead, truth.cut)]
    if len(truth.cut) == 1 and not truth.dead:
        right.append(frozenset({f"link:{name}" for name in truth.cut}))
    if len(truth.dead) == 1:
        right.append(frozenset({f"device:{name}" for name in truth.dead}))
    sites = Counter(inventory.devices[name].site for name in truth.dead)
    if len(sites) == 1 and len(truth.dead) > 1:
        right.append(frozenset({f"site:{next(iter(sites))}"}))
    kind, _, name = ref.partition(":")
    if kind == "feed" and len(fed := [site for site in inventory.sites.values() if site.power_feed == name]) == 1:
        right.append(frozenset({f"site:{fed[0].id}"}))
    if set(inventory.monitor.attached_to) & truth.dead and not truth.reached:
        right.append(frozenset({"monitor"}))
    if ref.startswith("port_group:") and not any(i.effect for i in network.intervals):
        right.append(frozenset())
    return right
