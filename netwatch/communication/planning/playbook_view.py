"""The playbook as a plan that can be read aloud: who does what in which minute. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.model import ApprovalKind
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.playbook import POSTED, Channel, Playbook, Procedure, Reader, Step, When
from netwatch.communication.planning.playbook_words import WORDS, PlanWords
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.settings import CommunicationSettings, local

#: The minutes under which everything stands; what comes later has its own.
MINUTES: Final = (0, 1, 2, 3, 30, 60)
_NAMED: Final = frozenset({Reader.ONCALL, Reader.HELPDESK, Reader.SOCIAL, Reader.PRESS})


@dataclass(frozen=True, slots=True)
class LineView:
    """One thing that happens: `who`, and `what` they do or get, one sentence."""

    who: str
    what: str


@dataclass(frozen=True, slots=True)
class MinuteView:
    """All that has happened by the end of that minute since the fault."""

    minute: int
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class ProcedureView:
    """One procedure. `applies`: for which incidents, a phrase."""

    name: str
    applies: str
    minutes: tuple[MinuteView, ...]


@dataclass(frozen=True, slots=True)
class DutyView:
    """Who has a duty. `falls_to`: nobody has it, and these do it instead; `until_at` None = always the same."""

    duty: str
    people: tuple[str, ...]
    falls_to: tuple[str, ...]
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """The whole plan, as it stands at `at`. `release`: how customers' notices are let go, by their number."""

    company: str
    at: datetime
    duties: tuple[DutyView, ...]
    procedures: tuple[ProcedureView, ...]
    release: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """Whose plan it is. `channels`: names of those that are set up; None = all that the playbook names."""

    directory: Directory
    duties: Duties
    settings: CommunicationSettings
    zone: ZoneInfo
    channels: frozenset[str] | None = None


def plan_view(playbook: Playbook, company: Company, now: float, language: str = "") -> PlanView:
    """The plan with the people who are on duty at `now`, in `language`; empty = the default language of the settings,
    else English for the plan's own words.
    """
    settings = company.settings
    wanted = language or settings.default_language
    reader = _Reader(company, now, wanted, WORDS.get(wanted, WORDS["en"]))
    return PlanView(
        company=settings.company,
        at=local(now, company.zone),
        duties=tuple(reader.duty(duty) for duty in _duties_of(playbook, company.duties)),
        procedures=tuple(
            ProcedureView(one.name, reader.applies(one.when), reader.minutes(one)) for one in playbook.procedures
        ),
        release=tuple(reader.release()),
    )


def _duties_of(playbook: Playbook, duties: Duties) -> tuple[Duty, ...]:
    named = {task.duty for one in playbook.procedures for task in one.tasks} | duties.rostered
    return tuple(duty for duty in Duty if duty in named | {Duty.ONCALL})


