"""The planner: changes of incidents and the passing of time become messages, approvals, promises and page entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from netwatch.communication.model import Conditions, Plan
from netwatch.communication.people import Person
from netwatch.communication.planning import errands, fallback, reactions
from netwatch.communication.planning.approval import brakes
from netwatch.communication.planning.atlas import Atlas
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.estimates import has_passed
from netwatch.communication.planning.feedback import ask, needed_for_s
from netwatch.communication.planning.playbook import Playbook
from netwatch.communication.planning.promises import is_due
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.planning.requests import Request
from netwatch.communication.planning.scene import Stage
from netwatch.communication.planning.sheet import Office
from netwatch.communication.planning.state import CommunicationState
from netwatch.communication.planning.turn import Turn
from netwatch.communication.planning.works import Works, announce
from netwatch.communication.settings import CommunicationSettings, zone_of
from netwatch.communication.texts import Texts
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.inventory.model import Inventory

Reaction = Callable[[Turn, Change, Mapping[str, Incident]], None]

_REACTIONS: Final[Mapping[ChangeKind, Reaction]] = MappingProxyType(
    {
        ChangeKind.OPENED: reactions.opened,
        ChangeKind.REOPENED: reactions.reopened,
        ChangeKind.GREW: reactions.grew,
        ChangeKind.PARTLY_RESTORED: reactions.partly_restored,
        ChangeKind.CAUSE_CHANGED: reactions.cause_changed,
        ChangeKind.NOTED: reactions.noted,
        ChangeKind.ESTIMATED: reactions.estimated,
        ChangeKind.CORRECTED: reactions.corrected,
        ChangeKind.RESOLVED: reactions.resolved,
        ChangeKind.MERGED: reactions.merged,
    }
)
_OPEN: Final = frozenset({Status.OPEN, Status.RECOVERING})
_BEGINS: Final = frozenset({ChangeKind.OPENED, ChangeKind.REOPENED})
#: A closed telling is remembered so long, because its incident may be reopened.
_REMEMBER_S: Final = 86_400.0


def _in_order(changes: Sequence[Change]) -> list[Change]:
    """Mergers, beginnings, the rest; what begins again after another change of its own keeps its place."""
    seen: set[str] = set()
    ranked: list[tuple[int, Change]] = []
    for change in changes:
        begins = change.kind in _BEGINS and change.incident.id not in seen
        ranked.append((0 if change.kind is ChangeKind.MERGED else 1 if begins else 2, change))
        seen.add(change.incident.id)
    return [change for _, change in sorted(ranked, key=lambda pair: pair[0])]


class Planner:
    """Pure: everything it knows of the past is in the state that it is handed."""

    def __init__(
        self,
        playbook: Playbook,
        texts: Texts,
        inventory: Inventory,
        people: Sequence[Person],
        settings: CommunicationSettings,
        *,
        channels: Collection[str] | None = None,
    ) -> None:
        """`channels`: names of those that are set up; None = all that the playbook names.

        Raises:
            InputError: the zone of the settings is unknown.
        """
        zone = zone_of(settings)
        self.duties = Duties(playbook.roster, people, zone)
        directory = Directory(inventory, people, self.duties)
        stage = Stage(Atlas(inventory), directory, settings, zone)
        self._works = Works(inventory)
        there = None if channels is None else frozenset(channels)
        self._office = Office(playbook, texts, stage, self.duties, there)

    def step(  # noqa: PLR0917 - what is known, what happened, what people said: the pipeline's order
        self,
        state: CommunicationState,
        changes: Sequence[Change],
        incidents: Mapping[str, Incident],
        conditions: Conditions,
        now: float,
        requests: Sequence[Request] = (),
    ) -> tuple[CommunicationState, Plan]:
        """What is to be told at `now`. The very same state is returned when nothing is.

        `requests` are what people said since the last step.

        Mergers come first, so that those who were told before are known when the larger incident opens; then what
        begins, so that nobody whom it keeps out reads of an end.
        """
        turn = Turn(self._office, state, conditions, now)
        for change in _in_order(changes):
            reaction = _REACTIONS.get(change.kind)
            if reaction is not None:
                reaction(turn, change, incidents)
        errands.take(turn, requests, incidents)
        fallback.find_other_ways(turn, incidents)
        self._passing_of_time(turn, incidents)
        announce(turn, self._works)
        errands.tell(turn, incidents)
        return turn.outcome(now - max(_REMEMBER_S, needed_for_s(self._office.stage.settings)))

    def _passing_of_time(self, turn: Turn, incidents: Mapping[str, Incident]) -> None:
        """Promises that fall due, pages that waited for the brakes, questions some days later."""
        settings = self._office.stage.settings
        for name, telling in sorted(turn.tellings().items()):
            incident = incidents.get(name)
            if incident is not None and telling.closed_at is not None:
                if incident.status is Status.RESOLVED:
                    reactions.late_end(turn, incident, incidents)
                ask(turn, incident)
            if incident is None or incident.status not in _OPEN or telling.closed_at is not None:
                continue
            if has_passed(telling, turn.now) and incident.status is Status.OPEN:
                reactions.estimate_passed(turn, incident)
            if is_due(turn.telling(name), turn.now, settings, recovering=incident.status is Status.RECOVERING):
                reactions.no_news(turn, incident)
            errands.ask_for_words(turn, incident)
            if turn.telling(name).page_waits:
                approved = any(incident_id == name for incident_id, _ in turn.conditions.approved)
                if approved or not brakes(incident, turn.conditions, settings):
                    turn.publish_waiting(incident)
