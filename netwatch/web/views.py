"""Status and incident lists, built from one picture of the daemon's state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from netwatch.communication.model import Approval, ApprovalKind, Conditions, PageEntry, Promise
from netwatch.communication.planning.calls import Call
from netwatch.communication.planning.duties.tasks import Handed
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.model import Inventory
from netwatch.web.errands import call_views, task_views
from netwatch.web.model import (
    ApprovalView,
    Health,
    HoldView,
    IncidentView,
    MessageTally,
    StatusView,
    UnknownIncidentError,
)
from netwatch.web.names import element_name, title

K = TypeVar("K")
V = TypeVar("V")

#: Statuses of incidents that are not over.
OPEN = frozenset({Status.SETTLING, Status.OPEN, Status.RECOVERING})
#: After its release a notice may stay pending this long without anything being wrong.
_RELEASE_TAKES_S = 5.0
_GRAVITY = {Scope.MONITORING: 0, Scope.REGIONAL: 1, Scope.CUSTOMER: 2, Scope.REDUNDANCY: 3}


def _none() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Milestones:
    """When people were told of an incident, on the timeline; None = not yet, or nobody is to be told."""

    internal_at: float | None = None
    page_at: float | None = None
    first_customer_at: float | None = None
    all_customers_at: float | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """All that answers are made from, at `at` on the timeline.

    By incident id: `told` (customers with an accepted or unsure notice), `tallies`, `milestones`. `waiting` counts
    the customers that a pending approval would tell. `approvals` are the pending ones. `tasks` by incident; `language`
    is what they are shown in; `calls` are owed.
    """

    at: float
    inventory: Inventory
    incidents: Mapping[str, Incident]
    conditions: Conditions = field(default_factory=Conditions)
    approvals: tuple[Approval, ...] = ()
    promises: tuple[Promise, ...] = ()
    page: tuple[PageEntry, ...] = ()
    told: Mapping[str, frozenset[str]] = field(default_factory=_none)
    tallies: Mapping[str, tuple[MessageTally, ...]] = field(default_factory=_none)
    milestones: Mapping[str, Milestones] = field(default_factory=_none)
    waiting: Mapping[str, int] = field(default_factory=_none)
    tasks: Mapping[str, tuple[Handed, ...]] = field(default_factory=_none)
    calls: tuple[Call, ...] = ()
    language: str = "en"


Utc = Callable[[float], datetime]


def incident_of(picture: Picture, incident: str) -> Incident:
    """Raises `UnknownIncidentError` when there is none."""
    found = picture.incidents.get(incident)
    if found is None:
        raise UnknownIncidentError(f"no incident {incident!r}", "see them with: netwatch incidents --all")
    return found


def incident_view(picture: Picture, incident: Incident, utc: Utc) -> IncidentView:
    """One incident for a list."""

    def when(at: float | None) -> datetime | None:
        return None if at is None else utc(at)

    promises = [p for p in picture.promises if p.incident == incident.id and p.kept_at is None]
    owed = [promise.due_at for promise in promises if not promise.customer]
    affected = incident.affected
    return IncidentView(
        id=incident.id,
        title=title(picture.inventory, incident),
        status=incident.status.value,
        scope=incident.scope.value,
        scenario=incident.scenario.value,
        root_causes=incident.roots,
        root_names=tuple(element_name(picture.inventory, ref) for ref in incident.roots),
        last_good_at=utc(incident.last_good_at),
        onset_at=utc(incident.onset_at),
        confirmed_at=when(incident.confirmed_at),
        opened_at=when(incident.opened_at),
        resolved_at=when(incident.resolved_at),
        next_update_at=when(min(owed)) if owed and incident.status in OPEN else None,
        customers_out=len(affected.out),
        customers_degraded=len(affected.degraded),
        customers_at_risk=len(affected.at_risk),
        ever_affected=len(incident.ever_affected),
        told=len(picture.told.get(incident.id, ())),
        devices_down=len(incident.down),
        devices_unreachable=len(incident.unreachable),
        confidence=incident.confidence,
        revision=incident.revision,
        reopened=incident.reopened,
        planned=incident.planned,
        merged_into=incident.merged_into,
        note=incident.note,
        estimate_from_at=when(incident.estimate_from_at),
        estimate_until_at=when(incident.estimate_until_at),
        tasks=task_views(picture.tasks.get(incident.id, ()), utc, picture.at, picture.language),
    )


def incident_views(picture: Picture, utc: Utc, *, closed: bool = False) -> tuple[IncidentView, ...]:
    """The open incidents, gravest first; with `closed` all of them, newest first."""
    found = [i for i in picture.incidents.values() if closed or i.status in OPEN]
    found.sort(key=lambda i: (-i.onset_at, i.id) if closed else (*_gravity(i), i.id))
    return tuple(incident_view(picture, incident, utc) for incident in found)


def _gravity(incident: Incident) -> tuple[int, int, float]:
    return _GRAVITY[incident.scope], -len(incident.affected.out), incident.onset_at


def approval_views(picture: Picture, utc: Utc, incident: str | None = None) -> tuple[ApprovalView, ...]:
    """Pending approvals (of one incident), first to be released first.

    What is still pending well after its release was stopped by the ceiling on customers told: it waits for a person.
    """
    found = [a for a in picture.approvals if incident in {None, a.incident} and _waits(a, picture.at)]
    found.sort(key=lambda a: (a.release_at, a.incident, a.update))
    return tuple(
        ApprovalView(
            incident=a.incident,
            title=title(picture.inventory, picture.incidents[a.incident]) if a.incident in picture.incidents else "",
            update=a.update,
            kind=(ApprovalKind.VETO if _in_window(a, picture.at) else ApprovalKind.MANUAL).value,
            reason=a.reason,
            release_at=utc(a.release_at),
            needed=max(1, a.needed),
            approved_by=a.approved_by,
            vetoed_by=a.vetoed_by,
            customers=picture.waiting.get(a.incident, 0),
        )
        for a in found
    )


def _waits(approval: Approval, now: float) -> bool:
    return approval.kind is not ApprovalKind.AUTO or approval.release_at + _RELEASE_TAKES_S < now


def _in_window(approval: Approval, now: float) -> bool:
    return approval.kind is ApprovalKind.VETO and now < approval.release_at + _RELEASE_TAKES_S


def status_view(
    picture: Picture,
    utc: Utc,
    *,
    version: str,
    started_at: float,
    health: Health,
    devices: Mapping[str, int],
    hold: HoldView,
    page: str = "",
) -> StatusView:
    """The daemon at a glance. `page` is the public page's address or directory, "" = none."""
    totals: dict[tuple[str, str], int] = {}
    for tallies in picture.tallies.values():
        for tally in tallies:
            key = (tally.channel, tally.state)
            totals[key] = totals.get(key, 0) + tally.count
    return StatusView(
        version=version,
        at=utc(picture.at),
        started_at=utc(started_at),
        health=health,
        devices=dict(devices),
        customers=len(picture.inventory.customers),
        isolated=picture.conditions.isolated,
        warm=picture.conditions.warm,
        hold=hold,
        incidents=incident_views(picture, utc),
        approvals=approval_views(picture, utc),
        messages=tuple(MessageTally(*key, count) for key, count in sorted(totals.items())),
        promises_owed=sum(promise.kept_at is None and not promise.customer for promise in picture.promises),
        calls=call_views(picture.calls, utc, picture.at, picture.inventory.customers),
        page=page,
    )
