"""What a start does after a crash or a damage: rows in flight, safe mode, restore from the newest back-up."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

from netwatch.communication.delivery.model import RESENT
from netwatch.communication.model import Phase, State
from netwatch.errors import StorageError
from netwatch.storage.backup import newest_backups
from netwatch.storage.journal import read_kept, write_kept
from netwatch.storage.outbox import remember, unblock
from netwatch.storage.sentlog import Fact, SentLog
from netwatch.storage.stored import Finding, FindingKind

#: A row in flight in so many crashes is not sent again without a person.
QUARANTINE_AFTER = 2


def take_over(connection: Connection, now: float, log: SentLog) -> list[Finding]:
    """After a crash: nobody knows what became of the rows in flight.

    Idempotent channels get the same id again, those that can be asked are asked. Otherwise a first notice or an end is sent once more, routine news never.
    A row that was in flight in two crashes is quarantined.
    """
    rows = connection.execute(
        "SELECT id, incident, phase, number, channel, recipient, external, idempotent, asks, unknowns, crashes, claimed_at"
        " FROM messages WHERE state='sending'"
    ).fetchall()
    quarantined = 0
    for (
        id_,
        incident,
        phase,
        update,
        channel,
        recipient,
        external,
        idempotent,
        asks,
        unknowns,
        crashes,
        claimed_at,
    ) in rows:
        poison = crashes + 1 >= QUARANTINE_AFTER
        overtaken = connection.execute(
            "SELECT 1 FROM messages WHERE incident=?1 AND recipient=?2 AND channel=?3 AND number>?4"
            " UNION ALL SELECT 1 FROM approvals WHERE incident=?1 AND number=?4 AND vetoed_by<>'' AND ?5=1",
            (incident, recipient, channel, update, external),
        ).fetchone()
        again = not overtaken and (idempotent or asks or (Phase(phase) in RESENT and unknowns == 0))
        connection.execute(
            "UPDATE messages SET state=?, reason='in flight in a crash', crashes=crashes+1, unknowns=unknowns+1,"
            " perhaps=1, told_at=COALESCE(told_at, ?), ready_at=?, settled_at=? WHERE id=?",
            (
                "quarantined" if poison else "unsure",
                claimed_at,
                now if again and not poison else None,
                None if again and not poison else now,
                id_,
            ),
        )
        log.note(id_, State.UNSURE, now)
        quarantined += poison
    for row in rows:
        unblock(connection, row[5], now)
    return _told(len(rows) - quarantined, quarantined)


def _told(unsure: int, quarantined: int) -> list[Finding]:
    findings = []
    if unsure:
        text = f"{unsure} messages were in flight when netwatch stopped; whether they arrived is not known"
        findings.append(Finding(FindingKind.UNSURE, text, unsure))
    if quarantined:
        text = f"{quarantined} messages were in flight in two crashes and wait for a person"
        findings.append(Finding(FindingKind.QUARANTINED, text, quarantined))
    return findings


def note_start(connection: Connection, now: float, crash_limit: int, crash_window_s: float) -> list[Finding]:
    """Mark the store as in use. Tells whether the run before crashed, and whether that is too often."""
    crashed = read_kept(connection, "running") is not None
    write_kept(connection, "running", str(now))
    if not crashed:
        return []
    connection.execute("DELETE FROM crashes WHERE at<?", (now - crash_window_s,))
    connection.execute("INSERT INTO crashes (at) VALUES (?)", (now,))
    count = int(connection.execute("SELECT COUNT(*) FROM crashes").fetchone()[0])
    findings = [Finding(FindingKind.CRASHED, "netwatch did not stop in order the last time")]
    if crash_limit and count >= crash_limit:
        text = (
            f"{count} crashes within {crash_window_s:.0f} s: customers' notices are on hold until a person releases it"
        )
        findings.append(Finding(FindingKind.SAFE_MODE, text))
    return findings


def note_stop(connection: Connection) -> None:
    """Mark the store as closed in order."""
    connection.execute("DELETE FROM kept WHERE name='running'")


def is_sound(path: Path) -> bool:
    """Whether SQLite's quick check finds the file whole. A missing file is sound."""
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(path, timeout=1.0)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StorageError(
                f"{path}: another netwatch holds the store", "stop it first, or give this one its own directory"
            ) from error
        return False
    except sqlite3.DatabaseError:
        return False


