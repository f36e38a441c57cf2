"""The outbox: how planned messages enter it, what overtakes them, and what becomes of those that were sent.

Every function runs within a transaction of the store's thread.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from sqlite3 import Connection

from netwatch.communication.delivery.model import Settlement
from netwatch.communication.model import CUSTOMERS, Message, Phase, State, message_id
from netwatch.incidents.model import Status
from netwatch.storage.admission import (
    COUNTED,
    LAST_WORDS,
    STALE_WHEN_MERGED,
    STALE_WHEN_OVER,
    UNSENT,
    Admission,
    Earlier,
    admit,
    standing,
)
from netwatch.storage.reach import TO_DEAL_WITH, Gate, forget_refusal, note_refusal
from netwatch.storage.rows import INSERT_MESSAGE, MESSAGE_COLUMNS, MESSAGE_WIDTH, message_of, new_row, write_texts
from netwatch.storage.sentlog import SentLog

_COUNTED = ", ".join(f"'{phase.value}'" for phase in sorted(COUNTED))
#: By so many an update's number may differ between what was sent and what a restored store plans anew.
_RECOUNTED = 30
#: Statuses after which an outage is no news any more.
OVER = (Status.RESOLVED.value, Status.DISMISSED.value)


def enter(connection: Connection, messages: Sequence[Message], now: float) -> int:
    """Let planned messages in, each id once. Returns how many were new."""
    known, gate = _known(connection, messages), Gate(connection, now)
    fresh = [message for message in messages if message.id not in known]
    digests = write_texts(connection, fresh)
    entered: set[str] = set()
    for incident in dict.fromkeys(message.incident for message in fresh):
        of_recipient, read_at = _earlier(connection, incident), _read_at(connection, incident)
        # Older updates first, so that a plan that holds two tellings of one recipient overtakes in order.
        for message in sorted((m for m in fresh if m.incident == incident), key=lambda m: (m.update, m.priority)):
            if message.id in entered:
                continue
            entered.add(message.id)
            earlier = of_recipient[message.recipient]
            admission = _stopped(admit(message, [*earlier, *_told_as(connection, message)]), message, gate)
            namesake = admission.state in UNSENT and _knows_by_another_id(message, earlier, read_at)
            if namesake:
                admission = Admission(State.SUPPRESSED, "this address was told under another customer's id")
            row = new_row(message, digests[message.subject, message.body], admission.state, admission.reason)
            connection.execute(INSERT_MESSAGE, row)
            if namesake:  # its end follows
                connection.execute("UPDATE messages SET told_at=? WHERE id=?", (now, message.id))
            if admission.state is State.FAILED:
                connection.execute("UPDATE messages SET refused=? WHERE id=?", (TO_DEAL_WITH, message.id))
            overtake(connection, admission.overtaken, "a newer update was planned", message.planned_at)
            of_recipient[message.recipient] = [
                *(row for row in earlier if row.id not in admission.overtaken or row.told),
                Earlier(message.id, message.channel, message.update, admission.state, told=False),
            ]
    for message in fresh:
        if message.told_as:
            _overtake_left(connection, message, now)
    _apply_remembered(connection, [message for message in fresh if message.id in entered])
    return len(entered)


def _stopped(admission: Admission, message: Message, gate: Gate) -> Admission:
    """What would wait to be sent, and must not be."""
    stopped = gate.stops(message) if admission.state in UNSENT else None
    return admission if stopped is None else Admission(*stopped, admission.overtaken)


def _known(connection: Connection, messages: Sequence[Message]) -> set[str]:
    return {
        message.id
        for message in messages
        if connection.execute("SELECT 1 FROM messages WHERE id=?", (message.id,)).fetchone()
    }


def _read_at(connection: Connection, incident: str) -> dict[tuple[str, str], int]:
    """By channel and address of customers, the update that was last read there; without those who read of the end."""
    found: dict[tuple[str, str], int] = {}
    rows = connection.execute(
        "SELECT channel, address, phase, number FROM messages WHERE incident=? AND external=1 AND told_at IS NOT NULL"
        " ORDER BY number",
        (incident,),
    )
    for channel, address, phase, update in rows:
        if Phase(phase) in LAST_WORDS:
            found.pop((channel, address), None)
        else:
            found[channel, address] = update
    return found


def _knows_by_another_id(message: Message, earlier: Sequence[Earlier], read_at: Mapping[tuple[str, str], int]) -> bool:
    """Whether a first notice would tell an address anew of what it read before its customer got another id."""
    if message.phase is not Phase.OPENED or message.audience not in CUSTOMERS:
        return False
    if any(row.channel == message.channel for row in earlier):
        return False
    before = read_at.get((message.channel, message.address))
    return before is not None and before < message.update


def _earlier(connection: Connection, incident: str) -> defaultdict[str, list[Earlier]]:
    of_recipient: defaultdict[str, list[Earlier]] = defaultdict(list)
    rows = connection.execute(
        "SELECT recipient, id, channel, number, state, told_at IS NOT NULL FROM messages WHERE incident=?", (incident,)
    )
    for recipient, *fields in rows:
        of_recipient[recipient].append(_earlier_of(fields))
    return of_recipient


def _earlier_of(fields: Sequence[str | int]) -> Earlier:
    id_, channel, update, state, told = fields
    return Earlier(str(id_), str(channel), int(update), State(str(state)), bool(told))


def _told_as(connection: Connection, message: Message) -> list[Earlier]:
    """What the recipient has of merged incidents that became part of this one, however many steps ago."""
    found: list[Earlier] = []
    seen = {message.incident}
    sources = {message.told_as} | _merged_into(connection, message.incident, message.recipient)
    while sources := sources - seen - {""}:
        source = min(sources)
        seen.add(source)
        sources |= _merged_into(connection, source, message.recipient)
        rows = connection.execute(
            "SELECT id, channel, -1, state, told_at IS NOT NULL FROM messages WHERE incident=? AND recipient=?",
            (source, message.recipient),
        )
        found += [_earlier_of(fields) for fields in rows]
    return found


def _merged_into(connection: Connection, incident: str, recipient: str) -> set[str]:
    rows = connection.execute(
        "SELECT DISTINCT told_as FROM messages WHERE incident=? AND recipient=?", (incident, recipient)
    )
    return {row[0] for row in rows}


def _apply_remembered(connection: Connection, entered: Iterable[Message]) -> None:
    """After a restore: what the sent log says has left is not sent as if it were new; of first notices also what left
    under another number, since a restored store counts its updates anew.
    """
    if connection.execute("SELECT 1 FROM remembered LIMIT 1").fetchone() is None:
        return
    for message in entered:
        for id_ in dict.fromkeys((message.id, *_namesakes(connection, message))):
            row = connection.execute("SELECT state, at FROM remembered WHERE id=?", (id_,)).fetchone()
            if row:
                remember(connection, message.id, State(row[0]), row[1])
                break


def _namesakes(connection: Connection, message: Message) -> Iterator[str]:
    """The ids that a customer's first notice may have had before, unless the store knows that he was told."""
    told = connection.execute(
        "SELECT 1 FROM messages WHERE incident=? AND recipient=? AND channel=? AND told_at IS NOT NULL",
        (message.incident, message.recipient, message.channel),
    ).fetchone()
    if message.phase is Phase.OPENED and message.audience in CUSTOMERS and told is None:
        for update in range(max(0, message.update - _RECOUNTED), message.update + _RECOUNTED):
            yield message_id(message.incident, message.phase, update, message.channel, message.recipient)


