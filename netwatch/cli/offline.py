"""`check`, `schema` and `version`: what needs no daemon and no network."""

from __future__ import annotations

import json as json_text
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from netwatch import __version__
from netwatch import config as configuration
from netwatch.cli.exits import Exit
from netwatch.cli.options import ConfigOption, JsonOption, config_path
from netwatch.cli.terminal import Terminal, say_json
from netwatch.config.budget import PROMISE_S
from netwatch.errors import Fault
from netwatch.web.names import counted
from netwatch.web.wire import encode_pretty


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault or warning; `line` and `column` count from 1, 0 = unknown."""

    file: str
    line: int
    column: int
    key: str
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage's share of the 180 seconds, with the settings that decide it."""

    stage: str
    seconds: float
    until_s: float
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckView:
    """`netwatch check --json`. `ok` false = netwatch would not start. `stages` is empty when faults hide them."""

    ok: bool
    file: str
    faults: tuple[FaultView, ...]
    warnings: tuple[FaultView, ...]
    counts: dict[str, int]
    stages: tuple[StageView, ...]
    promise_s: float


@dataclass(frozen=True, slots=True)
class Versions:
    """`netwatch version --json`."""

    netwatch: str
    python: str


def check(
    config: ConfigOption = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Ignore unknown columns of the customers' file.", metavar="")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Find every fault of your files, with file and line.

    Configuration, inventory and texts; and whether customers can be told within 180 s. Exit code 1: there are faults.
    """
    view = _checked(config_path(config), lenient=lenient)
    if json:
        say_json(encode_pretty(view))
    else:
        _show(Terminal(), view)
    if not view.ok:
        raise typer.Exit(Exit.NEGATIVE)


def schema() -> None:
    """Print the configuration's JSON Schema, for editors."""
    say_json(json_text.dumps(configuration.schema(), indent=2, ensure_ascii=False))


def version(json: JsonOption = False) -> None:
    """Tell the versions of netwatch and Python."""
    versions = Versions(__version__, platform.python_version())
    say_json(encode_pretty(versions) if json else f"netwatch {versions.netwatch} (Python {versions.python})")


def _checked(path: Path, *, lenient: bool) -> CheckView:
    report = configuration.check(path, lenient=lenient, now=datetime.now(UTC).timestamp())
    stages: list[StageView] = []
    passed = 0.0
    for share in report.budget.shares if report.budget else ():
        passed += share.seconds
        stages.append(StageView(share.stage, share.seconds, passed, share.settings))
    return CheckView(
        ok=report.ok,
        file=str(path),
        faults=tuple(_fault(fault) for fault in report.faults),
        warnings=tuple(_fault(fault) for fault in report.warnings),
        counts=dict(report.counts),
        stages=tuple(stages),
        promise_s=PROMISE_S,
    )


def _fault(fault: Fault) -> FaultView:
    where = fault.where
    return FaultView(where.file, where.line, where.column, where.key, fault.what, fault.mend)


def _show(terminal: Terminal, view: CheckView) -> None:
    for fault in view.faults:
        _show_fault(terminal, fault, "red")
    for warning in view.warnings:
        _show_fault(terminal, warning, "yellow", "warning: ")
    if view.ok and view.stages:
        terminal.line(("Seconds from a fault until customers are told, at worst:", "bold"))
        for stage in view.stages:
            settings = (f"  {', '.join(stage.settings)}", "dim") if stage.settings else ""
            terminal.line(f"{stage.seconds:7.1f} {stage.until_s:7.1f}  {stage.stage}", settings, hang=17)
        late = view.stages[-1].until_s > view.promise_s
        terminal.line((f"{'':7} {view.promise_s:7.1f}  promised", "bold red" if late else "bold green"))
    if view.ok and view.counts:
        terminal.line(", ".join(counted(count, name) for name, count in view.counts.items()))
    told = [counted(len(view.faults), "fault") if view.faults else "no fault"]
    told += [counted(len(view.warnings), "warning")] if view.warnings else []
    terminal.line(f"{view.file}: ", (", ".join(told), "bold green" if view.ok else "bold red"))


def _show_fault(terminal: Terminal, fault: FaultView, style: str, lead: str = "") -> None:
    place = fault.file
    place += f":{fault.line}" if fault.line else ""
    place += f":{fault.column}" if fault.line and fault.column else ""
    key = f": {fault.key}" if fault.key else ""
    mend = f"; {fault.mend}" if fault.mend else ""
    terminal.line((lead, style), (f"{place}{key}: ", "bold"), (fault.what, style), mend, hang=4)
