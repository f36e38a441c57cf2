"""Messages as rows: what is written of each, and how a row reads back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from sqlite3 import Connection
from typing import Any, Final

from netwatch.communication.delivery.model import Claimed
from netwatch.communication.model import EXTERNAL, Audience, Message, Phase, State

#: The columns that `message_of` reads, in its order; the table is `m`, its text `t`.
MESSAGE_COLUMNS: Final = (
    "m.id, m.incident, m.phase, m.number, m.audience, m.channel, m.recipient, m.address, m.language,"
    " t.subject, t.body, m.priority, m.planned_at, m.expires_at, m.told_as, m.segment"
)
#: How many they are; what a query selects besides comes after them.
MESSAGE_WIDTH: Final = 16


def text_digest(message: Message) -> str:
    """One text for all its readers has one digest."""
    return hashlib.sha256(f"{message.subject}\x1f{message.body}".encode()).hexdigest()


def message_of(row: tuple[Any, ...]) -> Message:
    """The message that MESSAGE_COLUMNS selected."""
    (id_, incident, phase, update, audience, *rest) = row[:MESSAGE_WIDTH]
    channel, recipient, address, language, subject, body, priority, planned_at, expires_at, told_as, segment = rest
    return Message(
        id=id_,
        incident=incident,
        phase=Phase(phase),
        update=update,
        audience=Audience(audience),
        channel=channel,
        recipient=recipient,
        address=address,
        language=language,
        subject=subject,
        body=body,
        priority=priority,
        planned_at=planned_at,
        expires_at=expires_at,
        told_as=told_as,
        segment=segment,
    )


def claimed_of(row: tuple[Any, ...]) -> Claimed:
    """A claimed message: MESSAGE_COLUMNS, then attempts and unknowns."""
    return Claimed(message_of(row), attempts=row[MESSAGE_WIDTH], unknowns=row[MESSAGE_WIDTH + 1])


def write_texts(connection: Connection, messages: Iterable[Message]) -> dict[tuple[str, str], str]:
    """Keep each text once. Returns the digest by (subject, body)."""
    digests: dict[tuple[str, str], str] = {}
    for message in messages:
        key = (message.subject, message.body)
        if key not in digests:
            digests[key] = text_digest(message)
    connection.executemany(
        "INSERT OR IGNORE INTO texts (digest, subject, body) VALUES (?,?,?)",
        [(digest, subject, body) for (subject, body), digest in digests.items()],
    )
    return digests


def new_row(message: Message, digest: str, state: State, reason: str) -> tuple[Any, ...]:
    """The values for `INSERT_MESSAGE`. A message that is settled from the start has its instant."""
    open_states = (State.HELD, State.READY, State.BLOCKED)
    return (
        message.id,
        message.incident,
        message.phase.value,
        message.update,
        message.audience.value,
        int(message.audience in EXTERNAL),
        message.channel,
        message.recipient,
        message.address,
        message.language,
        digest,
        message.priority,
        message.planned_at,
        message.expires_at,
        message.told_as,
        message.segment,
        state.value,
        reason,
        message.planned_at if state is State.READY else None,
        None if state in open_states else message.planned_at,
    )


INSERT_MESSAGE: Final = (
    "INSERT INTO messages (id, incident, phase, number, audience, external, channel, recipient, address, language,"
    " text, priority, planned_at, expires_at, told_as, segment, state, reason, ready_at, settled_at)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
