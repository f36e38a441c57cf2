"""Incidents, their journal, and what diagnosis and communication remember: read and written within a transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from sqlite3 import Connection
from typing import Any, Final

from netwatch.communication.model import PageEntry, Promise
from netwatch.diagnosis.model import Memory
from netwatch.incidents.model import Change, Incident
from netwatch.incidents.record import from_json, to_json
from netwatch.storage.stored import JournalLine, PromiseCounts

_REMEMBERED: Final = "remembered_at"


def write_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Journal every change; each incident then reads as after its last one. An older revision never wins."""
    digest = _last_digest(connection)
    latest: dict[str, Change] = {}
    for change in changes:
        digest = _journal(connection, change, digest)
        known = latest.get(change.incident.id)
        if known is None or change.incident.revision >= known.incident.revision:
            latest[change.incident.id] = change
    for change in latest.values():
        _write_incident(connection, change.incident, change.at)


def _last_digest(connection: Connection) -> str:
    row = connection.execute("SELECT digest FROM journal ORDER BY number DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _journal(connection: Connection, change: Change, before: str) -> str:
    line = (
        change.incident.id,
        change.at,
        change.kind.value,
        change.reason,
        len(change.newly_affected),
        len(change.restored),
    )
    digest = _chain(before, line)
    connection.execute(
        "INSERT INTO journal (incident, at, kind, reason, newly_affected, restored, digest) VALUES (?,?,?,?,?,?,?)",
        (*line, digest),
    )
    return digest


def _chain(before: str, line: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *line]).encode()).hexdigest()


def broken_link(connection: Connection) -> int | None:
    """Number of the first journal line that was altered or whose predecessor is missing; None = all are whole.

    The oldest line that is kept is taken on trust: those before it were purged.
    """
    before: str | None = None
    rows = connection.execute(
        "SELECT number, incident, at, kind, reason, newly_affected, restored, digest FROM journal ORDER BY number"
    )
    for number, *line, digest in rows:
        if before is not None and _chain(before, tuple(line)) != digest:
            return int(number)
        before = digest
    return None


def _write_incident(connection: Connection, incident: Incident, at: float) -> None:
    connection.execute(
        "INSERT INTO incidents (id, status, revision, last_good_at, onset_at, confirmed_at, opened_at, resolved_at,"
        " changed_at, affected, document) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
        " ON CONFLICT (id) DO UPDATE SET status=excluded.status, revision=excluded.revision,"
        " last_good_at=excluded.last_good_at, onset_at=excluded.onset_at, confirmed_at=excluded.confirmed_at,"
        " opened_at=excluded.opened_at, resolved_at=excluded.resolved_at, changed_at=excluded.changed_at,"
        " affected=excluded.affected, document=excluded.document WHERE excluded.revision >= incidents.revision",
        (
            incident.id,
            incident.status.value,
            incident.revision,
            incident.last_good_at,
            incident.onset_at,
            incident.confirmed_at,
            incident.opened_at,
            incident.resolved_at,
            at,
            0 if incident.restored_at is not None else len(incident.affected.out | incident.affected.degraded),
            to_json(incident),
        ),
    )


def read_incidents(connection: Connection) -> tuple[Incident, ...]:
    """Every incident that is kept, oldest first."""
    rows = connection.execute("SELECT document FROM incidents ORDER BY onset_at, id")
    return tuple(from_json(str(row[0])) for row in rows)


def read_journal(connection: Connection, incident: str) -> tuple[JournalLine, ...]:
    """The incident's changes in the order in which they were saved."""
    rows = connection.execute(
        "SELECT number, at, kind, reason, newly_affected, restored FROM journal WHERE incident=? ORDER BY number",
        (incident,),
    )
    return tuple(JournalLine(*row) for row in rows)


def write_memories(connection: Connection, changed: Iterable[Memory], now: float) -> None:
    """Keep these beside those that are kept; whatever is up was so until `now`."""
    connection.executemany(
        "INSERT OR REPLACE INTO memories (ref, state, since_at, last_good_at) VALUES (?,?,?,?)",
        [(memory.ref, memory.state, memory.since_at, memory.last_good_at) for memory in changed],
    )
    write_kept(connection, _REMEMBERED, repr(now))


