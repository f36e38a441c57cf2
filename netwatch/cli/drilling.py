"""`drill`: a fault that has not happened yet, and what netwatch would make of it."""

from __future__ import annotations

import json as json_text
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from netwatch import config as configuration
from netwatch.cli.exits import Exit
from netwatch.cli.options import ConfigOption, JsonOption, config_path
from netwatch.cli.progress import Progress
from netwatch.cli.terminal import Terminal, say_json
from netwatch.inventory.model import Inventory
from netwatch.simulation.drill import drill as rehearse
from netwatch.simulation.drillfile import Script, read_options, read_script
from netwatch.simulation.faults import Breakage
from netwatch.simulation.singles import Outcome, Singles, rehearse_singles
from netwatch.web.names import counted, element_name, less_likely, listed

_SHOWN_TEXTS: Final = 1
_MOST: Final = 2_000

FaultOption = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="FAULT", show_default=False, help='As in "cut duct-a35 at 30 for 600".'),
]


def drill(
    *,
    fault: FaultOption = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", show_default=False, help="A drill written down in YAML.")
    ] = None,
    all_single_faults: Annotated[
        bool,
        typer.Option("--all-single-faults", help="Each element once, ranked by customers.", metavar=""),
    ] = False,
    config: ConfigOption = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another draw of chance.", show_default="0")] = None,
    approve_after: Annotated[
        float | None,
        typer.Option("--approve-after", metavar="S", min=0, show_default="never", help="People approve after S s."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="Of all single faults: the N with most customers.")
    ] = _MOST,
    jobs: Annotated[int | None, typer.Option("--jobs", min=1, show_default="all cores", help="Processes.")] = None,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Ignore unknown columns of the customers' file.", metavar="")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Rehearse a fault before it happens; nothing is sent.

    Who would be told what, when and why, and whether within 180 s. --all-single-faults rehearses each device, link,
    duct, port group, upstream, site and feed. Exit code 1: the promise would be broken.
    """
    if sum((bool(fault), file is not None, all_single_faults)) != 1:
        raise typer.BadParameter("give one of --fault, --file and --all-single-faults", param_hint="--fault")
    settings = configuration.load(config_path(config))
    inventory = settings.load_inventory(lenient=lenient)
    if all_single_faults:
        with Progress("rehearsing") as progress:
            found = rehearse_singles(settings, inventory, seed=seed or 0, most=most, jobs=jobs, progress=progress.show)
        say_json(json_text.dumps(found.account(), indent=2, ensure_ascii=False)) if json else _show_all(
            found, inventory
        )
        if not found.kept:
            raise typer.Exit(Exit.NEGATIVE)
        return
    script, faults = _script(fault or [], file, inventory)
    with Progress("rehearsing") as progress:
        progress.show(0, 0)
        account = rehearse(
            settings,
            inventory,
            faults,
            script.seed if seed is None else seed,
            script.approve_after_s if approve_after is None else approve_after,
        )
    if json:
        say_json(json_text.dumps(account, indent=2, ensure_ascii=False))
    else:
        _show(account, inventory)
    if not account["promise"]["kept"]:
        raise typer.Exit(Exit.NEGATIVE)


def _script(fault: Sequence[str], file: Path | None, inventory: Inventory) -> tuple[Script, tuple[Breakage, ...]]:
    if file is not None:
        return read_script(file, inventory)
    return Script(tuple(fault)), read_options(tuple(fault), inventory)


def _show(account: Mapping[str, Any], inventory: Inventory) -> None:
    terminal = Terminal()
    promise = account["promise"]
    terminal.line(("Drill: ", "bold"), "; ".join(account["faults"]), f"  (seed {account['seed']}; nothing is sent)")
    style = "bold white on green" if promise["kept"] else "bold white on red"
    terminal.line((f" {promise['sentence']} ", style), hang=2)
    _show_people(terminal, promise)
    for line in promise["routes_missing"]:
        terminal.line((line, "yellow"), indent=2, hang=2)
    told = " ".join(moment["what"] for moment in account["timeline"])
    if "on battery" in told and not account["incidents"]:
        hint = "Batteries last longer than this drill: `for` more seconds than they have shows what happens then."
        terminal.line((hint, "yellow"), indent=2, hang=2)
    _show_accounts(terminal, account, inventory)
    _show_incidents(terminal, account, inventory)
    _heading(terminal, "What happens, in seconds")
    for moment in account["timeline"]:
        terminal.line((f"{moment['at']:9.1f}  ", "dim"), moment["what"], indent=2, hang=11)
    _show_messages(terminal, account["messages"], account["approvals"])
    _show_page(terminal, account["page"])


def _show_people(terminal: Terminal, promise: Mapping[str, Any]) -> None:
    words = {
        "late": "told too late",
        "missed": "cut off and never counted",
        "wrong": "told although nothing ails them",
        "waiting": "wait for a person's approval",
        "unreachable": "hit, but no step of the playbook reaches them",
        "unrouted": "of them could be told if their channels had a route",
    }
    for key, what in words.items():
        if promise[key]:
            count = counted(len(promise[key]), "customer")
            style = "yellow" if key == "unreachable" else "red"
            terminal.line((f"{count} {what}: ", style), listed(promise[key], 8), indent=2, hang=2)


def _show_accounts(terminal: Terminal, account: Mapping[str, Any], inventory: Inventory) -> None:
    _heading(terminal, f"The {account['promise_s']:.0f} seconds")
    if not account["accounts"]:
        terminal.line("No incident would be opened.", indent=2)
    for one in account["accounts"]:
        incident = next((i for i in account["incidents"] if i["id"] == one["incident"]), None)
        roots = listed((element_name(inventory, ref) for ref in incident["root_causes"]), 4) if incident else ""
        terminal.line((one["incident"], "bold"), f"  {roots}", indent=2, hang=2)
        terminal.line(f"{0.0:9.1f}  {'the fault':36} at {one['fault_at']:.1f} s of the drill", indent=2, hang=11)
        before_s = 0.0
        for stage in one["stages"]:
            since_s = stage["since_fault_s"]
            if since_s is None:
                terminal.line(f"{'-':>9}  ", (stage["name"], "dim"), indent=2, hang=11)
                continue
            late = ("  LATE", "bold red") if since_s > account["promise_s"] else ""
            took = (f"+{max(0.0, since_s - before_s):.1f}", "dim")
            terminal.line(f"{since_s:9.1f}  {stage['name']:36} ", took, late, indent=2, hang=11)
            before_s = max(before_s, since_s)
        if all(stage["since_fault_s"] is not None for stage in one["stages"]):
            terminal.line(f"{account['promise_s'] - before_s:9.1f}  left of the promise", indent=2, hang=11)


def _show_incidents(terminal: Terminal, account: Mapping[str, Any], inventory: Inventory) -> None:
    _heading(terminal, "What netwatch concludes")
    for incident in account["incidents"]:
        roots = listed((element_name(inventory, ref) for ref in incident["root_causes"]), 8)
        terminal.line(
            (f" {incident['scope'].upper()} ", "bold"), f" {incident['id']}  ", (roots, "bold"), indent=2, hang=4
        )
        out = ", ".join(f"{len(incident['customers'][key]):,} {key.replace('_', ' ')}" for key in incident["customers"])
        terminal.line(f"{incident['scenario']}, {incident['confidence']:.0%} sure; {out}", indent=6, hang=2)
        for reason in incident["reasons"]:
            terminal.line("- ", reason, indent=6, hang=2)
        for other in incident["alternatives"]:
            names = listed((element_name(inventory, ref) for ref in other["root_causes"]), 4)
            terminal.line(
                "- could also be ", names, f": {less_likely(10 ** min(other['extra_cost'], 6.0))}", indent=6, hang=2
            )
    truth = max(account["truth"], key=lambda at: len(at["out"]) + len(at["degraded"]), default=None)
    if truth is not None:
        really = ", ".join(f"{len(truth[key]):,} {key.replace('_', ' ')}" for key in ("out", "degraded", "at_risk"))
        terminal.line(f"Really so at the worst moment ({truth['at']:.0f} s): {really}", indent=2, hang=2)


def _show_messages(terminal: Terminal, messages: Sequence[Mapping[str, Any]], approvals: Sequence[Any]) -> None:
    _heading(terminal, "Who is told what")
    for approval in approvals:
        if approval["kind"] == "auto":
            continue
        until = f"until {approval['release_at']:.0f} s" if approval["kind"] == "veto" else "until a person agrees"
        if approval["needed"] > 1:
            until = f"until {approval['needed']} people agree"
        terminal.line(
            (f"update {approval['update']} of {approval['incident']} waits {until}: ", "bold"), approval["reason"],
            indent=2, hang=2,
        )  # fmt: skip
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for message in messages:
        keys = ("planned_at", "incident", "phase", "audience", "channel", "language", "fate")
        groups.setdefault(tuple(message[key] for key in keys), []).append(message)
    if not groups:
        terminal.line("Nobody is told anything.", indent=2)
    for group in groups.values():
        _show_group(terminal, group)


def _show_group(terminal: Terminal, group: Sequence[Mapping[str, Any]]) -> None:
    one = group[0]
    when = f"{one['released_at']:.1f} s" if one["released_at"] is not None else one["fate"]
    if one["released_at"] is not None and group[-1]["accepted_at"] - one["released_at"] >= 1.0:
        when += f" (all accepted by {max(m['accepted_at'] for m in group):.1f} s)"
    who = listed((message["recipient"] for message in group), 4)
    terminal.blank()
    terminal.line(
        (f"{when}  {one['phase']} ", "bold"), f"to {one['audience']} by {one['channel']}, {one['language']}: ",
        f"{len(group):,} ({who})", indent=2, hang=4,
    )  # fmt: skip
    texts = Counter((message["subject"], message["body"]) for message in group)
    for subject, body in list(texts)[:_SHOWN_TEXTS]:
        terminal.line((f"| {subject}", "bold"), indent=4, hang=2)
        for row in body.strip().splitlines():
            terminal.line("| ", row, indent=4, hang=2)
    if len(texts) > _SHOWN_TEXTS:
        terminal.line(
            f"and {len(texts) - _SHOWN_TEXTS:,} more like it, each with its own name; all with --json", indent=4
        )


def _show_page(terminal: Terminal, page: Sequence[Mapping[str, Any]]) -> None:
    _heading(terminal, "The outage page, and what the phone queue reads out")
    if not page:
        terminal.line("Nothing is published.", indent=2)
    for entry in page:
        state = "withdrawn" if entry["withdrawn"] else "over" if entry["resolved"] else "open"
        terminal.line((f"{entry['at']:.1f} s  {entry['incident']}, {state}", "bold"), indent=2, hang=4)
        for kind, mark in (("texts", "|"), ("phone", "tel|")):
            for text in entry[kind]:
                terminal.line((f"{mark} [{text['language']}] {text['title']}", "bold"), indent=4, hang=2)
                for row in text["body"].strip().splitlines():
                    terminal.line(f"{mark} ", row, indent=4, hang=2)


def _heading(terminal: Terminal, text: str) -> None:
    terminal.blank()
    terminal.line((text, "bold underline"))


def _show_all(found: Singles, inventory: Inventory) -> None:
    terminal = Terminal()
    broken = [one for one in found.outcomes if not one.kept and not one.asks]
    asking = sum(one.asks for one in found.outcomes)
    style = "bold white on red" if broken else "bold white on green"
    words = f"{len(found.outcomes):,} faults rehearsed: {len(broken):,} would break the promise, {asking:,} wait for a person"
    terminal.line((f" {words} ", style))
    if found.left:
        terminal.line(
            f"{found.left:,} more with at most {found.left_customers:,} customers each were not rehearsed (--most)",
            indent=2, hang=2,
        )  # fmt: skip
    terminal.line((f"{'customers':>9} {'told in':>8} {'cause':6} {'':4} fault", "bold"))
    for one in found.outcomes:
        _show_outcome(terminal, one, inventory)
    sys.stdout.flush()


def _show_outcome(terminal: Terminal, one: Outcome, inventory: Inventory) -> None:
    told = f"{one.worst_s:.0f} s" if one.worst_s is not None else "-"
    cause = "right" if one.cause_right else "WRONG" if one.incidents else "none"
    verdict = ("ok  ", "green") if one.kept else ("ASKS", "bold yellow") if one.asks else ("BAD ", "bold red")
    battery = f", {one.battery_minutes:.0f} min after power is lost" if one.battery_minutes else ""
    words = [f"{one.fault} ({element_name(inventory, one.ref)}{battery})"]
    if one.root_causes not in {(), (one.ref,)}:
        words.append(f"Told as {listed((element_name(inventory, ref) for ref in one.root_causes), 4)}")
    if not one.kept or not one.cause_right:
        words.append(one.sentence)
    terminal.line(f"{one.customers:9,} {told:>8} {cause:6} ", verdict, f" {'. '.join(words)}", hang=31)
