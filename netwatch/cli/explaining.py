"""`why` and `lookup`: an incident explained to an engineer, a customer's case to the helpdesk."""

from __future__ import annotations

from typing import Annotated

import typer

from netwatch.cli.drawings import SvgOption, drawing_of, write_drawing
from netwatch.cli.exits import Exit
from netwatch.cli.looking import show_approvals, show_incident
from netwatch.cli.options import ConfigOption, IncidentArgument, JsonOption, SocketOption, client, the_one
from netwatch.cli.terminal import Terminal, clock_time, say_json
from netwatch.web.model import CustomerView, LookupView, OutageForCustomer, WhyView
from netwatch.web.names import counted, less_likely
from netwatch.web.wire import encode_pretty

_STATE_STYLES = {
    "out": "bold white on red", "degraded": "bold yellow", "settling": "bold yellow", "at_risk": "bold cyan",
    "restored": "bold green", "ok": "bold green",
}  # fmt: skip
_STATE_WORDS = {
    "out": "OUT", "degraded": "DEGRADED", "settling": "BEING CHECKED", "at_risk": "WORKS, AT RISK",
    "restored": "RESTORED", "ok": "NO KNOWN OUTAGE",
}  # fmt: skip


def why(
    incident: IncidentArgument = None,
    config: ConfigOption = None,
    socket: SocketOption = None,
    json: JsonOption = False,
    svg: SvgOption = None,
) -> None:
    """Explain an incident in an engineer's words.

    What was seen and when, what follows from it, what else it could be, what customers notice, who was told.
    """
    with client(config, socket) as daemon:
        view = daemon.why(the_one(incident, daemon.incidents(closed=incident is not None), "open incident"))
    if svg is not None:
        write_drawing(svg, drawing_of(view, config))
    if json:
        say_json(encode_pretty(view))
    else:
        _show_why(Terminal(), view)


def lookup(
    who: Annotated[str, typer.Argument(metavar="WHO", help="Customer's id, name, mail, phone or postcode.")],
    config: ConfigOption = None,
    socket: SocketOption = None,
    json: JsonOption = False,
) -> None:
    """Is this customer in a known outage?

    Since when, what you may say, when the next update comes. Exit code 1: nobody matches.
    """
    with client(config, socket) as daemon:
        view = daemon.lookup(who)
    if json:
        say_json(encode_pretty(view))
    else:
        _show_lookup(Terminal(), view)
    if not view.customers:
        raise typer.Exit(Exit.NEGATIVE)


def _show_why(terminal: Terminal, view: WhyView) -> None:
    now = view.at
    show_incident(terminal, view.incident, now)
    _heading(terminal, "Conclusion")
    terminal.line(view.conclusion, indent=2)
    _heading(terminal, "Why")
    for reason in view.reasons or ("no reasons are recorded",):
        terminal.line("- ", reason, indent=2, hang=2)
    _heading(terminal, "What happened")
    for moment in view.timeline:
        seconds = (f"{moment.since_fault_s:+8.1f} s  ", "dim")
        terminal.line(f"{clock_time(moment.at, now)} ", seconds, moment.text, indent=2, hang=21)
    _heading(terminal, "What else it could be")
    for other in view.alternatives:
        terminal.line("- ", f"{other.text}: {less_likely(other.times_less_likely)}", indent=2, hang=2)
    if not view.alternatives:
        terminal.line("Nothing else comes close.", indent=2)
    _heading(terminal, "What it means for customers")
    for sentence in view.meaning:
        terminal.line(sentence, indent=2, hang=2)
    _heading(terminal, "Who was told")
    for sentence in view.telling:
        terminal.line(sentence, indent=2, hang=2)
    for tally in view.messages:
        terminal.line(f"{tally.channel}: {tally.count:,} {tally.state}", indent=2)
    show_approvals(terminal, view.approvals, now)


def _heading(terminal: Terminal, text: str) -> None:
    terminal.blank()
    terminal.line((text, "bold underline"))


def _show_lookup(terminal: Terminal, view: LookupView) -> None:
    if view.caution:
        terminal.line(("CAUTION ", "bold red"), view.caution)
    if not view.customers:
        terminal.line(f"Nobody matches {view.query!r}. Try the id, a part of the name, mail, phone or postcode.")
    for customer in view.customers:
        _show_customer(terminal, customer, view)
    if view.more:
        terminal.line(f"and {counted(view.more, 'customer')} more; ask more exactly.")


def _show_customer(terminal: Terminal, customer: CustomerView, view: LookupView) -> None:
    terminal.line(
        (f" {_STATE_WORDS[customer.state]} ", _STATE_STYLES[customer.state]),
        "  ", (customer.name, "bold"), f"  {customer.id}, {customer.segment}, {customer.language}", hang=4,
    )  # fmt: skip
    terminal.line(customer.advice, indent=4, hang=2)
    for outage in customer.outages:
        _show_outage(terminal, outage, view)
    for service in customer.services:
        backup = f", backup {service.backup}" if service.backup else ""
        terminal.line((f"on {service.device} {service.interface}{backup}", "dim"), indent=4, hang=2)
    terminal.blank()


def _show_outage(terminal: Terminal, outage: OutageForCustomer, view: LookupView) -> None:
    words = f"since {clock_time(outage.since_at, view.at)}"
    if outage.resolved_at:
        words += f" until {clock_time(outage.resolved_at, view.at)}"
    told = "was sent a notice" if outage.told else "has had no notice"
    terminal.line(f"{words}, incident {outage.incident}; {told}", indent=4, hang=2)
    if outage.next_update_at:
        terminal.line(f"next update: {clock_time(outage.next_update_at, view.at)}", indent=4, hang=2)
    if outage.say and outage.state in {"out", "degraded"}:
        terminal.line(("You may say:", "bold"), indent=4)
        terminal.line((outage.say_title, "italic"), indent=6)
        terminal.block(outage.say, indent=6)
