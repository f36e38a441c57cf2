"""The claim: which messages may be sent now. One transaction that looks at everything again.

Order: internal before customers; then rows that were never in flight in a crash; then priority; within a priority
the newest first, so that a backlog is never drained first-in-first-out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from sqlite3 import Connection
from typing import Any, Final

from netwatch.communication.delivery.model import Brake, Claimed, ClaimRequest, Lane, Turn
from netwatch.communication.delivery.release import brake
from netwatch.communication.model import CUSTOMERS, EXTERNAL, Message, Phase, State
from netwatch.storage.admission import COUNTED, NEVER_ROUTINE, TO_THE_TOLD
from netwatch.storage.approvals import read_hold, release
from netwatch.storage.outbox import expire, overtake, stale_phases
from netwatch.storage.reach import UNWANTED, suppress
from netwatch.storage.rows import MESSAGE_COLUMNS, MESSAGE_WIDTH, claimed_of
from netwatch.storage.sentlog import SentLog
from netwatch.storage.telling import has_begun, knows_of_another

#: What waits for the morning, and what waits for the end of another outage, is looked at again so often, seconds.
_QUIET_LOOK_S: Final = 60.0
_ANOTHER_LOOK_S: Final = 30.0

# A customer's row needs its incident in the journal, save of announced work, which is none. While nobody is affected any more and the incident isn't over
# yet, a first notice waits: it would be stale in a moment, or is right again when the fault is back.
_CANDIDATES: Final = f"""
SELECT {MESSAGE_COLUMNS}, m.attempts, m.unknowns, m.crashes, i.status, {UNWANTED}
FROM messages m INDEXED BY messages_claim JOIN texts t ON t.digest=m.text LEFT JOIN incidents i ON i.id=m.incident
WHERE m.claimable=1 AND m.channel=? AND m.external=? AND m.ready_at<=?
  AND (m.external=0 OR m.phase IN ('planned', 'correction') OR i.status IS NOT NULL AND NOT (m.phase='opened' AND i.status='recovering' AND i.affected=0))
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
    if room <= 0:
        return claimed
    if external:
        _keep_quiet(connection, lane.channel, request)
    postponed: list[tuple[float, str, str]] = []
    stale: list[str] = []
    unwanted: list[str] = []
    busy = _in_flight(connection, lane.channel)
    for row in _candidates(connection, lane.channel, request.now, external=external):
        item = claimed_of(row)
        message, (status, wants_not) = item.message, row[MESSAGE_WIDTH + 3 : MESSAGE_WIDTH + 5]
        if message.phase in stale_phases(status or ""):
            stale.append(message.id)
        elif wants_not:
            unwanted.append(message.id)
        elif not _may_follow(message, busy):
            continue
        elif _begins(message) and has_begun(connection, message):
            stale.append(message.id)
        elif (wait := _wait(connection, message, request)) is not None:
            postponed.append((*wait, message.id))
        else:
            claimed.append(item)
            busy[message.recipient].add(message.incident)
        if len(claimed) >= room:
            break
    overtake(connection, stale, "the incident went on without it", request.now)
    suppress(connection, unwanted, request.now)
    connection.executemany("UPDATE messages SET ready_at=?, reason=? WHERE id=?", postponed)
    _take(connection, claimed, lane, request.now)
    return claimed


def _begins(message: Message) -> bool:
    return message.phase is Phase.OPENED and message.audience in CUSTOMERS


def _keep_quiet(connection: Connection, channel: str, request: ClaimRequest) -> None:
    """Who must not be disturbed now is looked at again in a minute: the wall clock and the settings may change."""
    for quiet in request.conditions.quiet:
        if quiet.channel == channel and quiet.until_at > request.now:
            marks = ",".join("?" * len(quiet.segments))
            connection.execute(
                f"UPDATE messages SET ready_at=?, reason='quiet hours' WHERE segment IN ({marks})"  # noqa: S608 - only marks
                " AND claimable=1 AND channel=? AND external=1 AND ready_at<=?",
                (min(quiet.until_at, request.now + _QUIET_LOOK_S), *sorted(quiet.segments), channel, request.now),
            )


def _in_flight(connection: Connection, channel: str) -> defaultdict[str, set[str]]:
    """The incidents of which a recipient has a message in flight on `channel`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    rows = connection.execute(
        "SELECT recipient, incident FROM messages WHERE state='sending' AND channel=?", (channel,)
    )
    for recipient, incident in rows:
        found[recipient].add(incident)
    return found


def _may_follow(message: Message, busy: Mapping[str, Collection[str]]) -> bool:
    """Tellings of an incident arrive in their order; and while a customer is being told of another one, only an end
    or a correction goes beside it: what else there is to tell depends on whether that arrived.
    """
    now = busy.get(message.recipient, ())
    if message.audience in EXTERNAL and message.phase not in TO_THE_TOLD:
        return not now
    return message.incident not in now


def _wait(connection: Connection, message: Message, request: ClaimRequest) -> tuple[float, str] | None:
    """Until when a customer's notice waits, and why; None = it may go."""
    if message.audience not in EXTERNAL:
        return None
    if _begins(message) and knows_of_another(connection, message):
        return request.now + _ANOTHER_LOOK_S, "the customer knows of another outage that keeps them out"
    gap_ends_at = _gap_ends_at(connection, message, request)
    return None if gap_ends_at is None else (gap_ends_at, "too soon after the last")


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


def _gap_ends_at(connection: Connection, message: Message, request: ClaimRequest) -> float | None:
    """When a routine notice may follow the last one to the same customer and channel; None = now."""
    if message.phase in NEVER_ROUTINE or request.gap_s <= 0:
        return None
    # What was sent again in doubt arrived when that was accepted, not when it was first tried.
    row = connection.execute(
        "SELECT MAX(IIF(state='accepted', settled_at, told_at)) FROM messages"
        " WHERE recipient=? AND channel=? AND told_at IS NOT NULL AND id<>?",
        (message.recipient, message.channel, message.id),
    ).fetchone()
    ends_at = None if row[0] is None else float(row[0]) + request.gap_s
    return ends_at if ends_at is not None and ends_at > request.now else None


def _take(connection: Connection, claimed: list[Claimed], lane: Lane, now: float) -> None:
    connection.executemany(
        "UPDATE messages SET state='sending', reason='', claimed_at=?, idempotent=?, asks=? WHERE id=?",
        [(now, int(lane.idempotent), int(lane.asks), item.message.id) for item in claimed],
    )
    connection.executemany(
        "INSERT INTO reached (recipient, at) VALUES (?,?) ON CONFLICT (recipient) DO UPDATE SET at=excluded.at",
        [
            (item.message.recipient, now)
            for item in claimed
            if item.message.audience in EXTERNAL and item.message.phase in COUNTED
        ],
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
