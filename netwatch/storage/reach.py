"""Who must not be written to, and where: opt-outs and addresses that refuse. Read and written within a transaction."""

from __future__ import annotations

from collections.abc import Callable
from sqlite3 import Connection
from typing import Final

from netwatch.communication.model import CUSTOMERS, Extent, Message, Phase, Refusal, State
from netwatch.storage.admission import LAST_WORDS
from netwatch.storage.stored import OptOut, RefusedAddress

#: So long a refusal is believed; then the address is tried again. A relay that was set up wrongly refuses everybody.
BELIEVED_S: Final = 86_400.0

#: `refused` of a message: another way is to be looked for, or was.
TO_DEAL_WITH: Final = 1
_DEALT_WITH: Final = 2

_LISTED: Final = ", ".join(f"'{phase.value}'" for phase in sorted(LAST_WORDS))
_AUDIENCES: Final = ", ".join(f"'{audience.value}'" for audience in sorted(CUSTOMERS))
#: Whether the message `m` is what its recipient does without.
UNWANTED: Final = f"""
m.audience IN ({_AUDIENCES}) AND EXISTS (SELECT 1 FROM optouts o WHERE o.recipient=m.recipient AND o.channel IN ('', m.channel)
        AND (o.extent='{Extent.EVERYTHING.value}' OR m.phase NOT IN ({_LISTED})))
"""  # noqa: S608 - constant text
OPTED_OUT: Final = "opted out"
MOVED: Final = "the inventory has no such address any more"


class Gate:
    """Looks at messages on their way into the outbox. Where nobody opted out or refused, it costs nothing."""

    def __init__(self, connection: Connection, now: float) -> None:
        self._connection = connection
        self._since_at = now - BELIEVED_S
        self._any_optout = connection.execute("SELECT 1 FROM optouts LIMIT 1").fetchone() is not None
        self._any_refusal = connection.execute("SELECT 1 FROM refusals LIMIT 1").fetchone() is not None

    def stops(self, message: Message) -> tuple[State, str] | None:
        """In which state `message` ends unsent, and why; None = it may go on."""
        if message.audience not in CUSTOMERS:
            return None
        if self._any_optout and wants_not(self._connection, message.recipient, message.channel, message.phase):
            return State.SUPPRESSED, OPTED_OUT
        if self._any_refusal:
            row = self._connection.execute(
                "SELECT 1 FROM refusals WHERE channel=? AND address=? AND last_at>?",
                (message.channel, message.address, self._since_at),
            ).fetchone()
            if row is not None:
                return State.FAILED, "the address refused before"
        return None


def wants_not(connection: Connection, recipient: str, channel: str, phase: Phase) -> bool:
    """Whether a customer does without `phase` on `channel`."""
    rows = connection.execute(
        "SELECT extent FROM optouts WHERE recipient=? AND channel IN ('', ?)", (recipient, channel)
    ).fetchall()
    return any(row[0] == Extent.EVERYTHING.value or phase not in LAST_WORDS for row in rows)


def opt_out(connection: Connection, wish: OptOut) -> int:
    """Keep a customer's wish; what waits and is against it never goes. Returns how many messages that were."""
    connection.execute(
        "INSERT OR REPLACE INTO optouts (recipient, channel, extent, person, at) VALUES (?,?,?,?,?)",
        (wish.recipient, wish.channel, wish.extent.value, wish.by, wish.at),
    )
    rows = connection.execute(
        f"SELECT id FROM messages m WHERE recipient=? AND external=1 AND pending=1 AND {UNWANTED}",  # noqa: S608 - constant text
        (wish.recipient,),
    ).fetchall()
    suppress(connection, [row[0] for row in rows], wish.at)
    return len(rows)


