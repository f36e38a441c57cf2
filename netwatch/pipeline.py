"""The flow of one step: observations -> diagnosis -> incidents -> plan. The daemon, replay and drill share it.

Nothing here waits, reads a clock or touches a disk. What must survive is handed out in a `Step` and comes back
by `restore`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from netwatch.communication.model import Conditions, Plan
from netwatch.communication.planning.requests import Request
from netwatch.diagnosis.model import Diagnosis, Feedback, InventoryDoubt, Memory, PortReading
from netwatch.incidents import lifecycle
from netwatch.incidents.book import Book
from netwatch.incidents.model import Change, Command, Incident
from netwatch.incidents.settings import IncidentSettings
from netwatch.polling.model import Observation

StateT = TypeVar("StateT")


class DiagnosisStage(Protocol):
    """What the pipeline asks of `netwatch.diagnosis.engine.Engine`."""

    def observe(self, observation: Observation) -> None: ...
    def step(self, now: float, feedback: Feedback) -> Diagnosis: ...
    def inventory_doubts(self) -> tuple[InventoryDoubt, ...]: ...
    def ports_of(self, device: str) -> Mapping[str, PortReading]: ...
    def remember(self) -> tuple[Memory, ...]: ...
    def remember_changes(self) -> tuple[Memory, ...]: ...
    def recall(self, memories: Sequence[Memory]) -> None: ...


class PlanningStage(Protocol[StateT]):
    """What the pipeline asks of `netwatch.communication.planning.planner.Planner`."""

    def step(  # noqa: PLR0917 - the planner's own order
        self,
        state: StateT,
        changes: Sequence[Change],
        incidents: Mapping[str, Incident],
        conditions: Conditions,
        now: float,
        requests: Sequence[Request],
    ) -> tuple[StateT, Plan]: ...


@dataclass(frozen=True, slots=True)
class Step(Generic[StateT]):
    """All that one step concluded. `communication` and the changes are to be saved together, then acted upon."""

    diagnosis: Diagnosis
    changes: tuple[Change, ...]
    plan: Plan
    communication: StateT


class Pipeline(Generic[StateT]):
    """Diagnosis, life cycle and planning in a row. With `planner` None nothing is planned (audits, tests)."""

    def __init__(
        self,
        engine: DiagnosisStage,
        settings: IncidentSettings,
        planner: PlanningStage[StateT] | None,
        communication: StateT,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._planner = planner
        self.communication = communication
        self.book = Book()

    def observe(self, observation: Observation) -> None:
        """Take in one measured fact; concluded upon at the next step."""
        self._engine.observe(observation)

    def step(
        self, now: float, commands: Sequence[Command], conditions: Conditions, requests: Sequence[Request] = ()
    ) -> Step[StateT]:
        """Conclude all that was observed up to `now`; `conditions` are widened by what the diagnosis knows.

        `commands` are people's orders about incidents, `requests` what they say to the planner itself.
        """
        diagnosis = self._engine.step(now, self.book.feedback())
        self.book, changes = lifecycle.step(self.book, diagnosis, commands, now, self._settings)
        plan = Plan()
        if self._planner is not None:
            known = replace(
                conditions,
                isolated=conditions.isolated or diagnosis.isolated,
                warm=conditions.warm and diagnosis.warm,
            )
            self.communication, plan = self._planner.step(
                self.communication, changes, self.book.incidents, known, now, requests
            )
        return Step(diagnosis, changes, plan, self.communication)

    def follow(self, settings: IncidentSettings, planner: PlanningStage[StateT]) -> None:
        """Go on by these from this step on; incidents and tellings stay as they are."""
        self._settings = settings
        self._planner = planner
        self.book = replace(self.book, rest=None)  # what needed no looking at by the old settings may now

    def inventory_doubts(self) -> tuple[InventoryDoubt, ...]:
        """Where inventory and network seem to disagree. It looks at everything: not at every step."""
        return self._engine.inventory_doubts()

    def ports_of(self, device: str) -> Mapping[str, PortReading]:
        """The newest reading of each port of `device`, by name; may be asked from another thread."""
        return self._engine.ports_of(device)

    def remember(self) -> tuple[Memory, ...]:
        """What the diagnosis wants kept over a restart."""
        return self._engine.remember()

    def remember_changes(self) -> tuple[Memory, ...]:
        """What of it changed since the last call; all of it at the first."""
        return self._engine.remember_changes()

    def restore(self, incidents: Iterable[Incident], communication: StateT, memories: Sequence[Memory]) -> None:
        """Go on from what the store kept; to be called before the first observation."""
        self.book = Book.of(incidents)
        self.communication = communication
        self._engine.recall(memories)