def remember(connection: Connection, message: str, state: State, at: float) -> None:
    """Set a row to what the sent log says of it: accepted, failed, or perhaps arrived and not to be sent again."""
    settled = state if state in {State.ACCEPTED, State.FAILED} else State.UNSURE
    told = None if settled is State.FAILED else at
    connection.execute(
        "UPDATE messages SET state=?, reason='by the sent log', ready_at=NULL, perhaps=?, told_at=?, settled_at=?"
        " WHERE id=? AND state <> 'accepted'",
        (settled.value, int(settled is State.UNSURE), told, at, message),
    )
    if told is not None:  # a restored store knows nothing of whom netwatch told since
        connection.execute(
            f"INSERT INTO reached (recipient, at) SELECT recipient, ? FROM messages"  # noqa: S608 - constant text
            f" WHERE id=? AND external=1 AND phase IN ({_COUNTED})"
            " ON CONFLICT (recipient) DO UPDATE SET at=MAX(at, excluded.at)",
            (at, message),
        )


def overtake(connection: Connection, messages: Collection[str], reason: str, at: float) -> None:
    """Unsent messages end superseded; one that perhaps arrived stays unsure and isn't sent again."""
    for message in messages:
        connection.execute(
            "UPDATE messages SET state=CASE state WHEN 'unsure' THEN 'unsure' ELSE 'superseded' END,"
            " reason=?, ready_at=NULL, settled_at=? WHERE id=? AND pending=1",
            (reason, at, message),
        )


