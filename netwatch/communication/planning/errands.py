"""What single colleagues are asked for: tasks, words that were promised, calls. Plans their alerts on a `Turn`.

Each alert is a message of its own with a stable identity: an update's number of the incident, and a recipient that
names the errand, so that it never overtakes an alert about the outage itself, nor is overtaken by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from netwatch.communication.model import Audience, Message, Phase, Promise, message_id
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import calls as ledger
from netwatch.communication.planning.calls import Call, Ring
from netwatch.communication.planning.duties.tasks import Ask, Handed, Reminder, acknowledge, step
from netwatch.communication.planning.playbook import SERVICES, Channel, Procedure, Reader
from netwatch.communication.planning.promises import estimate_wanted, words_wanted
from netwatch.communication.planning.requests import Acknowledge, Called, CallOff, PromiseCall, Request, refusal
from netwatch.communication.planning.scene import public_facts, with_estimate
from netwatch.communication.planning.taken import tell_taken
from netwatch.communication.planning.turn import Turn
from netwatch.communication.planning.works import call_off
from netwatch.communication.planning.writer import WEBHOOK_RECIPIENT, fitted, task_facts
from netwatch.communication.settings import local
from netwatch.communication.texts import Cell, Facts, clean
from netwatch.communication.texts.cells import SMS, TASK
from netwatch.communication.texts.facts import Call as CallFact
from netwatch.communication.texts.facts import Task
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Incident, Status

#: Calls are told under this name: a call may outlive its incident, or belong to none.
CALLS: Final = "calls"
_GRAVEST: Final = (Ask.UNANSWERED, Ask.ESCALATED, Ask.HANDED)
_PERSONAL: Final = (Channel.EMAIL, Channel.SMS)
#: Whoever takes a task of these has taken the incident.
_LEADING: Final = frozenset({Duty.LEAD, Duty.ONCALL})


def take(turn: Turn, requests: Sequence[Request], incidents: Mapping[str, Incident]) -> None:
    """Carry out what people said; what can't be met changes nothing."""
    for request in requests:
        state = replace(turn.state, tasks=turn.tasks, calls=turn.calls)
        if refusal(request, state, incidents, turn.office.stage.directory.ids) is not None:
            continue
        if isinstance(request, Acknowledge):
            turn.tasks, taken = acknowledge(
                turn.tasks, request.incident, request.person, turn.now, number=request.number
            )
            if request.incident in incidents and _LEADING.intersection(task.plan.duty for task in taken):
                tell_taken(turn, incidents[request.incident], request.person)
        elif isinstance(request, Called):
            turn.calls, kept = ledger.called(turn.calls, request.customer)
            turn.promises.extend(_owed(call, turn.now) for call in kept)
        elif isinstance(request, CallOff):
            call_off(turn, request)
        else:
            _promise(turn, request)


def _promise(turn: Turn, request: PromiseCall) -> None:
    turn.calls, call = ledger.promise(
        turn.calls, request.customer, incident=request.incident, by=request.by, due_at=request.due_at, now=turn.now
    )
    turn.promises.append(_owed(call))
    if request.incident:
        telling = turn.telling(request.incident)
        turn.put(replace(telling, to_ring=telling.to_ring | {request.customer}))


def _owed(call: Call, kept_at: float | None = None) -> Promise:
    return Promise(call.incident, call.number, call.due_at, kept_at, customer=call.customer, by=call.by)


def ring_back(turn: Turn, incident: Incident, spared: Collection[str]) -> None:
    """It is over: those to ring up are owed a call that says so, except `spared` ones, whom something still keeps out,
    and those who are rung anyway.
    """
    settings = turn.office.stage.settings
    telling = turn.telling(incident.id)
    if settings.call_back_within_s <= 0:
        return
    made: list[Call] = []
    for name in sorted(telling.to_ring.difference(spared)):
        known = turn.office.stage.directory.customer(name)
        full = len(turn.calls.owed) >= ledger.CALLS_MOST
        rung_anyway = any(not call.missed for call in turn.calls.to(name))
        if known is None or not known.phone or rung_anyway or full:
            continue
        due_at = turn.now + settings.call_back_within_s
        turn.calls, call = ledger.promise(
            turn.calls, name, incident=incident.id, by="", due_at=due_at, now=turn.now, after=True
        )
        turn.promises.append(_owed(call))
        made.append(call)
    turn.put(replace(telling, to_ring=frozenset()))
    if made:
        turn.rings.append((Ring.BACK, tuple(made)))


