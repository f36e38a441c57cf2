"""Makes messages and page entries out of facts and texts. Each distinct text is rendered once and reused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from netwatch.communication.model import ENDING, Audience, Message, PageEntry, Phase, message_id
from netwatch.communication.people import Person
from netwatch.communication.planning.duties.tasks import Handed
from netwatch.communication.planning.playbook import KEEPING, SERVICES, Channel, Step
from netwatch.communication.planning.recipients import Directory, Recipient
from netwatch.communication.planning.scene import phone_for
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import Cell, Facts, Rendered, Texts, clean
from netwatch.communication.texts.cells import OUTWARD
from netwatch.communication.texts.facts import Task
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.communication.texts.sms import transliterated
from netwatch.incidents.model import Incident
from netwatch.inventory.model import Segment

#: Stands for the reader's name while a text is rendered once for many. Signs only: no filter for letters changes it.
_NAME: Final = "⟦⟧⟦⟧"
#: Whom an on-call service's message is for; the channel itself knows the address.
WEBHOOK_RECIPIENT: Final = "oncall"
_TASK_LIMIT: Final = 300
#: What is posted leaves after all that is sent to somebody.
_LAST: Final = 1000
#: A question how it was that could not leave within this time is not asked, seconds.
_FEEDBACK_EXPIRY_S: Final = 3 * 86_400.0


_PUBLIC: Final = frozenset({
    Audience.PAGE.value, Audience.PHONE.value, Audience.SOCIAL.value, Audience.PRESS.value,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brief:
    """What colleagues are told. `outside`: the facts that a draft for the public may use. `at`: for the roster.

    `tasks`: who does what, each with the first person who was asked (None = nobody), only where it is news.
    """

    facts: Facts
    outside: Facts
    at: float
    default_language: str
    tasks: tuple[tuple[Handed, Person | None], ...] = ()

    def for_(self, step: Step, language: str) -> Facts:
        """The facts of one step's text."""
        if step.tell.public:
            return self.outside
        tasks = tuple(task_facts(task, person, language, self.default_language) for task, person in self.tasks)
        return replace(self.facts, tasks=tasks)


def task_facts(
    task: Handed, person: Person | None, language: str, default_language: str, until: datetime | None = None
) -> Task:
    """A task as the texts tell it. `until`: by when an answer is needed."""
    return Task(
        duty=task.plan.duty.value,
        who=clean(person.name or person.id) if person else "",
        phone=clean(person.mobile) if person else "",
        what=clean(task.plan.words(language, default_language), _TASK_LIMIT),
        minute=task.plan.minute,
        number=task.number + 1,
        code=task.code,
        until=until,
    )


def fitted(channel: Channel, language: str, text: Rendered, settings: CommunicationSettings) -> Rendered:
    """A text as the channel carries it: an SMS in one line, in plain letters where the operator wants that."""
    if channel is not Channel.SMS:
        return text
    line = " ".join(text.body.split())
    return Rendered(text.subject, transliterated(line) if language in settings.sms_transliterate else line)


@dataclass(frozen=True, slots=True)
class Notice:
    """One customer and what is particular about his notice."""

    customer: Recipient
    step: Step
    severity: str
    told_as: str = ""


