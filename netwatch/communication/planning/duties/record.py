"""Tasks in people's hands as JSON's types, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final

from netwatch.communication.people import Duty
from netwatch.communication.planning.duties.model import TaskPlan
from netwatch.communication.planning.duties.tasks import Handed, TaskBook

_PLAIN: Final = tuple(one.name for one in fields(Handed) if one.name not in {"plan", "holders", "asked"})


def book_out(book: TaskBook) -> list[dict[str, Any]]:
    """Every task, by incident and number. The plan stands in each: the playbook may change meanwhile."""
    return [_out(task) for incident in sorted(book.tasks) for task in book.of(incident)]


def _out(task: Handed) -> dict[str, Any]:
    plan = task.plan
    return {
        **{name: getattr(task, name) for name in _PLAIN},
        "holders": list(task.holders),
        "asked": list(task.asked),
        "plan": {
            "duty": plan.duty.value,
            "do": dict(plan.do),
            "minute": plan.minute,
            "acknowledge_within_s": plan.acknowledge_within_s,
            "escalate_to": [duty.value for duty in plan.escalate_to],
        },
    }


def book_in(held: Iterable[Mapping[str, Any]]) -> TaskBook:
    """The book of `book_out`'s answer. Raises ValueError, KeyError or TypeError when it is none."""
    tasks: dict[str, list[Handed]] = {}
    for one in held:
        task = Handed(**{
            **one, "plan": _plan(one["plan"]), "holders": tuple(one["holders"]), "asked": tuple(one["asked"]),
        })  # fmt: skip
        tasks.setdefault(task.incident, []).append(task)
    return TaskBook(MappingProxyType({name: tuple(found) for name, found in tasks.items()}))


def _plan(held: Mapping[str, Any]) -> TaskPlan:
    return TaskPlan(
        duty=Duty(held["duty"]),
        do=MappingProxyType(dict(held["do"])),
        minute=held["minute"],
        acknowledge_within_s=held["acknowledge_within_s"],
        escalate_to=tuple(Duty(name) for name in held["escalate_to"]),
    )