def tell(turn: Turn, incidents: Mapping[str, Incident]) -> None:
    """Everything that falls due at this step. Last of all: by then it is known who has got an alert."""
    duties, settings = turn.office.duties, turn.office.stage.settings
    turn.tasks, asked = step(turn.tasks, duties, turn.now, wall_step_s=turn.conditions.wall_step_s)
    turn.reminders.extend(asked)
    for name in sorted({one.task.incident for one in turn.reminders}):
        incident = incidents.get(name)
        if incident is not None:
            _tell_tasks(turn, incident, [one for one in turn.reminders if one.task.incident == name])
    turn.calls, due = ledger.step(turn.calls, turn.now, settings.call_reminder_s)
    for ring, calls in (*turn.rings, *((ring, (call,)) for ring, call in due)):
        _tell_calls(turn, ring, calls)


def ask_for_words(turn: Turn, incident: Incident) -> None:
    """Ask whoever writes to customers for the update that is promised, or a new estimate, while there is time."""
    telling, settings = turn.telling(incident.id), turn.office.stage.settings
    wanted = []
    if words_wanted(telling, turn.now, settings):
        wanted.append("promise")
        telling = replace(telling, reminded=telling.due_update)
    if estimate_wanted(telling, turn.now, settings):
        wanted.append("estimate")
        telling = replace(telling, estimate_asked=True)
    if not wanted or incident.status is Status.RECOVERING or not turn.read_outside(incident):
        return
    turn.put(telling)
    clerk = _Clerk(turn, incident, turn.procedure(incident))
    for ask in wanted:
        for person in turn.office.duties.holders(Duty.COMMUNICATION, clerk.wall_at):
            clerk.ask(ask, person, key="words" if ask == "promise" else ask)


# --- tasks


def _tell_tasks(turn: Turn, incident: Incident, reminders: Sequence[Reminder]) -> None:
    clerk = _Clerk(turn, incident, turn.procedure(incident))
    alerted = {m.recipient for m in turn.messages if m.incident == incident.id and m.audience is Audience.ONCALL}
    told: dict[str, Ask] = {}
    before: dict[int, str] = {}
    for ask in reversed(_GRAVEST):
        for one in reminders:
            # The alert that opens the incident names every task: who gets it reads of his own there.
            fresh = (person for person in one.people if ask is not Ask.HANDED or person.id not in alerted)
            if one.ask is ask:
                told.update(dict.fromkeys((person.id for person in fresh), ask))
                before[one.task.number] = ", ".join(clerk.names(one.before))
    for person in turn.office.duties.everybody():
        if person.id in told:
            mine = [task for task in turn.tasks.of(incident.id) if _waits_for(task, person)]
            clerk.ask(told[person.id].value, person, tasks=mine, before=before)
    nobody = [one.task for one in reminders if one.ask is Ask.UNANSWERED]
    if nobody:
        clerk.ask_service(Ask.UNANSWERED.value, nobody, before)
    for one in reminders:
        for person in one.people if one.ask is Ask.DUE else ():
            clerk.ask(Ask.DUE.value, person, tasks=(one.task,), key=f"due{one.task.number + 1}")


def _waits_for(task: Handed, person: Person) -> bool:
    return not task.acknowledged_by and person.id in task.holders


# --- calls


def _tell_calls(turn: Turn, ring: Ring, calls: Sequence[Call]) -> None:
    clerk = _Clerk(turn, None, None)
    for person in _callers(turn, ring, calls[0], clerk.wall_at):
        clerk.ask(ring.value, person, calls=calls, key=f"call{calls[0].number}")
    turn.calls = replace(turn.calls, next_note=turn.calls.next_note + 1)


def _callers(turn: Turn, ring: Ring, call: Call, wall_at: float) -> tuple[Person, ...]:
    """Who is told: whoever promised it, else whoever has the duty; of a missed one the lead too."""
    duties = turn.office.duties
    own = tuple(person for person in duties.everybody() if call.by and person.id == call.by)
    own = own or duties.holders(Duty.COMMUNICATION, wall_at)
    if ring is not Ring.MISSED:
        return own
    return tuple({person.id: person for person in (*own, *duties.holders(Duty.LEAD, wall_at))}.values())


