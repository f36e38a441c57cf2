"""Call-backs that people promised, and those owed at the end of an outage: reminded, kept or missed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

#: No more call-backs are remembered at once: nobody could keep them.
CALLS_MOST: Final = 500
#: One that was missed stands in the ledger for so long, seconds; after that it is history.
_REMEMBER_S: Final = 86_400.0


class Ring(StrEnum):
    """Why someone is told of a call-back."""

    DUE = "call_due"
    """Its time comes soon."""
    MISSED = "call_missed"
    """Its time has passed, and nobody said that the call was made."""
    BACK = "call_back"
    """The outage is over: these were on the list of those to ring up, and are to be told so."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is owed to a customer. Instants on the timeline.

    `incident` empty = it belongs to none. `by` is the person who promised it; empty = nobody in particular: whoever
    has the duty. `after`: owed because the outage is over.
    """

    number: int
    customer: str
    incident: str
    by: str
    made_at: float
    due_at: float
    after: bool = False
    reminded: bool = False
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """All calls that are owed. `next_number` counts them, `next_note` what was told of them."""

    owed: tuple[Call, ...] = ()
    next_number: int = 0
    next_note: int = 0

    def to(self, customer: str) -> tuple[Call, ...]:
        """The calls owed to one customer, first due first."""
        return tuple(call for call in self.owed if call.customer == customer)


def promise(
    calls: Calls, customer: str, *, incident: str, by: str, due_at: float, now: float, after: bool = False
) -> tuple[Calls, Call]:
    """One more call is owed."""
    made = Call(calls.next_number, customer, incident, by, now, due_at, after=after)
    owed = sorted((*calls.owed, made), key=lambda call: (call.due_at, call.number))
    return replace(calls, owed=tuple(owed), next_number=calls.next_number + 1), made


def called(calls: Calls, customer: str) -> tuple[Calls, tuple[Call, ...]]:
    """The customer was rung: everything owed to them is kept. Returns what that was; () = nothing was owed."""
    kept = calls.to(customer)
    if not kept:
        return calls, ()
    return replace(calls, owed=tuple(call for call in calls.owed if call.customer != customer)), kept


def step(calls: Calls, now: float, lead_s: float) -> tuple[Calls, tuple[tuple[Ring, Call], ...]]:
    """What falls due: a reminder `lead_s` before the time, and once when it has passed.

    The very same calls are returned when nothing has. A call promised for sooner than the lead is not reminded of; one
    whose time passed while netwatch did not run is told as missed.
    """
    told: list[tuple[Ring, Call]] = []
    owed: list[Call] = []
    for call in calls.owed:
        moved = call
        if now >= call.due_at:
            if call.missed and now >= call.due_at + _REMEMBER_S:
                continue
            if not call.missed:
                moved = replace(call, missed=True, reminded=True)
                told.append((Ring.MISSED, moved))
        elif not call.reminded and now >= call.due_at - lead_s:
            moved = replace(call, reminded=True)
            if call.made_at < call.due_at - lead_s:
                told.append((Ring.DUE, moved))
        owed.append(moved)
    if tuple(owed) == calls.owed:
        return calls, ()
    return replace(calls, owed=tuple(owed)), tuple(told)


_NAMES: Final = tuple(one.name for one in fields(Call))


def calls_out(calls: Calls) -> dict[str, Any]:
    """The ledger in JSON's types."""
    owed = [{name: getattr(call, name) for name in _NAMES} for call in calls.owed]
    return {"owed": owed, "next_number": calls.next_number, "next_note": calls.next_note}


def calls_in(held: Mapping[str, Any]) -> Calls:
    """The ledger of `calls_out`'s answer. Raises KeyError or TypeError when it is none."""
    owed: Iterable[Mapping[str, Any]] = held["owed"]
    return Calls(tuple(Call(**one) for one in owed), int(held["next_number"]), int(held["next_note"]))
