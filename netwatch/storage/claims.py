"""The claim: which messages may be sent now. One transaction that looks at everything again.

Order: internal before customers; then rows that were never in flight in a crash; then priority; within a priority
the newest first, so that a backlog is never drained first-in-first-out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from sqlite3 import Connection
from typing import Any, Final

from netwatch.communication.delivery.model import Brake, Claimed, ClaimRequest, Lane, Turn
from netwatch.communication.delivery.release import brake
from netwatch.communication.model import EXTERNAL, Message, State
from netwatch.storage.admission import NEVER_ROUTINE
from netwatch.storage.approvals import read_hold, release
from netwatch.storage.outbox import expire, overtake, stale_phases
from netwatch.storage.rows import MESSAGE_COLUMNS, MESSAGE_WIDTH, claimed_of
from netwatch.storage.sentlog import SentLog

# A customer's row needs its incident in the journal. While nobody is affected any more and the incident isn't over
# yet, a first notice waits: it would be stale in a moment, or is right again when the fault is back. A sibling in
# flight keeps the order of tellings.
_CANDIDATES: Final = f"""
SELECT {MESSAGE_COLUMNS}, m.attempts, m.unknowns, m.crashes, i.status
FROM messages m INDEXED BY messages_claim JOIN texts t ON t.digest=m.text LEFT JOIN incidents i ON i.id=m.incident
WHERE m.claimable=1 AND m.channel=? AND m.external=? AND m.ready_at<=?
  AND (m.external=0 OR i.status IS NOT NULL AND NOT (m.phase='opened' AND i.status='recovering' AND i.affected=0))
  AND NOT EXISTS (SELECT 1 FROM messages s WHERE s.incident=m.incident AND s.recipient=m.recipient
                  AND s.channel=m.channel AND s.state='sending')
ORDER BY m.crashes, m.priority, m.planned_at DESC
"""  # noqa: S608 - constant text

_LEFT: Final = """
SELECT (SELECT COUNT(*) FROM messages WHERE claimable=1 AND channel=:channel AND ready_at<=:now),
       (SELECT MIN(ready_at) FROM messages WHERE claimable=1 AND channel=:channel),
       (SELECT MIN(ready_at) FROM messages WHERE claimable=1 AND channel=:channel AND ready_at>:now)
"""


def claim(connection: Connection, request: ClaimRequest, log: SentLog) -> Turn:
    """Claim what the request's lanes can carry; everything claimed is in state `sending` and in the sent log."""
    now = request.now
    hold = read_hold(connection).on or request.conditions.hold
    conditions = replace(request.conditions, hold=hold)
    expire(connection, now)
    window_ends_at = release(connection, conditions, now)
    braked = brake(conditions)
    claimed: list[Claimed] = []
    for lane in request.lanes:
        internal = _claim_lane(connection, lane, request, lane.free, external=False)
        claimed += internal
        room = min(lane.free_external, lane.free - len(internal))
        if braked is None and room > 0:
            claimed += _claim_lane(connection, lane, request, room, external=True)
    for item in claimed:
        log.note(item.message.id, State.SENDING, now)
    return _turn(connection, tuple(claimed), request, window_ends_at, braked)


def _claim_lane(
    connection: Connection, lane: Lane, request: ClaimRequest, room: int, *, external: bool
) -> list[Claimed]:
    claimed: list[Claimed] = []
    postponed: list[tuple[float, str]] = []
    stale: list[str] = []
    if room > 0:
        for row in _candidates(connection, lane.channel, request.now, external=external):
            item = claimed_of(row)
            gap_ends_at = _gap_ends_at(connection, item.message, request)
            if item.message.phase in stale_phases(row[MESSAGE_WIDTH + 3] or ""):
                stale.append(item.message.id)
            elif gap_ends_at is not None:
                postponed.append((gap_ends_at, item.message.id))
            elif not any(_same_chat(item.message, other.message) for other in claimed):
                claimed.append(item)
            if len(claimed) >= room:
                break
    overtake(connection, stale, "the incident went on without it", request.now)
    connection.executemany("UPDATE messages SET ready_at=?, reason='too soon after the last' WHERE id=?", postponed)
    _take(connection, claimed, lane, request.now)
    return claimed


def _candidates(connection: Connection, channel: str, now: float, *, external: bool) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of sending. Rows that were in flight in a crash come last and one at a time: should one
    of them be what brings the process down, the next crash has a single suspect.
    """
    suspect_in_flight = connection.execute(
        "SELECT 1 FROM messages WHERE state='sending' AND crashes>0 AND channel=?", (channel,)
    ).fetchone()
    for row in connection.execute(_CANDIDATES, (channel, int(external), now)):
        if row[MESSAGE_WIDTH + 2]:
            if not suspect_in_flight:
                yield row
            return
        yield row


def _same_chat(one: Message, other: Message) -> bool:
    return one.incident == other.incident and one.recipient == other.recipient


def _gap_ends_at(connection: Connection, message: Message, request: ClaimRequest) -> float | None:
    """When a routine notice may follow the last one to the same customer and channel; None = now."""
    if message.audience not in EXTERNAL or message.phase in NEVER_ROUTINE or request.gap_s <= 0:
        return None
    row = connection.execute(
        "SELECT MAX(told_at) FROM messages WHERE recipient=? AND channel=? AND told_at>? AND id<>?",
        (message.recipient, message.channel, request.now - request.gap_s, message.id),
    ).fetchone()
    return None if row[0] is None else float(row[0]) + request.gap_s


def _take(connection: Connection, claimed: list[Claimed], lane: Lane, now: float) -> None:
    connection.executemany(
        "UPDATE messages SET state='sending', reason='', claimed_at=?, idempotent=? WHERE id=?",
        [(now, int(lane.idempotent), item.message.id) for item in claimed],
    )
    connection.executemany(
        "INSERT INTO reached (recipient, at) VALUES (?,?) ON CONFLICT (recipient) DO UPDATE SET at=excluded.at",
        [(item.message.recipient, now) for item in claimed if item.message.audience in EXTERNAL],
    )


def _turn(
    connection: Connection,
    claimed: tuple[Claimed, ...],
    request: ClaimRequest,
    window_ends_at: float | None,
    braked: Brake | None,
) -> Turn:
    """What is left: three look-ups in the index of claimable rows for each lane."""
    waiting: dict[str, int] = {}
    since: list[float] = []
    instants = [] if window_ends_at is None else [window_ends_at]
    for lane in request.lanes:
        due, oldest_at, next_at = connection.execute(_LEFT, {"channel": lane.channel, "now": request.now}).fetchone()
        waiting[lane.channel] = due
        since += [oldest_at] if due else []
        instants += [] if next_at is None else [next_at]
    return Turn(claimed, min(instants, default=None), waiting, braked, min(since, default=None))
