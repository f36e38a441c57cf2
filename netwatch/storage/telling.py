"""What a customer has read of outages on one channel: a beginning is told once, and one outage at a time."""

from __future__ import annotations

from sqlite3 import Connection

from netwatch.communication.model import Message, Phase
from netwatch.incidents.model import Status
from netwatch.storage.admission import TO_THE_TOLD

_GOES_ON = frozenset({Status.OPEN.value, Status.RECOVERING.value})


def has_begun(connection: Connection, message: Message) -> bool:
    """Whether the reader of a first notice knows of its incident already, and has not read of its end."""
    phase = _last_read(connection, message).get(message.incident)
    return phase is not None and phase not in TO_THE_TOLD


def knows_of_another(connection: Connection, message: Message) -> bool:
    """Whether the reader of a first notice knows of another outage that goes on: he hears of this one when that ends."""
    for incident in _known_of(connection, message):
        if incident != message.incident:
            row = connection.execute("SELECT status FROM incidents WHERE id=?", (incident,)).fetchone()
            if row is not None and row[0] in _GOES_ON:
                return True
    return False


def _known_of(connection: Connection, message: Message) -> dict[str, None]:
    """The incidents of which the reader has read no end. Who was handed over knows of the newer one instead."""
    found: dict[str, None] = {}
    rows = connection.execute(
        "SELECT incident, phase, told_as FROM messages WHERE recipient=? AND channel=? AND told_at IS NOT NULL AND id<>?"
        " ORDER BY told_at, number",
        (message.recipient, message.channel, message.id),
    )
    for incident, phase, told_as in rows:
        found.pop(told_as, None)
        if Phase(phase) in TO_THE_TOLD:
            found.pop(incident, None)
        else:
            found[incident] = None
    return found


def _last_read(connection: Connection, message: Message) -> dict[str, Phase]:
    """The last that arrived, or perhaps did, of each incident."""
    rows = connection.execute(
        "SELECT incident, phase FROM messages WHERE recipient=? AND channel=? AND told_at IS NOT NULL AND id<>?"
        " ORDER BY number",
        (message.recipient, message.channel, message.id),
    )
    return {incident: Phase(phase) for incident, phase in rows}
