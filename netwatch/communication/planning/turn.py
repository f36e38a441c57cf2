"""Tells one incident: its page, its customers, colleagues and the promise, in one round."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from netwatch.communication.model import ENDING, Approval, ApprovalKind, PageEntry, Phase, Promise, Refusal
from netwatch.communication.people import Person
from netwatch.communication.planning.approval import Size, as_release, brakes, decide, planned_recently, standing
from netwatch.communication.planning.duties.tasks import Handed, hand_out
from netwatch.communication.planning.playbook import POSTED, Channel, Reader, Repeat, Step
from netwatch.communication.planning.promises import for_latecomer, promised_at
from netwatch.communication.planning.recipients import step_for
from netwatch.communication.planning.scene import internal_facts, listed, public_cause, public_facts, with_estimate
from netwatch.communication.planning.sheet import Sheet
from netwatch.communication.planning.state import Release, Telling
from netwatch.communication.planning.writer import Brief, Notice, Writer
from netwatch.communication.texts import Facts, clean
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import Incident

_CHANGE_LIMIT = 300
#: After these an incident asks nobody for anything.
_OVER = frozenset({Phase.RESOLVED, Phase.CORRECTION})
_PLAIN = Step(Reader.CUSTOMER, (Channel.EMAIL, Channel.SMS))


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be told of one incident in one go.

    `phase`: what colleagues, page and `follow` are told. `first`: customers who get OPENED. `follow`: customers told
    before; `free` of them hear at once, `pending` ones wait for what holds their first notice back. `renew`: whether
    a new update is promised. `again`: it had been reported as over. `words`: a person's, which are the news.
    """

    incident: Incident
    phase: Phase
    first: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    pending: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    renew: bool = False
    again: bool = False
    words: str = ""
    change: str = ""
    merged_into: str = ""

    @property
    def machine(self) -> bool:
        """Whether it tells nothing but that there is no news, or another cause: no person's words, and no estimate."""
        return self.phase in {Phase.NO_NEWS, Phase.UPDATE} and not self.words


def _takes_part(step: Step, told: Round) -> bool:
    """Whether `step` tells in this round, by how often it does."""
    ends = told.phase in {Phase.OPENED, *_OVER} or told.again or bool(told.merged_into)
    return step.repeat is Repeat.UPDATES or (ends and step.repeat is Repeat.ENDS) or told.phase is Phase.OPENED


