"""One invented outage from fault to feedback, told by the planner itself, and every text that it produced, as Markdown.

What this outage does not need (a correction, announced work) and the script for a call are shown at the end, with its
facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from netwatch.communication.model import Audience, Message, Phase, Plan
from netwatch.communication.planning.playbook_story import FAULT_AT, INCIDENT, story
from netwatch.communication.settings import CommunicationSettings, local, zone_of
from netwatch.communication.texts import Texts, load_texts, sample
from netwatch.communication.texts.cells import CALL
from netwatch.communication.texts.facts import Cell, Rendered
from netwatch.diagnosis.model import Scenario, Scope

_LANGUAGE_NAMES: Final = MappingProxyType({"en": "English", "nl": "Dutch", "pl": "Polish"})
_READERS: Final = MappingProxyType({
    "oncall": "on-call", "staff": "all colleagues", "helpdesk": "the helpdesk", "critical": "a critical customer",
    "customer": "a customer", "page": "the outage page", "phone": "the phone queue", "social": "draft for social media",
    "press": "draft for the press", CALL: "script for ringing a critical customer",
})  # fmt: skip
_WITHOUT_SUBJECT: Final = frozenset({
    "on-call, SMS", "a critical customer, SMS", "a customer, SMS", "the phone queue", "draft for social media",
    "draft for social media, mail",
})  # fmt: skip
_BY: Final = MappingProxyType({"email": "mail", "sms": "SMS"})

#: What is shown besides the story: (phase, heading, texts).
_ALSO: Final = (
    (Phase.OPENED, "when a critical customer is rung up", (CALL,)),
    (Phase.ESTIMATE_CHANGED, "when they are rung up about a new estimate", (CALL,)),
    (Phase.CORRECTION, "a correction, had it been no outage", (
        "oncall", "helpdesk", "staff", "page", "phone", "customer", "customer_sms", CALL, "social", "press",
    )),
    (Phase.PLANNED, "announced work", (
        "oncall", "helpdesk", "staff", "page", "phone", "customer", "customer_sms", CALL, "social", "press",
    )),
)  # fmt: skip


def gallery(language: str, texts: Texts | None = None) -> str:
    """The page of one language. The same texts give the same page, byte for byte."""
    spoken = texts or load_texts()
    settings = CommunicationSettings(
        company="Voorbeeldnet", default_language=language, helpdesk_phone="+44 1632 960100",
        priority_phone="+44 1632 960911", offers_4g_router=True, feedback_url="https://help.example.net/how-was-it",
    )  # fmt: skip
    zone = zone_of(settings)
    about = (
        "Made by `netwatch texts gallery --write docs/gallery` from the texts that come with netwatch; don't edit it. A "
        "cable is cut at 14:05, more customers join, an engineer finds the break, service comes back in two steps, and some "
        "days later customers are asked how it was. The planner decided who reads what at which second; one text a kind "
        "of reader is shown."
    )
    lines = [
        f"# One outage in all texts: {_LANGUAGE_NAMES[language]}",
        "",
        about,
    ]
    for moment in story(language, spoken, settings):
        at = local(moment.at, zone)
        day = "" if at.date() == local(FAULT_AT, zone).date() else f"{at:%-d %B} "
        lines += ["", f"## {day}{at:%H:%M:%S} {moment.title}"]
        for heading, text in _told(moment.plan, language):
            lines += _shown(heading, text)
    for phase, title, names in _ALSO:
        lines += ["", f"## Also prepared: {title}"]
        for name in names:
            lines += _shown(_heading(name), _prepared(name, phase, language, spoken, settings))
    return "\n".join([*lines, ""])


def _shown(heading: str, text: Rendered) -> list[str]:
    # An SMS and a post have no subject; what stands in its place is for lists only.
    subject = [] if heading in _WITHOUT_SUBJECT else [text.subject, ""]
    return ["", f"### {heading}", "", "```text", *subject, *text.body.strip().splitlines(), "```"]


def _told(plan: Plan, language: str) -> Iterator[tuple[str, Rendered]]:
    """One text for each kind of reader and channel, in the order in which they leave; the page and phone first."""
    for entry in plan.page:
        for reader, held in ((Audience.PAGE, entry.texts), (Audience.PHONE, entry.phone)):
            for code, title, body in held:
                if code == language:
                    yield _READERS[reader.value], Rendered(title, body)
    seen: set[tuple[str, str, Phase]] = set()
    for message in sorted(plan.messages, key=_order):
        key = (message.audience.value, message.channel, message.phase)
        if key not in seen:
            seen.add(key)
            how = _BY.get(message.channel, message.channel)
            yield f"{_READERS[message.audience.value]}, {how}", Rendered(message.subject, message.body)


def _order(message: Message) -> tuple[int, str, str]:
    return list(_READERS).index(message.audience.value), message.phase.value, message.channel


def _heading(name: str) -> str:
    audience, _, form = name.partition("_")
    return _READERS.get(name) or f"{_READERS[audience]}, {_BY[form]}"


def _prepared(name: str, phase: Phase, language: str, texts: Texts, settings: CommunicationSettings) -> Rendered:
    cell: Cell = texts.cell(language, name, Scope.REGIONAL.value, phase.value, Scenario.CABLE.value)
    facts = sample(cell)
    critical = facts.segment == "critical"
    return texts.render(
        cell,
        replace(
            facts,
            incident=INCIDENT,
            company=settings.company,
            page_url=settings.page_url,
            helpdesk_phone=settings.priority_phone if critical else settings.helpdesk_phone,
            customer="Streekziekenhuis Hengelo" if critical else "Bakkerij Jansen" if facts.customer else "",
            note="",
            change="",
            tasks=(),
            calls=(),
        ),
    )
