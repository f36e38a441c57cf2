"""Opening the store: check, set aside what is damaged, restore, migrate, take over what was in flight."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from netwatch.errors import StorageError
from netwatch.storage.approvals import write_hold
from netwatch.storage.backup import back_up, load_ballast
from netwatch.storage.database import connect, refused
from netwatch.storage.migrations import STEPS, migrate, refuse_newer, version
from netwatch.storage.recovery import (
    apply_sent_log,
    contradicted,
    is_sound,
    note_start,
    restore,
    set_aside,
    settle_known,
    take_over,
)
from netwatch.storage.sentlog import SentLog, replay
from netwatch.storage.settings import StorageSettings
from netwatch.storage.stored import Finding, FindingKind, Hold


@dataclass(frozen=True, slots=True)
class Opened:
    """An open store and what a person should know of how it was found."""

    connection: Connection
    log: SentLog
    findings: tuple[Finding, ...]


def open_store(settings: StorageSettings, base: Path, now: float) -> Opened:
    """Everything that a start needs, before the first message is claimed. Blocks; run it in a thread.

    Raises:
        StorageError: another netwatch holds the store, a newer one wrote it, or the directory can't be used.
    """
    path = settings.database_path(base)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = SentLog(settings.sent_log_path(base))
    except OSError as error:
        raise StorageError(
            f"{error.filename or path.parent}: {error.strerror}",
            "make the directory, writable for netwatch, or set storage.directory",
        ) from error
    findings = _make_sound(path, settings, base, now)
    # Made here, so that nobody but netwatch may read the addresses in it; WAL takes over the mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = connect(path)
    try:
        _prepare(connection, settings, base, now)
        findings += _begin(connection, settings, base, now, log, restored=bool(findings))
    except BaseException as error:
        connection.close()
        log.close()
        if isinstance(error, (sqlite3.OperationalError, OSError)):
            raise refused(error, path) from error
        raise
    load_ballast(settings.ballast_path(base), settings.ballast_mib)
    return Opened(connection, log, tuple(findings))


def _make_sound(path: Path, settings: StorageSettings, base: Path, now: float) -> list[Finding]:
    if is_sound(path):
        return []
    aside = set_aside(path, now)
    findings = [Finding(FindingKind.DAMAGED, f"the store was damaged and is kept as {aside.name}")]
    backup = restore(path, settings.backups_path(base))
    if backup is None:
        findings.append(Finding(FindingKind.EMPTIED, "no sound back-up was found: the store starts empty"))
    else:
        findings.append(Finding(FindingKind.RESTORED, f"the store was restored from {backup.name}"))
    return findings


def _prepare(connection: Connection, settings: StorageSettings, base: Path, now: float) -> None:
    refuse_newer(connection)
    if 0 < version(connection) < len(STEPS):
        back_up(connection, settings.backups_path(base), now, settings.backups_kept)
    migrate(connection)


def _begin(
    connection: Connection, settings: StorageSettings, base: Path, now: float, log: SentLog, *, restored: bool
) -> list[Finding]:
    findings: list[Finding] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        findings += note_start(connection, now, settings.crash_limit, settings.crash_window_s)
        facts = replay(settings.sent_log_path(base), settings.backups_kept)
        settle_known(connection, facts, now)
        restored = restored or contradicted(connection, facts)
        if restored:
            left = apply_sent_log(connection, facts, log, now)
            text = f"the sent log knows {len(facts)} messages, {left} of them newer than the restored store"
            findings.append(Finding(FindingKind.RESTORED, text, left))
        findings += take_over(connection, now, log)
        reason = _hold_reason(findings, restored=restored)
        if reason:
            write_hold(connection, Hold(on=True, by="netwatch", reason=reason, since_at=now))
        log.flush()
        connection.execute("COMMIT")
    except BaseException:
        with suppress(Exception):
            connection.execute("ROLLBACK")
        raise
    return findings


def _hold_reason(findings: list[Finding], *, restored: bool) -> str:
    if restored:
        return "the store is an older one; look at what customers were told before releasing the hold"
    safe_mode = [finding.text for finding in findings if finding.kind is FindingKind.SAFE_MODE]
    return safe_mode[0] if safe_mode else ""
