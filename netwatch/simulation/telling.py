"""What became of every planned message in a rehearsal: released when, overtaken by what, waiting for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from netwatch.communication.model import EXTERNAL, Approval, ApprovalKind, Message, Plan

#: A mailing of this size is to be accepted within `channels.delivery.mailing_budget_s`.
_MAILING = 10_000


class Fate(StrEnum):
    """What became of a message."""

    SENT = "sent"
    WAITS = "waits for a person"
    OVERTAKEN = "overtaken by newer news"


@dataclass(frozen=True, slots=True)
class Told:
    """One message. `released_at` and `accepted_at` are None unless it was sent.

    `accepted_at` is reckoned, not measured: as if the relays took the whole mailing at the speed that the settings
    ask of them.
    """

    message: Message
    planned_at: float
    fate: Fate
    released_at: float | None = None
    accepted_at: float | None = None


def follow(
    plans: Sequence[tuple[float, Plan]], mailing_budget_s: float, approve_after_s: float | None = None
) -> tuple[Told, ...]:
    """Every message of the plans, by the time at which it was planned and its priority.

    `approve_after_s`: people approve what waits for them so many seconds after they are asked; None = nobody does.
    """
    approvals = {(a.incident, a.update): a for _, plan in plans for a in plan.approvals}
    superseded = [(at, incident, below) for at, plan in plans for incident, below in plan.supersede]
    found = []
    for at, plan in plans:
        for message in plan.messages:
            approval = approvals.get((message.incident, message.update)) if message.audience in EXTERNAL else None
            free_at = _free_at(approval, at, approve_after_s)
            overtaken = message.audience in EXTERNAL and any(
                incident == message.incident and message.update < below and (free_at is None or when < free_at)
                for when, incident, below in superseded
            )
            if overtaken:
                found.append(Told(message, at, Fate.OVERTAKEN))
            elif free_at is None:
                found.append(Told(message, at, Fate.WAITS))
            else:
                found.append(Told(message, at, Fate.SENT, max(at, free_at)))
    found.sort(key=lambda one: (one.planned_at, one.message.priority, one.message.recipient, one.message.id))
    return _accepted(found, mailing_budget_s / _MAILING)


def _free_at(approval: Approval | None, at: float, approve_after_s: float | None) -> float | None:
    if approval is None:
        return at
    if approval.kind is not ApprovalKind.MANUAL:
        return approval.release_at
    return None if approve_after_s is None else at + approve_after_s


def _accepted(told: Iterable[Told], each_s: float) -> tuple[Told, ...]:
    """The same with the time of acceptance: one after another, in the order of release and priority."""
    found = list(told)
    order = sorted(
        (number for number, one in enumerate(found) if one.released_at is not None),
        key=lambda number: (found[number].released_at or 0.0, found[number].message.priority, number),
    )
    free_at = 0.0
    for number in order:
        released_at = found[number].released_at or 0.0
        free_at = max(free_at, released_at) + each_s
        found[number] = replace(found[number], accepted_at=round(free_at, 3))
    return tuple(found)
