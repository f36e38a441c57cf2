"""`run` and `demo`: the daemon itself, and a small provider on this machine to see it at work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from netwatch import daemon
from netwatch.cli.options import ConfigOption, config_path
from netwatch.cli.screen import Screen
from netwatch.daemon import recording
from netwatch.daemon.recording import Recording
from netwatch.simulation import demo as demonstration
from netwatch.web import logs


def run(
    config: ConfigOption = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="FILE", show_default=False, help="Write every observation there, for replay."),
    ] = None,
    record_mb: Annotated[
        float, typer.Option("--record-mb", metavar="MIB", min=0.1, help="Begin another file at this size.")
    ] = recording.MEGABYTES,
    record_files: Annotated[
        int, typer.Option("--record-files", metavar="N", min=1, help="Keep so many of them; the oldest go.")
    ] = recording.FILES,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.", metavar="")] = False,
) -> None:
    """Poll, diagnose, tell people.

    Stays in the foreground; systemd or Ctrl-C ends it, SIGHUP makes it read its files again.
    """
    kept = None if record is None else Recording(record, record_mb, record_files)
    with Screen(sys.stderr) as screen:
        logs.setup(screen.stream, verbose=verbose)
        daemon.run(config_path(config), record=kept, show=screen.show)


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
