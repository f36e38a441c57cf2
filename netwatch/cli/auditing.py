"""`audit`: what would hurt most if it failed, before it does."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from netwatch import config as configuration
from netwatch.cli.drawings import SvgOption, write_drawing
from netwatch.cli.options import ConfigOption, JsonOption, config_path
from netwatch.cli.terminal import Terminal, say_json
from netwatch.drawing import draw, neighbourhood, trouble_of
from netwatch.errors import Fault, InputError, Place
from netwatch.inventory.audit import Blind, Gaps, Point, Report
from netwatch.inventory.audit import audit as examine
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.sources import Suggester
from netwatch.web.names import counted, element_name, listed
from netwatch.web.wire import encode_pretty

_MOST: Final = 15


def audit(
    *,
    config: ConfigOption = None,
    most: Annotated[int, typer.Option("--most", metavar="N", min=1, help="Show so many of each kind.")] = _MOST,
    svg: SvgOption = None,
    element: Annotated[
        str | None,
        typer.Option("--element", metavar="REF", show_default=False, help="Draw this one, as in device:agg-1."),
    ] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Ignore unknown columns of the customers' file.", metavar="")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Rank what would cut off most customers.

    Single points of failure, shared risks that defeat redundancy, blind spots, and what nobody wrote down.
    """
    if element is not None and svg is None:
        raise InputError([Fault(Place("--element"), "only a drawing shows one element", "add --svg FILE")])
    settings = configuration.load(config_path(config))
    inventory = settings.load_inventory(lenient=lenient)
    report = examine(inventory)
    if svg is not None:
        write_drawing(svg, _drawn(inventory, _wanted(report, element)))
    if json:
        say_json(encode_pretty(report))
    else:
        _show(Terminal(), report, inventory, most)


def _wanted(report: Report, element: str | None) -> Point | None:
    """The point to draw: the named one, else the worst that is an element of the operator's own."""
    if element is None:
        own = [point for point in report.points if not point.ref.startswith("provider:")]
        return next(iter(own or report.points), None)
    for point in report.points:
        if element == point.ref:
            return point
    known = sorted(point.ref for point in report.points)
    what = f'"{element}" cuts nobody off, or is not in the inventory'
    mend = "name one as `netwatch audit --json` does"
    raise InputError([Fault(Place("--element"), what, f"{mend}{Suggester(known).hint(element)}")])


def _drawn(inventory: Inventory, point: Point | None) -> str:
    """The neighbourhood as it would be if the element failed."""
    topology = Topology(inventory)
    if point is None:
        return draw(neighbourhood(topology, trouble_of(topology, "No element cuts any customer off", roots=())))
    trouble = trouble_of(topology, "", roots=(point.ref,))
    starts = {up.device for up in inventory.upstreams.values()} or set(inventory.monitor.attached_to)
    lit = topology.reachable([s for s in starts if s not in trouble.failed], trouble.failed, trouble.cut)
    lost = inventory.devices.keys() - lit
    customers = {device: len({s.customer for s in topology.services_at.get(device, ())}) for device in lost}
    name = element_name(inventory, point.ref)
    facts = [f"{counted(point.customers, 'customer')} cut off, {point.critical:,} of them critical"]
    facts += [f"also: {listed((element_name(inventory, ref) for ref in point.also), 3)}"] if point.also else []
    title = f"If this fails: {name}"
    return draw(
        neighbourhood(
            topology,
            trouble_of(topology, title, roots=(point.ref,), unreachable=lost, facts=facts, customers=customers),
        )
    )