class Writer:
    """Writes the messages of one update of one incident."""

    def __init__(
        self, texts: Texts, settings: CommunicationSettings, incident: Incident, now: float, due_at: float | None
    ) -> None:
        """`due_at`: the promise that the texts name; None = none."""
        self._texts = texts
        self._settings = settings
        self._incident = incident
        self._now = now
        self._due_at = due_at
        self._rendered: dict[tuple[Cell, Facts], Rendered] = {}

    def notices(self, facts: Facts, update: int, notices: Sequence[Notice]) -> Iterator[Message]:
        """Customers' messages, hardest hit first."""
        phase = Phase(facts.phase)
        made: dict[tuple[str, str, Segment, str, bool, str], Rendered] = {}
        ordered = sorted(notices, key=lambda notice: (notice.customer.priority, notice.customer.id))
        for notice in ordered:
            customer = notice.customer
            language = self._texts.language(customer.language, self._settings.default_language)
            name = clean(customer.name)
            for channel in notice.step.by:
                address = customer.addresses.get(channel.value)
                if not address:
                    continue
                wanted = notice.step.text_by(channel)
                key = (wanted, language, customer.segment, notice.severity, bool(name), notice.told_as)
                text = made.get(key)
                if text is None:
                    text = made[key] = self._notice_text(facts, key)
                personal = Rendered(text.subject.replace(_NAME, name), text.body.replace(_NAME, name))
                yield self._message(
                    phase, update, notice.step.tell.audience, channel, customer.id, address, language,
                    fitted(channel, language, personal, self._settings), customer.priority, told_as=notice.told_as,
                    segment=customer.segment.value,
                )  # fmt: skip

    def _notice_text(self, facts: Facts, key: tuple[str, str, Segment, str, bool, str]) -> Rendered:
        text, language, segment, severity, named, told_as = key
        own = replace(
            facts,
            customer=_NAME if named else "",
            segment=segment.value,
            severity=severity,
            merged_from=told_as,
            helpdesk_phone=phone_for(segment, self._settings),
        )
        return self._text(text, language, own)

    def alerts(self, brief: Brief, update: int, steps: Sequence[Step], directory: Directory) -> Iterator[Message]:
        """Colleagues' messages, in the order of the steps; each person once a channel, and once a draft."""
        phase = Phase(brief.facts.phase)
        seen: set[tuple[str, str]] = set()
        for order, step in enumerate(steps):
            for channel, person, address in _reached(step, directory, brief.at):
                recipient = person.id if person else WEBHOOK_RECIPIENT
                if step.tell.public:
                    recipient = f"{step.tell.value}:{recipient}"
                if (channel.value, recipient) in seen:
                    continue
                seen.add((channel.value, recipient))
                wanted = person.language if person else ""
                language = self._texts.language(wanted, self._settings.default_language)
                text = self._text(step.text_by(channel), language, brief.for_(step, language))
                # What became part of another incident is over as an alarm of its own.
                over = bool(brief.facts.merged_into) and channel in KEEPING
                yield self._message(
                    Phase.RESOLVED if over else phase, update, step.tell.audience, channel, recipient, address, language,
                    fitted(channel, language, text, self._settings), order,
                )  # fmt: skip

    def posts(self, facts: Facts, update: int, channels: Sequence[Channel]) -> Iterator[Message]:
        """One post on each of `channels`, in the default language."""
        language = self._texts.language("", self._settings.default_language)
        text = self._text(Audience.SOCIAL.value, language, facts)
        for order, channel in enumerate(channels):
            yield self._message(
                Phase(facts.phase), update, Audience.POST, channel, channel.value, "", language, text, _LAST + order
            )

    def page(self, facts: Facts, *, phone: bool) -> PageEntry:
        """The public page's entry in every language."""
        incident = self._incident
        shown = {language: self._text(Audience.PAGE.value, language, facts) for language in LANGUAGES}
        spoken = {language: self._text(Audience.PHONE.value, language, facts) for language in LANGUAGES if phone}
        return PageEntry(
            incident=incident.id,
            scenario=facts.scenario if facts.cause_known else "unknown",
            opened_at=incident.opened_at if incident.opened_at is not None else incident.onset_at,
            updated_at=self._now,
            next_update_at=self._due_at,
            resolved_at=incident.resolved_at,
            regions=facts.places,
            texts=tuple((language, text.subject, text.body) for language, text in shown.items()),
            phone=tuple((language, text.subject, text.body) for language, text in spoken.items()),
        )

    def _text(self, name: str, language: str, facts: Facts) -> Rendered:
        public = name in _PUBLIC
        # What went on the page stays on the page's terms when the incident shrinks to one customer or to none.
        outward = public or name in OUTWARD
        scope = "regional" if public or (outward and facts.scope != "customer") else facts.scope
        # A text of its own for a scenario speaks outside only when the cause is sure enough to be named.
        scenario = "unknown" if outward and not facts.cause_known else facts.scenario
        cell = Cell(language, name, scope, facts.phase, scenario)
        found = self._rendered.get((cell, facts))
        if found is None:
            found = self._rendered[cell, facts] = self._texts.render(cell, facts)
        return found

    def _message(  # noqa: PLR0917 - the parts of one record, in its own order
        self,
        phase: Phase,
        update: int,
        audience: Audience,
        channel: Channel,
        recipient: str,
        address: str,
        language: str,
        text: Rendered,
        priority: int,
        told_as: str = "",
        segment: str = "",
    ) -> Message:
        return Message(
            id=message_id(self._incident.id, phase, update, channel.value, recipient),
            incident=self._incident.id,
            phase=phase,
            update=update,
            audience=audience,
            channel=channel.value,
            recipient=recipient,
            address=address,
            language=language,
            subject=text.subject,
            body=text.body,
            priority=priority,
            planned_at=self._now,
            expires_at=expires_at(phase, self._now, self._due_at, self._settings),
            told_as=told_as,
            segment=segment,
        )


def _reached(step: Step, directory: Directory, at: float) -> Iterator[tuple[Channel, Person | None, str]]:
    for channel in step.by:
        if channel in SERVICES:
            yield channel, None, ""
        elif channel is Channel.EMAIL:
            for person in directory.colleagues(step.tell, at):
                if person.email:
                    yield channel, person, person.email
        elif channel is Channel.SMS:
            for person in directory.colleagues(step.tell, at):
                if person.mobile:
                    yield channel, person, person.mobile


def expires_at(phase: Phase, now: float, due_at: float | None, settings: CommunicationSettings) -> float:
    """When a text is too stale to send: an update when the next one is due, a first notice after hours."""
    if phase is Phase.FEEDBACK:
        return now + _FEEDBACK_EXPIRY_S
    if phase in ENDING or phase is Phase.CORRECTION:
        return now + settings.resolved_expiry_s
    if phase is Phase.OPENED or due_at is None:
        return now + settings.opened_expiry_s
    return max(due_at, now)
