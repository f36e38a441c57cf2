"""Orders to the running daemon: approve, veto, update, resolve, hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from netwatch.cli.client import Client
from netwatch.cli.options import (
    ByOption,
    ConfigOption,
    IncidentArgument,
    JsonOption,
    SocketOption,
    client,
    orderer,
    the_one,
)
from netwatch.cli.terminal import Terminal, say_json
from netwatch.cli.times import span
from netwatch.diagnosis.model import Scenario
from netwatch.web.model import Done, UnknownIncidentError
from netwatch.web.wire import encode_pretty


class OnOff(StrEnum):
    """The two positions of the hold."""

    ON = "on"
    OFF = "off"


def approve(
    incident: IncidentArgument = None,
    update: Annotated[
        int | None,
        typer.Option("--update", metavar="N", min=0, show_default="all", help="Nothing planned after update N."),
    ] = None,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Let the waiting notices go out.

    Two different people must agree when more than half of all customers, and more than 200 (`auto_customers`), would be
    told within the hour. With --update, as `netwatch status` prints it, you agree to what you were shown and to nothing
    newer.
    """
    with client(config, socket) as daemon:
        done = daemon.order(_waiting(daemon, incident), "approve", orderer(by), update=update)
    show_done(done, json=json)


def veto(
    incident: IncidentArgument = None,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Stop the waiting notices before they go out.

    What has not been sent yet never goes; the next update of that incident waits for a person. Staff and page are
    told all the same.
    """
    with client(config, socket) as daemon:
        done = daemon.order(_waiting(daemon, incident, or_open=True), "veto", orderer(by))
    show_done(done, json=json)


def update(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, its start or its last four signs.")],
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", show_default=False, help="Words for the next update.")
    ] = None,
    scenario: Annotated[Scenario | None, typer.Option("--scenario", help="Name the scenario yourself.")] = None,
    estimate: Annotated[
        str | None,
        typer.Option(
            "--estimate", metavar="TIME", show_default=False, help="When it may be over: 16:00, 14:00..16:00, or none."
        ),
    ] = None,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Tell everyone more, or when it may be over.

    Your words go into the next update of all who were told, of the page and of the staff. An estimate is told once for
    each real change: late rather than early.
    """
    if text is None and scenario is None and estimate is None:
        raise typer.BadParameter("give a text, --estimate or --scenario", param_hint="TEXT")
    ends = None if estimate is None else span(estimate)
    texts: list[str] = []
    with client(config, socket) as daemon:
        chosen = the_one(incident, daemon.incidents(), "open incident")
        if scenario is not None:
            texts.append(daemon.order(chosen, "scenario", orderer(by), scenario.value).text)
        if ends is not None:
            since, until = ends
            texts.append(daemon.estimate(chosen, until, since, text or "", orderer(by)).text)
        elif text is not None:
            texts.append(daemon.order(chosen, "update", orderer(by), text).text)
    show_done(Done("\n".join(texts)), json=json)


def resolve(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, its start or its last four signs.")],
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why it is over although netwatch doesn't see it.")],
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Close an incident by hand.

    All who were told of it are told that it is over.
    """
    with client(config, socket) as daemon:
        chosen = the_one(incident, daemon.incidents(), "open incident")
        done = daemon.order(chosen, "resolve", orderer(by), reason)
    show_done(done, json=json)


def hold(
    switch: Annotated[OnOff, typer.Argument(metavar="on|off", help="on: no customer is told anything.")],
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Hold back all notices to customers, or lift that.

    Of every incident, until someone lifts it. Staff are told all the same.
    """
    with client(config, socket) as daemon:
        done = daemon.hold(on=switch is OnOff.ON, by=orderer(by))
    show_done(done, json=json)


def _waiting(daemon: Client, incident: str | None, *, or_open: bool = False) -> str:
    """The incident whose notices wait, the only one when none is named; with `or_open` else the only open one.

    Notices that nobody need approve can be vetoed too, until they are sent.
    """
    waiting = {approval.incident for approval in daemon.approvals().approvals if not approval.vetoed_by}
    if incident in waiting:
        return str(incident)  # announced work is no incident, and may wait all the same
    if incident is not None:
        return the_one(incident, daemon.incidents(closed=True), "incident")
    found = daemon.incidents()
    candidates = tuple(view for view in found if view.id in waiting) or (found if or_open else ())
    if not candidates:
        raise UnknownIncidentError("nothing waits for approval", "see: netwatch status")
    return the_one(None, candidates, "incident")


def show_done(done: Done, *, json: bool) -> None:
    """What the daemon answers to an order."""
    if json:
        say_json(encode_pretty(done))
    else:
        for row in done.text.splitlines():
            Terminal().line((row, "green"))
