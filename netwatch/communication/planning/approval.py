"""Who must agree before customers are told: the brakes known at planning, and the sliding share. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netwatch.communication.model import Approval, ApprovalKind, Conditions
from netwatch.communication.planning.state import Release, Telling
from netwatch.communication.settings import CommunicationSettings
from netwatch.incidents.model import Incident

#: The sliding window over which customers told are counted, seconds.
WINDOW_S = 3600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers a release concerns: `new` now, `recent` in the hour before, of `total`."""

    new: int
    recent: int
    total: int

    @property
    def count(self) -> int:
        """All that would be told within the hour."""
        return self.new + self.recent

    @property
    def share(self) -> float:
        """The same as a share of all customers."""
        return self.count / self.total if self.total else 1.0

    def __str__(self) -> str:
        text = f"{self.count:,} of {self.total:,} customers ({self.share:.1%})"
        return f"{text} within 60 minutes" if self.recent else text


def brakes(incident: Incident, conditions: Conditions, settings: CommunicationSettings) -> tuple[str, ...]:
    """Why a person must decide, sentences; empty = nothing forbids it.

    A step of the clock and a fresh configuration only hold what is planned: within a minute they pass by themselves.
    """
    found = []
    if conditions.hold:
        found.append("notices are on hold")
    if conditions.isolated:
        found.append("netwatch can't see the network")
    if not conditions.warm:
        found.append("netwatch started only just now")
    if incident.sure_of_customers < settings.min_confidence:
        found.append(f"it is only {incident.sure_of_customers:.0%} sure who is hit")
    return tuple(found)


def decide(
    incident: Incident,
    update: int,
    size: Size,
    now: float,
    *,
    conditions: Conditions,
    settings: CommunicationSettings,
    asked: Iterable[tuple[ApprovalKind, float]] = (),
    refused_before: bool = False,
) -> Approval:
    """The approval that first notices of `incident` need. `asked` is what the playbook's steps want at least."""
    stops = list(brakes(incident, conditions, settings))
    if not incident.strong:
        stops.append("there is only one kind of evidence")
    if refused_before:
        stops.append("a person stopped earlier notices of this incident")
    asked = tuple(asked)
    if any(kind is ApprovalKind.MANUAL for kind, _ in asked):
        stops.append("the playbook asks for a person")
    kind, needed = _by_size(size, settings)
    if stops:
        kind, needed = ApprovalKind.MANUAL, max(needed, 1)
    windows = [window_s for wanted, window_s in asked if wanted is ApprovalKind.VETO]
    if kind is ApprovalKind.VETO:
        windows.append(settings.veto_s)
    elif kind is ApprovalKind.AUTO and windows:
        kind = ApprovalKind.VETO
    release_at = now + max(windows) if kind is ApprovalKind.VETO else now
    reason = "; ".join([*stops, str(size)])
    return Approval(incident.id, update, kind, release_at, needed, reason[:1].upper() + reason[1:])


def _by_size(size: Size, settings: CommunicationSettings) -> tuple[ApprovalKind, int]:
    too_many = settings.max_customers is not None and size.count > settings.max_customers
    if not too_many and (size.count <= settings.auto_customers or size.share <= settings.auto_share):
        return ApprovalKind.AUTO, 0
    if not too_many and size.share <= settings.max_share:
        return (ApprovalKind.VETO if settings.veto_s > 0 else ApprovalKind.AUTO), 0
    return ApprovalKind.MANUAL, 1 if size.share <= settings.two_person_share else 2


def planned_recently(tellings: Iterable[Telling], conditions: Conditions, now: float) -> int:
    """Customers whom first notices were planned for within the window, over all incidents.

    Notices that a person stopped, or that nobody has approved yet, are told to nobody and count for nobody.
    """
    customers: set[str] = set()
    for telling in tellings:
        recent = {
            release.update
            for release in telling.releases
            if release.at > now - WINDOW_S
            and standing(telling, release.update, conditions, now) in {ApprovalKind.AUTO, ApprovalKind.VETO}
        }
        if recent:
            customers.update(customer for customer, update in telling.told.items() if update in recent)
    return len(customers)


def standing(telling: Telling, update: int, conditions: Conditions, now: float) -> ApprovalKind | None:
    """What still holds the notices of `update` back: VETO or MANUAL; AUTO = nothing does; None = a person refused."""
    key = (telling.incident, update)
    if key in conditions.vetoed:
        return None
    release = next((one for one in telling.releases if one.update == update), None)
    if release is None or key in conditions.approved or release.kind is ApprovalKind.AUTO:
        return ApprovalKind.AUTO
    if release.kind is ApprovalKind.VETO and now >= release.release_at:
        return ApprovalKind.AUTO
    return release.kind


def as_release(approval: Approval, now: float) -> Release:
    """What is remembered of `approval`."""
    return Release(approval.update, now, approval.kind, approval.release_at, approval.needed)
