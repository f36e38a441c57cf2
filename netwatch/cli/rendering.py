"""`render`: any prepared text, with sample facts before it is ever needed, or with those of an incident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netwatch import config as configuration
from netwatch.cli.factual import of_file, of_incident, of_settings
from netwatch.cli.options import ConfigOption, JsonOption, SocketOption, client, found_config, the_one
from netwatch.cli.terminal import Terminal, say_json
from netwatch.communication.model import Phase
from netwatch.communication.settings import CommunicationSettings, zone_of
from netwatch.communication.texts import load_texts, sample
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.web.model import IncidentView
from netwatch.web.wire import encode_pretty


@dataclass(frozen=True, slots=True)
class RenderedView:
    """One text and the file that it was made from."""

    language: str
    text: str
    scope: str
    phase: str
    scenario: str
    file: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class RenderedViews:
    """All texts that were asked for."""

    texts: tuple[RenderedView, ...]


def render(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            show_default=False,
            help="customer, critical, staff, oncall, helpdesk, page, phone, social, press, customer_sms, critical_sms, "
            "oncall_sms or critical_call. Default: all.",
        ),
    ] = None,
    *,
    language: Annotated[str, typer.Option("--language", "-l", help="nl, pl or en.")] = "en",
    scope: Annotated[Scope, typer.Option("--scope", help="Whom the outage concerns.")] = Scope.REGIONAL,
    phase: Annotated[Phase, typer.Option("--phase", help="What the text says.")] = Phase.OPENED,
    scenario: Annotated[
        Scenario | None, typer.Option("--scenario", show_default=False, help="What kind of fault. Default: cable.")
    ] = None,
    incident: Annotated[
        str | None,
        typer.Option("--incident", metavar="INCIDENT", show_default=False, help="With the facts of this one."),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option("--facts", metavar="FILE", show_default=False, help="With these variables (YAML) instead."),
    ] = None,
    config: ConfigOption = None,
    socket: SocketOption = None,
    json: JsonOption = False,
) -> None:
    """Show a prepared text with sample facts.

    Or with those of an incident; and the file that it comes from. Without TEXT: every text of the scope.
    """
    found = config or found_config()
    own = configuration.load(found) if found else None
    texts = load_texts(own.templates if own else ())
    settings = own.communication if own else CommunicationSettings()
    real = _incident(incident, config, socket) if incident is not None else None
    if real is not None:
        scope = Scope(real.scope)
        scenario = scenario or Scenario(real.scenario)
    names = [text] if text else sorted({cell.text for cell in texts.cells() if cell.scope == scope.value})
    views: list[RenderedView] = []
    for name in names:
        cell = texts.cell(language, name, scope.value, phase.value, (scenario or Scenario.CABLE).value)
        shown = sample(cell)
        if real is not None:
            shown = replace(of_incident(shown, real, settings, datetime.now(UTC)), phase=cell.phase)
        elif own is not None:
            shown = of_settings(shown, settings)
        if facts is not None:
            shown = of_file(shown, facts, zone_of(settings))
        made = texts.render(cell, shown)
        views.append(
            RenderedView(language, name, scope.value, phase.value, cell.scenario, cell.file, made.subject, made.body)
        )
    if json:
        say_json(encode_pretty(RenderedViews(tuple(views))))
        return
    terminal = Terminal()
    for view in views:
        terminal.line(
            (f"{view.text}, {view.scope}, {view.phase}, {view.scenario}, {view.language}: {view.file}", "dim")
        )
        terminal.line((view.subject, "bold"))
        terminal.blank()
        terminal.block(view.body)
        terminal.blank()


def _incident(given: str, config: ConfigOption, socket: SocketOption) -> IncidentView:
    """The incident that is meant, from the running daemon."""
    with client(config, socket) as daemon:
        known = daemon.incidents(closed=True)
    name = the_one(given, known, "incident")
    return next(one for one in known if one.id == name)
