"""Reads a playbook and refuses one that could not be followed, with every fault at its line, all in one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from netwatch.communication.planning.duties.calendar import read_calendar
from netwatch.communication.planning.duties.model import Roster, TaskPlan
from netwatch.communication.planning.duties.shifts import read_shifts
from netwatch.communication.planning.playbook import Playbook, Procedure, Step, When
from netwatch.communication.planning.playbook_rules import step_faults, task_faults
from netwatch.diagnosis.model import Scope
from netwatch.errors import Fault, InputError, Place
from netwatch.sources import Faults, Node, read_yaml, validate

SHIPPED: Final = Path(__file__).with_name("playbook.yaml")
T = TypeVar("T")


def default_playbook() -> Playbook:
    """The playbook that is followed when the operator names none."""
    return load_playbook(SHIPPED)


def load_playbook(path: Path, *, named_at: Place | None = None) -> Playbook:
    """The playbook in `path`. `named_at`: where the configuration names it.

    Raises:
        InputError: every fault found.
    """
    playbook, faults = read_playbook(path, named_at=named_at)
    if faults or playbook is None:
        raise InputError(faults)
    return playbook


def read_playbook(path: Path, *, named_at: Place | None = None) -> tuple[Playbook | None, tuple[Fault, ...]]:
    """What can be understood of the playbook, and every fault in it; None = nothing can.

    What is understood in spite of faults serves to find more of them, never to be followed.
    """
    faults = Faults()
    node: Node | None = None
    with faults.collecting():
        node = read_yaml(path, named_at=named_at)
    if node is None:
        return None, faults.all()
    sound = False
    with faults.collecting():
        validate(node, Playbook)
        sound = True
    playbook, complete = _understood(node)
    playbook = replace(playbook, roster=_with_files(playbook.roster, path.parent, node, faults))
    faults.extend(_rule_faults(node))
    faults.extend(_coverage_faults(playbook, node, complete=complete and sound))
    return playbook, tuple(sorted(set(faults.all())))


def _tried(node: Node | None, kind: type[T]) -> T | None:
    """The value of a part; None when it is wrong, which validating the whole has told already."""
    if node is None:
        return None
    try:
        return validate(node, kind)
    except InputError:
        return None


def _parts(block: Node | None) -> Iterator[Node]:
    return block.entries() if block is not None else iter(())


def _understood(node: Node) -> tuple[Playbook, bool]:
    """All parts that are right by themselves, and whether every procedure's conditions are."""
    procedures: list[Procedure] = []
    complete = True
    for block in _parts(node.get("procedures")):
        when = _tried(block.get("when"), When)
        name = block.get("name")
        complete = complete and when is not None
        if when is None or name is None or not isinstance(name.value, str):
            continue
        steps = tuple(step for one in _parts(block.get("steps")) if (step := _tried(one, Step)) is not None)
        tasks = tuple(task for one in _parts(block.get("tasks")) if (task := _tried(one, TaskPlan)) is not None)
        procedures.append(Procedure(name.value, when, steps, tasks))
    return Playbook(tuple(procedures), _tried(node.get("roster"), Roster) or Roster()), complete


def _with_files(roster: Roster, base: Path, node: Node, faults: Faults) -> Roster:
    """The roster with the shifts of its files."""
    block = node.get("roster")
    named = list(_parts(block.get("shift_files"))) if block is not None else []
    files = list(_parts(block.get("calendars"))) if block is not None else []
    shifts = list(roster.shifts)
    for number, calendar in enumerate(roster.calendars):
        place = files[number].place_of("file") if number < len(files) else None
        shifts.extend(read_calendar(base / calendar.file, calendar.duty, faults, named_at=place))
    for number, file in enumerate(roster.shift_files):
        shifts.extend(read_shifts(base / file, faults, named_at=named[number].place if number < len(named) else None))
    return replace(roster, shifts=tuple(shifts))


def steps_of(node: Node) -> Iterator[tuple[Step, Node]]:
    """Every step that is right by itself, with its place."""
    for block in _parts(node.get("procedures")):
        for one in _parts(block.get("steps")):
            step = _tried(one, Step)
            if step is not None:
                yield step, one


def _rule_faults(node: Node) -> Iterator[Fault]:
    """What the types can't tell, for every part that is right by itself."""
    seen: dict[str, int] = {}
    for block in _parts(node.get("procedures")):
        name = block.get("name")
        if name is not None and isinstance(name.value, str):
            if name.value in seen:
                yield Fault(
                    name.place,
                    f'the procedure "{name.value}" stands twice',
                    f"give it another name; the first is on line {seen[name.value]}",
                )
            seen.setdefault(name.value, block.line)
        steps = block.get("steps")
        if steps is not None and isinstance(steps.value, list) and not steps.value:
            yield Fault(steps.place, "this procedure has no steps", "add one, as in {tell: oncall, by: [email]}")
        when = _tried(block.get("when"), When)
        for one in _parts(steps):
            step = _tried(one, Step)
            if step is not None:
                yield from step_faults(when, step, one)
        for one in _parts(block.get("tasks")):
            task = _tried(one, TaskPlan)
            if task is not None:
                yield from task_faults(task, one)


def _coverage_faults(playbook: Playbook, node: Node, *, complete: bool) -> Iterator[Fault]:
    """A scope that nothing serves, and a procedure that is never reached. Only where all conditions are known."""
    blocks = node.get("procedures")
    if not complete or blocks is None:
        return
    served: set[Scope] = set()
    for procedure, block in zip(playbook.procedures, blocks.entries(), strict=True):
        scopes = set(procedure.when.scope or Scope)
        if scopes <= served:
            yield Fault(
                block.place_of("when"),
                "this procedure is never followed: those above it fit everything that it fits",
                "move it up, or remove it",
            )
        if procedure.when.general:
            served |= scopes
    for scope in Scope:
        if scope not in served:
            yield Fault(
                node.place_of("procedures"),
                f"nobody is told of some incidents of scope {scope.value}",
                f"add a procedure with `when: {{scope: [{scope.value}]}}` and no other condition",
            )
