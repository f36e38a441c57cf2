"""`run` and `demo`: the daemon itself, and a small provider on this machine to see it at work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from netwatch import daemon
from netwatch.cli.options import ConfigOption, config_path
from netwatch.simulation import demo as demonstration
from netwatch.web import logs


def run(
    config: ConfigOption = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", show_default=False, help="Write every observation there, for replay."),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.", metavar="")] = False,
) -> None:
    """Poll, diagnose, tell people.

    Stays in the foreground; systemd or Ctrl-C ends it.
    """
    logs.setup(sys.stderr, verbose=verbose)
    daemon.run(config_path(config), record=record)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards, to explore.", metavar="")] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="Poll faster than by default; about half the time.", metavar="")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="No colours, no moving lines.", metavar="")] = False,
) -> None:
    """See it work: a small provider on this machine.

    A trunk is cut, its customers are told, it is mended. Two minutes; all traffic stays on this machine.
    """
    raise typer.Exit(demonstration.run(keep=keep, fast=fast, plain=plain))
