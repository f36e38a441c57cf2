"""Rehearses faults: virtual network and poller, production diagnosis, incidents and planning, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from netwatch.communication.model import ApprovalKind, Conditions, Plan
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.incidents.model import Change, Command, Incident, Status
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Maintenance
from netwatch.pipeline import Pipeline, PlanningStage
from netwatch.polling.model import Observation
from netwatch.polling.settings import PollingSettings
from netwatch.simulation.cadence import Cadence, Metronome
from netwatch.simulation.faults import Breakage
from netwatch.simulation.network import VirtualNetwork
from netwatch.simulation.noise import TIDY, Noise
from netwatch.simulation.poller import VirtualPoller

StateT = TypeVar("StateT")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is rehearsed. Times count from the end of the warm-up, in which netwatch learns the healthy network.

    `believed` is the inventory that netwatch has when it differs from the true one. At each of `restarts_at_s`
    netwatch loses all but its journal and its memories. `commands` come with instants on the same scale.
    `approve_after_s`: people approve what waits for them so many seconds after they are asked; None = nobody does.
    `origin_at`: the instant on the timeline at which the warm-up begins, so that texts and reasons read like real ones.
    """

    inventory: Inventory
    faults: tuple[Breakage, ...] = ()
    seed: int = 0
    duration_s: float = 600.0
    warmup_s: float = 100.0
    noise: Noise = TIDY
    believed: Inventory | None = None
    restarts_at_s: tuple[float, ...] = ()
    commands: tuple[Command, ...] = ()
    approve_after_s: float | None = None
    origin_at: float = 0.0
    diagnosis: DiagnosisSettings = field(default_factory=DiagnosisSettings)
    incidents: IncidentSettings = field(default_factory=IncidentSettings)
    polling: PollingSettings = field(default_factory=PollingSettings)


@dataclass(frozen=True, slots=True)
class RehearsalLog:
    """What came of it. `warmup_s` is the instant at which the warm-up ended; `plans` are (instant, plan)."""

    changes: tuple[Change, ...]
    incidents: Mapping[str, Incident]
    plans: tuple[tuple[float, Plan], ...]
    network: VirtualNetwork
    warmup_s: float
    steps: int

    def text(self) -> str:
        """Every change as one line: the same for the same seed."""
        return "".join(
            f"{change.at - self.warmup_s:.1f} {change.kind} {change.incident.id} {change.incident.scope} "
            f"{','.join(change.incident.roots)} +{len(change.newly_affected)} -{len(change.restored)} "
            f"{change.incident.confidence:.4f} {change.reason}\n"
            for change in self.changes
        )


def simulate(rehearsal: Rehearsal, watch: Callable[[Observation], None] | None = None) -> RehearsalLog:
    """Run a rehearsal to its end without planning. `watch` sees every observation, for recording."""
    return simulate_with(rehearsal, None, None, watch)


def simulate_with(
    rehearsal: Rehearsal,
    planner: PlanningStage[StateT] | None,
    communication: StateT,
    watch: Callable[[Observation], None] | None = None,
) -> RehearsalLog:
    """Run a rehearsal to its end with a planner, from its first state."""
    start_s = rehearsal.origin_at + rehearsal.warmup_s
    end_at = start_s + rehearsal.duration_s
    faults = [replace(fault, at_s=fault.at_s + start_s) for fault in rehearsal.faults]
    network = VirtualNetwork(rehearsal.inventory, faults, rehearsal.seed, end_at, start_at=rehearsal.origin_at)
    believed = _shifted(rehearsal.believed or rehearsal.inventory, start_s)
    poller = VirtualPoller(network, believed, rehearsal.seed, rehearsal.polling, rehearsal.noise)
    topology = Topology(believed)

    def fresh() -> Pipeline[StateT]:
        return Pipeline(Engine(topology, rehearsal.diagnosis), rehearsal.incidents, planner, communication)

    run = Run(rehearsal, fresh)
    for observation in poller.observations(end_at):
        run.up_to(observation.at)
        run.pipeline.observe(observation)
        run.metronome.note(observation)
        if watch is not None:
            watch(observation)
    run.up_to(end_at)
    return RehearsalLog(tuple(run.changes), run.incidents, tuple(run.plans), network, start_s, run.steps)


def _shifted(inventory: Inventory, by_s: float) -> Inventory:
    """The inventory with its maintenance moved to the rehearsal's scale."""
    moved = tuple(
        Maintenance(each.id, each.elements, each.start_at + by_s, each.end_at + by_s) for each in inventory.maintenance
    )
    return replace(inventory, maintenance=moved)


class Run(Generic[StateT]):
    """The pipeline under rehearsal, stepped when a step is due and restarted when the rehearsal says so."""

    def __init__(self, rehearsal: Rehearsal, fresh: Callable[[], Pipeline[StateT]]) -> None:
        self._fresh = fresh
        self.pipeline = fresh()
        self.metronome = Metronome(Cadence(), rehearsal.origin_at)
        self.changes: list[Change] = []
        self.plans: list[tuple[float, Plan]] = []
        self.incidents: dict[str, Incident] = {}
        self.steps = 0
        self._approve_after_s = rehearsal.approve_after_s
        self._asked: list[tuple[float, tuple[str, int]]] = []
        start_s = rehearsal.origin_at + rehearsal.warmup_s
        self._restarts = sorted(at_s + start_s for at_s in rehearsal.restarts_at_s)
        self._commands = sorted(
            (replace(command, at=command.at + start_s) for command in rehearsal.commands), key=lambda c: c.at
        )

    def up_to(self, at: float) -> None:
        """Do every step that is due before `at`."""
        while self.metronome.next_at <= at:
            now = self.metronome.next_at
            if self._restarts and self._restarts[0] <= now:
                self._restarts.pop(0)
                self._restart()
            self._step(now)

    def published(self) -> list[Incident]:
        """Incidents that were told to anyone, as they stand; without those that were merged into another."""
        return [i for i in self.incidents.values() if i.opened_at is not None and i.status is not Status.MERGED]

    def _step(self, now: float) -> None:
        step = self.pipeline.step(now, self._due_commands(now), self._conditions(now))
        self.steps += 1
        self.changes.extend(step.changes)
        self.incidents.update((change.incident.id, change.incident) for change in step.changes)
        if step.plan:
            self.plans.append((now, step.plan))
            self._asked += [(now, (a.incident, a.update)) for a in step.plan.approvals if a.kind is ApprovalKind.MANUAL]
        self.metronome.stepped(now, busy=not self.pipeline.book.quiet or bool(step.diagnosis.explanations))

    def _conditions(self, now: float) -> Conditions:
        if self._approve_after_s is None or not self._asked:
            return Conditions()
        wait_s = self._approve_after_s
        return Conditions(approved=frozenset(asked for at, asked in self._asked if at + wait_s <= now))

    def _due_commands(self, now: float) -> Sequence[Command]:
        due = [command for command in self._commands if command.at <= now]
        self._commands = self._commands[len(due) :]
        return due

    def _restart(self) -> None:
        before = self.pipeline
        self.pipeline = self._fresh()
        self.pipeline.restore(self.incidents.values(), before.communication, before.remember())
