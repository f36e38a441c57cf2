"""Asking customers how an outage was for them: some days after its end, once, and only who was told of the end. Pure.

The message's identity is that of (incident, recipient, channel): planned twice it is the very same message, which the
outbox takes once. One channel is asked by, never two.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netwatch.communication.model import Approval, ApprovalKind, Conditions, Phase, Plan
from netwatch.communication.planning.recipients import step_for
from netwatch.communication.planning.scene import public_facts
from netwatch.communication.planning.sheet import Office, Sheet
from netwatch.communication.planning.state import CommunicationState, Telling
from netwatch.communication.planning.writer import Notice, Writer
from netwatch.communication.settings import CommunicationSettings
from netwatch.incidents.model import Incident, Status

_REASON: Final = "Asks those who were told of the end how it was"


def asked_at(telling: Telling, settings: CommunicationSettings) -> float | None:
    """When customers are to be asked; None = never: it goes on, or the operator has named no form."""
    if telling.closed_at is None or not settings.feedback_url:
        return None
    return telling.closed_at + settings.feedback_after_s


def feedback(
    office: Office, state: CommunicationState, incident: Incident, now: float, *, wall_step_s: float = 0.0
) -> Plan:
    """The questions that are due at `now`; an empty plan when none is."""
    settings, telling = office.stage.settings, state.tellings.get(incident.id)
    due_at = asked_at(telling, settings) if telling is not None else None
    if telling is None or due_at is None or now < due_at or incident.status is not Status.RESOLVED:
        return Plan()
    steps = Sheet(office, state, Conditions(), now).usable(office.playbook.named(telling.procedure))
    facts = replace(
        public_facts(office.stage, incident, Phase.FEEDBACK, now, None, wall_step_s=wall_step_s),
        feedback_url=settings.feedback_url,
    )
    notices = []
    for name in sorted(telling.ended):
        customer = office.stage.directory.customer(name)
        step = step_for(customer, [step for step in steps if step.tell.external]) if customer else None
        if customer is not None and step is not None:
            way = next(channel for channel in step.by if channel.value in customer.addresses)
            notices.append(Notice(customer, replace(step, by=(way,)), "out"))
    writer = Writer(office.texts, settings, incident, now, None)
    messages = tuple(writer.notices(facts, telling.next_update, notices))
    approval = Approval(incident.id, telling.next_update, ApprovalKind.AUTO, now, 0, _REASON)
    return Plan(messages, (approval,)) if messages else Plan()
