"""Bugs put in on purpose, one at a time: the seeds must find each, or they prove nothing.

`python -m tests.simulation.delivery.bugs [NAME ...] [--most 500] [--jobs N]` prints at which seed each was found.
A bug is a replacement in the source of a module, made while a process of its own imports it; no file is changed.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import logging
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

STORE = "netwatch.storage."
DELIVERY = "netwatch.communication.delivery."
PLANNING = "netwatch.communication.planning."
_ASKED = "asked = await self._ask(claimed) if claimed.unknowns and"


@dataclass(frozen=True, slots=True)
class Change:
    """In `module`, `old` becomes `new`, wherever it stands."""

    module: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Bug:
    """One mistake that somebody could make."""

    name: str
    changes: tuple[Change, ...]


def bug(name: str, module: str, old: str, new: str) -> Bug:
    return Bug(name, (Change(module, old, new),))


BUGS = (
    bug("sent before the claim is written down", STORE + "claims", "SET state='sending', reason=''", "SET reason=''"),
    bug("an approval is not looked at", STORE + "approvals", "        if waiting is None:\n", "        if True:\n"),
    bug("the veto window is not waited for", DELIVERY + "release", "return Waiting.VETO_WINDOW if now < approval.release_at else None", "return None"),
    bug("one of two people is enough", DELIVERY + "release", "max(0, max(1, approval.needed) - ", "max(0, 1 - "),
    bug("the hold is not read", STORE + "claims", "hold = read_hold(connection).on or request.conditions.hold", "hold = False"),
    bug("isolation does not stop a claim", DELIVERY + "release", "if conditions.isolated:", "if conditions.isolated and False:"),
    bug("the ceiling counts each incident by itself", STORE + "approvals", "over = over_ceiling(conditions, told_recently(connection, now), newly)", "over = over_ceiling(conditions, 0, newly)"),
    bug("nothing is blocked while a notice is in flight", STORE + "admission", 'return State.BLOCKED, "a notice is in flight"', 'return released, ""'),
    bug("in flight counts as never told", STORE + "admission", 'return State.BLOCKED, "a notice is in flight"', 'return State.SUPPRESSED, "was never told of the outage"'),
    bug("what is blocked is never looked at again", STORE + "outbox", "if state is not State.BLOCKED:", "if False:"),
    bug("a newer update overtakes nothing", STORE + "admission", "return Admission(state, reason, overtaken)", "return Admission(state, reason, ())"),
    bug("the all-clear goes to everybody", STORE + "admission", 'return State.SUPPRESSED, "was never told of the outage"', 'return released, ""'),
    bug("told under a merged incident is forgotten", STORE + "outbox", 'while sources := sources - seen - {""}:', "while False and sources:"),
    bug("expiry by the wall clock", STORE + "claims", "expire(connection, now)", "expire(connection, now + request.conditions.wall_step_s)"),
    bug("two tellings to one person at once", STORE + "claims", "elif not _may_follow(message, busy):", "elif False:"),
    bug("routine news in flight in a crash is sent again", STORE + "recovery", "(Phase(phase) in RESENT and unknowns == 0)", "True"),
    bug("routine news in doubt is sent again", DELIVERY + "settle", "(message.phase in RESENT and claimed.unknowns == 0)", "True"),
    bug("in doubt, sent again and again", DELIVERY + "settle", "(message.phase in RESENT and claimed.unknowns == 0)", "message.phase in RESENT"),
    bug("a start forgets what was in flight", STORE + "recovery", "        \" FROM messages WHERE state='sending'\"\n    ).fetchall()\n    quarantined", "        \" FROM messages WHERE state='nothing'\"\n    ).fetchall()\n    quarantined"),
    bug("after a crash what was in flight counts as never told", STORE + "recovery", " perhaps=1, told_at=COALESCE(told_at, ?)", " told_at=IIF(? IS NULL, told_at, told_at)"),
    bug("two crashes are not one too many", STORE + "recovery", "QUARANTINE_AFTER = 2", "QUARANTINE_AFTER = 99"),
    bug("the sent log after the commit", STORE + "database", '            self._before_commit()\n            self._connection.execute("COMMIT")', '            self._connection.execute("COMMIT")\n            self._before_commit()'),
    bug("the sent log is not read after a restore", STORE + "opening", "left = apply_sent_log(connection, facts, log, now)", "left = 0"),
    bug("no hold after a restore", STORE + "opening", '    if restored:\n        return "the store is', '    if False:\n        return "the store is'),
    bug("a breaker never opens", DELIVERY + "breaker", "return (len(last) == in_a_row and all(last)) or sum(breaker.recent) * 2 >= settings.breaker_window", "return False"),
    bug("more than one message probes a route", DELIVERY + "breaker", "return breaker.state is BreakerState.CLOSED", "return breaker.state is not BreakerState.OPEN"),
    bug("greylisted is given up", DELIVERY + "settle", "return outcome in {Outcome.RECIPIENT_TEMPORARY, Outcome.UNKNOWN}", "return False"),
    bug("an alert tries one route only", DELIVERY + "settle", "def next_route(claimed: Claimed, outcome: Outcome) -> bool:\n", "def next_route(claimed: Claimed, outcome: Outcome) -> bool:\n    if outcome is Outcome.DEFECT:\n        return False\n"),
    bug("the gap holds ends back too", STORE + "claims", "if message.phase in NEVER_ROUTINE or request.gap_s <= 0:", "if request.gap_s <= 0:"),
    bug("no gap between routine news", STORE + "claims", "if message.phase in NEVER_ROUTINE or request.gap_s <= 0:", "if True:"),
    bug("a veto stops nothing that waits", STORE + "approvals", "number=? AND external=1 AND pending=1 AND {_MAY_BE_STOPPED}", "number=? AND state='held' AND external=1 AND {_MAY_BE_STOPPED}"),
    bug("what comes back is not overtaken", STORE + "outbox", " or _overtaken(connection, message)", ""),
    bug("the least hit first", STORE + "claims", "ORDER BY m.crashes, m.priority, m.planned_at DESC", "ORDER BY m.crashes, m.priority DESC, m.planned_at DESC"),
    bug("a promise is lost in a restart", PLANNING + "state", '"due_at": telling.due_at,', '"due_at": None,'),
    bug("who was told is lost in a restart", PLANNING + "state", '"told": dict(telling.told),', '"told": {},'),
    bug("promises are never due", PLANNING + "promises", "return now >= telling.due_at - (0.0 if recovering else lead_s(settings))", "return False"),
    bug("the text is part of the identity", PLANNING + "writer", "id=message_id(self._incident.id, phase, update, channel.value, recipient)", "id=message_id(self._incident.id, phase, update, channel.value, recipient + text.subject)"),
    bug("partly restored is told to all", PLANNING + "reactions", "over = (change.restored & _still_told(turn.telling(incident.id))) - hit(incident)", "over = _still_told(turn.telling(incident.id))"),
    bug("a veto does not reach what comes back", STORE + "outbox", "overtaken = bool(vetoed_by) or _overtaken", "overtaken = _overtaken"),
    bug("a veto does not reach what was in flight in a crash", STORE + "recovery", "AND vetoed_by<>'' AND ?5=1", "AND vetoed_by<>'' AND ?5=2"),
    bug("an end that lapsed is forgotten", PLANNING + "reactions", "_still_told(telling) | lapsed", "_still_told(telling)"),
    bug("an approval covers what was not shown", STORE + "approvals", "if up_to is None or case.approval.update <= up_to", "if True"),
    bug("an opt-out does not reach what comes back", STORE + "claims", "        elif wants_not:\n", "        elif False:\n"),
    bug("quiet hours are not looked at", STORE + "claims", "        _keep_quiet(connection, lane.channel, request)\n", "        pass\n"),
    bug("quiet hours are everybody's", STORE + "claims", "WHERE segment IN ({marks})", "WHERE (1 OR segment IN ({marks}))"),
    bug("quiet hours stay where the wall clock was", "netwatch.daemon.standing", "self._zone, now, wall_step_s)", "self._zone, now, 0.0)"),
    bug("a correction goes to everybody", STORE + "admission", "TO_THE_TOLD: Final = LAST_WORDS | {Phase.FEEDBACK}", "TO_THE_TOLD: Final = ENDING | {Phase.FEEDBACK}"),
    bug("a correction for some goes to all", PLANNING + "reactions", "        told &= change.restored\n", "        pass\n"),
    bug("what was taken back is not said", PLANNING + "reactions", "    turn.follow_up(incident, Phase.CORRECTION, told)\n", ""),
    bug("a correction of what is over promises an update", PLANNING + "reactions", "over = telling.closed_at is not None", "over = False"),
    bug("in doubt the peer is not asked", DELIVERY + "dispatcher", _ASKED, _ASKED.replace("claimed.unknowns", "False")),
    bug("routine news that no peer knows of is sent again", DELIVERY + "settle", "if message.phase in RESENT and claimed.unknowns == 1:", "if claimed.unknowns == 1:"),
    Bug(
        "an opt-out is for what is planned later",
        (
            Change(STORE + "claims", "        elif wants_not:\n", "        elif False:\n"),
            Change(STORE + "reach", "    suppress(connection, [row[0] for row in rows], wish.at)\n", ""),
        ),
    ),
    Bug(
        "an opt-out is for what was planned before",
        (
            Change(STORE + "claims", "        elif wants_not:\n", "        elif False:\n"),
            Change(STORE + "reach", "if self._any_optout and wants_not", "if False and wants_not"),
        ),
    ),
    Bug(
        "the end overtakes nothing",
        (
            Change(PLANNING + "reactions", "    turn.supersede(incident.id, below)\n", ""),
            Change(STORE + "outbox", "        return STALE_WHEN_OVER\n", "        return frozenset()\n"),
            Change(STORE + "admission", "return Admission(state, reason, overtaken)", "return Admission(state, reason, ())"),
        ),
    ),
    Bug(
        "who knows of an outage gets another first notice",
        (
            Change(PLANNING + "reactions", "        free, _ = read_by_now(turn, telling, left & _still_told(telling))\n", "        free = frozenset()\n"),
            Change(STORE + "claims", "_begins(message) and knows_of_another(connection, message)", "False"),
        ),
    ),
)  # fmt: skip


class _Spoiler(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the named modules with the bug in them."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self.missing = {change.module for change in changes}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not any(change.module == name for change in self._changes):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path, target)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_file_location(name, found.origin, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin).read_text(encoding="utf-8")
        for change in self._changes:
            if change.module == module.__name__:
                source = source.replace(change.old, change.new)
        self.missing.discard(module.__name__)
        exec(compile(source, spec.origin, "exec"), module.__dict__)


def moved() -> list[str]:
    """Bugs whose place in the source is no longer what it was: they are to be put in anew."""
    return [
        f"{one.name}: {change.module} no longer says {change.old!r}"
        for one in BUGS
        for change in one.changes
        if change.old not in inspect.getsource(import_module(change.module))
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """At which of the seeds from 0 the bug was found, None = at none; and the sentence."""

    name: str
    seed: int | None
    sentence: str


def hunt(number: int, most: int) -> Found:
    """Put the bug in and play until it is found. For a fresh process only: it spoils the modules for good."""
    wanted = BUGS[number]
    logging.disable(logging.CRITICAL)
    spoiler = _Spoiler(wanted.changes)
    sys.meta_path.insert(0, spoiler)
    verdict = import_module("tests.simulation.delivery.campaign").verdict
    assert not spoiler.missing, f"{wanted.name}: never imported {spoiler.missing}"
    for seed in range(most):
        sentence, _ = verdict(seed)
        if sentence:
            return Found(wanted.name, seed, sentence)
    return Found(wanted.name, None, "")


def hunt_all(names: Sequence[str], most: int, jobs: int) -> list[Found]:
    """Hunt each in a process of its own."""
    numbers = [number for number, one in enumerate(BUGS) if not names or one.name in names]
    found = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as workers:
        for one in workers.map(partial(hunt, most=most), numbers):
            print(f"| {one.name} | {'not found' if one.seed is None else one.seed} | {one.sentence} |", flush=True)
            found.append(one)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.delivery.bugs", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--most", type=int, default=500, help="seeds for each bug (default 500)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if gone := moved():
        print(*gone, sep="\n")
        return 1
    print("| bug | found at seed | because |\n| --- | --- | --- |")
    found = hunt_all(options.names, options.most, options.jobs)
    missed = [one.name for one in found if one.seed is None]
    print(f"{len(found) - len(missed)} of {len(found)} found", *missed, sep="\n  ")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
