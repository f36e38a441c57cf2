"""One reading of the operator's files: loaded and checked as `netwatch check` does, and what changes by it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

from netwatch.communication.planning.feedback import needed_for_s
from netwatch.communication.planning.planner import Planner
from netwatch.communication.texts.loading import load_texts
from netwatch.config import Config, Files
from netwatch.daemon.apart import read_files
from netwatch.daemon.collecting import leave_alone
from netwatch.daemon.memory import give_back
from netwatch.diagnosis.engine import Engine
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.polling.plan import DevicePlan, plan

#: Sections that are opened or started once: sockets, the store, ways out, the poller's schedule.
_FIXED: Final = ("storage", "web", "metrics", "channels", "polling")
#: The same, of sections that otherwise change while netwatch runs.
_FIXED_KEYS: Final = {"communication": ("recipient_gap_s",), "snmp": ("trap_address", "trap_port")}
#: So long the reader may keep the interpreter while the event loop wants it.
_TURN_S: Final = 0.0005
#: Of these much must not change at once without a person: the diagnosis and whom it concerns hang on them.
_TOLD_BY: Final = ("device", "customer")
#: So few may always change.
_FEW: Final = 50
_COUNTED: Final = (("devices", "device"), ("links", "link"), ("customers", "customer"))


@dataclass(frozen=True, slots=True)
class Edition:
    """A configuration with its inventory, complete and without a fault.

    `engine` None: what the diagnosis looks at is as before, so the present one stays. `needs_restart`: settings of the files that differ and can't change while netwatch runs; `config`
    holds those in force. `changes` are words for people. `upheaval`: what changes so much that a person must
    confirm it; empty = nothing.
    """

    config: Config
    inventory: Inventory
    topology: Topology
    plans: Mapping[str, DevicePlan]
    planner: Planner
    engine: Engine | None
    needs_restart: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    upheaval: str = ""


def planner_of(files: Files, channels: Iterable[str]) -> Planner:
    """The planner by the operator's files; `channels` are those that are set up.

    Raises:
        InputError: a text is wrong.
    """
    config, texts = files.config, load_texts(files.config.templates)
    return Planner(files.playbook, texts, files.inventory, config.people, config.communication, channels=set(channels))


def life_cycle(config: Config) -> IncidentSettings:
    """How incidents live: at hand at least until their customers were asked how it was."""
    keep_s = max(config.incidents.keep_resolved_s, needed_for_s(config.communication))
    return replace(config.incidents, keep_resolved_s=keep_s)


def read(
    path: Path, config: Config, inventory: Inventory, channels: Iterable[str], *, keep_engine: bool = True
) -> Edition:
    """Read the files again; `config` and `inventory` are in force. Takes its time: not for the event loop.

    `keep_engine`: where the network is the same, the present diagnosis may stay.

    Raises:
        InputError: every fault that `netwatch check` tells, with its place.
    """
    with _soon_the_loops_turn(), _made_to_last():
        files = read_files(path, check=True)
        written, fresh = files.config, files.inventory
        merged = _with_what_is_fixed(written, config)
        looks_new = not keep_engine or fresh != inventory or merged.diagnosis != config.diagnosis
        topology = Topology(fresh)
        return Edition(
            config=merged,
            inventory=fresh,
            topology=topology,
            plans=plan(fresh, merged.polling),
            planner=planner_of(replace(files, config=merged), channels),
            engine=Engine(topology, merged.diagnosis) if looks_new else None,
            needs_restart=tuple(_fixed_differences(written, config)),
            changes=tuple(_changes(inventory, fresh)),
            upheaval=_upheaval(inventory, fresh, config.communication.reload_share),
        )


def with_engine(edition: Edition) -> Edition:
    """The same, with a diagnosis that looks at everything anew. Takes its time: not for the event loop."""
    with _soon_the_loops_turn(), _made_to_last():
        return replace(edition, engine=Engine(edition.topology, edition.config.diagnosis))


@contextmanager
def _made_to_last() -> Iterator[None]:
    """The collector looks at nothing meanwhile, and never at what was made: everything would wait for it."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if collects:
            gc.enable()


def forget_the_old() -> None:
    """Free what is left of an edition that is no longer in force. Everything waits meanwhile, some 0.05 s for each
    thousand devices; afterwards the collector looks at none of the present one.
    """
    gc.unfreeze()
    gc.collect()
    leave_alone()
    give_back()


@contextmanager
def _soon_the_loops_turn() -> Iterator[None]:
    """Who reads here hands the interpreter over soon when the event loop wants it."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)


def summary(inventory: Inventory) -> str:
    """One line of what netwatch does with it."""
    return f"polling {len(inventory.devices):,} devices for {len(inventory.customers):,} customers"


def polled(plans: Mapping[str, DevicePlan]) -> frozenset[str]:
    """Devices that are asked at all."""
    return frozenset(device for device, asked in plans.items() if asked.icmp or asked.profile)


def _with_what_is_fixed(written: Config, present: Config) -> Config:
    kept: dict[str, Any] = {name: getattr(present, name) for name in _FIXED}
    for section, keys in _FIXED_KEYS.items():
        old = getattr(present, section)
        kept[section] = replace(getattr(written, section), **{key: getattr(old, key) for key in keys})
    return replace(written, **kept)


def _fixed_differences(written: Config, present: Config) -> Iterator[str]:
    for section in _FIXED:
        yield from _differences(section, getattr(written, section), getattr(present, section))
    for section, keys in _FIXED_KEYS.items():
        for key in keys:
            if getattr(getattr(written, section), key) != getattr(getattr(present, section), key):
                yield f"{section}.{key}"


def _differences(name: str, written: object, present: object) -> Iterator[str]:
    """Dotted names of the settings that differ, without their values: some are secrets."""
    if written == present:
        return
    if is_dataclass(written) and type(written) is type(present):
        for one in fields(written):
            yield from _differences(f"{name}.{one.name}", getattr(written, one.name), getattr(present, one.name))
    elif isinstance(written, Mapping) and isinstance(present, Mapping) and written.keys() & present.keys():
        for key in sorted({*written, *present}):
            yield from _differences(f"{name}.{key}", written.get(key), present.get(key))
    else:
        yield name


def _same(before: object, after: object) -> bool:
    """Whether they say the same, wherever in the file."""
    if before == after:
        return True
    if isinstance(before, tuple) and isinstance(after, tuple):  # the services of a customer
        return [replace(one, line=0) for one in before] == [replace(one, line=0) for one in after]
    return False


def _upheaval(before: Inventory, after: Inventory, share: float) -> str:
    """The first kind of which more than `share` changes, and not just a few; "" = none."""
    for name, noun in _COUNTED:
        old, new = getattr(before, name), getattr(after, name)
        changed = len(old.keys() ^ new.keys()) + sum(not _same(old[key], new[key]) for key in new.keys() & old.keys())
        most = max(len(old), len(new))
        if noun in _TOLD_BY and changed > _FEW and changed > share * most:
            return f"{changed:,} of {most:,} {name} would change"
    return ""


def _changes(before: Inventory, after: Inventory) -> Iterator[str]:
    """`2 devices added`, `1 customer changed`."""
    for name, noun in _COUNTED:
        old, new = getattr(before, name), getattr(after, name)
        counts = {
            "added": len(new.keys() - old.keys()),
            "removed": len(old.keys() - new.keys()),
            "changed": sum(not _same(old[key], new[key]) for key in new.keys() & old.keys()),
        }
        for word, count in counts.items():
            if count:
                yield f"{count:,} {noun}{'' if count == 1 else 's'} {word}"
