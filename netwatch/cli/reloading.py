"""`reload`: the daemon reads its files again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from netwatch.cli.exits import Exit
from netwatch.cli.looking import show_reload
from netwatch.cli.options import ByOption, ConfigOption, JsonOption, SocketOption, client, orderer
from netwatch.cli.terminal import Terminal, say_json
from netwatch.web.wire import encode_pretty


def reload(
    confirm: Annotated[bool, typer.Option("--confirm", help="Also when much of the network changes by it.")] = False,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Read configuration and inventory again, while it runs.

    Nothing is disturbed: devices that stay are polled on, incidents go on. Exit code 1: there are faults, or so much
    changes that you must confirm it, and the daemon goes on with what it had.
    """
    with client(config, socket) as daemon:
        view = daemon.reload(orderer(by), confirmed=confirm)
    if json:
        say_json(encode_pretty(view))
    else:
        terminal = Terminal()
        if view.state == "learning":
            terminal.line(("Read and good", "bold green"), "; in force once netwatch has looked at the network with it")
        elif view.state == "in_force":
            terminal.line(("In force", "bold green"))
        if view.changes:
            terminal.line(", ".join(view.changes), indent=2, hang=2)
        show_reload(terminal, view, datetime.now(UTC))
    if view.state == "refused":
        raise typer.Exit(Exit.NEGATIVE)
