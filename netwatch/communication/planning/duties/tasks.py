"""Tasks in the hands of people: handed out at opening, acknowledged, passed on when nobody answers. Pure.

Each instant is given twice where the roster is asked: `now` on the timeline, for the deadlines, and what the wall
shows then (`wall_step_s` away), for the roster.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.model import TaskPlan
from netwatch.communication.planning.duties.roster import Duties

#: Letters and figures that nobody mistakes for one another when a code is read out.
_ALPHABET: Final = "2346789ABCDEFGHJKMNPQRTUVWXYZ"
_CODE_LENGTH: Final = 4


class Ask(StrEnum):
    """Why someone is told of a task."""

    HANDED = "handed"
    """It is theirs from now on."""
    DUE = "due"
    """They have it, and its minute has come."""
    ESCALATED = "escalated"
    """Nobody before them answered in time."""
    UNANSWERED = "unanswered"
    """Nobody at all answered in time: everybody is told, once."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One task of one incident. `level` counts how often it was passed on; instants on the timeline.

    `code` stands for the task where people speak or write short. `asked_at` is when the present `holders` (ids) were
    asked; `asked` are all who ever were. `acknowledged_by` empty = nobody has it yet.
    """

    incident: str
    number: int
    plan: TaskPlan
    opened_at: float
    holders: tuple[str, ...]
    asked_at: float
    code: str = ""
    asked: tuple[str, ...] = ()
    level: int = 0
    acknowledged_by: str = ""
    acknowledged_at: float | None = None
    reminded: bool = False

    @property
    def due_at(self) -> float:
        """When it should be begun."""
        return self.opened_at + 60.0 * self.plan.minute

    @property
    def answer_by_at(self) -> float:
        """Until when the present holders may answer."""
        return self.asked_at + self.plan.acknowledge_within_s

    @property
    def exhausted(self) -> bool:
        """Whether there is nobody left to ask."""
        return self.level > len(self.plan.escalate_to) + 1

    def overdue(self, now: float) -> bool:
        """Whether nobody has it although the time that its first holders had is over."""
        return not self.acknowledged_by and (self.level > 0 or now >= self.answer_by_at)


@dataclass(frozen=True, slots=True)
class Reminder:
    """Someone is to be told of a task now. `before`: ids of those who were asked last and did not answer."""

    ask: Ask
    task: Handed
    people: tuple[Person, ...]
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskBook:
    """All tasks in someone's hands, by incident."""

    tasks: Mapping[str, tuple[Handed, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, incident: str) -> tuple[Handed, ...]:
        """The tasks of one incident, in the plan's order."""
        return self.tasks.get(incident, ())

    def by_code(self, code: str) -> Handed | None:
        """The task that a code stands for, however it is written."""
        wanted = code.strip().upper()
        return next((task for held in self.tasks.values() for task in held if task.code == wanted), None)

    def with_(self, incident: str, tasks: Sequence[Handed]) -> TaskBook:
        """The same with these tasks of `incident`; none = it is closed."""
        rest = {name: held for name, held in self.tasks.items() if name != incident}
        return TaskBook(MappingProxyType({**rest, incident: tuple(tasks)} if tasks else rest))


def hand_out(
    book: TaskBook,
    incident: str,
    plans: Sequence[TaskPlan],
    duties: Duties,
    now: float,
    *,
    wall_step_s: float = 0.0,
    salt: str = "",
) -> tuple[TaskBook, tuple[Reminder, ...]]:
    """Hand every task of a procedure to whoever has the duty now; an incident that has its tasks keeps them.

    `salt` makes the codes unguessable for those who know the incident's number, which customers do.
    """
    if book.of(incident) or not plans:
        return book, ()
    made: list[Handed] = []
    asked: list[Reminder] = []
    codes = {task.code for held in book.tasks.values() for task in held}
    for number, plan in enumerate(plans):
        people = duties.holders(plan.duty, now + wall_step_s)
        holders = tuple(person.id for person in people)
        code = _free_code(f"{salt}\x1f{incident}\x1f{number}", codes)
        codes.add(code)
        task = Handed(incident, number, plan, now, holders, now, code=code, asked=holders)
        made.append(task)
        asked.append(Reminder(Ask.HANDED, task, people))
    return book.with_(incident, made), tuple(asked)


def _free_code(seed: str, taken: Collection[str]) -> str:
    code, attempt = "", 0
    while not code or code in taken:
        digest = hashlib.sha256(f"{seed}\x1f{attempt}".encode()).digest()
        code = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_CODE_LENGTH])
        attempt += 1
    return code


