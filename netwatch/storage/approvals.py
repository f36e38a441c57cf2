"""Approvals, vetoes, the hold, and the sliding count of customers told: read and written within a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from sqlite3 import Connection
from typing import Final

from netwatch.communication.delivery.release import SLIDING_S, Waiting, over_ceiling, waits_for
from netwatch.communication.model import Approval, ApprovalKind, Audience, Conditions, Message
from netwatch.incidents.model import Status
from netwatch.storage.admission import COUNTED, TO_THE_TOLD
from netwatch.storage.journal import read_kept, write_kept
from netwatch.storage.stored import ApprovalCase, Hold

#: What a veto may stop: any post, and of customers' notices all but what only the told are told. Who was told of a merged
#: incident belongs to this one from then on: without its number he would hear of no end.
_MAY_BE_STOPPED: Final = "told_as='' AND (audience='{}' OR phase NOT IN ({}))".format(
    Audience.POST.value, ", ".join(f"'{phase.value}'" for phase in sorted(TO_THE_TOLD))
)
_COUNTED: Final = ", ".join(f"'{phase.value}'" for phase in sorted(COUNTED))


def write_approvals(connection: Connection, approvals: Iterable[Approval], messages: Iterable[Message]) -> None:
    """Let new approvals in; one that is known stays as people left it.

    After a veto everything further of that incident needs a person, save what only the told are told.
    """
    phases: dict[tuple[str, int], set[str]] = {}
    for message in messages:
        phases.setdefault((message.incident, message.update), set()).add(message.phase)
    for approval in approvals:
        told_only = phases.get((approval.incident, approval.update), set()) <= TO_THE_TOLD
        entered = approval if told_only else _after_veto(connection, approval)
        connection.execute(
            "INSERT OR IGNORE INTO approvals (incident, number, kind, release_at, needed, reason, vetoed_by)"
            " VALUES (?,?,?,?,?,?,?)",
            (
                entered.incident,
                entered.update,
                entered.kind.value,
                entered.release_at,
                entered.needed,
                entered.reason,
                entered.vetoed_by,
            ),
        )
        for person in approval.approved_by:
            _add_approver(connection, approval, person, approval.release_at)


def _after_veto(connection: Connection, approval: Approval) -> Approval:
    row = connection.execute(
        "SELECT vetoed_by FROM approvals WHERE incident=? AND number<? AND vetoed_by<>'' ORDER BY number DESC",
        (approval.incident, approval.update),
    ).fetchone()
    if row is None:
        return approval
    reason = f"an earlier update was vetoed by {row[0]}"
    return replace(approval, kind=ApprovalKind.MANUAL, needed=max(1, approval.needed), reason=reason)


def _add_approver(connection: Connection, approval: Approval, person: str, at: float) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO approvers (incident, number, person, at) VALUES (?,?,?,?)",
        (approval.incident, approval.update, person.strip(), at),
    )


def read_approvals(connection: Connection, incident: str) -> tuple[Approval, ...]:
    """Every approval of one incident, oldest update first."""
    return _read(connection, "incident=?", (incident,))


def recent_approvals(connection: Connection, over_since: float) -> tuple[Approval, ...]:
    """Every approval of incidents that go on, or changed last after `over_since`."""
    live = ", ".join(f"'{status.value}'" for status in (Status.SETTLING, Status.OPEN, Status.RECOVERING))
    recent = (
        f"incident IN (SELECT id FROM incidents WHERE status IN ({live})"  # noqa: S608 - constant text
        " UNION SELECT id FROM incidents WHERE changed_at>?)"
    )
    return _read(connection, recent, (over_since,))


def _read(connection: Connection, where: str, parameters: tuple[str | float, ...]) -> tuple[Approval, ...]:
    people: dict[tuple[str, int], list[str]] = {}
    for incident, number, person in connection.execute(
        f"SELECT incident, number, person FROM approvers WHERE {where} ORDER BY at, person",  # noqa: S608 - constant text
        parameters,
    ):
        people.setdefault((incident, number), []).append(person)
    rows = connection.execute(
        f"SELECT incident, number, kind, release_at, needed, reason, vetoed_by FROM approvals WHERE {where}"  # noqa: S608 - constant text
        " ORDER BY incident, number",
        parameters,
    )
    return tuple(
        Approval(
            row[0],
            row[1],
            ApprovalKind(row[2]),
            row[3],
            row[4],
            row[5],
            tuple(people.get((row[0], row[1]), ())),
            row[6],
        )
        for row in rows
    )


def pending(connection: Connection, incident: str = "") -> tuple[ApprovalCase, ...]:
    """Approvals on which customers' messages wait, first to be released first. Vetoed ones wait for nothing."""
    held = {
        (row[0], row[1]): row[2]
        for row in connection.execute(
            "SELECT incident, number, COUNT(DISTINCT recipient) FROM messages WHERE state='held' GROUP BY incident, number"
        )
    }
    cases = [
        ApprovalCase(approval, held[approval.incident, approval.update], over_ceiling=bool(ceiling))
        for name in dict.fromkeys(key[0] for key in held if incident in {"", key[0]})
        for approval in read_approvals(connection, name)
        if (approval.incident, approval.update) in held and not approval.vetoed_by
        for (ceiling,) in connection.execute(
            "SELECT over_ceiling FROM approvals WHERE incident=? AND number=?", (approval.incident, approval.update)
        )
    ]
    return tuple(sorted(cases, key=lambda case: (case.approval.release_at, case.approval.incident)))


