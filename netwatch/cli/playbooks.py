"""`playbook`: the calamity plan as a manager would read it aloud."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from netwatch import config as configuration
from netwatch.cli.options import ConfigOption, JsonOption, found_config
from netwatch.cli.terminal import Terminal, say_json
from netwatch.communication.planning.duties.roster import Duties, instant
from netwatch.communication.planning.playbook_file import default_playbook
from netwatch.communication.planning.playbook_view import (
    Company,
    DutyView,
    PlanView,
    ProcedureView,
    plan_view,
)
from netwatch.communication.planning.playbook_words import WORDS, PlanWords
from netwatch.communication.planning.recipients import Directory
from netwatch.communication.settings import CommunicationSettings, Person, zone_of
from netwatch.inventory.model import Inventory
from netwatch.web.wire import encode_pretty


class PlaybookAction(StrEnum):
    """What can be done with it."""

    SHOW = "show"


def playbook(
    action: Annotated[PlaybookAction, typer.Argument(metavar="show", show_default=False, help="Print the plan.")],
    *,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", show_default=False, help='With whom is on duty then: "2026-12-24 08:00".'),
    ] = None,
    language: Annotated[
        str,
        typer.Option(
            "--language", "-l", show_default=False, help="nl, pl or en. Default: communication.default_language."
        ),
    ] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print the calamity plan: who does what, when.

    By the minute, with the people on duty, readable aloud. Without a configuration: the plan that comes with netwatch.
    """
    del action  # there is one so far
    view, code = _view(config, at, language)
    if json:
        say_json(encode_pretty(view))
    else:
        _show(Terminal(), view, WORDS.get(code, WORDS["en"]))


def _view(given: ConfigOption, at: str | None, language: str) -> tuple[PlanView, str]:
    """The plan and the language in which it is said."""
    found = given or found_config()
    settings, people, plan = CommunicationSettings(), tuple[Person, ...](), default_playbook()
    channels: frozenset[str] | None = None
    if found is not None:
        config = configuration.load(found)
        settings, people = config.communication, config.people
        plan = config.load_playbook()
        channels = frozenset(
            one.name for one in fields(config.channels) if getattr(getattr(config.channels, one.name), "routes", ())
        )
    zone = zone_of(settings)
    duties = Duties(plan.roster, people, zone)
    now = datetime.now(UTC).timestamp()
    if at is not None:
        try:
            now = instant(datetime.fromisoformat(at), zone)
        except ValueError:
            raise typer.BadParameter("write it as in 2026-12-24 08:00", param_hint="--at") from None
    company = Company(Directory(Inventory(), people, duties), duties, settings, zone, channels)
    return plan_view(plan, company, now, language), language or settings.default_language


def _show(terminal: Terminal, view: PlanView, words: PlanWords) -> None:
    terminal.line((words.plan.format(company=view.company), "bold"), words.date.format(at=view.at))
    terminal.blank()
    terminal.line((words.on_duty, "bold"))
    for duty in view.duties:
        terminal.line(*_duty(duty, words), indent=2, hang=4)
    for procedure in view.procedures:
        terminal.blank()
        _show_procedure(terminal, procedure, words)
    terminal.blank()
    heading, explained = words.letting_go.split("|")
    terminal.line((heading, "bold"), explained)
    for line in view.release:
        terminal.line((f"{line.who}: ", "bold"), line.what, indent=2, hang=2)


def _duty(duty: DutyView, words: PlanWords) -> tuple[str | tuple[str, str], ...]:
    lead = (f"{duty.duty}: ", "bold")
    if duty.people:
        return lead, ", ".join(duty.people) + (words.until.format(until=duty.until_at) if duty.until_at else "")
    if duty.falls_to:
        return lead, (words.instead.format(people=", ".join(duty.falls_to)), "yellow")
    return lead, (words.nobody_on_duty, "bold red")


def _show_procedure(terminal: Terminal, procedure: ProcedureView, words: PlanWords) -> None:
    terminal.line((procedure.name, "bold"), f"  ({words.applies.format(what=procedure.applies)})")
    for minute in procedure.minutes:
        terminal.line((words.minute.format(minute=minute.minute), "bold cyan"), indent=2)
        for line in minute.lines:
            terminal.line((f"{line.who}: ", "bold"), line.what, indent=4, hang=2)