def acknowledge(
    book: TaskBook, incident: str, person: str, now: float, *, number: int | None = None
) -> tuple[TaskBook, tuple[Handed, ...]]:
    """`person` says "I have it": of task `number`, or of all of the incident that wait for them (None).

    Returns what was taken; empty when nothing waited. The first answer counts; a second changes nothing.
    """
    taken: list[Handed] = []
    kept: list[Handed] = []
    for task in book.of(incident):
        meant = task.number == number if number is not None else person in task.holders
        if meant and not task.acknowledged_by:
            task = replace(task, acknowledged_by=person, acknowledged_at=now)  # noqa: PLW2901 - the same task, answered
            taken.append(task)
        kept.append(task)
    return (book.with_(incident, kept) if taken else book), tuple(taken)


def close(book: TaskBook, incident: str) -> TaskBook:
    """The incident is over: its tasks ask nobody any more."""
    return book.with_(incident, ()) if book.of(incident) else book


def step(
    book: TaskBook, duties: Duties, now: float, *, wall_step_s: float = 0.0
) -> tuple[TaskBook, tuple[Reminder, ...]]:
    """What has come due by `now`. The very same book is returned when nothing has."""
    asked: list[Reminder] = []
    after = book
    for incident in sorted(book.tasks):
        tasks: list[Handed] = []
        for task in book.of(incident):
            moved, reminder = _one(task, duties, now, now + wall_step_s)
            tasks.append(moved)
            if reminder is not None:
                asked.append(reminder)
        if tuple(tasks) != book.of(incident):
            after = after.with_(incident, tasks)
    return after, tuple(asked)


def _one(task: Handed, duties: Duties, now: float, wall_at: float) -> tuple[Handed, Reminder | None]:
    if task.asked_at > now:  # the clock was ahead before a restart: they have their time from now on
        task = replace(task, asked_at=now, opened_at=min(task.opened_at, now))
    if task.acknowledged_by:
        if task.plan.minute and not task.reminded and now >= task.due_at:
            done = replace(task, reminded=True)
            return done, Reminder(Ask.DUE, done, _named(duties, task, wall_at))
        return task, None
    if task.exhausted or now < task.answer_by_at:
        return task, None
    level, people = _next(task, duties, wall_at)
    holders = tuple(person.id for person in people)
    asked = tuple(dict.fromkeys((*task.asked, *holders)))
    passed = replace(task, level=level, holders=holders, asked_at=now, asked=asked)
    return passed, Reminder(Ask.UNANSWERED if passed.exhausted else Ask.ESCALATED, passed, people, task.holders)


def _next(task: Handed, duties: Duties, wall_at: float) -> tuple[int, tuple[Person, ...]]:
    """The next level with somebody who was not asked yet: whoever comes next on the duty's roster, then the duties
    that the plan names, then everybody.
    """
    rungs: list[Duty | None] = [None, *task.plan.escalate_to]
    for level in range(task.level + 1, len(rungs) + 1):
        duty = rungs[level - 1]
        people = duties.following(task.plan.duty, wall_at) if duty is None else duties.on_duty(duty, wall_at)
        fresh = tuple(person for person in people if person.id not in task.asked)
        if fresh:
            return level, fresh[:1] if duty is None else fresh
    return len(rungs) + 1, duties.everybody()


def _named(duties: Duties, task: Handed, wall_at: float) -> tuple[Person, ...]:
    """Who took the task; whoever has the duty when that person is gone."""
    taken = tuple(person for person in duties.everybody() if person.id == task.acknowledged_by)
    return taken or duties.holders(task.plan.duty, wall_at)


#: Duties that a task can be given to; `staff` is nobody's task.
GIVABLE: frozenset[Duty] = frozenset(Duty) - {Duty.STAFF}
