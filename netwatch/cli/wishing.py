"""`optout` and `addresses`: what single customers want not to be told, and where nothing reaches them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from netwatch.cli.exits import Exit
from netwatch.cli.options import ByOption, ConfigOption, JsonOption, SocketOption, client, orderer
from netwatch.cli.terminal import Terminal, clock_time, say_json
from netwatch.web.model import Done
from netwatch.web.wire import encode_pretty


class OneChannel(StrEnum):
    """The channels that customers are told by."""

    EMAIL = "email"
    SMS = "sms"


def optout(
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", show_default=False, help="Their id. Default: list all.")
    ] = None,
    channel: Annotated[
        OneChannel | None, typer.Option("--channel", show_default=False, help="Only this one. Default: all.")
    ] = None,
    *,
    but_ends: Annotated[
        bool, typer.Option("--but-ends", help="They still hear the end of what they were told.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="They are told again.")] = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Write down that a customer wants no notices.

    What waits for them is stopped. Without a customer: who has opted out of what.
    """
    with client(config, socket) as daemon:
        if customer is None:
            found = daemon.optouts()
        else:
            wanted = channel.value if channel is not None else ""
            _done(daemon.opt_out(customer, wanted, orderer(by), but_ends=but_ends, on=not undo), json=json)
            return
    if json:
        say_json(encode_pretty(found))
        return
    terminal, now = Terminal(), datetime.now(UTC)
    for one in found.optouts:
        what = f"{one.channel or 'every channel'}{', but the end' if one.but_ends else ''}"
        noted = f"  noted by {one.by}, {clock_time(one.at, now)}"
        terminal.line((one.customer, "bold"), f"  {one.name}  without ", (what, "yellow"), noted, hang=2)
    if not found.optouts:
        terminal.line("nobody has opted out")


def addresses(
    mended: Annotated[
        str | None,
        typer.Option("--mended", metavar="CUSTOMER", show_default=False, help="Use this customer's addresses again."),
    ] = None,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Customers' addresses that refuse: to be mended.

    They are told by another channel that they agreed to, if there is one; else ring them. Exit code 1: there are some.
    """
    with client(config, socket) as daemon:
        if mended is not None:
            _done(daemon.mended(mended, orderer(by)), json=json)
            return
        found = daemon.addresses()
    if json:
        say_json(encode_pretty(found))
    else:
        terminal, now = Terminal(), datetime.now(UTC)
        for one in found.addresses:
            way = (
                (f"told by {one.instead} instead", "green") if one.instead else (f"ring {one.phone or '?'}", "bold red")
            )
            terminal.line((one.customer, "bold"), f"  {one.name}  {one.channel} {one.address}  ", way, hang=2)
            terminal.line(f"{one.reason}, last {clock_time(one.last_at, now)}", indent=2, hang=2)
        if not found.addresses:
            terminal.line(("every address takes what it is sent", "green"))
    if found.addresses:
        raise typer.Exit(Exit.NEGATIVE)


def _done(done: Done, *, json: bool) -> None:
    if json:
        say_json(encode_pretty(done))
    else:
        Terminal().line((done.text, "green"))
