"""The store's tables, as numbered steps. A step that was released is never changed; a new one is added."""

from __future__ import annotations

import sqlite3
from typing import Final

from netwatch.errors import StorageError

_FIRST: Final = """
CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    revision INTEGER NOT NULL,
    last_good_at REAL NOT NULL,
    onset_at REAL NOT NULL,
    confirmed_at REAL,
    opened_at REAL,
    resolved_at REAL,
    page_verified_at REAL,
    changed_at REAL NOT NULL,
    document TEXT NOT NULL
) STRICT;

-- Append-only; `digest` chains each line to the one before it.
CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    newly_affected INTEGER NOT NULL,
    restored INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
CREATE INDEX journal_of ON journal (incident, number);

CREATE TABLE memories (
    ref TEXT PRIMARY KEY, state TEXT NOT NULL, since_at REAL NOT NULL, last_good_at REAL NOT NULL
) STRICT, WITHOUT ROWID;

-- One row each: 'communication' (JSON), 'hold' (JSON), 'running' (set while a process has the store).
CREATE TABLE kept (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE crashes (at REAL NOT NULL) STRICT;

CREATE TABLE pages (incident TEXT PRIMARY KEY, updated_at REAL NOT NULL, document TEXT NOT NULL) STRICT;

CREATE TABLE promises (
    incident TEXT NOT NULL, number INTEGER NOT NULL, due_at REAL NOT NULL, kept_at REAL,
    PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE approvals (
    incident TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    release_at REAL NOT NULL,
    needed INTEGER NOT NULL,
    reason TEXT NOT NULL,
    vetoed_by TEXT NOT NULL DEFAULT '',
    released_at REAL,
    over_ceiling INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (incident, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE approvers (
    incident TEXT NOT NULL, number INTEGER NOT NULL, person TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (incident, number, person),
    FOREIGN KEY (incident, number) REFERENCES approvals (incident, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- A text is written once for all its readers.
CREATE TABLE texts (digest TEXT PRIMARY KEY, subject TEXT NOT NULL, body TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    incident TEXT NOT NULL,
    phase TEXT NOT NULL,
    number INTEGER NOT NULL,
    audience TEXT NOT NULL,
    external INTEGER NOT NULL,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    text TEXT NOT NULL REFERENCES texts (digest),
    priority INTEGER NOT NULL,
    planned_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    told_as TEXT NOT NULL DEFAULT '',     -- merged incident under which the recipient was told before
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    ready_at REAL,                        -- claimable from then; NULL on an unsure row = for good
    attempts INTEGER NOT NULL DEFAULT 0,  -- failures that were the recipient's own
    unknowns INTEGER NOT NULL DEFAULT 0,  -- sends of which nobody knows whether they arrived
    crashes INTEGER NOT NULL DEFAULT 0,   -- crashes in which it was in flight
    idempotent INTEGER NOT NULL DEFAULT 0,
    perhaps INTEGER NOT NULL DEFAULT 0,   -- it may have arrived
    claimed_at REAL,
    told_at REAL,                         -- accepted, or perhaps arrived
    settled_at REAL,
    route TEXT NOT NULL DEFAULT '',
    claimable INTEGER GENERATED ALWAYS AS (
        state = 'ready' OR (state = 'unsure' AND ready_at IS NOT NULL)) VIRTUAL,
    pending INTEGER GENERATED ALWAYS AS (
        state IN ('held', 'ready', 'blocked') OR (state = 'unsure' AND ready_at IS NOT NULL)) VIRTUAL
) STRICT;
CREATE INDEX messages_claim ON messages (channel, external, crashes, priority, planned_at DESC) WHERE claimable = 1;
CREATE INDEX messages_due ON messages (channel, ready_at) WHERE claimable = 1;
CREATE INDEX messages_held ON messages (incident, number) WHERE state = 'held';
CREATE INDEX messages_expiry ON messages (expires_at) WHERE pending = 1;
CREATE INDEX messages_flight ON messages (channel) WHERE state = 'sending';
CREATE INDEX messages_blocked ON messages (recipient) WHERE state = 'blocked';
CREATE INDEX messages_of ON messages (incident, recipient, channel);
CREATE INDEX messages_told ON messages (recipient, channel, told_at) WHERE told_at IS NOT NULL;
CREATE INDEX messages_tally ON messages (incident, audience, channel, state);
CREATE INDEX messages_text ON messages (text);

-- When a customer was last reached or tried: the sliding share counts these.
CREATE TABLE reached (recipient TEXT PRIMARY KEY, at REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX reached_at ON reached (at);

-- After a restore: what the sent log knows of messages that the back-up had not yet seen.
CREATE TABLE remembered (id TEXT PRIMARY KEY, state TEXT NOT NULL, at REAL NOT NULL) STRICT, WITHOUT ROWID;
"""

