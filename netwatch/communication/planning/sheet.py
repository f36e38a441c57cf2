"""One step's working sheet: tellings as they change, and the plan as it grows. Lives for one call only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from netwatch.communication.model import Approval, Conditions, Message, PageEntry, Plan, Promise
from netwatch.communication.planning.calls import Call, Ring
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.duties.tasks import Reminder, close
from netwatch.communication.planning.playbook import Playbook, Procedure, Step
from netwatch.communication.planning.scene import Stage
from netwatch.communication.planning.state import CommunicationState, Telling
from netwatch.communication.texts import Texts
from netwatch.incidents.model import Incident


@dataclass(frozen=True, slots=True)
class Office:
    """What planning works with; the same from step to step."""

    playbook: Playbook
    texts: Texts
    stage: Stage
    duties: Duties
    channels: frozenset[str] | None


class Sheet:
    """Collects what one step of the planner wants."""

    def __init__(self, office: Office, state: CommunicationState, conditions: Conditions, now: float) -> None:
        self.office = office
        self.conditions = conditions
        self.now = now
        self.state = state
        self._tellings: dict[str, Telling] = {}
        self.messages: list[Message] = []
        self.approvals: list[Approval] = []
        self.promises: list[Promise] = []
        self.page: dict[str, PageEntry] = {}
        self.superseded: list[tuple[str, int]] = []
        self.dealt_with: list[str] = []
        self.tasks = state.tasks
        self.calls = state.calls
        #: People who are to be told of a task; told at the end of the step, when it is known who got an alert.
        self.reminders: list[Reminder] = []
        #: Calls that came up in this step and are to be told together.
        self.rings: list[tuple[Ring, tuple[Call, ...]]] = []

    # --- tellings

    def telling(self, incident: str) -> Telling:
        """The telling as it stands in this step."""
        return self._tellings.get(incident) or self.state.tellings.get(incident) or Telling(incident)

    def tellings(self) -> Mapping[str, Telling]:
        """All tellings as they stand in this step."""
        return {**self.state.tellings, **self._tellings}

    def put(self, telling: Telling) -> None:
        """Keep a telling's new value."""
        self._tellings[telling.incident] = telling

    def number(self, incident: str) -> int:
        """The next update number, used up."""
        telling = self.telling(incident)
        self.put(replace(telling, next_update=telling.next_update + 1))
        return telling.next_update

    def outcome(self, forget_before_at: float) -> tuple[CommunicationState, Plan]:
        """The next state and the plan; the same state when nothing changed."""
        kept = {
            name: telling
            for name, telling in self.tellings().items()
            if telling.closed_at is None or telling.closed_at >= forget_before_at
        }
        state = self.state
        if kept != dict(state.tellings) or self.tasks is not state.tasks or self.calls is not state.calls:
            state = replace(state, tellings=MappingProxyType(kept), tasks=self.tasks, calls=self.calls)
        plan = Plan(
            tuple(self.messages),
            tuple(self.approvals),
            tuple(self.promises),
            tuple(self.page.values()),
            tuple(self.superseded),
            tuple(self.dealt_with),
        )
        return state, plan

    # --- procedures and steps

    def procedure(self, incident: Incident) -> Procedure | None:
        """What is followed: an incident that was told outside stays on an outward procedure to its end."""
        directory, playbook = self.office.stage.directory, self.office.playbook
        hit = incident.affected.out | incident.affected.degraded
        places = self.office.stage.atlas.places(incident)
        chosen = playbook.choose(incident, places.ids, directory.segments(hit or incident.ever_affected))
        before = playbook.named(self.telling(incident.id).procedure)
        return before if before is not None and (chosen is None or not chosen.outward) else chosen

    def usable(self, procedure: Procedure | None) -> tuple[Step, ...]:
        """Steps, with only the channels that are there."""
        if procedure is None:
            return ()
        there = self.office.channels
        if there is None:
            return procedure.steps
        kept = (replace(step, by=step.ways(there)) for step in procedure.steps)
        return tuple(step for step in kept if step.by)

    def keep_promise(self, incident: str) -> None:
        """Mark the promise owed as kept now."""
        telling = self.telling(incident)
        if telling.due_at is not None:
            self.promises.append(Promise(incident, telling.due_update, telling.due_at, kept_at=self.now))
            self.put(replace(telling, due_at=None))

    def close(self, incident: str) -> None:
        """The incident's telling is over: no promise is owed any more, and no task asks anybody."""
        telling = self.telling(incident)
        self.tasks = close(self.tasks, incident)
        self.put(
            replace(
                telling,
                closed_at=self.now,
                due_at=None,
                page_waits=False,
                words="",
                estimate_from_at=None,
                estimate_until_at=None,
                estimate_before_at=None,
            )
        )

    def supersede(self, incident: str, below: int) -> None:
        """Whatever of the incident has a lower update number and is unsent must not be sent."""
        self.superseded.append((incident, below))
