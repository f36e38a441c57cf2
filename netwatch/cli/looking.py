"""`status` and `incidents`: what is going on."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from netwatch.cli.exits import Exit
from netwatch.cli.options import ConfigOption, JsonOption, SocketOption, client
from netwatch.cli.terminal import Piece, Terminal, clock_time, say_json, span
from netwatch.late import late
from netwatch.web.errands import CallView, TaskView
from netwatch.web.model import ApprovalView, IncidentView, PageCopyView, ReloadView, StatusView
from netwatch.web.names import counted, progress
from netwatch.web.wire import Incidents, encode_pretty

if TYPE_CHECKING:
    from netwatch.cli import calling
else:
    calling = late("netwatch.cli.calling")

_SCOPE_STYLES = {"regional": "bold white on red", "customer": "bold yellow", "redundancy": "bold cyan"}
_STATE_STYLES = {"up": "green", "degraded": "yellow", "down": "red", "unreachable": "magenta", "unknown": "dim"}
_OVER = frozenset({"resolved", "merged", "dismissed"})


def status(config: ConfigOption = None, socket: SocketOption = None, json: JsonOption = False) -> None:
    """Is all well, what is open, what waits for you?

    Exit code 1: netwatch runs, but is not ready to do its job.
    """
    with client(config, socket) as daemon:
        view = daemon.status()
    if json:
        say_json(encode_pretty(view))
    else:
        _show_status(Terminal(), view)
    if not view.health.is_ready:
        raise typer.Exit(Exit.NEGATIVE)


def incidents(
    incident: Annotated[
        str | None,
        typer.Argument(metavar="INCIDENT", show_default=False, help="With --calls: whose. Default: the only one."),
    ] = None,
    *,
    calls: Annotated[
        bool, typer.Option("--calls", help="Whom to ring up in it, hardest hit first.", metavar="")
    ] = False,
    script: Annotated[bool, typer.Option("--script", help="With --calls: what to say too.", metavar="")] = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
    everything: Annotated[bool, typer.Option("--all", "-a", help="Closed ones too, newest first.", metavar="")] = False,
    json: JsonOption = False,
) -> None:
    """The open incidents, gravest first.

    With --calls the list of those to ring up in one of them; exit code 1: nobody is.
    """
    if calls:
        calling.show_calls(incident, config, socket, script=script, json=json)
        return
    if incident is not None or script:
        raise typer.BadParameter("INCIDENT and --script go with --calls", param_hint="INCIDENT")
    with client(config, socket) as daemon:
        found = daemon.incidents(closed=everything)
    if json:
        say_json(encode_pretty(Incidents(found)))
        return
    terminal = Terminal()
    if not found:
        terminal.line("No incidents." if everything else ("No open incidents.", "green"))
    now = datetime.now(UTC)
    for one in found:
        show_incident(terminal, one, now)


def _show_status(terminal: Terminal, view: StatusView) -> None:
    ready = view.health.is_ready
    terminal.line(
        (f"netwatch {view.version}  ", "bold"),
        ("ready", "bold green") if ready else ("NOT READY", "bold red"),
        f"  up {span((view.at - view.started_at).total_seconds())}  {clock_time(view.at, view.at)}",
    )
    # What has a line of its own below is not said twice.
    own = {"warm"} if not view.warm else set()
    own |= {"view"} if view.isolated else set()
    for check in (*view.health.live, *view.health.ready):
        if not check.ok and check.name not in own:
            terminal.line(("BAD ", "bold red"), f"{check.name}: {check.detail}", indent=2, hang=4)
    if view.isolated:
        terminal.line(("CUT OFF: netwatch can't see the network; customers are told nothing", "bold red"), indent=2)
    if view.hold.on:
        since = f" since {clock_time(view.hold.since_at, view.at)}" if view.hold.since_at else ""
        terminal.line(
            (f"HOLD by {view.hold.by or 'someone'}{since}: customers are told nothing", "bold yellow"),
            "  Lift it: netwatch hold off", indent=2, hang=2,
        )  # fmt: skip
    if not view.warm:
        terminal.line(
            ("WARMING UP: the network is still being learnt; customers are told nothing yet", "yellow"), indent=2
        )
        if view.first_look is not None:
            terminal.line(progress(view.first_look), indent=4, hang=2)
    if view.reload is not None:
        show_reload(terminal, view.reload, view.at)
    pieces: list[Piece] = [f"{counted(sum(view.devices.values()), 'device')}: "]
    states = [state for state in sorted(view.devices, key=_state_order) if view.devices[state]]
    pieces += [(f"{view.devices[state]:,} {state}  ", _STATE_STYLES.get(state, "")) for state in states]
    terminal.line(*pieces, f" {counted(view.customers, 'customer')}", indent=2, hang=2)
    terminal.blank()
    for incident in view.incidents:
        show_incident(terminal, incident, view.at)
    if not view.incidents:
        terminal.line(("No open incidents.", "green"))
    show_approvals(terminal, view.approvals, view.at)
    _show_messages(terminal, view)


def show_reload(terminal: Terminal, reload: ReloadView, now: datetime) -> None:
    """What became of a reload; of one that is in force, only what still needs a person."""
    when = f"{clock_time(reload.at, now)} by {reload.by}"
    if reload.state == "refused":
        terminal.line(
            ("RELOAD REFUSED ", "bold red"), f"at {when}; the files from before are in force", indent=2, hang=4
        )
        for fault in reload.faults:
            terminal.line(fault, indent=4, hang=2)
    elif reload.state == "learning":
        waits = f": {reload.waits_for}" if reload.waits_for else ""
        terminal.line(("RELOADING ", "yellow"), f"since {when}; the old files are in force{waits}", indent=2, hang=4)
    if reload.needs_restart:
        terminal.line(("NEEDS A RESTART ", "yellow"), ", ".join(reload.needs_restart), indent=2, hang=4)
    for note in reload.notes:
        terminal.line(("note: ", "dim"), note, indent=2, hang=4)


def _state_order(state: str) -> tuple[int, str]:
    known = tuple(_STATE_STYLES)
    return (known.index(state) if state in known else len(known), state)


def _show_messages(terminal: Terminal, view: StatusView) -> None:
    terminal.blank()
    ordered = sorted(view.messages, key=lambda tally: (tally.channel, tally.state))
    for channel, tallies in groupby(ordered, key=lambda tally: tally.channel):
        figures = ", ".join(f"{tally.count:,} {tally.state}" for tally in tallies)
        terminal.line((f"{channel}: ", "dim"), figures, indent=2, hang=2)
    if view.promises_owed:
        terminal.line(("promised updates owed: ", "dim"), str(view.promises_owed), indent=2)
    for call in view.calls:
        _show_call(terminal, call, view.at)
    if view.page:
        terminal.line(("page: ", "dim"), view.page, indent=2)
    for copy in view.page_copies:
        show_copy(terminal, copy, view.at)
    for hint in view.hints:
        terminal.line(("to mend: ", "yellow"), hint, indent=2, hang=4)


def _show_call(terminal: Terminal, call: CallView, now: datetime) -> None:
    words = f"ring {call.name or call.customer} ({call.customer}){f', {call.phone}' if call.phone else ''}"
    words += f" by {clock_time(call.due_at, now)}"
    words += f", promised by {call.by}" if call.by else ", the outage is over" if call.over else ""
    pieces: list[Piece] = [("call owed: ", "dim"), words]
    if call.missed:
        pieces.append((", MISSED", "bold red"))
    terminal.line(*pieces, indent=2, hang=4)


def show_copy(terminal: Terminal, copy: PageCopyView, now: datetime) -> None:
    """Whether the page stands on another host as it stands here."""
    verified = f"verified at {clock_time(copy.verified_at, now)}" if copy.verified_at else "not verified yet"
    pieces: list[Piece] = [("page copy: ", "dim"), f"{copy.name} {verified}"]
    if copy.error:
        late = f", behind since {clock_time(copy.behind_since_at, now)}" if copy.behind_since_at else ""
        pieces.append((f"{late}: {copy.error}", "bold red"))
    terminal.line(*pieces, indent=2, hang=4)


def show_incident(terminal: Terminal, incident: IncidentView, now: datetime) -> None:
    """A few lines: what failed, since when, whom it hits, who was told, what comes next."""
    style = "dim" if incident.status in _OVER else _SCOPE_STYLES.get(incident.scope, "bold magenta")
    terminal.line((f" {incident.scope.upper()} ", style), f" {incident.id}  ", (incident.title, "bold"), hang=4)
    end = incident.resolved_at or now
    lasted = span((end - incident.onset_at).total_seconds())
    pieces: list[Piece] = [f"{incident.status} since {clock_time(incident.onset_at, now)} ({lasted})"]
    if incident.resolved_at:
        pieces = [f"{incident.status} at {clock_time(incident.resolved_at, now)} after {lasted}"]
    pieces.append(f"  {incident.scenario}, {incident.confidence:.0%} sure")
    if incident.planned:
        pieces.append(f"  announced work {incident.planned}")
    terminal.line(*pieces, indent=4, hang=2)
    terminal.line(*_customers(incident), indent=4, hang=2)
    if incident.next_update_at:
        late = incident.next_update_at < now
        words = f"next update promised for {clock_time(incident.next_update_at, now)}"
        terminal.line((words + (", OVERDUE" if late else ""), "bold red" if late else ""), indent=4, hang=2)
    if incident.estimate_until_at:
        passed = ", PASSED" if incident.estimate_until_at < now else ""
        terminal.line(f"may be over by {clock_time(incident.estimate_until_at, now)}{passed}", indent=4, hang=2)
    for task in incident.tasks:
        _show_task(terminal, task, now)
    if incident.note:
        terminal.line(("note: ", "dim"), incident.note.replace("\n", " / "), indent=4, hang=2)


def _show_task(terminal: Terminal, task: TaskView, now: datetime) -> None:
    """One line: who has it, or who was asked last, since when and until when."""
    head = f"task {task.number} {task.duty}: "
    if task.taken_by:
        when = f" since {clock_time(task.taken_at, now)}" if task.taken_at else ""
        terminal.line((f"{head}{task.taken_by} has it{when}", "dim"), indent=4, hang=2)
        return
    asked = ", ".join(task.holders) or "nobody"
    words = f"{asked} asked since {clock_time(task.since_at, now)}, answer by {clock_time(task.answer_by_at, now)}"
    style = "bold red" if task.overdue else "yellow"
    pieces: list[Piece] = [(f"{head}{words}{', OVERDUE' if task.overdue else ''}", style)]
    terminal.line(*pieces, f"  take it: netwatch ack {task.code}", indent=4, hang=2)


def _customers(incident: IncidentView) -> list[Piece]:
    pieces: list[Piece] = []
    if incident.customers_out:
        pieces.append((f"{counted(incident.customers_out, 'customer')} out  ", "bold red"))
    if incident.customers_degraded:
        pieces.append((f"{incident.customers_degraded:,} degraded  ", "yellow"))
    if incident.customers_at_risk:
        pieces.append((f"{incident.customers_at_risk:,} at risk  ", "cyan"))
    if not pieces:
        pieces.append(
            f"{counted(incident.ever_affected, 'customer')} had noticed it  "
            if incident.ever_affected
            else "nobody is out  "
        )
    pieces.append(f"{incident.told:,} told")
    return pieces


def show_approvals(terminal: Terminal, approvals: tuple[ApprovalView, ...], now: datetime) -> None:
    """What waits for a person, and the command that answers it."""
    for approval in approvals:
        terminal.blank()
        who = f"notices of {approval.incident} to {counted(approval.customers, 'customer')}"
        if approval.vetoed_by:
            terminal.line(("VETOED ", "bold red"), f"{who}, by {approval.vetoed_by}; they never go. ", hang=4)
            terminal.line("tell them otherwise: ", (f'netwatch update {approval.incident} "..."', "bold"), indent=4)
            continue
        if approval.kind == "veto":
            left = (approval.release_at - now).total_seconds()
            terminal.line(
                ("GOES OUT ", "bold yellow"),
                f"at {clock_time(approval.release_at, now)} (in {span(left)}): {who}",
                hang=4,
            )
            terminal.line("stop it: ", (f"netwatch veto {approval.incident}", "bold"), indent=4)
        else:
            missing = approval.needed - len(approval.approved_by)
            terminal.line(("WAITS FOR YOU ", "bold red"), f"{who}; {counted(missing, 'approval')} missing", hang=4)
            if approval.approved_by:
                terminal.line(f"agreed: {', '.join(approval.approved_by)}", indent=4)
            terminal.line(
                "send them: ", (f"netwatch approve {approval.incident} --update {approval.update}", "bold"),
                "   or not: ", (f"netwatch veto {approval.incident}", "bold"), indent=4, hang=2,
            )  # fmt: skip
        terminal.line(("why it waits: ", "dim"), approval.reason, indent=4, hang=2)
