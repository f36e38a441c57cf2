"""What planning has to know of approvals and deliveries: read in one transaction, changing nothing."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final

from netwatch.communication.model import CUSTOMERS, ENDING, State
from netwatch.incidents.model import Status
from netwatch.storage import approvals, reach
from netwatch.storage.stored import Known

_DAY_S: Final = 86_400.0
#: An incident that was resolved may be reopened for so long at most.
_MAY_RETURN_S: Final = 3600.0
_OPEN: Final = ", ".join(f"'{status.value}'" for status in (Status.OPEN, Status.RECOVERING))
_AUDIENCES: Final = ", ".join(f"'{audience.value}'" for audience in sorted(CUSTOMERS))
_ARRIVED: Final = ", ".join(f"'{state.value}'" for state in (State.ACCEPTED, State.UNSURE, State.SENDING))

# While all of an incident's messages arrived nobody's need be looked at. One that is over may return.
_IN_DOUBT: Final = (
    f"SELECT DISTINCT i.id, i.status IN ({_OPEN}) FROM incidents i JOIN counts c ON c.incident=i.id"  # noqa: S608 - constant text
    f" WHERE (i.status IN ({_OPEN}) OR i.status='{Status.RESOLVED.value}' AND i.changed_at>?)"
    f" AND c.audience IN ({_AUDIENCES}) AND c.state NOT IN ({_ARRIVED}) AND c.count>0 ORDER BY i.id"
)
_UNTOLD: Final = (
    f"SELECT recipient, SUM(state='sending'), SUM(pending), SUM(refused=1), SUM(refused=2) FROM messages"  # noqa: S608 - constant text
    f" WHERE incident=? AND audience IN ({_AUDIENCES}) GROUP BY recipient HAVING MAX(told_at) IS NULL AND MAX(told_as)=''"
)
_TOLD_ALL_THE_SAME: Final = (
    f"SELECT DISTINCT m.incident, m.recipient FROM incidents i JOIN messages m ON m.incident=i.id"  # noqa: S608 - constant text
    f" WHERE i.status IN ({_OPEN}) AND m.external=1 AND m.told_at IS NOT NULL"
    f" AND EXISTS (SELECT 1 FROM approvals a WHERE a.incident=i.id AND a.vetoed_by<>'')"
)
_ENDS: Final = ", ".join(f"'{phase.value}'" for phase in sorted(ENDING))
_LAPSED: Final = (
    f"SELECT DISTINCT m.incident, m.recipient FROM incidents i JOIN counts c ON c.incident=i.id JOIN messages m ON m.incident=i.id"  # noqa: S608 - constant text
    f" WHERE i.status IN ({_OPEN}) AND c.audience=m.audience AND c.state='{State.EXPIRED.value}' AND c.count>0"
    f" AND m.audience IN ({_AUDIENCES}) AND m.state='{State.EXPIRED.value}' AND m.phase IN ({_ENDS})"
    " AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.incident=m.incident AND n.recipient=m.recipient"
    " AND n.number>=m.number AND n.told_at IS NOT NULL)"
)


def known(connection: Connection, now: float) -> Known:
    """All of it as of `now`."""
    unread: set[tuple[str, str]] = set()
    unreachable: set[tuple[str, str]] = set()
    for incident, goes_on in connection.execute(_IN_DOUBT, (now - _MAY_RETURN_S,)).fetchall():
        for recipient, in_flight, waiting, refused, dealt_with in connection.execute(_UNTOLD, (incident,)):
            if not in_flight:
                unread.add((incident, recipient))
                if goes_on and dealt_with and not refused and not waiting:
                    unreachable.add((incident, recipient))
    return Known(
        hold=approvals.read_hold(connection),
        approvals=approvals.recent_approvals(connection, now - _DAY_S),
        told_recently=approvals.told_recently(connection, now),
        unread=frozenset(unread),
        read=frozenset((row[0], row[1]) for row in connection.execute(_TOLD_ALL_THE_SAME)),
        refusals=reach.open_refusals(connection),
        unreachable=frozenset(unreachable),
        lapsed=frozenset((row[0], row[1]) for row in connection.execute(_LAPSED)),
    )