_SECOND: Final = """
-- How many customers are out or degraded; 0 once nothing is seen wrong any more.
ALTER TABLE incidents ADD COLUMN affected INTEGER NOT NULL DEFAULT 0;
UPDATE incidents SET affected = COALESCE(
    json_array_length(document, '$.affected.out') + json_array_length(document, '$.affected.degraded'), 0)
    WHERE json_extract(document, '$.restored_at') IS NULL;
CREATE INDEX incidents_status ON incidents (status);
CREATE INDEX incidents_changed ON incidents (changed_at);
CREATE INDEX promises_owed ON promises (due_at) WHERE kept_at IS NULL;

-- Messages counted, kept in step by triggers: asked every few seconds, whatever the history.
CREATE TABLE counts (
    incident TEXT NOT NULL, audience TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (incident, audience, channel, state)
) STRICT, WITHOUT ROWID;
INSERT INTO counts SELECT incident, audience, channel, state, COUNT(*) FROM messages
    GROUP BY incident, audience, channel, state;
DROP INDEX messages_tally;
CREATE TRIGGER messages_counted AFTER INSERT ON messages BEGIN
    INSERT INTO counts VALUES (NEW.incident, NEW.audience, NEW.channel, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER messages_moved AFTER UPDATE OF state ON messages WHEN NEW.state <> OLD.state BEGIN
    UPDATE counts SET count = count - 1 WHERE incident = OLD.incident AND audience = OLD.audience
        AND channel = OLD.channel AND state = OLD.state;
    INSERT INTO counts VALUES (NEW.incident, NEW.audience, NEW.channel, NEW.state, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER messages_forgotten AFTER DELETE ON messages BEGIN
    UPDATE counts SET count = count - 1 WHERE incident = OLD.incident AND audience = OLD.audience
        AND channel = OLD.channel AND state = OLD.state;
END;
"""

_REACH: Final = """
ALTER TABLE messages ADD COLUMN segment TEXT NOT NULL DEFAULT '';     -- the customer's, for quiet hours
ALTER TABLE messages ADD COLUMN asks INTEGER NOT NULL DEFAULT 0;      -- its peer can be asked what became of it
ALTER TABLE messages ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;   -- by its address for good; 1: not dealt with yet
CREATE INDEX messages_refused ON messages (incident) WHERE refused = 1;

-- What customers do without; channel '' = all of them.
CREATE TABLE optouts (
    recipient TEXT NOT NULL, channel TEXT NOT NULL, extent TEXT NOT NULL, person TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (recipient, channel)
) STRICT, WITHOUT ROWID;

-- Addresses to mend: each refused for good, first and last at these instants.
CREATE TABLE refusals (
    channel TEXT NOT NULL, address TEXT NOT NULL, recipient TEXT NOT NULL, reason TEXT NOT NULL,
    since_at REAL NOT NULL, last_at REAL NOT NULL,
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;
"""

_CALLS: Final = """
-- Beside promised updates (kind update): calls to one customer, which a person promised or which an outage's end asks for.
CREATE TABLE ledger (
    kind TEXT NOT NULL,
    incident TEXT NOT NULL,
    number INTEGER NOT NULL,
    due_at REAL NOT NULL,
    kept_at REAL,
    customer TEXT NOT NULL DEFAULT '',
    person TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (kind, incident, number)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger (kind, incident, number, due_at, kept_at)
    SELECT 'update', incident, number, due_at, kept_at FROM promises;
DROP TABLE promises;
ALTER TABLE ledger RENAME TO promises;
CREATE INDEX promises_owed ON promises (due_at) WHERE kept_at IS NULL;
"""

STEPS: Final[tuple[str, ...]] = (_FIRST, _SECOND, _REACH, _CALLS)


def version(connection: sqlite3.Connection) -> int:
    """The number of steps that the file has; 0 = empty."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0])


def refuse_newer(connection: sqlite3.Connection) -> None:
    """Raises StorageError when a newer netwatch wrote the file."""
    found = version(connection)
    if found > len(STEPS):
        raise StorageError(
            f"the store has schema {found}, this netwatch knows up to {len(STEPS)}",
            "start the newer netwatch again, or restore a back-up from before the upgrade",
        )


def migrate(connection: sqlite3.Connection, steps: tuple[str, ...] = STEPS) -> int:
    """Bring the file to the newest step; each step is one transaction. Returns how many were taken."""
    before = version(connection)
    for number, step in enumerate(steps[before:], start=before + 1):
        # executescript would commit first; the script carries its own transaction instead.
        try:
            connection.executescript(f"BEGIN IMMEDIATE;\n{step}\n;PRAGMA user_version={number};\nCOMMIT;")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise StorageError(f"step {number} of the store's schema failed: {error}", "restore the back-up") from error
    return len(steps) - before
