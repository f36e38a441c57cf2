"""The facts of one incident as the texts need them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.model import Approval, ApprovalKind, Phase
from netwatch.communication.planning.atlas import Atlas
from netwatch.communication.planning.playbook import CRITICAL_SEGMENTS, Step
from netwatch.communication.planning.recipients import Directory, Recipient, step_for
from netwatch.communication.planning.state import Telling
from netwatch.communication.settings import CommunicationSettings, local
from netwatch.communication.texts import Facts, clean, clean_note
from netwatch.communication.texts.facts import Call
from netwatch.diagnosis.model import Scenario
from netwatch.incidents.model import Incident
from netwatch.inventory.model import Segment

_CALLS: Final = 20
_REASONS: Final = 12
_ROOTS: Final = 12
_REASON_LIMIT: Final = 300


@dataclass(frozen=True, slots=True)
class Stage:
    """What all scenes share."""

    atlas: Atlas
    directory: Directory
    settings: CommunicationSettings
    zone: ZoneInfo


def cause_is_known(incident: Incident, settings: CommunicationSettings) -> bool:
    """Whether customers may read the scenario: it is named, and sure enough or set by a person."""
    sure = incident.scenario_by_human or incident.confidence >= settings.sure_confidence
    return sure and incident.scenario is not Scenario.UNKNOWN


def public_cause(incident: Incident, settings: CommunicationSettings) -> str:
    """The scenario as customers read it."""
    return incident.scenario.value if cause_is_known(incident, settings) else Scenario.UNKNOWN.value


def public_facts(
    stage: Stage,
    incident: Incident,
    phase: Phase,
    now: float,
    due_at: float | None,
    *,
    words: str = "",
    wall_step_s: float = 0.0,
) -> Facts:
    """What may be told outside. No device, no supplier, no name but the regions'. `words`: a person's."""
    settings, zone = stage.settings, stage.zone
    over_at = None
    if incident.resolved_at is not None:
        over_at = incident.restored_at if incident.restored_at is not None else incident.resolved_at
    until = now if over_at is None else over_at
    return Facts(
        incident=incident.id,
        phase=phase.value,
        scope=incident.scope.value,
        scenario=incident.scenario.value,
        cause_known=cause_is_known(incident, settings),
        places=stage.atlas.places(incident).names,
        began_at=local(incident.onset_at, zone, wall_step_s),
        now=local(now, zone, wall_step_s),
        next_update_at=None if due_at is None else local(due_at, zone, wall_step_s),
        resolved_at=None if over_at is None else local(over_at, zone, wall_step_s),
        duration_minutes=max(0, round((until - incident.onset_at) / 60)),
        company=clean(settings.company),
        helpdesk_phone=clean(settings.helpdesk_phone),
        page_url=settings.page_url,
        offers_4g_router=settings.offers_4g_router,
        severity="degraded" if incident.affected.degraded and not incident.affected.out else "out",
        note=clean_note(words),
    )


def with_estimate(facts: Facts, telling: Telling, now: float, zone: ZoneInfo, wall_step_s: float) -> Facts:
    """The same with the estimate that may be read; one whose end has come is none. Without a beginning it is now."""
    before_at = telling.estimate_before_at
    if before_at is not None:
        facts = replace(facts, estimate_before=local(before_at, zone, wall_step_s))
    until_at = telling.estimate_until_at
    if until_at is None or until_at <= now:
        return facts
    from_at = now if telling.estimate_from_at is None else max(now, telling.estimate_from_at)
    return replace(
        facts,
        estimate_from=local(from_at, zone, wall_step_s).replace(second=0, microsecond=0),
        estimate_until=local(until_at, zone, wall_step_s),
    )


def internal_facts(
    stage: Stage,
    public: Facts,
    incident: Incident,
    steps: Sequence[Step],
    *,
    told: int,
    approval: Approval | None,
    wall_step_s: float = 0.0,
) -> Facts:
    """The public facts and all that colleagues may know."""
    hit = incident.affected.out | incident.affected.degraded
    reached = [stage.directory.customer(name) for name in sorted(hit)]
    known = [one for one in reached if one is not None]
    veto = approval is not None and approval.kind is ApprovalKind.VETO
    return replace(
        public,
        roots=tuple(stage.atlas.root(ref) for ref in incident.roots[:_ROOTS]),
        reasons=tuple(clean(reason, _REASON_LIMIT) for reason in incident.reasons[:_REASONS]),
        confidence=round(incident.confidence * 100),
        planned=clean(incident.planned or ""),
        devices_down=len(incident.down),
        devices_unreachable=len(incident.unreachable),
        customers_out=len(incident.affected.out),
        customers_degraded=len(incident.affected.degraded),
        customers_at_risk=len(incident.affected.at_risk),
        customers_told=told,
        customers_silent=sum(1 for one in known if step_for(one, steps) is None) if steps else 0,
        calls=tuple(Call(clean(one.name or one.id), clean(one.phone), one.segment.value) for one in ringable(known)),
        suppliers=stage.atlas.suppliers(incident),
        approval=approval.kind.value if approval else "",
        approval_reason=clean(approval.reason, _REASON_LIMIT) if approval else "",
        approvals_needed=approval.needed if approval else 0,
        release_at=local(approval.release_at, stage.zone, wall_step_s) if approval and veto else None,
    )


def listed(stage: Stage, incident: Incident) -> frozenset[str]:
    """Ids of customers who stand on the alert's list of those to ring up."""
    hit = (stage.directory.customer(name) for name in incident.affected.out | incident.affected.degraded)
    return frozenset(one.id for one in ringable([one for one in hit if one is not None]))


def ringable(customers: Collection[Recipient]) -> tuple[Recipient, ...]:
    """Critical and wholesale customers with a number, the weightiest first."""
    found = sorted(
        (one for one in customers if one.segment in CRITICAL_SEGMENTS and one.phone),
        key=lambda one: (one.priority, one.id),
    )
    return tuple(found[:_CALLS])


def phone_for(segment: Segment, settings: CommunicationSettings) -> str:
    """The number that a customer of `segment` should ring."""
    if segment in CRITICAL_SEGMENTS and settings.priority_phone:
        return clean(settings.priority_phone)
    return clean(settings.helpdesk_phone)