def _names(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(person.name or person.id for person in people)


def _section(minute: int) -> int:
    return next((one for one in MINUTES if one >= minute), minute)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Says the plan of `company` at `now`, with `words`; what people wrote themselves in `language`."""

    company: Company
    now: float
    language: str
    words: PlanWords

    def release(self) -> Iterator[LineView]:
        settings, words = self.company.settings, self.words
        few, at_once = words.few
        yield LineView(few.format(count=settings.auto_customers, share=f"{settings.auto_share:.0%}"), at_once)
        yield LineView(
            words.up_to.format(share=f"{settings.max_share:.0%}"), words.veto.format(seconds=f"{settings.veto_s:g}")
        )
        yield LineView(words.up_to.format(share=f"{settings.two_person_share:.0%}"), words.one_agrees)
        yield LineView(*words.more)

    def duty(self, duty: Duty) -> DutyView:
        duties, zone, now = self.company.duties, self.company.zone, self.now
        own = _names(duties.on_duty(duty, now))
        until = duties.until(duty, now) if duty in duties.rostered else None
        instead = () if own else _names(duties.holders(duty, now))
        return DutyView(self.words.duties[duty], own, instead, None if until is None else local(until, zone))

    def applies(self, when: When) -> str:
        words = self.words
        parts = [self._joined([words.scopes[scope.value] for scope in when.scope], words.any_incident)]
        if when.planned is not None:
            parts.append(words.announced if when.planned else words.not_announced)
        if when.scenario:
            parts.append(words.cause.format(which=f" {words.or_} ".join(when.scenario)))
        if when.region:
            parts.append(words.region.format(which=self._joined(when.region)))
        if when.segment:
            parts.append(words.with_customers.format(which=f" {words.or_} ".join(self._segments(when.segment))))
        if when.customers_at_least:
            parts.append(words.at_least.format(count=when.customers_at_least))
        return ", ".join(parts)

    def minutes(self, procedure: Procedure) -> tuple[MinuteView, ...]:
        words, company = self.words, self.company
        found: dict[int, list[LineView]] = {minute: [] for minute in MINUTES}
        found[0].append(LineView("netwatch", words.seen))
        for step in procedure.steps:
            found.setdefault(_section(math.ceil(step.within_s / 60)), []).append(self._step(step))
        for task in procedure.tasks:
            who = self._joined(_names(company.duties.holders(task.duty, self.now)))
            what = task.words(self.language, company.settings.default_language)
            line = LineView(f"{who} ({words.duties[task.duty]})", what)
            found.setdefault(_section(task.minute), []).append(line)
        if procedure.outward:
            on_page = any(step.tell is Reader.PAGE for step in procedure.steps)
            for minute, line in self._promises(words.page_and_customers if on_page else words.customers_told):
                found.setdefault(_section(minute), []).append(line)
        return tuple(MinuteView(minute, tuple(lines)) for minute, lines in sorted(found.items()) if lines)

    def _promises(self, who: str) -> Iterator[tuple[int, LineView]]:
        settings, words = self.company.settings, self.words
        first, later = (math.ceil(one / 60) for one in (settings.next_update_s, settings.later_update_s))
        yield first, LineView(who, words.first_update.format(minutes=first, own=words.no_news))
        yield first + later, LineView(who, words.later_updates.format(minutes=later))

    def _step(self, step: Step) -> LineView:
        words, there = self.words, self.company.channels
        by = step.by if there is None else step.ways(there)
        who, what = words.says[step.tell]
        if step.tell in _NAMED:
            who = who.format(people=self._joined(_names(self.company.directory.colleagues(step.tell, self.now))))
        if step.segments:
            who = words.these_customers.format(which=", ".join(self._segments(step.segments)))
        if not by:
            return LineView(who, words.not_told[len(step.by) != 1].format(by=self._channels(step.by)))
        if step.tell is Reader.SOCIAL and set(by) & set(POSTED):
            return self._posted(by, who, what)
        limit = words.within.format(seconds=f"{step.within_s:g}")
        return LineView(who, what.format(by=self._channels(by), limit=limit) + self._asks(step))

    def _posted(self, by: Sequence[Channel], who: str, draft: str) -> LineView:
        """What netwatch posts itself, and the draft that goes beside it."""
        drafted = [channel for channel in by if channel not in POSTED]
        public = self._channels([channel for channel in by if channel in POSTED])
        if not drafted:
            return LineView(public[:1].upper() + public[1:], self.words.post_shown)
        too = self.words.post_too.format(by=public)
        return LineView(who, f"{draft.format(by=self._channels(drafted))} {too}")

    def _asks(self, step: Step) -> str:
        kind, window_s = step.asks(self.company.settings.veto_s)
        if kind is ApprovalKind.MANUAL:
            return self.words.person_first
        return self.words.stoppable.format(seconds=f"{window_s:g}") if kind is ApprovalKind.VETO else ""

    def _channels(self, by: Sequence[Channel]) -> str:
        return self._joined([self.words.channels.get(channel, channel.value) for channel in by])

    def _segments(self, segments: Sequence[str]) -> list[str]:
        return [self.words.segments.get(segment, str(segment)) for segment in segments]

    def _joined(self, names: Sequence[str], nobody: str = "") -> str:
        if len(names) < 2:
            return "".join(names) or nobody or self.words.nobody
        return f"{', '.join(names[:-1])} {self.words.and_} {names[-1]}"