def overtake_update(connection: Connection, incident: str, update: int, at: float) -> None:
    """Every unsent message of `incident` below `update` is overtaken, save an end or a correction, which only its own
    recipient's next message overtakes: the update may be for others.
    """
    rows = connection.execute(
        "SELECT id, phase FROM messages WHERE incident=? AND number<? AND pending=1", (incident, update)
    ).fetchall()
    overtaken = [id_ for id_, phase in rows if Phase(phase) not in LAST_WORDS]
    overtake(connection, overtaken, "a newer update was planned", at)


def _overtake_left(connection: Connection, handed: Message, at: float) -> None:
    """Who passes to another incident reads no more that the one he leaves goes on: nobody would tell him of its end.

    What is in flight of it stays so, and is too old to be tried again.
    """
    rows = connection.execute(
        "SELECT id, phase FROM messages WHERE incident=? AND recipient=? AND (pending=1 OR state='sending')",
        (handed.told_as, handed.recipient),
    ).fetchall()
    left = [id_ for id_, phase in rows if Phase(phase) in STALE_WHEN_OVER]
    overtake(connection, left, f"its reader passed to {handed.incident}", at)
    connection.executemany(
        "UPDATE messages SET expires_at=MIN(expires_at, ?) WHERE id=? AND state='sending'", [(at, id_) for id_ in left]
    )


def overtake_announced(connection: Connection, incident: str, at: float) -> None:
    """What turns out to be announced work is told to no more customers as an outage."""
    connection.execute(
        "UPDATE messages SET state='superseded', reason='it is announced work', ready_at=NULL, settled_at=?"
        " WHERE incident=? AND external=1 AND phase=? AND state IN ('held', 'ready')",
        (at, incident, Phase.OPENED.value),
    )


def overtake_incident(connection: Connection, incident: str, at: float) -> None:
    """When the incident is over or merged, what says that it goes on isn't sent any more."""
    row = connection.execute("SELECT status FROM incidents WHERE id=?", (incident,)).fetchone()
    stale = stale_phases(row[0] if row else "")
    if stale:
        rows = connection.execute(
            "SELECT id, phase FROM messages WHERE incident=? AND pending=1", (incident,)
        ).fetchall()
        overtake(connection, [id_ for id_, phase in rows if Phase(phase) in stale], f"the incident is {row[0]}", at)


def stale_phases(status: str) -> frozenset[Phase]:
    """What must not leave any more when an incident has `status`."""
    if status in OVER:
        return STALE_WHEN_OVER
    return STALE_WHEN_MERGED if status == Status.MERGED.value else frozenset()


