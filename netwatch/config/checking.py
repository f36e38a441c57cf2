"""`netwatch check`: everything that can be known wrong before netwatch runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from netwatch import inventory
from netwatch.communication.planning.playbook import Playbook
from netwatch.communication.planning.playbook_file import default_playbook, read_playbook, steps_of
from netwatch.communication.planning.playbook_proof import (
    Timing,
    deadline_faults,
    reach_faults,
    reaches,
    roster_faults,
    route_faults,
)
from netwatch.communication.settings import zone_of
from netwatch.communication.texts.loading import check_texts
from netwatch.config.budget import PROMISE_S, Budget, budget, widespread
from netwatch.config.loading import Config, Files, build, inventory_paths, places_of_inventory
from netwatch.config.places import place_at
from netwatch.config.references import check_references
from netwatch.config.secrets import check_secret_files
from netwatch.config.snmp import check_profiles
from netwatch.config.values import check_values
from netwatch.config.warnings import warnings_of
from netwatch.config.ways import check_ways
from netwatch.errors import Fault, InputError
from netwatch.inventory.model import Inventory
from netwatch.sources import Faults, Node, counted, read_yaml


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. `faults` stop netwatch, `warnings` do not; `budget` is None when faults hide it.

    `files` is what was read; None with faults.
    """

    path: Path
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    budget: Budget | None = None
    files: Files | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return not self.faults

    def text(self) -> str:
        """The whole report as plain lines."""
        lines = [str(fault) for fault in self.faults]
        lines += [f"warning: {warning}" for warning in self.warnings]
        if not self.faults and self.budget is not None:
            lines += _budget_lines(self.budget)
            lines += [", ".join(counted(count, name) for name, count in self.counts.items())]
        told = [counted(len(self.faults), "fault") if self.faults else "no fault"]
        if self.warnings:
            told.append(counted(len(self.warnings), "warning"))
        return "\n".join([*lines, f"{self.path}: {', '.join(told)}"]) + "\n"


def check(path: Path, *, lenient: bool = False, now: float | None = None) -> CheckReport:
    """Read the configuration and all that it names. Never raises for what the operator's files say.

    `now`, seconds since 1970: from when the roster must have somebody; None = that is not looked at.
    """
    faults = Faults()
    try:
        root = read_yaml(path)
    except InputError as error:
        return CheckReport(path, error.faults)
    config: Config | None = None
    with faults.collecting():
        config = build(root, path)
    check_secret_files(root, path.parent, faults)
    check_values(root, path.parent, faults)
    if config is not None:
        check_ways(config.channels, path.parent, root, faults)
    check_profiles(root, path.parent, faults)
    if config is None:
        _check_inventory_alone(root, path, faults, lenient=lenient)
        _check_playbook_alone(root, path, faults)
        return CheckReport(path, _sorted(faults))
    loaded: inventory.Loaded | None = None
    with faults.collecting():
        loaded = config.read_inventory(lenient=lenient)
    playbook = _check_plan(config, root, faults, now)
    spent = budget(config, playbook)
    _check_budget(spent, root, faults)
    if loaded is None:
        return CheckReport(path, _sorted(faults), budget=spent)
    check_references(config, playbook, loaded.inventory, root, faults)
    _check_reach(config, playbook, loaded.inventory, root, faults)
    warnings = {*loaded.warnings, *warnings_of(config, loaded.inventory, root)}
    counts = MappingProxyType(_counts(loaded.inventory))
    told = _sorted(faults)
    files = None if told else Files(config, playbook or default_playbook(), loaded.inventory)
    return CheckReport(path, told, tuple(sorted(warnings)), counts, spent, files)


def _check_plan(config: Config, root: Node, faults: Faults, now: float | None) -> Playbook | None:
    """The operator's playbook, and faults for what is wrong with it or with their texts."""
    playbook: Playbook | None = None
    if config.playbook is not None:
        playbook, found = read_playbook(config.playbook, named_at=place_at(root, ("playbook",)))
        faults.extend(found)
        if playbook is not None:
            with faults.collecting():
                node, spent = read_yaml(config.playbook), widespread(config, playbook)
                if now is not None:
                    faults.extend(roster_faults(playbook, config.people, zone_of(config.communication), now, node))
                if routed := config.channels.routed():
                    faults.extend(route_faults(steps_of(node), routed))
                if spent.kept:
                    faults.extend(deadline_faults(steps_of(node), _timing(spent)))
    folders = [path for path in config.templates if path.is_dir()]
    if folders:
        faults.extend(check_texts(folders))
    return playbook


def _timing(spent: Budget) -> Timing:
    return Timing(spent.internal_s, spent.notices_s, spent.reserve_s)


def _check_reach(config: Config, playbook: Playbook | None, found: Inventory, root: Node, faults: Faults) -> None:
    """Whether the largest region can be told in what the other stages leave of the time."""
    told = config.communication
    rates = {"email": told.email_rate_per_s}
    if "sms" in config.channels.routed():
        rates["sms"] = told.sms_rate_per_s
    places = {name: place_at(root, ("communication", f"{name}_rate_per_s")) for name in rates}
    asked = reaches(playbook or default_playbook(), found, config.people, rates)
    faults.extend(reach_faults(asked, _timing(widespread(config, playbook)), places))


def _check_playbook_alone(root: Node, path: Path, faults: Faults) -> None:
    """With faults in the settings, still tell those of the playbook."""
    named = root.get("playbook")
    if named is not None and isinstance(named.value, str):
        faults.extend(read_playbook(path.parent / named.value, named_at=named.place)[1])


def _check_inventory_alone(root: Node, path: Path, faults: Faults, *, lenient: bool) -> None:
    """With faults in the settings, still tell those of the inventory."""
    try:
        paths = inventory_paths(root, path.parent)
        if paths:
            inventory.read(paths, lenient=lenient, named_at=places_of_inventory(root, path.parent))
    except InputError as error:
        faults.extend(error.faults)


def _check_budget(spent: Budget, root: Node, faults: Faults) -> None:
    if spent.kept:
        return
    worst = spent.above_default
    mends = [
        f"{' or '.join(share.settings)} ({share.seconds:g} s, by default {share.default_s:g} s)" for share in worst
    ]
    place = place_at(root, tuple(worst[0].settings[0].split(".")))
    what = f"customers are told {spent.total_s:g} s after a fault at worst, not within {PROMISE_S:g} s"
    faults.add(place, what, f"lower {', or '.join(mends)}")


def _counts(found: Inventory) -> dict[str, int]:
    return {
        "region": len(found.regions),
        "site": len(found.sites),
        "device": len(found.devices),
        "link": len(found.links),
        "customer": len(found.customers),
        "service": sum(len(services) for services in found.customers.values()),
    }


def _budget_lines(spent: Budget) -> list[str]:
    lines = ["seconds from a fault until customers are told, at worst:"]
    passed = 0.0
    for share in spent.shares:
        passed += share.seconds
        lines.append(f"{share.seconds:7.1f} {passed:7.1f}  {share.stage}")
    return [*lines, f"{'':7} {PROMISE_S:7.1f}  promised"]


def _sorted(faults: Faults) -> tuple[Fault, ...]:
    return InputError(faults.all()).faults
