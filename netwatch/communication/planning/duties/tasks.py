"""Tasks in the hands of people: handed out at opening, acknowledged, passed on when nobody answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.model import TaskPlan
from netwatch.communication.planning.duties.roster import Duties


class Ask(StrEnum):
    """Why someone is told of a task."""

    HANDED = "handed"
    """It is theirs from now on."""
    ESCALATED = "escalated"
    """Nobody before them answered in time."""
    UNANSWERED = "unanswered"
    """Nobody at all answered in time: everybody is told, once."""
    DUE = "due"
    """They have it, and its minute has come."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One task of one incident. `level` counts how often it was passed on; instants on the timeline.

    `asked_at` is when the present `holders` (ids) were asked. `acknowledged_by` empty = nobody has it yet.
    """

    incident: str
    number: int
    plan: TaskPlan
    opened_at: float
    holders: tuple[str, ...]
    asked_at: float
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
        return self.level > len(self.plan.escalate_to)


@dataclass(frozen=True, slots=True)
class Reminder:
    """Someone is to be told of a task now."""

    ask: Ask
    task: Handed
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class TaskBook:
    """All tasks in someone's hands, by incident."""

    tasks: Mapping[str, tuple[Handed, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, incident: str) -> tuple[Handed, ...]:
        """The tasks of one incident, in the plan's order."""
        return self.tasks.get(incident, ())

    def with_(self, incident: str, tasks: Sequence[Handed]) -> TaskBook:
        """The same with these tasks of `incident`; none = it is closed."""
        rest = {name: held for name, held in self.tasks.items() if name != incident}
        return TaskBook(MappingProxyType({**rest, incident: tuple(tasks)} if tasks else rest))


def hand_out(
    book: TaskBook, incident: str, plans: Sequence[TaskPlan], duties: Duties, now: float
) -> tuple[TaskBook, tuple[Reminder, ...]]:
    """Hand every task of a procedure to whoever has the duty now; an incident that has its tasks keeps them."""
    if book.of(incident) or not plans:
        return book, ()
    made: list[Handed] = []
    asked: list[Reminder] = []
    for number, plan in enumerate(plans):
        people = duties.holders(plan.duty, now)
        task = Handed(incident, number, plan, now, tuple(person.id for person in people), now)
        made.append(task)
        asked.append(Reminder(Ask.HANDED, task, people))
    return book.with_(incident, made), tuple(asked)


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
    return book.with_(incident, ())


def step(book: TaskBook, duties: Duties, now: float) -> tuple[TaskBook, tuple[Reminder, ...]]:
    """What has come due by `now`. The very same book is returned when nothing has."""
    asked: list[Reminder] = []
    after = book
    for incident in sorted(book.tasks):
        tasks: list[Handed] = []
        for task in book.of(incident):
            moved, reminder = _one(task, duties, now)
            tasks.append(moved)
            if reminder is not None:
                asked.append(reminder)
        if tuple(tasks) != book.of(incident):
            after = after.with_(incident, tasks)
    return after, tuple(asked)


def _one(task: Handed, duties: Duties, now: float) -> tuple[Handed, Reminder | None]:
    if task.acknowledged_by:
        if task.plan.minute and not task.reminded and now >= task.due_at:
            done = replace(task, reminded=True)
            return done, Reminder(Ask.DUE, done, _named(duties, task, now))
        return task, None
    if task.exhausted or now < task.answer_by_at:
        return task, None
    level, people = _next(task, duties, now)
    passed = replace(task, level=level, holders=tuple(person.id for person in people), asked_at=now)
    return passed, Reminder(Ask.UNANSWERED if passed.exhausted else Ask.ESCALATED, passed, people)


def _next(task: Handed, duties: Duties, now: float) -> tuple[int, tuple[Person, ...]]:
    """The next level with somebody who was not asked just before; the level after the last is everybody."""
    for level in range(task.level + 1, len(task.plan.escalate_to) + 1):
        people = duties.on_duty(task.plan.escalate_to[level - 1], now)
        fresh = tuple(person for person in people if person.id not in task.holders)
        if fresh:
            return level, fresh
    return len(task.plan.escalate_to) + 1, duties.everybody()


def _named(duties: Duties, task: Handed, now: float) -> tuple[Person, ...]:
    """Who took the task; whoever has the duty when that person is gone."""
    taken = tuple(person for person in duties.everybody() if person.id == task.acknowledged_by)
    return taken or duties.holders(task.plan.duty, now)


def present(plans: Sequence[TaskPlan], duties: Duties, now: float) -> tuple[tuple[TaskPlan, Person | None], ...]:
    """Each task with the first person who would get it at `now`; None = nobody."""
    return tuple((plan, next(iter(duties.holders(plan.duty, now)), None)) for plan in plans)


#: Duties that a task can be given to; `staff` is nobody's task.
GIVABLE: frozenset[Duty] = frozenset(Duty) - {Duty.STAFF}
