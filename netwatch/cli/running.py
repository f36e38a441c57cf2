"""`run`: the daemon itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from netwatch.cli import serving
from netwatch.cli.options import ConfigOption, config_path
from netwatch.daemon import recording


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
    serving.become(
        serving.Wanted(
            str(config_path(config)), str(record or ""), record_mb, record_files, verbose, "--debug" in sys.argv
        )
    )
