"""The call list of an incident: whom to ring up, in which order, and what to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import typer

from netwatch import config as configuration
from netwatch.cli.client import NotReachableError
from netwatch.cli.exits import Exit
from netwatch.cli.factual import of_incident
from netwatch.cli.options import ConfigOption, SocketOption, client, config_path, fits, found_config, the_one
from netwatch.cli.terminal import Terminal, clock_time, say_json
from netwatch.communication.model import Phase
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import load_texts, sample
from netwatch.communication.texts.cells import CALL
from netwatch.communication.texts.facts import Rendered
from netwatch.diagnosis.model import Scope
from netwatch.errors import NetwatchError
from netwatch.web.calllist import CallListEntry, CallListView
from netwatch.web.model import IncidentView
from netwatch.web.names import counted
from netwatch.web.wire import encode_pretty

_STATE_STYLES = {"out": "bold red", "degraded": "yellow", "restored": "green"}
_STATE_WORDS = {"out": "OUT", "degraded": "DEGRADED", "restored": "WORKS AGAIN"}


def show_calls(incident: str | None, config: ConfigOption, socket: SocketOption, *, script: bool, json: bool) -> None:
    """The call list of one incident; with `script` what to say too, in each language that is needed.

    Raises:
        typer.Exit: nobody is to be rung up.
    """
    try:
        with client(config, socket) as daemon:
            known = daemon.incidents(closed=incident is not None)
            name = the_one(incident, known, "open incident")
            view = daemon.call_list(name)
    except NotReachableError as error:
        kept = () if json else _kept(incident or "", config)
        if not kept:
            raise
        typer.echo(f"{error.what}. What it kept before it went:", err=True)
        Terminal().block("\n".join(kept))
        raise typer.Exit(Exit.UNREACHABLE) from None
    if json:
        say_json(encode_pretty(view))
    else:
        terminal = Terminal()
        _show(terminal, view)
        if script and view.entries:
            _say(terminal, view, next(one for one in known if one.id == name), config)
    if not view.entries:
        raise typer.Exit(Exit.NEGATIVE)


def _kept(incident: str, config: ConfigOption) -> tuple[str, ...]:
    """The lists that the daemon left behind when it went, the newest incident first."""
    try:
        found = configuration.load(config_path(config))
        directory = found.storage.calls_path(found.base_directory)
        paths = sorted(directory.glob("*.txt"), reverse=True)
        return tuple(path.read_text("utf-8") for path in paths if fits(path.stem, incident))
    except (NetwatchError, OSError):
        return ()


def _show(terminal: Terminal, view: CallListView) -> None:
    terminal.line((f"{view.incident}  ", "bold"), view.title, hang=4)
    if not view.entries:
        terminal.line("Nobody is to be rung up.", indent=4)
        return
    terminal.line(
        f"{counted(len(view.entries), 'customer')} to ring up, as of {clock_time(view.at, view.at)}", indent=4
    )
    for entry in view.entries:
        _show_entry(terminal, entry, view.at)


def _show_entry(terminal: Terminal, entry: CallListEntry, now: datetime) -> None:
    terminal.blank()
    terminal.line(
        f"[ ] {entry.place:>3}. ", (entry.phone or "NO NUMBER", "bold"), f"  {entry.name}  ",
        (_STATE_WORDS[entry.state], _STATE_STYLES[entry.state]), f" since {clock_time(entry.since_at, now)}", hang=9,
    )  # fmt: skip
    told = "was sent a notice" if entry.told else "has had no notice"
    terminal.line(f"{entry.customer}, {entry.segment}, {entry.language}; {told}", indent=9, hang=2)
    for service in entry.services:
        terminal.line((f"on {service}", "dim"), indent=9, hang=2)
    if entry.promised_at:
        late = entry.promised_at < now
        words = f"a call is promised by {clock_time(entry.promised_at, now)}"
        by = f", by {entry.promised_by}" if entry.promised_by else ""
        terminal.line((words + by + (", OVERDUE" if late else ""), "bold red" if late else ""), indent=9, hang=2)


def _say(terminal: Terminal, view: CallListView, incident: IncidentView, config: ConfigOption) -> None:
    for language in dict.fromkeys(entry.language for entry in view.entries):
        text = _script(language, incident, config)
        terminal.blank()
        terminal.line((f"{text.subject} ({language})", "bold underline"))
        terminal.blank()
        terminal.block(text.body)


def _script(language: str, incident: IncidentView, config: ConfigOption) -> Rendered:
    """The script with the facts of the incident as it stands; nobody's name in it, since it is said to several."""
    found = config or found_config()
    own = configuration.load(found) if found else None
    texts = load_texts(own.templates if own else ())
    settings = own.communication if own else CommunicationSettings()
    scope = Scope.CUSTOMER if incident.scope == Scope.CUSTOMER else Scope.REGIONAL
    phase = Phase.RESOLVED if incident.resolved_at else Phase.OPENED
    code = texts.language(language, settings.default_language)
    cell = texts.cell(code, CALL, scope.value, phase.value, incident.scenario)
    facts = of_incident(sample(cell), incident, settings, datetime.now(UTC))
    return texts.render(cell, replace(facts, phase=phase.value, scope=scope.value, customer=""))
