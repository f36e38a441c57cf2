"""`netwatch drill`: what the operator's netwatch would do about a fault, second by second; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netwatch.communication.model import EXTERNAL, ApprovalKind, Message
from netwatch.communication.planning import CommunicationState
from netwatch.config import Config
from netwatch.inventory.model import Inventory
from netwatch.simulation.faults import Breakage
from netwatch.simulation.replay import planner_of
from netwatch.simulation.runner import Rehearsal, RehearsalLog, simulate_with
from netwatch.simulation.story import Story

#: A fault without `for` is watched for so long.
_OPEN_END_S = 600.0
#: After the last mend the recovery is watched for so long.
_AFTER_S = 240.0
#: What netwatch promises.
_PROMISE_S = 180.0


def drill(settings: Config, inventory: Inventory, faults: Sequence[Breakage], seed: int = 0) -> dict[str, Any]:
    """The account of a drill: incidents as in a replay, every message with its second, the page, the promise.

    Times count from the end of the warm-up, as the faults' do. A message that waits for a person's approval, or
    that a newer one overtook, is released at null. What the relays need comes on top.

    Raises:
        InputError: with every fault of the playbook or the texts.
    """
    ends = [fault.at_s + _OPEN_END_S if fault.for_s is None else fault.end_s + _AFTER_S for fault in faults]
    rehearsal = Rehearsal(
        inventory,
        tuple(faults),
        seed,
        duration_s=max(ends, default=_AFTER_S),
        diagnosis=settings.diagnosis,
        incidents=settings.incidents,
        polling=settings.polling,
    )
    log = simulate_with(rehearsal, planner_of(settings, inventory), CommunicationState())
    messages = sorted(_messages(log), key=lambda found: (found["planned_at"], found["priority"], found["recipient"]))
    return {
        "faults": [str(fault) for fault in faults],
        "seed": seed,
        "incidents": _incidents(log),
        "messages": messages,
        "page": _page(log),
        "promise": _promise(messages, min((fault.at_s for fault in faults), default=0.0)),
    }


def _incidents(log: RehearsalLog) -> list[dict[str, Any]]:
    story = Story()
    story.add(log.changes, None, 0.0)
    for at, plan in log.plans:
        story.add((), plan, at)
    found: list[dict[str, Any]] = story.account()["incidents"]
    for incident in found:
        for key in ("opened_at", "confirmed_at", "resolved_at"):
            if incident[key] is not None:
                incident[key] = round(incident[key] - log.warmup_s, 3)
        for revision in incident["revisions"]:
            revision["at"] = round(revision["at"] - log.warmup_s, 3)
    return found


def _messages(log: RehearsalLog) -> Iterator[dict[str, Any]]:
    release_at: dict[tuple[str, int], float | None] = {}
    for _, plan in log.plans:
        for approval in plan.approvals:
            manual = approval.kind is ApprovalKind.MANUAL
            release_at[approval.incident, approval.update] = None if manual else approval.release_at
    superseded = [(at, incident, below) for at, plan in log.plans for incident, below in plan.supersede]
    for at, plan in log.plans:
        for message in plan.messages:
            outside = message.audience in EXTERNAL
            free_at = release_at.get((message.incident, message.update), at) if outside else at
            overtaken = outside and any(
                incident == message.incident and message.update < below and (free_at is None or when < free_at)
                for when, incident, below in superseded
            )
            yield _told(message, at - log.warmup_s, None if overtaken or free_at is None else free_at - log.warmup_s)


def _told(message: Message, planned_at: float, released_at: float | None) -> dict[str, Any]:
    return {
        "planned_at": round(planned_at, 3),
        "released_at": None if released_at is None else round(max(planned_at, released_at), 3),
        "incident": message.incident,
        "phase": message.phase.value,
        "audience": message.audience.value,
        "channel": message.channel,
        "recipient": message.recipient,
        "language": message.language,
        "priority": message.priority,
        "subject": message.subject,
        "body": message.body,
    }


def _page(log: RehearsalLog) -> list[dict[str, Any]]:
    """The page as it would read after each change of it."""
    return [
        {
            "at": round(at - log.warmup_s, 3),
            "incident": entry.incident,
            "resolved": entry.resolved_at is not None,
            "texts": [{"language": language, "title": title, "body": body} for language, title, body in entry.texts],
        }
        for at, plan in log.plans
        for entry in plan.page
    ]


def _promise(messages: Sequence[dict[str, Any]], first_s: float) -> dict[str, Any]:
    """Seconds from the first fault to the first colleague and the last first notice; whether 180 s were kept."""
    outside = {audience.value for audience in EXTERNAL}
    first = [m for m in messages if m["phase"] == "opened"]
    inside_s = [m["released_at"] - first_s for m in first if m["audience"] not in outside]
    customers = [m["released_at"] for m in first if m["audience"] in outside]
    waits = [at - first_s for at in customers if at is not None]
    return {
        "first_colleague_s": min(inside_s, default=None),
        "first_customer_s": min(waits, default=None),
        "last_first_notice_s": max(waits, default=None),
        "waits_for_approval": sum(at is None for at in customers),
        "kept": all(at is not None for at in customers) and max(waits, default=0.0) <= _PROMISE_S,
    }