class _Clerk:
    """Writes what one incident (None: calls) asks of colleagues; all of one step bear one update's number."""

    def __init__(self, turn: Turn, incident: Incident | None, procedure: Procedure | None) -> None:
        self._turn = turn
        self._incident = incident
        self._channels = _channels(turn, procedure)
        self._update: int | None = None
        self.wall_at = turn.now + turn.conditions.wall_step_s

    def names(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Colleagues by name; an id that nobody has any more stays as it is."""
        people = {person.id: person for person in self._turn.office.duties.everybody()}
        return tuple(clean(people[one].name or one) if one in people else clean(one) for one in ids)

    def ask(
        self,
        ask: str,
        person: Person,
        *,
        tasks: Sequence[Handed] = (),
        calls: Sequence[Call] = (),
        before: Mapping[int, str] | None = None,
        key: str = "tasks",
    ) -> None:
        """One alert on each of the person's channels. `before`: who did not answer, by the task's number."""
        language = self._turn.office.texts.language(person.language, self._default)
        facts = self._facts(ask, language, tasks, calls, before or {})
        for channel, address in self._addresses(person):
            self._put(channel, f"{key}:{person.id}", address, language, facts)

    def ask_service(self, ask: str, tasks: Sequence[Handed], before: Mapping[int, str]) -> None:
        """The same for the on-call services by which the playbook alerts."""
        language = self._turn.office.texts.language("", self._default)
        facts = self._facts(ask, language, tasks, (), before)
        for channel in sorted(self._channels.intersection(SERVICES)):
            self._put(channel, f"tasks:{WEBHOOK_RECIPIENT}", "", language, facts)

    @property
    def _default(self) -> str:
        return self._turn.office.stage.settings.default_language

    def _addresses(self, person: Person) -> tuple[tuple[Channel, str], ...]:
        """Where the person reads alerts: by the playbook's channels for on-call, else by whatever reaches them."""
        known = {Channel.EMAIL: person.email, Channel.SMS: person.mobile}
        there = self._turn.office.channels
        usable = [one for one in _PERSONAL if known[one] and (there is None or one.value in there)]
        return tuple((one, known[one]) for one in [c for c in usable if c in self._channels] or usable)

    def _facts(
        self, ask: str, language: str, tasks: Sequence[Handed], calls: Sequence[Call], before: Mapping[int, str]
    ) -> Facts:
        turn, incident = self._turn, self._incident
        step_s = turn.conditions.wall_step_s
        if incident is None:
            facts = _bare_facts(turn, calls)
        else:
            telling, stage = turn.telling(incident.id), turn.office.stage
            facts = public_facts(stage, incident, Phase.UPDATE, turn.now, telling.due_at, wall_step_s=step_s)
            facts = with_estimate(facts, telling, turn.now, stage.zone, step_s)
        return replace(
            facts,
            ask=ask,
            tasks=tuple(self._task(task, language, before) for task in tasks),
            calls=tuple(self._call(call) for call in calls),
        )

    def _task(self, task: Handed, language: str, before: Mapping[int, str]) -> Task:
        until = None
        if not task.acknowledged_by:
            until = local(task.answer_by_at, self._turn.office.stage.zone, self._turn.conditions.wall_step_s)
        made = task_facts(task, None, language, self._default, until)
        return replace(made, who=before.get(task.number, ""))

    def _call(self, call: Call) -> CallFact:
        stage = self._turn.office.stage
        known = stage.directory.customer(call.customer)
        return CallFact(
            name=clean(f"{known.name} ({call.customer})" if known and known.name else call.customer),
            phone=clean(known.phone) if known else "",
            segment=known.segment.value if known else "",
            until=local(call.due_at, stage.zone, self._turn.conditions.wall_step_s),
            by="".join(self.names((call.by,))) if call.by else "",
        )

    def _put(self, channel: Channel, recipient: str, address: str, language: str, facts: Facts) -> None:
        turn = self._turn
        settings = turn.office.stage.settings
        name = SMS[TASK] if channel is Channel.SMS else TASK
        text = turn.office.texts.render(Cell(language, name, facts.scope, facts.phase, facts.scenario), facts)
        text = fitted(channel, language, text, settings)
        under = self._incident.id if self._incident is not None else CALLS
        turn.messages.append(
            Message(
                id=message_id(under, Phase.UPDATE, self._number(), channel.value, recipient),
                incident=under,
                phase=Phase.UPDATE,
                update=self._number(),
                audience=Audience.ONCALL,
                channel=channel.value,
                recipient=recipient,
                address=address,
                language=language,
                subject=text.subject,
                body=text.body,
                priority=0,
                planned_at=turn.now,
                expires_at=turn.now + settings.opened_expiry_s,
            )
        )

    def _number(self) -> int:
        """The update's number, taken when it is first needed."""
        if self._update is None:
            known = self._incident
            self._update = self._turn.calls.next_note if known is None else self._turn.number(known.id)
        return self._update


def _channels(turn: Turn, procedure: Procedure | None) -> frozenset[Channel]:
    """The channels by which on-call is alerted."""
    return frozenset(
        channel for step in turn.usable(procedure) if step.tell is Reader.ONCALL for channel in step.by
    ) or frozenset({Channel.EMAIL})


def _bare_facts(turn: Turn, calls: Sequence[Call]) -> Facts:
    """Facts of calls, which may belong to no incident at all."""
    stage = turn.office.stage
    now = local(turn.now, stage.zone, turn.conditions.wall_step_s)
    return Facts(
        incident=calls[0].incident,
        phase=Phase.UPDATE.value,
        scope=Scope.CUSTOMER.value,
        scenario=Scenario.UNKNOWN.value,
        cause_known=False,
        places=(),
        began_at=now,
        now=now,
        next_update_at=None,
        resolved_at=None,
        duration_minutes=0,
        company=clean(stage.settings.company),
        helpdesk_phone=clean(stage.settings.helpdesk_phone),
        page_url=stage.settings.page_url,
    )