def suppress(connection: Connection, messages: list[str], at: float, reason: str = OPTED_OUT) -> None:
    """Unsent messages that their readers do without; one that perhaps arrived isn't sent again."""
    connection.executemany(
        "UPDATE messages SET state=CASE state WHEN 'unsure' THEN 'unsure' ELSE 'suppressed' END,"
        " reason=?, ready_at=NULL, settled_at=? WHERE id=? AND pending=1",
        [(reason, at, message) for message in messages],
    )


def readdress(connection: Connection, address_of: Callable[[str, str], str], at: float) -> tuple[int, int]:
    """Customers' waiting messages go where `address_of` (recipient, channel) says now; "" = nowhere any more.

    One that perhaps arrived goes nowhere else, which would tell it twice. Returns how many were changed, and stopped.
    """
    rows = connection.execute(
        f"SELECT id, recipient, channel, address, state FROM messages WHERE pending=1 AND audience IN ({_AUDIENCES})"  # noqa: S608 - constant text
    ).fetchall()
    moved, stopped = [], []
    for id_, recipient, channel, address, state in rows:
        current = address_of(recipient, channel)
        if not current or (current != address and state == State.UNSURE):
            stopped.append(id_)
        elif current != address:
            moved.append((current, id_))
    connection.executemany("UPDATE messages SET address=? WHERE id=?", moved)
    suppress(connection, stopped, at, MOVED)
    return len(moved), len(stopped)


def opt_in(connection: Connection, recipient: str, channel: str) -> bool:
    """Forget a wish. False: there was none."""
    cursor = connection.execute("DELETE FROM optouts WHERE recipient=? AND channel=?", (recipient, channel))
    return cursor.rowcount > 0


def optouts(connection: Connection) -> tuple[OptOut, ...]:
    """Every wish, newest first."""
    rows = connection.execute("SELECT recipient, channel, extent, person, at FROM optouts ORDER BY at DESC, recipient")
    return tuple(OptOut(row[0], row[1], Extent(row[2]), row[3], row[4]) for row in rows)


def note_refusal(connection: Connection, message: Message, reason: str, at: float) -> None:
    """An address refused for good: it is to be mended, and another way to be found."""
    connection.execute("UPDATE messages SET refused=? WHERE id=?", (TO_DEAL_WITH, message.id))
    connection.execute(
        "INSERT INTO refusals (channel, address, recipient, reason, since_at, last_at) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT (channel, address) DO UPDATE SET recipient=excluded.recipient, reason=excluded.reason,"
        " last_at=excluded.last_at",
        (message.channel, message.address, message.recipient, reason, at, at),
    )


def forget_refusal(connection: Connection, channel: str, address: str) -> None:
    """The address takes mail again."""
    connection.execute("DELETE FROM refusals WHERE channel=? AND address=?", (channel, address))


def forget_refusals_of(connection: Connection, recipient: str) -> int:
    """A person mended a customer's addresses. Returns how many were forgotten."""
    return connection.execute("DELETE FROM refusals WHERE recipient=?", (recipient,)).rowcount


def refused_addresses(connection: Connection) -> tuple[RefusedAddress, ...]:
    """The addresses to mend, the latest first."""
    rows = connection.execute(
        "SELECT recipient, channel, address, reason, since_at, last_at FROM refusals ORDER BY last_at DESC, address"
    )
    return tuple(RefusedAddress(*row) for row in rows)


def open_refusals(connection: Connection) -> tuple[Refusal, ...]:
    """Refused messages for which no other way was looked for yet."""
    rows = connection.execute(
        "SELECT id, incident, phase, number, recipient, channel, told_as FROM messages WHERE refused=1"
        " ORDER BY incident, recipient, number, channel"
    )
    return tuple(Refusal(row[0], row[1], Phase(row[2]), *row[3:]) for row in rows)


def deal_with(connection: Connection, messages: tuple[str, ...]) -> None:
    """For these another way was looked for."""
    connection.executemany("UPDATE messages SET refused=? WHERE id=?", [(_DEALT_WITH, message) for message in messages])
