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
    for incident, phase in _last_read(connection, message).items():
        if incident != message.incident and phase not in TO_THE_TOLD:
            row = connection.execute("SELECT status FROM incidents WHERE id=?", (incident,)).fetchone()
            if row is not None and row[0] in _GOES_ON:
                return True
    return False


def _last_read(connection: Connection, message: Message) -> dict[str, Phase]:
    """The last that arrived, or perhaps did, of each incident."""
    rows = connection.execute(
        "SELECT incident, phase FROM messages WHERE recipient=? AND channel=? AND told_at IS NOT NULL AND id<>?"
        " ORDER BY number",
        (message.recipient, message.channel, message.id),
    )
    return {incident: Phase(phase) for incident, phase in rows}