def read_memories(connection: Connection) -> tuple[Memory, ...]:
    """What the diagnosis remembers; what was up, was good until the last saving."""
    at = float(read_kept(connection, _REMEMBERED) or 0.0)
    rows = connection.execute(
        "SELECT ref, state, since_at, CASE WHEN state LIKE 'up%' THEN max(last_good_at, ?) ELSE last_good_at END"
        " FROM memories ORDER BY ref",
        (at,),
    )
    return tuple(Memory(*row) for row in rows)


def write_kept(connection: Connection, name: str, document: str) -> None:
    connection.execute(
        "INSERT INTO kept (name, document) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET document=excluded.document",
        (name, document),
    )


def read_kept(connection: Connection, name: str) -> str | None:
    row = connection.execute("SELECT document FROM kept WHERE name=?", (name,)).fetchone()
    return str(row[0]) if row else None


def read_documents(connection: Connection) -> dict[str, str]:
    """What callers kept, by their own names."""
    rows = connection.execute("SELECT name, document FROM kept WHERE name GLOB 'document.*' ORDER BY name")
    return {row[0].removeprefix("document."): row[1] for row in rows}


def write_promises(connection: Connection, promises: Iterable[Promise]) -> None:
    """A promise that was kept stays kept."""
    connection.executemany(
        "INSERT INTO promises (kind, incident, number, due_at, kept_at, customer, person) VALUES (?,?,?,?,?,?,?)"
        " ON CONFLICT (kind, incident, number) DO UPDATE SET due_at=excluded.due_at,"
        " kept_at=COALESCE(promises.kept_at, excluded.kept_at)",
        [
            (
                "call" if one.customer else "update",
                one.incident,
                one.update,
                one.due_at,
                one.kept_at,
                one.customer,
                one.by,
            )
            for one in promises
        ],
    )


def read_promises(connection: Connection, *, owed_only: bool) -> tuple[Promise, ...]:
    """Updates and calls, first due first."""
    where = "WHERE kept_at IS NULL" if owed_only else ""
    rows = connection.execute(
        f"SELECT incident, number, due_at, kept_at, customer, person FROM promises {where} ORDER BY due_at, number"  # noqa: S608 - constant text
    )
    return tuple(Promise(*row) for row in rows)


def count_promises(connection: Connection, kind: str, now: float) -> PromiseCounts:
    """How many promises of a kind (update, call) there were, by what became of them.

    A call that was not made in time is missed at once; an update, when it comes too late: it always comes.
    """
    row = connection.execute(
        "SELECT COUNT(*) - COUNT(kept_at), COALESCE(SUM(kept_at<=due_at), 0),"
        " COALESCE(SUM(kept_at>due_at OR (kept_at IS NULL AND kind='call' AND due_at<:now)), 0)"
        " FROM promises WHERE kind=:kind",
        {"kind": kind, "now": now},
    ).fetchone()
    return PromiseCounts(*row)


def write_page(connection: Connection, entries: Iterable[PageEntry]) -> None:
    connection.executemany(
        "INSERT INTO pages (incident, updated_at, document) VALUES (?,?,?) ON CONFLICT (incident)"
        " DO UPDATE SET updated_at=excluded.updated_at, document=excluded.document",
        [(entry.incident, entry.updated_at, json.dumps(asdict(entry), ensure_ascii=False)) for entry in entries],
    )


def read_page(connection: Connection) -> tuple[PageEntry, ...]:
    """Newest outage first."""
    rows = connection.execute("SELECT document FROM pages ORDER BY updated_at DESC, incident")
    entries = [_entry(json.loads(row[0])) for row in rows]
    return tuple(sorted(entries, key=lambda entry: (-entry.opened_at, entry.incident)))


def _entry(record: dict[str, Any]) -> PageEntry:
    """Keys that an older netwatch did not write take their defaults; those of a newer one are left out."""
    known = {key.name for key in fields(PageEntry)}
    return PageEntry(**{name: _frozen(value) for name, value in record.items() if name in known})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
