"""What people say of themselves: I have it, I ring you before three, I have rung; and: that was a mistake."""

from __future__ import annotations

from typing import Annotated

import typer

from netwatch.cli.options import (
    ByOption,
    ConfigOption,
    IncidentArgument,
    JsonOption,
    SocketOption,
    client,
    fits,
    orderer,
    the_one,
)
from netwatch.cli.ordering import show_done
from netwatch.cli.times import instant
from netwatch.web.names import counted

PersonOption = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="PERSON", show_default=False, help="Who has it, when it isn't you: an id of `people`."
    ),
]
CustomerArgument = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]


def ack(
    incident: Annotated[
        str | None,
        typer.Argument(
            metavar="INCIDENT|CODE",
            show_default=False,
            help="Its id, its start or its last four signs; or a task's code. Default: the only one.",
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="TASK", show_default=False, help="The task's number or code. Default: all that wait for you."
        ),
    ] = None,
    person: PersonOption = None,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Say that you have a task, so that nobody else is asked.

    Whoever rings in names the code of the alert; a colleague at a desk types it, with --for.
    """
    with client(config, socket) as daemon:
        found = daemon.incidents()
        typed = (incident or "").strip()
        codes = {one.code for view in found for one in view.tasks}
        named = any(fits(view.id, typed) for view in found)
        if typed and task is None and (typed.upper() in codes or not named):
            done = daemon.acknowledge("", typed, person or "", orderer(by))
        else:
            with_tasks = tuple(view for view in found if view.tasks) if incident is None else found
            chosen = the_one(incident, with_tasks, "open incident with tasks")
            done = daemon.acknowledge(chosen, task or "", person or "", orderer(by))
    show_done(done, json=json)


def promise(
    customer: CustomerArgument,
    time: Annotated[str, typer.Argument(metavar="TIME", help="Before when: 15:00, or 2026-12-01 15:00.")],
    incident: Annotated[
        str | None, typer.Option("--incident", metavar="ID", show_default=False, help="The incident that it is about.")
    ] = None,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Write down that you ring a customer before a time.

    You are reminded before; when the time has passed and nobody has said that the call was made, the lead is told.
    """
    due_at = instant(time)
    with client(config, socket) as daemon:
        chosen = "" if incident is None else the_one(incident, daemon.incidents(), "open incident")
        done = daemon.promise(customer, due_at, chosen, orderer(by))
    show_done(done, json=json)


def called(
    customer: CustomerArgument,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Say that a customer was rung.

    Whatever was promised to them is kept.
    """
    with client(config, socket) as daemon:
        done = daemon.called(customer, orderer(by))
    show_done(done, json=json)


def correct(
    incident: IncidentArgument = None,
    words: Annotated[
        str,
        typer.Argument(metavar="WHY", show_default=False, help="Why it was a mistake; for colleagues and the journal."),
    ] = "",
    customers: Annotated[
        list[str] | None,
        typer.Option(
            "--customer", metavar="ID", show_default=False, help="Only this one was told by mistake; repeatable."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.", metavar="")] = False,
    *,
    config: ConfigOption = None,
    socket: SocketOption = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> None:
    """Tell those who were told of an outage that it was a mistake.

    They read a prepared text, and nobody else does. Without --customer the incident is over by it.
    """
    with client(config, socket) as daemon:
        views = daemon.incidents(closed=True)
        chosen = the_one(incident, views, "incident")
        told = next(view.told for view in views if view.id == chosen)
        count = counted(len(customers) if customers else told, "customer")
        if not yes:
            typer.confirm(f"Tell {count} that the message about {chosen} was a mistake?", abort=True, err=True)
        done = daemon.correct(chosen, words, customers or (), orderer(by))
    show_done(done, json=json)