def settle(connection: Connection, settlement: Settlement, log: SentLog) -> bool:
    """Write down what became of a message in flight. False: it wasn't in flight, and nothing changed."""
    row = connection.execute(
        f"SELECT {MESSAGE_COLUMNS}, m.perhaps, i.status, a.vetoed_by FROM messages m JOIN texts t ON t.digest=m.text"  # noqa: S608 - constant text
        " LEFT JOIN incidents i ON i.id=m.incident"
        " LEFT JOIN approvals a ON a.incident=m.incident AND a.number=m.number AND m.external=1 WHERE m.id=? AND m.state='sending'",
        (settlement.id,),
    ).fetchone()
    if row is None:
        return False
    message, (perhaps, status, vetoed_by) = message_of(row), row[MESSAGE_WIDTH:]
    state, reason, ready_at = settlement.state, settlement.reason, settlement.ready_at
    if state is State.READY and perhaps:
        state = State.UNSURE
    if state in {State.READY, State.UNSURE} and ready_at is not None:
        overtaken = bool(vetoed_by) or _overtaken(connection, message) or message.phase in stale_phases(status or "")
        if overtaken and state is State.READY:
            state = State.SUPPRESSED if vetoed_by else State.SUPERSEDED
            reason = f"vetoed by {vetoed_by}" if vetoed_by else "overtaken while in flight"
        ready_at = None if overtaken else ready_at
    unsure = state is State.UNSURE
    done = ready_at is None
    connection.execute(
        "UPDATE messages SET state=?, reason=?, ready_at=?, attempts=attempts+?, unknowns=unknowns+?,"
        " perhaps=MAX(perhaps, ?), told_at=CASE WHEN ? THEN COALESCE(told_at, ?) ELSE told_at END, settled_at=?,"
        " route=? WHERE id=?",
        (
            state.value,
            reason,
            ready_at,
            int(settlement.attempt_used),
            int(settlement.state is State.UNSURE and not settlement.asked),
            int(unsure),
            unsure or state is State.ACCEPTED,
            settlement.at,
            settlement.at if done else None,
            settlement.route,
            message.id,
        ),
    )
    if settlement.refused and message.audience in CUSTOMERS:
        note_refusal(connection, message, settlement.reason, settlement.at)
    elif state is State.ACCEPTED:
        forget_refusal(connection, message.channel, message.address)
    # Overtaken means that it did not leave, which the log writes as ready.
    log.note(message.id, State.READY if state in {State.SUPERSEDED, State.SUPPRESSED} else state, settlement.at)
    unblock(connection, message.recipient, settlement.at)
    return True


def _overtaken(connection: Connection, message: Message) -> bool:
    row = connection.execute(
        "SELECT 1 FROM messages WHERE incident=? AND recipient=? AND channel=? AND number>?",
        (message.incident, message.recipient, message.channel, message.update),
    ).fetchone()
    return row is not None


def unblock(connection: Connection, recipient: str, at: float) -> None:
    """Decide again on every blocked message of a recipient, now that more is known."""
    rows = connection.execute(
        f"SELECT {MESSAGE_COLUMNS} FROM messages m INDEXED BY messages_blocked JOIN texts t ON t.digest=m.text"  # noqa: S608 - constant text
        " WHERE m.recipient=? AND m.state='blocked'",
        (recipient,),
    ).fetchall()
    for message in map(message_of, rows):
        own = connection.execute(
            "SELECT id, channel, number, state, told_at IS NOT NULL FROM messages WHERE incident=? AND recipient=?",
            (message.incident, recipient),
        )
        earlier = [*(_earlier_of(fields) for fields in own), *_told_as(connection, message)]
        state, reason = standing(message, earlier)
        if state is not State.BLOCKED:
            connection.execute(
                "UPDATE messages SET state=?, reason=?, ready_at=?, settled_at=? WHERE id=?",
                (
                    state.value,
                    reason,
                    at if state is State.READY else None,
                    at if state is State.SUPPRESSED else None,
                    message.id,
                ),
            )


def expire(connection: Connection, now: float) -> int:
    """What is too stale to send ends expired (perhaps arrived: stays unsure). Returns how many."""
    rows = connection.execute("SELECT id FROM messages WHERE pending=1 AND expires_at<=?", (now,)).fetchall()
    connection.executemany(
        "UPDATE messages SET state=CASE state WHEN 'unsure' THEN 'unsure' ELSE 'expired' END,"
        " reason='too stale to send', ready_at=NULL, settled_at=? WHERE id=?",
        [(now, row[0]) for row in rows],
    )
    return len(rows)
