"""`demo`: a small provider on this machine, to see netwatch at work."""

from __future__ import annotations

from typing import Annotated

import typer

from netwatch.simulation import demo as demonstration


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
