"""Tasks in people's hands and calls owed to customers, as the doors show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from netwatch.communication.planning.calls import Call
from netwatch.communication.planning.duties.tasks import Handed
from netwatch.inventory.model import Service


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when something may be over, aware. `from_at` None = only the end is given; `until_at` None = nobody
    can say.
    """

    until_at: datetime | None = None
    from_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task in people's hands. `number` (from 1) and `code` are what it is answered with.

    `holders` are the ids of those who were asked last, since `since_at`; `answer_by_at` is how long they have. `passed_on`
    counts how often somebody did not answer. `taken_by` "" = nobody has it. `overdue`: its first holders did not answer
    in time, and nobody else has yet.
    """

    number: int
    code: str
    duty: str
    what: str
    minute: int
    holders: tuple[str, ...]
    since_at: datetime
    answer_by_at: datetime
    passed_on: int = 0
    taken_by: str = ""
    taken_at: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class CallView:
    """A call that is owed to a customer. `by` promised it; "" = whoever has the duty. `incident` "" = it is about none.

    `over`: the outage is over and the call says so. `missed`: its time has passed.
    """

    customer: str
    name: str
    phone: str
    due_at: datetime
    by: str = ""
    incident: str = ""
    over: bool = False
    missed: bool = False


def task_views(
    tasks: Iterable[Handed], utc: Callable[[float], datetime], now: float, language: str
) -> tuple[TaskView, ...]:
    """The tasks of one incident; what is to be done, in `language` where it is written in it."""
    return tuple(
        TaskView(
            number=task.number + 1,
            code=task.code,
            duty=task.plan.duty.value,
            what=task.plan.words(language, language),
            minute=task.plan.minute,
            holders=task.holders,
            since_at=utc(task.asked_at),
            answer_by_at=utc(task.answer_by_at),
            passed_on=task.level,
            taken_by=task.acknowledged_by,
            taken_at=None if task.acknowledged_at is None else utc(task.acknowledged_at),
            overdue=task.overdue(now),
        )
        for task in tasks
    )


def call_views(
    calls: Iterable[Call], utc: Callable[[float], datetime], now: float, customers: Mapping[str, tuple[Service, ...]]
) -> tuple[CallView, ...]:
    """Calls that are owed, first due first."""
    found = []
    for call in calls:
        services = customers.get(call.customer, ())
        found.append(
            CallView(
                customer=call.customer,
                name=next((one.name for one in services), ""),
                phone=next((one.phone or one.mobile for one in services if one.phone or one.mobile), ""),
                due_at=utc(call.due_at),
                by=call.by,
                incident=call.incident,
                over=call.after,
                missed=now >= call.due_at,
            )
        )
    return tuple(found)
