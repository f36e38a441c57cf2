"""The playbook as a plan that can be read aloud: who does what in which minute. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.model import ApprovalKind
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.playbook import POSTED, Channel, Playbook, Procedure, Reader, Step, When
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.settings import CommunicationSettings, local

#: The minutes under which everything stands; what comes later has its own.
MINUTES: Final = (0, 1, 2, 3, 30, 60)
DUTY_NAMES: Final = {
    Duty.ONCALL: "on call", Duty.LEAD: "incident lead", Duty.STAFF: "staff", Duty.REMOTE: "engineer at the desk",
    Duty.FIELD: "engineer on the road", Duty.HELPDESK: "helpdesk", Duty.COMMUNICATION: "communication",
    Duty.PRESS: "press",
}  # fmt: skip
_CHANNELS: Final = {
    Channel.EMAIL: "mail", Channel.SMS: "SMS", Channel.WEBHOOK: "the on-call service",
    Channel.ALERTMANAGER: "Alertmanager", Channel.PAGERDUTY: "PagerDuty", Channel.APPRISE: "apprise",
    Channel.MASTODON: "Mastodon", Channel.FACEBOOK: "the Facebook page",
}  # fmt: skip
_SCOPES: Final = {
    "regional": "an outage of several customers", "customer": "one customer's outage",
    "redundancy": "a reserve that is lost", "monitoring": "netwatch cut off from the network",
}  # fmt: skip
_NOBODY: Final = "Nobody yet"
#: Who is told what by a step; customers' own phrase follows it.
_SAYS: Final[Mapping[Reader, tuple[str, str]]] = MappingProxyType({
    Reader.ONCALL: ("{people} (on call)", "get the alert by {by} {limit}: the likely cause, who is concerned, what is about to be sent, and who does what."),
    Reader.HELPDESK: ("{people} (helpdesk)", "get the script by {by} {limit}: what they may tell, and what helps."),
    Reader.STAFF: ("All colleagues", "read by {by} {limit} what is going on and who answers questions."),
    Reader.PAGE: ("The outage page", "shows it {limit}: where, since when, and when the next update comes."),
    Reader.PHONE: ("The phone queue", "says it to everyone who calls, {limit}."),
    Reader.SOCIAL: ("{people} (communication)", "get a draft for social media by {by}; a person posts it."),
    Reader.PRESS: ("{people} (press)", "get a draft for the press by {by}; a person releases it."),
    Reader.CRITICAL: ("Critical and wholesale customers", "read by {by} {limit} what happened and what they can do now."),
    Reader.CUSTOMER: ("All other customers concerned", "read by {by} {limit} what happened and what they can do now."),
})  # fmt: skip
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
    """The plan with the people who are on duty at `now`. `language`: of the tasks; empty = the default language."""
    settings, duties = company.settings, company.duties
    wanted = language or settings.default_language
    return PlanView(
        company=settings.company,
        at=local(now, company.zone),
        duties=tuple(_duty(duty, duties, company.zone, now) for duty in _duties_of(playbook, duties)),
        procedures=tuple(
            ProcedureView(one.name, _applies(one.when), _minutes(one, company, now, wanted))
            for one in playbook.procedures
        ),
        release=tuple(_release(settings)),
    )


def _release(settings: CommunicationSettings) -> Iterator[LineView]:
    few = f"Up to {settings.auto_customers} customers or {settings.auto_share:.0%} of all"
    yield LineView(few, "at once.")
    yield LineView(
        f"Up to {settings.max_share:.0%}", f"after {settings.veto_s:g} s in which anyone on call may stop it."
    )
    yield LineView(f"Up to {settings.two_person_share:.0%}", "after one person has agreed.")
    yield LineView("More", "after two different people have agreed.")


def _duties_of(playbook: Playbook, duties: Duties) -> tuple[Duty, ...]:
    named = {task.duty for one in playbook.procedures for task in one.tasks} | duties.rostered
    return tuple(duty for duty in Duty if duty in named | {Duty.ONCALL})


def _duty(duty: Duty, duties: Duties, zone: ZoneInfo, now: float) -> DutyView:
    own = _names(duties.on_duty(duty, now))
    until = duties.until(duty, now) if duty in duties.rostered else None
    instead = () if own else _names(duties.holders(duty, now))
    return DutyView(DUTY_NAMES[duty], own, instead, None if until is None else local(until, zone))


def _names(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(person.name or person.id for person in people)


def _joined(names: Sequence[str], nobody: str = _NOBODY) -> str:
    if len(names) < 2:
        return "".join(names) or nobody
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _applies(when: When) -> str:
    parts = [_joined([_SCOPES[scope.value] for scope in when.scope], "any incident")]
    if when.planned is not None:
        parts.append("announced work" if when.planned else "not announced")
    if when.scenario:
        parts.append(f"cause {' or '.join(when.scenario)}")
    if when.region:
        parts.append(f"in {_joined(when.region)}")
    if when.segment:
        parts.append(f"with {' or '.join(when.segment)} customers")
    if when.customers_at_least:
        parts.append(f"{when.customers_at_least} customers or more")
    return ", ".join(parts)


def _minutes(procedure: Procedure, company: Company, now: float, language: str) -> tuple[MinuteView, ...]:
    found: dict[int, list[LineView]] = {minute: [] for minute in MINUTES}
    found[0].append(LineView("netwatch", "sees that something no longer answers, asks again, and asks the neighbours."))
    for step in procedure.steps:
        line = _step(step, company, now)
        found.setdefault(_section(math.ceil(step.within_s / 60)), []).append(line)
    for task in procedure.tasks:
        who = _joined(_names(company.duties.holders(task.duty, now)))
        words = task.words(language, company.settings.default_language)
        found.setdefault(_section(task.minute), []).append(LineView(f"{who} ({DUTY_NAMES[task.duty]})", words))
    if procedure.outward:
        on_page = any(step.tell is Reader.PAGE for step in procedure.steps)
        for minute, line in _promises(company.settings, "Page and customers" if on_page else "Customers told"):
            found.setdefault(_section(minute), []).append(line)
    return tuple(MinuteView(minute, tuple(lines)) for minute, lines in sorted(found.items()) if lines)


def _section(minute: int) -> int:
    return next((one for one in MINUTES if one >= minute), minute)


def _promises(settings: CommunicationSettings, who: str) -> Iterator[tuple[int, LineView]]:
    first, later = (math.ceil(one / 60) for one in (settings.next_update_s, settings.later_update_s))
    own = 'If nobody wrote one, "no news yet" goes out by itself.'
    yield first, LineView(who, f"read the next update, promised for about {first} minutes after the first. {own}")
    yield first + later, LineView(who, f"read the one after that, and so on every {later} minutes.")


def _step(step: Step, company: Company, now: float) -> LineView:
    there = company.channels
    by = step.by if there is None else step.ways(there)
    people = _joined(_names(company.directory.colleagues(step.tell, now))) if step.tell in _NAMED else ""
    who, what = _SAYS[step.tell]
    if step.segments:
        who = f"Customers ({', '.join(step.segments)})"
    if not by:
        return LineView(
            who.format(people=people),
            f"ARE NOT TOLD: {_channels(step.by)} {'is' if len(step.by) == 1 else 'are'} not set up.",
        )
    if step.tell is Reader.SOCIAL and set(by) & set(POSTED):
        return _posted(by, who.format(people=people), what)
    told = what.format(by=_channels(by), limit=f"within {step.within_s:g} s")
    return LineView(who.format(people=people), told + _asks(step, company.settings))


def _posted(by: Sequence[Channel], who: str, draft: str) -> LineView:
    """What netwatch posts itself, and the draft that goes beside it."""
    drafted = [channel for channel in by if channel not in POSTED]
    public = _channels([channel for channel in by if channel in POSTED])
    if not drafted:
        return LineView(public[:1].upper() + public[1:], "shows the post once a person has let it go.")
    return LineView(who, f"{draft.format(by=_channels(drafted))} {public} shows it too once a person has let it go.")


def _channels(by: Sequence[Channel]) -> str:
    return _joined([_CHANNELS.get(channel, channel.value) for channel in by])


def _asks(step: Step, settings: CommunicationSettings) -> str:
    kind, window_s = step.asks(settings.veto_s)
    if kind is ApprovalKind.MANUAL:
        return " A person must let it go first."
    return f" Never before {window_s:g} s in which it can be stopped." if kind is ApprovalKind.VETO else ""
