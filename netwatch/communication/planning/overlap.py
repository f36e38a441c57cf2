"""Where two incidents hit the same customers: which of them may keep the other's readers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from netwatch.communication.model import ApprovalKind
from netwatch.communication.planning.approval import brakes, standing
from netwatch.communication.planning.state import Telling
from netwatch.communication.planning.turn import Turn
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import LIVE, Incident, Status


def hit(incident: Incident) -> frozenset[str]:
    """Customers out or degraded, when customers may be told of this incident at all."""
    if incident.planned is not None or incident.scope not in {Scope.REGIONAL, Scope.CUSTOMER}:
        return frozenset()
    return incident.affected.out | incident.affected.degraded


def sorted_out(turn: Turn, telling: Telling, customers: Collection[str]) -> tuple[frozenset[str], Mapping[str, int]]:
    """Of customers planned to be told: those whom nothing holds back, and those who wait, each with the update
    that holds them. Whom a person's veto spared is in neither.
    """
    found = {update: standing(telling, update, turn.conditions, turn.now) for update in set(telling.told.values())}
    read = turn.conditions.read
    free = frozenset(
        name
        for name in customers
        if found[telling.told[name]] is ApprovalKind.AUTO
        or (found[telling.told[name]] is None and (telling.incident, name) in read)
    )
    waiting = {ApprovalKind.VETO, ApprovalKind.MANUAL}
    pending = {name: telling.told[name] for name in sorted(customers) if found[telling.told[name]] in waiting}
    return free, MappingProxyType(pending)


def takes_over(turn: Turn, home: Incident) -> bool:
    """Whether customers who were told of another incident may pass to `home` without a person being asked.

    What a person stopped, or one kind of evidence supports and nobody approved, may be no outage at all: whoever passed
    to it would never hear the end of the real one.
    """
    telling = turn.telling(home.id)
    found = [standing(telling, release.update, turn.conditions, turn.now) for release in telling.releases]
    if None in found:
        return False
    certain = home.strong and not brakes(home, turn.conditions, turn.office.stage.settings)
    return certain or ApprovalKind.AUTO in found


def in_doubt(
    turn: Turn, incident: Incident, customers: Collection[str], incidents: Mapping[str, Incident], *, late: bool = False
) -> frozenset[str]:
    """Customers of whom nobody can say yet that it works again: hit by a fault that is not told yet, or may not be told.

    A person was asked about the latter. What he stopped, and nothing else makes certain, hits nobody. `late`: nor does
    what has been uncertain for long.
    """
    left, found = frozenset(customers), frozenset[str]()
    least = turn.office.stage.settings.min_confidence
    for other in incidents.values():
        mine = left & hit(other) if other.status in LIVE and other.id != incident.id else frozenset[str]()
        if not mine:
            continue
        certain = other.strong and other.sure_of_customers >= least
        stopped = late or any(name == other.id for name, _ in turn.conditions.vetoed)
        if stopped and not certain:
            continue
        if other.status is not Status.SETTLING:
            telling = turn.telling(other.id)
            if takes_over(turn, other) or not telling.opened:
                continue
            mine -= sorted_out(turn, telling, mine.intersection(telling.told).difference(telling.ended))[0]
        found |= mine
    return found