def _show(terminal: Terminal, report: Report, inventory: Inventory, most: int) -> None:
    alone = report.attached - report.redundant
    share = f" ({alone / report.attached:.0%})" if report.attached else ""
    terminal.line(
        f"{counted(report.devices, 'device')}, {counted(report.links, 'link')}, "
        f"{counted(report.customers, 'customer')}; the way out: {listed(report.exits, 4)}", hang=2,
    )  # fmt: skip
    terminal.line(
        (f"{counted(alone, 'customer')}{share}", "bold"), " can be cut off by one device, link or upstream", hang=2
    )
    _heading(terminal, "What would cut off most customers" if report.points else "")
    _show_points(terminal, _each_once(report.points), inventory, most, defeated=False)
    if report.shared:
        _heading(terminal, "Shared risks that defeat redundancy")
        _show_points(terminal, report.shared, inventory, most, defeated=True)
    if report.blind:
        _heading(terminal, "Seen through one device only")
        for blind in report.blind[:most]:
            _show_blind(terminal, blind, inventory)
        _more(terminal, len(report.blind) - most)
    _show_gaps(terminal, report.gaps, most)


def _each_once(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """One point for each set of customers; the others are named beside it."""
    named: set[str] = set()
    shown = []
    for point in points:
        if point.ref not in named:
            named.update(point.also)
            shown.append(point)
    return tuple(shown)


def _show_points(
    terminal: Terminal, points: tuple[Point, ...], inventory: Inventory, most: int, *, defeated: bool
) -> None:
    terminal.line((f"{'customers':>9} {'critical':>8} {'devices':>7}  element", "bold"), indent=2)
    for point in points[:most]:
        words = [(element_name(inventory, point.ref), "bold"), (f"  {point.ref}", "dim")]
        battery = _battery(point.battery_minutes) if point.ref.startswith(("site:", "feed:")) else ""
        lost = f"; {point.defeated:,} of them have a second way that fails with it" if defeated else ""
        if defeated and len(point.members) > 1:
            lost += f" ({listed((element_name(inventory, ref) for ref in point.members), 4)})"
        also = f"; so does {listed((element_name(inventory, ref) for ref in point.also), 4)}" if point.also else ""
        terminal.line(
            f"{point.customers:9,} {point.critical:8,} {point.devices:7,}  ", *words, f"{battery}{lost}{also}",
            indent=2, hang=28,
        )  # fmt: skip
    _more(terminal, len(points) - most)


def _battery(minutes: float | None) -> str:
    if minutes is None:
        return "; battery not known"
    return "; no battery" if minutes == 0 else f"; battery {minutes:.0f} min"


def _show_blind(terminal: Terminal, blind: Blind, inventory: Inventory) -> None:
    words = f"hides {counted(blind.devices, 'device')} with {counted(blind.customers, 'customer')}"
    if blind.served:
        words += f"; {counted(blind.served, 'device')} of these would still work, and be held for cut off"
    terminal.line((element_name(inventory, blind.through), "bold"), f" {words}", indent=2, hang=4)


def _show_gaps(terminal: Terminal, gaps: Gaps, most: int) -> None:
    _heading(terminal, "What nobody wrote down, or can't help")
    found = [
        (gaps.unattached, "customer", "without any attachment: never counted as cut off"),
        (gaps.same_device, "customer", "whose backup hangs on the same device as the primary"),
        (gaps.without_battery, "site", "with a device whose battery is not known"),
        (gaps.without_duct, "link", "with a way round and no duct: nobody can tell what they share"),
        (gaps.no_way_out, "device", "from which no way leads out"),
    ]
    for ids, noun, what in found:
        if ids:
            terminal.line((counted(len(ids), noun), "bold"), f" {what}: {listed(ids, most)}", indent=2, hang=4)
    if len(gaps.first_hops) < 2:
        terminal.line("netwatch itself hangs on ", listed(gaps.first_hops) or "nothing that is told", indent=2, hang=4)
    if gaps.witnesses < 2:
        how_many = "one witness" if gaps.witnesses else "no witness"
        terminal.line(f"{how_many} outside: two tell an upstream's failure from their own", indent=2, hang=4)
    if not any(ids for ids, _, _ in found) and len(gaps.first_hops) > 1 and gaps.witnesses > 1:
        terminal.line("Nothing.", indent=2)


def _more(terminal: Terminal, count: int) -> None:
    if count > 0:
        terminal.line((f"and {count:,} more; all with --json", "dim"), indent=2)


def _heading(terminal: Terminal, text: str) -> None:
    terminal.blank()
    terminal.line((text or "No element cuts any customer off.", "bold underline"))
