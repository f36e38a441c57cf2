"""What all on-call services need to know of a message: which alarm it belongs to, and whether that is over. Pure."""

from __future__ import annotations

from typing import Final

from netwatch.communication.model import Message, Phase

#: Alarms of netwatch about itself bear this instead of an incident's id. Each is an alarm of its own.
ITSELF: Final = "netwatch"


def alarm_of(message: Message) -> str:
    """The name under which the service keeps the alarm: the same from the first telling to the end."""
    return f"{ITSELF}-{message.id}" if message.incident == ITSELF else message.incident


def is_over(message: Message) -> bool:
    """Whether the message ends its alarm."""
    return message.phase is Phase.RESOLVED