def approve(
    connection: Connection, incident: str, by: str, now: float, up_to: int | None = None
) -> tuple[Approval, ...]:
    """`by` agrees to what waits of `incident`, up to the update that was shown (None = to all that waits).

    An update's text and readers never change, so its number names what was shown. Returns those approvals as they are
    then; () = none waited.
    """
    cases = [case for case in pending(connection, incident) if up_to is None or case.approval.update <= up_to]
    for case in cases:
        _add_approver(connection, case.approval, by, now)
    keys = {(case.approval.incident, case.approval.update) for case in cases}
    return tuple(a for a in read_approvals(connection, incident) if (a.incident, a.update) in keys)


def veto(connection: Connection, incident: str, by: str, now: float) -> tuple[Approval, ...]:
    """Customers' unsent messages of `incident` end suppressed; one in flight isn't sent a second time.

    Ends and corrections are left: whoever was told of the outage must hear of its end. Returns the vetoed approvals;
    () = nothing was unsent.
    """
    updates = [
        row[0]
        for row in connection.execute(
            f"SELECT DISTINCT number FROM messages WHERE incident=? AND external=1 AND {_MAY_BE_STOPPED}"  # noqa: S608 - constant text
            " AND (pending=1 OR state='sending')",
            (incident,),
        )
    ]
    for update in updates:
        connection.execute(
            "UPDATE approvals SET vetoed_by=? WHERE incident=? AND number=?", (by.strip(), incident, update)
        )
        connection.execute(
            f"UPDATE messages SET state=IIF(state='unsure', 'unsure', 'suppressed'), reason=?, ready_at=NULL, settled_at=?"  # noqa: S608 - constant text
            f" WHERE incident=? AND number=? AND external=1 AND pending=1 AND {_MAY_BE_STOPPED}",
            (f"vetoed by {by.strip()}", now, incident, update),
        )
        # Nobody can approve what is left of a vetoed update, and nobody needs to.
        connection.execute(
            "UPDATE messages SET state='ready', ready_at=? WHERE incident=? AND number=? AND state='held' AND external=1",
            (now, incident, update),
        )
    return tuple(a for a in read_approvals(connection, incident) if a.update in updates)


def release(connection: Connection, conditions: Conditions, now: float) -> float | None:
    """Held messages whose approval is given become ready. Returns when the next veto window ends, None = none runs."""
    next_at: float | None = None
    groups = connection.execute("SELECT DISTINCT incident, number FROM messages WHERE state='held'").fetchall()
    for incident, update in groups:
        approval = next((a for a in read_approvals(connection, incident) if a.update == update), None)
        waiting = waits_for(approval, over_ceiling=False, now=now)
        if waiting is None and waits_for(approval, over_ceiling=True, now=now) is Waiting.CEILING:
            newly = _newly_told(connection, incident, update, now)
            over = over_ceiling(conditions, told_recently(connection, now), newly)
            connection.execute(
                "UPDATE approvals SET over_ceiling=?1 WHERE incident=?2 AND number=?3 AND over_ceiling<>?1",
                (int(over), incident, update),
            )
            waiting = Waiting.CEILING if over else None
        if waiting is None:
            _release_group(connection, incident, update, now)
        elif waiting is Waiting.VETO_WINDOW and approval is not None:
            next_at = min(next_at or approval.release_at, approval.release_at)
    return next_at


def _newly_told(connection: Connection, incident: str, update: int, now: float) -> int:
    """Customers of a held update who were neither told of this incident nor of any within the sliding time."""
    row = connection.execute(
        "SELECT COUNT(DISTINCT recipient) FROM messages m WHERE incident=? AND number=? AND state='held'"
        " AND NOT EXISTS (SELECT 1 FROM reached r WHERE r.recipient=m.recipient AND r.at>?)"
        " AND NOT EXISTS (SELECT 1 FROM messages e WHERE e.incident=m.incident AND e.recipient=m.recipient"
        " AND e.told_at IS NOT NULL)",
        (incident, update, now - SLIDING_S),
    ).fetchone()
    return int(row[0])


def _release_group(connection: Connection, incident: str, update: int, now: float) -> None:
    connection.execute(
        "INSERT INTO reached (recipient, at) SELECT DISTINCT recipient, ? FROM messages"  # noqa: S608 - constant text
        f" WHERE incident=? AND number=? AND state='held' AND phase IN ({_COUNTED})"
        " ON CONFLICT (recipient) DO UPDATE SET at=excluded.at",
        (now, incident, update),
    )
    connection.execute(
        "UPDATE messages SET state='ready', ready_at=? WHERE incident=? AND number=? AND state='held'",
        (now, incident, update),
    )
    connection.execute(
        "UPDATE approvals SET released_at=COALESCE(released_at, ?) WHERE incident=? AND number=?",
        (now, incident, update),
    )


def told_recently(connection: Connection, now: float) -> int:
    """Distinct customers to whom word of an outage was released or sent within the sliding time, over all incidents."""
    row = connection.execute("SELECT COUNT(*) FROM reached WHERE at>?", (now - SLIDING_S,)).fetchone()
    return int(row[0])


def write_hold(connection: Connection, hold: Hold) -> None:
    write_kept(connection, "hold", json.dumps(asdict(hold)))


def read_hold(connection: Connection) -> Hold:
    document = read_kept(connection, "hold")
    return Hold(**json.loads(document)) if document else Hold()
