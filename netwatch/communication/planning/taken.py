"""Tells on-call services that somebody has taken the incident, so that they call nobody further."""

from __future__ import annotations

from netwatch.communication.model import TAKEN, Audience, Message, Phase, message_id
from netwatch.communication.planning.playbook import Channel, Reader
from netwatch.communication.planning.turn import Turn
from netwatch.incidents.model import Incident


def tell_taken(turn: Turn, incident: Incident, person: str) -> None:
    """One message to PagerDuty, which knows what that means, where on-call is alerted by it. `person`: an id."""
    steps = turn.usable(turn.procedure(incident))
    if not any(step.tell is Reader.ONCALL and Channel.PAGERDUTY in step.by for step in steps):
        return
    settings = turn.office.stage.settings
    update = turn.number(incident.id)
    turn.messages.append(
        Message(
            id=message_id(incident.id, Phase.UPDATE, update, Channel.PAGERDUTY.value, TAKEN),
            incident=incident.id,
            phase=Phase.UPDATE,
            update=update,
            audience=Audience.ONCALL,
            channel=Channel.PAGERDUTY.value,
            recipient=TAKEN,
            address="",
            language=settings.default_language,
            subject=f"Taken by {person}",
            body="",
            priority=0,
            planned_at=turn.now,
            expires_at=turn.now + settings.opened_expiry_s,
        )
    )
