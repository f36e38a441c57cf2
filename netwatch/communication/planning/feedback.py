"""Asking customers how an outage was for them: some days after its end, by day, once, and only who was told of the end.

The message's identity is that of (incident, recipient, channel): planned twice it is the very same message, which the
outbox takes once. One channel is asked by, never two. Opt-out, quiet hours and whether the end arrived are the outbox's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netwatch.communication.model import Approval, ApprovalKind, Phase
from netwatch.communication.planning.recipients import step_for
from netwatch.communication.planning.scene import public_facts
from netwatch.communication.planning.state import Telling
from netwatch.communication.planning.turn import Turn
from netwatch.communication.planning.writer import Notice, Writer
from netwatch.communication.settings import CommunicationSettings, local
from netwatch.incidents.model import Incident, Status

_REASON: Final = "Asks those who were told of the end how it was"
#: By day, on the wall of the operator's zone: nobody is woken by a question.
_FROM_HOUR: Final = 9
_UNTIL_HOUR: Final = 20
#: Who could not be asked within a day of the time (netwatch was down) is asked no more.
_LATE_S: Final = 86_400.0


def asked_at(telling: Telling, settings: CommunicationSettings) -> float | None:
    """When customers are to be asked; None = never: it goes on, or the operator has named no form."""
    if telling.closed_at is None or not settings.feedback_url:
        return None
    return telling.closed_at + settings.feedback_after_s


def needed_for_s(settings: CommunicationSettings) -> float:
    """So long after its end an incident has to be at hand so that it can be asked about, seconds."""
    return settings.feedback_after_s + _LATE_S if settings.feedback_url else 0.0


def ask(turn: Turn, incident: Incident) -> None:
    """Plan the questions about `incident` that are due, once for all."""
    stage, telling = turn.office.stage, turn.telling(incident.id)
    due_at = asked_at(telling, stage.settings)
    if telling.asked or due_at is None or incident.status is not Status.RESOLVED:
        return
    if not due_at <= turn.now < due_at + _LATE_S:
        return
    step_s = turn.conditions.wall_step_s
    if not _FROM_HOUR <= local(turn.now, stage.zone, step_s).hour < _UNTIL_HOUR:
        return
    turn.put(replace(telling, asked=True))
    steps = [step for step in turn.usable(turn.office.playbook.named(telling.procedure)) if step.tell.external]
    notices = []
    for name in sorted(telling.ended):
        customer = stage.directory.customer(name)
        step = step_for(customer, steps) if customer else None
        if customer is not None and step is not None:
            way = next(channel for channel in step.by if channel.value in customer.addresses)
            notices.append(Notice(customer, replace(step, by=(way,)), "out"))
    if not notices:
        return
    facts = replace(
        public_facts(stage, incident, Phase.FEEDBACK, turn.now, None, wall_step_s=step_s),
        feedback_url=stage.settings.feedback_url,
    )
    update = turn.number(incident.id)
    turn.approvals.append(Approval(incident.id, update, ApprovalKind.AUTO, turn.now, 0, _REASON))
    writer = Writer(turn.office.texts, stage.settings, incident, turn.now, None)
    turn.messages.extend(writer.notices(facts, update, notices))