class Turn(Sheet):
    """One step of the planner."""

    def hold(self, told: Round) -> None:
        """Plan one round: page, customers, colleagues, the promise."""
        incident = told.incident
        procedure = self.procedure(incident)
        steps = self.usable(procedure)
        external = tuple(step for step in steps if step.tell.external)
        first = self._reachable(told.first, external)
        self._promise(told, joins=bool(first))
        if procedure is not None and procedure.outward:
            self.put(replace(self.telling(incident.id), procedure=procedure.name))
        update = self.number(incident.id)
        approval = self._first_notices(incident, update, first, external)
        self._followers(told, external)
        self._colleagues(told, update, steps, len(first) + len(told.free), approval)
        self.publish(incident, told.phase, steps, again=told.again)
        self._posts(told, steps)

    def inform(self, told: Round) -> None:
        """Tell colleagues only: page, posts and promises stay as they are."""
        steps = self.usable(self.procedure(told.incident))
        self._colleagues(told, self.number(told.incident.id), steps, len(told.free), None)

    def _posts(self, told: Round, steps: Sequence[Step]) -> None:
        """What stands in public for good, of an incident that is on the page or waits for it: always after a person."""
        incident, telling = told.incident, self.telling(told.incident.id)
        ways = [
            way for step in steps if step.tell is Reader.SOCIAL and _takes_part(step, told) for way in step.by if way in POSTED
        ]  # fmt: skip
        if not ways or told.merged_into or not (telling.on_page or telling.page_waits):
            return
        due_at = None if told.phase in _OVER else telling.due_at
        facts = replace(self._facts(incident, told.phase, due_at, telling.words), again=told.again)
        update = self.number(incident.id)
        reason = f"A post for all the world ({', '.join(ways)})"
        self.approvals.append(Approval(incident.id, update, ApprovalKind.MANUAL, self.now, 1, reason))
        writer = Writer(self.office.texts, self.office.stage.settings, incident, self.now, due_at)
        self.messages.extend(writer.posts(facts, update, ways))

    def _reachable(self, customers: Collection[str], steps: Sequence[Step]) -> dict[str, Step]:
        """Those whom a step reaches, each with that step."""
        found: dict[str, Step] = {}
        for name in sorted(customers):
            recipient = self.office.stage.directory.customer(name)
            step = step_for(recipient, steps) if recipient else None
            if step is not None:
                found[name] = step
        return found

    def _first_notices(
        self, incident: Incident, update: int, first: Mapping[str, Step], external: Sequence[Step]
    ) -> Approval | None:
        if not first:
            return None
        stage, telling = self.office.stage, self.telling(incident.id)
        approval = decide(
            incident,
            update,
            Size(
                len(first),
                max(
                    self.conditions.told_recently,
                    planned_recently(self._outages(), self.conditions, self.now),
                ),
                stage.directory.total,
            ),
            self.now,
            conditions=self.conditions,
            settings=stage.settings,
            asked=[step.asks(stage.settings.veto_s) for step in external],
            refused_before=any(name == incident.id for name, _ in self.conditions.vetoed),
        )
        due_at = telling.due_at
        if due_at is not None:
            due_at = for_latecomer(due_at, self.now, stage.settings)
        self.approvals.append(approval)
        self._notices(incident, Phase.OPENED, update, first, due_at, words=telling.words)
        self.put(
            replace(
                self.telling(incident.id),
                told=MappingProxyType({**telling.told, **dict.fromkeys(first, update)}),
                ended=telling.ended.difference(first),
                releases=(*telling.releases, as_release(approval, self.now)),
                said=public_cause(incident, stage.settings),
            )
        )
        return approval

    def _outages(self) -> Iterator[Telling]:
        """The tellings of outages; announced work is none."""
        return (telling for telling in self.tellings().values() if telling.work is None)

    def _followers(self, told: Round, external: Sequence[Step]) -> None:
        """Those told before: the free at once, the pending under what still holds their first notice back."""
        incident = told.incident
        if told.free:
            self.follow_up(incident, told.phase, told.free, again=told.again, words=told.words)
        telling = self.telling(incident.id)
        for before in sorted(set(told.pending.values())):
            group = frozenset(name for name, update in told.pending.items() if update == before)
            release = next(one for one in telling.releases if one.update == before)
            approved = release.kind is ApprovalKind.MANUAL and (incident.id, before) in self.conditions.approved
            # What people approved stands, unless a person says something new, or it grows stale before the next update.
            stale_at = release.at + self.office.stage.settings.opened_expiry_s
            if not (approved and told.machine and stale_at > (telling.due_at or self.now)):
                self._carry(incident, self._reachable(group, external), release)

    def follow_up(
        self,
        incident: Incident,
        phase: Phase,
        customers: Collection[str],
        *,
        again: bool = False,
        told_as: str = "",
        words: str = "",
    ) -> int:
        """Tell customers whom nothing holds back; the update's number."""
        external = tuple(step for step in self.usable(self.procedure(incident)) if step.tell.external)
        update = self.number(incident.id)
        telling = self.telling(incident.id)
        reason = "Goes to those who were told of this outage"
        self.approvals.append(Approval(incident.id, update, ApprovalKind.AUTO, self.now, 0, reason))
        ending = phase in {Phase.RESOLVED, Phase.PARTLY_RESTORED, Phase.CORRECTION}
        due_at = None if ending else telling.due_at
        if told_as and due_at is not None:
            due_at = for_latecomer(due_at, self.now, self.office.stage.settings)
        # The procedure may be another one by now: who was told hears the end, and under which number he stands.
        owed = ending or bool(told_as)
        wanted = {
            name: step
            for name, step in self._reachable(customers, (*external, *self._plain()) if owed else external).items()
            if owed or step.repeat is Repeat.UPDATES or again
        }
        self._notices(incident, phase, update, wanted, due_at, again=again, told_as=told_as, words=words)
        return update

    def _plain(self) -> tuple[Step, ...]:
        """A step that means every customer, by whatever reaches him."""
        there = self.office.channels
        step = replace(_PLAIN, by=_PLAIN.by if there is None else _PLAIN.ways(there))
        return (step,) if step.by else ()

    def _carry(self, incident: Incident, group: Mapping[str, Step], before: Release) -> None:
        """Replace first notices that still wait by newer ones that wait for the same."""
        if not group:
            return
        update = self.number(incident.id)
        telling = self.telling(incident.id)
        release = replace(before, update=update, at=self.now)
        reason = f"Takes the place of update {before.update}, which was not released yet"
        self.approvals.append(
            Approval(incident.id, update, before.kind, before.release_at, before.needed, reason),
        )
        self._notices(incident, Phase.OPENED, update, group, telling.due_at, words=telling.words)
        self.put(
            replace(
                telling,
                told=MappingProxyType({**telling.told, **dict.fromkeys(group, update)}),
                releases=(*telling.releases, release),
            )
        )

    def tell_again(self, incident: Incident, refused: Refusal, customers: Mapping[str, Step]) -> None:
        """The same update to the same customers by the channels of these steps."""
        telling = self.telling(incident.id)
        over = telling.closed_at is not None or refused.phase in ENDING or refused.phase is Phase.CORRECTION
        due_at = None if over else telling.due_at
        self._notices(
            incident, refused.phase, refused.update, customers, due_at, told_as=refused.told_as, words=telling.words
        )

    def _notices(
        self,
        incident: Incident,
        phase: Phase,
        update: int,
        customers: Mapping[str, Step],
        due_at: float | None,
        *,
        again: bool = False,
        told_as: str = "",
        words: str = "",
    ) -> None:
        stage = self.office.stage
        facts = replace(self._facts(incident, phase, due_at, words), again=again)
        notices = []
        for name, step in customers.items():
            recipient = stage.directory.customer(name)
            if recipient is not None:
                severity = "degraded" if name in incident.affected.degraded else "out"
                notices.append(Notice(recipient, step, severity, told_as))
        writer = Writer(self.office.texts, stage.settings, incident, self.now, due_at)
        self.messages.extend(writer.notices(facts, update, notices))

    def _colleagues(
        self, told: Round, update: int, steps: Sequence[Step], customers: int, approval: Approval | None
    ) -> None:
        mine = [
            step
            for step in steps
            if not step.tell.external and step.tell not in {Reader.PAGE, Reader.PHONE} and _takes_part(step, told)
        ]
        stage = self.office.stage
        due_at = None if told.phase in _OVER else self.telling(told.incident.id).due_at
        public = replace(
            self._facts(told.incident, told.phase, due_at, self.telling(told.incident.id).words),
            again=told.again,
            change=clean(told.change, _CHANGE_LIMIT),
            merged_into=told.merged_into,
        )
        external = tuple(step for step in steps if step.tell.external)
        facts = internal_facts(
            stage,
            public,
            told.incident,
            external,
            told=customers,
            approval=approval,
            wall_step_s=self.conditions.wall_step_s,
        )
        brief = Brief(
            facts,
            replace(public, change="", merged_into=""),
            self.now + self.conditions.wall_step_s,
            stage.settings.default_language,
            self._tasks(told),
        )
        writer = Writer(self.office.texts, stage.settings, told.incident, self.now, due_at)
        self.messages.extend(writer.alerts(brief, update, mine, stage.directory))
        if mine and told.phase not in _OVER:
            telling = self.telling(told.incident.id)
            self.put(replace(telling, to_ring=telling.to_ring | listed(stage, told.incident)))

    def _tasks(self, told: Round) -> tuple[tuple[Handed, Person | None], ...]:
        """Who does what: handed out and told once, at the opening or when an incident that had no tasks gets some."""
        duties, procedure = self.office.duties, self.procedure(told.incident)
        if told.phase in _OVER or told.merged_into or procedure is None:
            return ()
        self.tasks, handed = hand_out(
            self.tasks,
            told.incident.id,
            procedure.tasks,
            duties,
            self.now,
            wall_step_s=self.conditions.wall_step_s,
            salt=self.state.salt,
        )
        self.reminders.extend(handed)
        return tuple((one.task, next(iter(one.people), None)) for one in handed)

    def _facts(self, incident: Incident, phase: Phase, due_at: float | None, words: str) -> Facts:
        step_s = self.conditions.wall_step_s
        facts = public_facts(self.office.stage, incident, phase, self.now, due_at, words=words, wall_step_s=step_s)
        return with_estimate(facts, self.telling(incident.id), self.now, self.office.stage.zone, step_s)

    # --- page and promises

    def publish(self, incident: Incident, phase: Phase, steps: Sequence[Step], *, again: bool = False) -> None:
        """Put the incident on the public page, bring it up to date, or let it wait for the brakes."""
        telling = self.telling(incident.id)
        meant = incident.scope is Scope.REGIONAL and any(step.tell is Reader.PAGE for step in steps)
        if not telling.on_page and not (meant and incident.planned is None):
            return
        if not telling.on_page and phase in _OVER:
            return
        stage = self.office.stage
        approved = any(name == incident.id for name, _ in self.conditions.approved)
        if not telling.on_page and not approved and brakes(incident, self.conditions, stage.settings):
            self.put(replace(telling, page_waits=True))
            return
        due_at = None if phase in _OVER else telling.due_at
        facts = replace(self._facts(incident, phase, due_at, telling.words), again=again)
        phone = any(step.tell is Reader.PHONE for step in steps)
        writer = Writer(self.office.texts, stage.settings, incident, self.now, due_at)
        self.page[incident.id] = writer.page(facts, phone=phone)
        self.put(replace(telling, on_page=True, page_waits=False))

    def publish_waiting(self, incident: Incident) -> None:
        """Publish an incident whose page waited, when the brakes are off."""
        self.publish(incident, Phase.OPENED, self.usable(self.procedure(incident)))

    def withdraw(self, incident: Incident) -> None:
        """Take an incident off the page."""
        if self.telling(incident.id).on_page:
            entry = PageEntry(
                incident.id, incident.scenario.value, incident.onset_at, self.now, None, None, (), (), withdrawn=True
            )
            self.page[incident.id] = entry

    def read_outside(self, incident: Incident, *, joins: bool = False) -> bool:
        """Whether the page or a customer is owed news of it. `joins`: customers are told in this round."""
        telling = self.telling(incident.id)
        owed = {update for name, update in telling.told.items() if name not in telling.ended}
        if telling.on_page or any(standing(telling, update, self.conditions, self.now) for update in owed):
            return True
        public = incident.planned is None and incident.scope in {Scope.REGIONAL, Scope.CUSTOMER}
        steps = self.usable(self.procedure(incident))
        on_page = incident.scope is Scope.REGIONAL and any(step.tell is Reader.PAGE for step in steps)
        return public and (joins or on_page)

    def _promise(self, told: Round, *, joins: bool) -> None:
        """Keep the promise owed and make the next one, where anyone outside reads it."""
        telling = self.telling(told.incident.id)
        if told.phase in _OVER or told.merged_into:
            self.keep_promise(told.incident.id)
            return
        if telling.due_at is not None and not told.renew:
            return
        self.keep_promise(told.incident.id)
        if not self.read_outside(told.incident, joins=joins):
            return
        telling = self.telling(told.incident.id)
        due_at = promised_at(self.now, telling.promises, self.office.stage.settings)
        self.promises.append(Promise(telling.incident, telling.next_update, due_at))
        self.put(replace(telling, due_at=due_at, due_update=telling.next_update, promises=telling.promises + 1))

    def promise_for(self, incident: Incident) -> None:
        """Promise customers of `incident` an update, unless one is owed already."""
        self._promise(Round(incident, Phase.UPDATE), joins=True)

    def drop_promise_to_nobody(self, incident: Incident) -> None:
        """Owe nothing where nobody outside is left who reads it."""
        if not self.read_outside(incident):
            self.keep_promise(incident.id)
