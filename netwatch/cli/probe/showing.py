"""A probe's report for a person at three in the morning: the answer first, then what it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from netwatch.cli.probe.model import DaemonPart, PingPart, PortRow, ProbeReport, SnmpPart, TracePart
from netwatch.cli.terminal import Piece, Terminal, clock_time, span
from netwatch.web.device import DeviceView

_STATES: Final = {"up": "bold green", "degraded": "bold yellow", "down": "bold red", "unreachable": "bold magenta"}
_OPER: Final = {"up": "green", "dormant": "green", "down": "red", "lowerLayerDown": "red", "notPresent": "red"}
#: Unknown ports are many on a large switch, and seldom what is looked for.
_UNKNOWN_SHOWN: Final = 12
_LABEL: Final = 11
_UNITS: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def show(terminal: Terminal, report: ProbeReport) -> None:
    """All of it."""
    target = report.target
    where = ", ".join(part for part in (target.role, target.site) if part)
    terminal.line(
        (target.device or target.address, "bold"),
        f"  {target.name}" if target.name and target.name != target.device else "",
        f"  {target.address}" if target.device else "",
        f"  ({where})" if where else "",
    )
    if report.files_error:
        _row(terminal, "files", ("not used: ", "yellow"), report.files_error)
    _show_daemon(terminal, report.daemon)
    _show_ping(terminal, report.ping)
    _show_snmp(terminal, report.snmp)
    _show_trace(terminal, report.trace)
    _show_ports(terminal, report.snmp)
    if report.daemon.view is not None:
        _show_evidence(terminal, report.daemon.view)
    terminal.blank()
    terminal.line((f"asked at {clock_time(report.at, report.at)}, {report.took_s:.1f} s", "dim"))


def _row(terminal: Terminal, label: str, *pieces: Piece) -> None:
    terminal.line((f"{label:<{_LABEL}}", "dim"), *pieces, indent=2, hang=_LABEL)


def _show_daemon(terminal: Terminal, part: DaemonPart) -> None:
    view = part.view
    if view is None:
        _row(terminal, "netwatch", ("not asked: ", "yellow"), part.error)
        return
    sure = "" if view.confidence is None else f", {view.confidence:.0%} sure"
    since = "" if view.since_at is None else f" since {clock_time(view.since_at, view.at)}"
    pieces: list[Piece] = ["counts it as ", (view.state.upper(), _STATES.get(view.state, "bold")), f"{since}{sure}"]
    if view.incidents:
        pieces.append((f"  incident {', '.join(view.incidents)}", "bold"))
    _row(terminal, "netwatch", *pieces)


def _show_ping(terminal: Terminal, part: PingPart) -> None:
    if part.error:
        _row(terminal, "ping", ("not done: ", "yellow"), part.error)
        return
    if not part.received:
        _row(terminal, "ping", ("NO ANSWER", "bold red"), f" to {part.sent} pings")
        return
    lost = part.sent - part.received
    style = "green" if not lost else "yellow"
    times = (part.rtt_min_ms, part.rtt_p50_ms, part.rtt_p95_ms, part.rtt_max_ms)
    shown = " / ".join("-" if one is None else f"{one:.1f}" for one in times)
    jitter = "" if part.jitter_ms is None else f", jitter {part.jitter_ms:.1f} ms"
    _row(
        terminal, "ping", (f"{part.received} of {part.sent} answered", style),
        f", {part.loss_ratio or 0.0:.0%} lost; min / p50 / p95 / max {shown} ms{jitter}",
    )  # fmt: skip


def _show_snmp(terminal: Terminal, part: SnmpPart) -> None:
    if part.error:
        _row(terminal, "SNMP", ("no: ", "yellow"), part.error)
        return
    up = "" if part.uptime_s is None else f"up {span(part.uptime_s)}  "
    _row(
        terminal, "SNMP", ("answers", "green"), f"  v{part.version}, profile {part.profile}  {up}", (part.name, "bold")
    )
    for label, value in (("", part.description), ("location", part.location), ("contact", part.contact)):
        if value:
            _row(terminal, label, value)


def _show_trace(terminal: Terminal, part: TracePart) -> None:
    if part.error and not part.hops:
        _row(terminal, "way there", ("not done: ", "yellow"), part.error)
        return
    for number, hop in enumerate(part.hops):
        rtt = "" if hop.rtt_ms is None else f"  {hop.rtt_ms:.1f} ms"
        name = f"  {hop.device}" if hop.device else ""
        row: Piece = (
            f"{hop.distance:>2}  {hop.address}{rtt}{name}" if hop.address else (f"{hop.distance:>2}  no answer", "red")
        )
        _row(terminal, "" if number else "way there", row)
    if not part.reached:
        _row(terminal, "", (part.error or "the device itself was not reached", "yellow"))


def _show_ports(terminal: Terminal, part: SnmpPart) -> None:
    if part.ports_error:
        terminal.blank()
        _row(terminal, "ports", ("not read: ", "yellow"), part.ports_error)
    if not part.ports:
        return
    known = [port for port in part.ports if port.known]
    rest = sorted((port for port in part.ports if not port.known), key=lambda port: (port.oper != "up", port.index))
    shown = [*known, *rest[:_UNKNOWN_SHOWN]]
    widths = [max(len(cell) for cell in column) for column in zip(*map(_cells, shown), strict=True)]
    terminal.blank()
    terminal.line(("Ports", "bold"), f"  {len(part.ports)} in all, {len(known)} in the inventory")
    for port in shown:
        name, oper, admin, speed, changed, carries = (
            cell.ljust(width) for cell, width in zip(_cells(port), widths, strict=True)
        )
        style = _OPER.get(port.oper, "yellow") if port.admin != "down" else "dim"
        rest_of_it = f"  {admin}  {speed}  {changed}  {carries}".rstrip()
        terminal.line((name, "bold" if port.known else ""), "  ", (oper, style), rest_of_it, indent=2, hang=4)
    if len(rest) > _UNKNOWN_SHOWN:
        terminal.line(
            (f"and {len(rest) - _UNKNOWN_SHOWN} more that the inventory does not name (--json)", "dim"), indent=2
        )
    for name in part.missing_ports:
        terminal.line(("MISSING ", "bold red"), f"the inventory names port {name}, the device has none", indent=2)


def _cells(port: PortRow) -> Sequence[str]:
    changed = "" if port.last_change_s is None else f"changed {span(port.last_change_s)} ago"
    admin = "" if port.admin == "up" else f"(switched {port.admin})"
    return port.name, port.oper, admin, _speed(port.speed_bps), changed, port.carries or port.alias


def _speed(bps: float | None) -> str:
    if bps is None:
        return ""
    for size, unit in _UNITS:
        if bps >= size:
            return f"{bps / size:g} {unit}bit/s"
    return f"{bps:g} bit/s"


def _show_evidence(terminal: Terminal, view: DeviceView) -> None:
    terminal.blank()
    terminal.line(("Why netwatch counts it as ", "bold"), (view.state, _STATES.get(view.state, "bold")))
    for reason in view.why:
        terminal.line("- ", reason, indent=2, hang=2)
    window = view.window
    if window is not None and window.sent:
        p50 = "" if window.rtt_p50_ms is None else f"; p50 {window.rtt_p50_ms:.1f} ms, p95 {window.rtt_p95_ms:.1f} ms"
        jitter = "" if window.jitter_ms is None else f", jitter {window.jitter_ms:.1f} ms"
        lost = f"{window.lost} of {window.sent} pings lost ({window.loss_ratio or 0.0:.0%})"
        terminal.line(f"- last {window.seconds / 60:.0f} min: {lost}{p50}{jitter}", indent=2, hang=2)
    if view.seen:
        terminal.blank()
        terminal.line(("Last seen by netwatch", "bold"))
    for seen in view.seen:
        style = {True: "green", False: "red", None: ""}[seen.good]
        terminal.line(f"{span(seen.age_s):>10} ago  {seen.probe:<9}  ", (seen.what, style), indent=2, hang=27)
    for name in view.missing_ports:
        terminal.line(("to mend: ", "yellow"), f"the device has no port {name}; correct the inventory", indent=2)
