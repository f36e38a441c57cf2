"""Answers for the doors: read within the store's thread, changing nothing."""

from __future__ import annotations

from sqlite3 import Connection

from netwatch.communication.model import Audience, Message, Phase, State
from netwatch.storage.rows import MESSAGE_COLUMNS, MESSAGE_WIDTH, message_of
from netwatch.storage.stored import Milestones, Tally


def tally(connection: Connection, incident: str = "") -> tuple[Tally, ...]:
    """Messages counted by audience, channel and state, of one incident or of all."""
    of_one = "WHERE incident=?" if incident else ""
    rows = connection.execute(
        f"SELECT audience, channel, state, SUM(count) FROM counts {of_one}"  # noqa: S608 - constant text
        " GROUP BY audience, channel, state HAVING SUM(count)>0",
        (incident,) if incident else (),
    )
    return tuple(Tally(Audience(row[0]), row[1], State(row[2]), row[3]) for row in rows)


def unfinished(connection: Connection, incident: str = "") -> int:
    """Messages that are in flight or may still leave, of one incident or of all. Quarantined ones wait for a person."""
    of_one = "AND incident=?" if incident else ""
    rows = connection.execute(
        f"SELECT COUNT(*) FROM messages WHERE pending=1 {of_one}"  # noqa: S608 - constant text
        f" UNION ALL SELECT COUNT(*) FROM messages WHERE state='sending' {of_one}",
        (incident, incident) if incident else (),
    )
    return sum(row[0] for row in rows)


def told_counts(connection: Connection) -> dict[str, int]:
    """Distinct customers told (accepted, or perhaps arrived) by incident."""
    rows = connection.execute(
        "SELECT incident, COUNT(DISTINCT recipient) FROM messages WHERE external=1 AND told_at IS NOT NULL GROUP BY incident"
    )
    return {row[0]: row[1] for row in rows}


def told_of(connection: Connection, recipient: str) -> frozenset[str]:
    """The incidents of which `recipient` was told."""
    rows = connection.execute(
        "SELECT DISTINCT incident FROM messages WHERE recipient=? AND told_at IS NOT NULL", (recipient,)
    )
    return frozenset(row[0] for row in rows)


def told_recipients(connection: Connection, incident: str) -> frozenset[str]:
    """Everybody, customers and staff, who was told of `incident`."""
    rows = connection.execute(
        "SELECT DISTINCT recipient FROM messages WHERE incident=? AND told_at IS NOT NULL", (incident,)
    )
    return frozenset(row[0] for row in rows)


def milestones(connection: Connection, incident: str) -> Milestones:
    """When the incident's telling reached its marks."""
    row = connection.execute(
        "SELECT last_good_at, onset_at, confirmed_at, opened_at, page_verified_at FROM incidents WHERE id=?",
        (incident,),
    ).fetchone()
    if row is None:
        return Milestones()
    first_internal_at, first_customer_at = connection.execute(
        "SELECT MIN(CASE WHEN external=0 THEN told_at END), MIN(CASE WHEN external=1 THEN told_at END)"
        " FROM messages WHERE incident=? AND told_at IS NOT NULL",
        (incident,),
    ).fetchone()
    unfinished, last_at = connection.execute(
        "SELECT COUNT(CASE WHEN state IN ('held','ready','blocked','sending') OR pending=1 THEN 1 END),"
        " MAX(COALESCE(told_at, settled_at)) FROM messages WHERE incident=? AND phase=? AND external=1",
        (incident, Phase.OPENED.value),
    ).fetchone()
    return Milestones(
        last_good_at=row[0],
        onset_at=row[1],
        confirmed_at=row[2],
        opened_at=row[3],
        page_verified_at=row[4],
        first_internal_at=first_internal_at,
        first_customer_at=first_customer_at,
        all_accepted_at=None if unfinished else last_at,
    )


def messages_in(connection: Connection, state: State, limit: int) -> tuple[tuple[Message, str], ...]:
    """Messages in `state` with the reason, newest first; for failed ones, the addresses to mend."""
    rows = connection.execute(
        f"SELECT {MESSAGE_COLUMNS}, m.reason FROM messages m JOIN texts t ON t.digest=m.text"  # noqa: S608 - constant text
        " WHERE m.state=? ORDER BY COALESCE(m.settled_at, m.planned_at) DESC, m.id LIMIT ?",
        (state.value, limit),
    )
    return tuple((message_of(row), row[MESSAGE_WIDTH]) for row in rows)


def messages_of(connection: Connection, incident: str) -> tuple[tuple[Message, State], ...]:
    """Every message of `incident` with its state, in the order of planning."""
    rows = connection.execute(
        f"SELECT {MESSAGE_COLUMNS}, m.state FROM messages m JOIN texts t ON t.digest=m.text"  # noqa: S608 - constant text
        " WHERE m.incident=? ORDER BY m.number, m.priority, m.planned_at, m.id",
        (incident,),
    )
    return tuple((message_of(row), State(row[MESSAGE_WIDTH])) for row in rows)


def purge(connection: Connection, closed_before: float, addresses_before: float) -> None:
    """Forget settled messages of incidents that closed before `addresses_before`, and incidents closed before
    `closed_before` with all that hangs on them.
    """
    over = "SELECT id FROM incidents WHERE resolved_at<? OR (resolved_at IS NULL AND status IN ('merged','dismissed') AND changed_at<?)"
    connection.execute(
        f"DELETE FROM messages WHERE pending=0 AND state<>'sending' AND incident IN ({over})",  # noqa: S608 - constant text
        (addresses_before, addresses_before),
    )
    # What belongs to no incident: calls to customers, announced work.
    connection.execute(
        "DELETE FROM messages WHERE pending=0 AND state<>'sending' AND planned_at<?"
        " AND incident NOT IN (SELECT id FROM incidents)",
        (addresses_before,),
    )
    connection.execute("DELETE FROM promises WHERE incident='' AND due_at<?", (closed_before,))
    connection.execute("DELETE FROM counts WHERE count=0")
    connection.execute("DELETE FROM texts WHERE digest NOT IN (SELECT text FROM messages)")
    connection.execute("DELETE FROM reached WHERE at<?", (addresses_before,))
    connection.execute("DELETE FROM refusals WHERE last_at<?", (addresses_before,))
    for table in ("journal", "promises", "approvals", "pages"):
        connection.execute(f"DELETE FROM {table} WHERE incident IN ({over})", (closed_before, closed_before))  # noqa: S608 - constant text
    connection.execute(f"DELETE FROM incidents WHERE id IN ({over})", (closed_before, closed_before))  # noqa: S608 - constant text