def set_aside(path: Path, now: float) -> Path:
    """Rename the damaged file with what belongs to it; nothing is deleted. Returns the new path."""
    aside = path.with_name(f"{path.name}.damaged-{now:.0f}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside


def restore(path: Path, backups: Path) -> Path | None:
    """Put the newest sound back-up in the store's place. Returns it; None = there is none."""
    for backup in newest_backups(backups):
        if is_sound(backup):
            spare = path.with_name(path.name + ".restoring")
            spare.unlink(missing_ok=True)
            with os.fdopen(os.open(spare, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(backup.read_bytes())
                file.flush()
                os.fsync(file.fileno())
            spare.replace(path)
            return backup
    return None


def contradicted(connection: Connection, facts: dict[str, Fact]) -> bool:
    """Whether the sent log knows as accepted what the store never claimed: an older store was put in its place."""
    unclaimed = connection.execute(
        "SELECT id FROM messages WHERE state IN ('held', 'ready', 'blocked') AND claimed_at IS NULL"
    )
    return any(row[0] in facts and facts[row[0]].state is State.ACCEPTED for row in unclaimed)


def settle_known(connection: Connection, facts: dict[str, Fact], now: float) -> None:
    """Rows in flight whose outcome reached the sent log, but not the store, before the crash."""
    rows = connection.execute("SELECT id, recipient, claimed_at FROM messages WHERE state='sending'").fetchall()
    for id_, recipient, claimed_at in rows:
        fact = facts.get(id_)
        if fact is None or fact.at < claimed_at:
            continue
        if fact.state in {State.ACCEPTED, State.FAILED}:
            remember(connection, id_, fact.state, fact.at)
            unblock(connection, recipient, now)
        elif fact.state is State.READY:
            _put_back(connection, id_, now)
            unblock(connection, recipient, now)


def _put_back(connection: Connection, message: str, now: float) -> None:
    """It came back unsent: it waits anew for what a message waits for, unless it was overtaken or vetoed meanwhile."""
    connection.execute(
        "UPDATE messages AS m SET ready_at=IIF(external=0, ?1, NULL), reason='came back before the crash', state=CASE"
        " WHEN EXISTS (SELECT 1 FROM messages n WHERE n.incident=m.incident AND n.recipient=m.recipient"
        " AND n.channel=m.channel AND n.number>m.number) THEN 'superseded'"
        " WHEN external=0 THEN 'ready'"
        " WHEN EXISTS (SELECT 1 FROM approvals a WHERE a.incident=m.incident AND a.number=m.number"
        " AND a.vetoed_by<>'') THEN 'suppressed'"
        " ELSE 'held' END WHERE id=?2",
        (now, message),
    )
    connection.execute(
        "UPDATE messages SET ready_at=NULL, settled_at=? WHERE id=? AND state IN ('superseded', 'suppressed')",
        (now, message),
    )


def apply_sent_log(connection: Connection, facts: dict[str, Fact], log: SentLog, now: float) -> int:
    """Set every row to what the sent log knows of it and keep the rest for rows that come later. Returns how many
    messages of the restored store turn out to have left.
    """
    changed = 0
    for fact in facts.values():
        connection.execute(
            "INSERT OR REPLACE INTO remembered (id, state, at) VALUES (?,?,?)", (fact.id, fact.state, fact.at)
        )
        row = connection.execute("SELECT state, recipient FROM messages WHERE id=?", (fact.id,)).fetchone()
        if row and row[0] != State.ACCEPTED and fact.state is not State.READY:
            remember(connection, fact.id, fact.state, fact.at)
            unblock(connection, row[1], now)
            log.note(fact.id, fact.state if fact.state is not State.SENDING else State.UNSURE, now)
            changed += 1
    connection.execute("DELETE FROM remembered WHERE state=?", (State.READY.value,))
    return changed
