"""What people say to the planner itself: "I have it", "I ring you before three", "I have rung". Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from netwatch.communication.planning.calls import CALLS_MOST
from netwatch.communication.planning.state import CommunicationState
from netwatch.incidents.model import Incident, Status

_LIVE: Final = frozenset({Status.SETTLING, Status.OPEN, Status.RECOVERING})


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`person` has task `number` of an incident, or (None) all of it that wait for them. `by` says so."""

    at: float
    incident: str
    person: str
    by: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class PromiseCall:
    """`by` promised to ring `customer` before `due_at`. `incident` empty = it is about none."""

    at: float
    customer: str
    due_at: float
    by: str
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """`by` has rung `customer`: what was owed to them is kept."""

    at: float
    customer: str
    by: str


@dataclass(frozen=True, slots=True)
class CallOff:
    """`by` wants those told of announced `work` that was called off to read so; `text` says why, for colleagues.

    `customers`: only these; empty = all.
    """

    at: float
    work: str
    by: str
    text: str
    customers: frozenset[str]


Request = Acknowledge | PromiseCall | Called | CallOff


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request can't be met, and what mends it."""

    what: str
    mend: str = ""


def refusal(
    request: Request, state: CommunicationState, incidents: Mapping[str, Incident], customers: Collection[str]
) -> Refusal | None:
    """Why it can't be met; None when it can. For the doors."""
    if isinstance(request, Acknowledge):
        return _no_task(request, state)
    if isinstance(request, CallOff):
        return _not_called_off(request, state)
    if request.customer not in customers:
        return Refusal(f'no customer "{request.customer}" is in the inventory', "find the id with: netwatch lookup")
    if isinstance(request, Called):
        if not state.calls.to(request.customer):
            return Refusal(f"no call is owed to {request.customer}", "see: netwatch status")
        return None
    return _no_promise(request, state, incidents)


def _no_task(request: Acknowledge, state: CommunicationState) -> Refusal | None:
    held = state.tasks.of(request.incident)
    if not held:
        return Refusal(f"incident {request.incident} has no tasks", "see: netwatch status")
    if request.number is None:
        waiting = [task for task in held if request.person in task.holders and not task.acknowledged_by]
        if not waiting:
            open_ = ", ".join(str(task.number + 1) for task in held if not task.acknowledged_by)
            mend = f"name one of {open_}" if open_ else "see: netwatch status"
            return Refusal(f"no task of {request.incident} waits for {request.person}", mend)
        return None
    wanted = next((task for task in held if task.number == request.number), None)
    if wanted is None:
        return Refusal(f"{request.incident} has no task {request.number + 1}", f"it has 1 to {len(held)}")
    if wanted.acknowledged_by:
        return Refusal(f"{wanted.acknowledged_by} has task {request.number + 1} already")
    return None


def _not_called_off(request: CallOff, state: CommunicationState) -> Refusal | None:
    telling = state.tellings.get(request.work)
    if telling is None or not telling.told:
        return Refusal(f"nobody was told of {request.work}")
    if not telling.called_off:
        return Refusal(f"{request.work} is still announced as it was told", "take it out of the inventory and reload")
    strangers = sorted(request.customers.difference(telling.told))
    return Refusal(f"{', '.join(strangers)} was not told of {request.work}") if strangers else None


def _no_promise(request: PromiseCall, state: CommunicationState, incidents: Mapping[str, Incident]) -> Refusal | None:
    if request.due_at <= request.at:
        return Refusal("that time has passed", "promise a time that lies ahead")
    if len(state.calls.owed) >= CALLS_MOST:
        return Refusal(f"{CALLS_MOST} calls are owed already", "ring some first: netwatch status lists them")
    incident = incidents.get(request.incident)
    if request.incident and (incident is None or incident.status not in _LIVE):
        return Refusal(f"incident {request.incident} is over", "promise the call without naming it")
    return None
