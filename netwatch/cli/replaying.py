"""`replay`: recorded observations through the production stages in virtual time; nothing is sent."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from netwatch import config as configuration
from netwatch.cli.options import ConfigOption, JsonOption, config_path
from netwatch.cli.progress import Progress
from netwatch.cli.terminal import Terminal, say_json, span
from netwatch.inventory.model import Inventory
from netwatch.simulation.readahead import read_ahead
from netwatch.simulation.reading import Recording
from netwatch.simulation.replay import replay_observations
from netwatch.web.names import counted, element_name, listed

#: Instants beyond this are Unix time; below, seconds from the recording's own origin.
_UNIX: Final = 1e8


def replay(
    observations: Annotated[
        list[Path], typer.Argument(metavar="OBSERVATIONS...", help="JSON lines, as run --record writes.")
    ],
    config: ConfigOption = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Ignore unknown columns of the customers' file.", metavar="")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Run recorded observations again; nothing is sent.

    What netwatch would have concluded, and whom it would have told. Several files are merged by time.
    """
    path = config_path(config)
    with Progress("replaying") as progress, read_ahead(Recording(observations), progress.show) as observed:
        settings = configuration.load(path)
        inventory = settings.load_inventory(lenient=lenient)
        account = replay_observations(settings, inventory, observed)
    if json:
        say_json(json_text.dumps(account, indent=2, ensure_ascii=False))
        return
    terminal = Terminal()
    incidents = account["incidents"]
    terminal.line((counted(len(incidents), "incident") if incidents else "No incidents.", "bold"))
    for incident in incidents:
        _show(terminal, incident, inventory)


def _show(terminal: Terminal, incident: Mapping[str, Any], inventory: Inventory) -> None:
    roots = listed((element_name(inventory, ref) for ref in incident["root_causes"]), 8)
    terminal.blank()
    terminal.line((f" {incident['scope'].upper()} ", "bold"), f" {incident['id']}  ", (roots, "bold"), hang=4)
    sure = f"{incident['scenario']}, {incident['confidence']:.0%} sure"
    opened, resolved = incident["opened_at"], incident["resolved_at"]
    times = [f"confirmed {_instant(incident['confirmed_at'])}", f"opened {_instant(opened)}"]
    if resolved is not None:
        times.append(f"resolved {_instant(resolved)} ({span(resolved - opened)} later)" if opened is not None else "")
    terminal.line(f"{sure}; {', '.join(filter(None, times))}", indent=4, hang=2)
    customers = incident["customers"]
    terminal.line(", ".join(f"{len(customers[key]):,} {key.replace('_', ' ')}" for key in customers), indent=4, hang=2)
    messages = incident["messages"]
    terminal.line(
        f"would send {counted(messages['customers'], 'message')} to customers, {messages['internal']:,} inside",
        indent=4, hang=2,
    )  # fmt: skip
    for reason in incident["reasons"]:
        terminal.line("- ", reason, indent=4, hang=2)
    for revision in incident["revisions"]:
        terminal.line((f"{_instant(revision['at'])}  ", "dim"), revision["change"], indent=4, hang=12)


def _instant(at: float | None) -> str:
    if at is None:
        return "never"
    return f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d %H:%M:%S}Z" if at > _UNIX else f"{at:.1f} s"
