"""When customers' messages of one update may go: approval and the sliding ceiling. Pure."""

from __future__ import annotations

from enum import StrEnum

from netwatch.communication.delivery.model import Brake
from netwatch.communication.model import Approval, ApprovalKind, Conditions

#: Customers told within this time count towards the ceiling, seconds.
SLIDING_S = 3600.0


class Waiting(StrEnum):
    """What an update waits for."""

    APPROVAL_MISSING = "approval_missing"
    VETOED = "vetoed"
    VETO_WINDOW = "veto_window"
    PEOPLE = "people"
    CEILING = "ceiling"


def waits_for(approval: Approval | None, *, over_ceiling: bool, now: float) -> Waiting | None:
    """Why an update may not go yet; None = it may. An update that nobody gave an approval to never goes."""
    if approval is None:
        return Waiting.APPROVAL_MISSING
    if approval.vetoed_by:
        return Waiting.VETOED
    if agreed(approval):
        return None
    if over_ceiling:
        return Waiting.CEILING
    if approval.kind is ApprovalKind.MANUAL:
        return Waiting.PEOPLE
    return Waiting.VETO_WINDOW if now < approval.release_at else None


def missing(approval: Approval) -> int:
    """How many more people must say yes. The same person twice is one."""
    return max(0, max(1, approval.needed) - len({person.strip().casefold() for person in approval.approved_by}))


def agreed(approval: Approval) -> bool:
    """Whether enough different people said yes."""
    return missing(approval) == 0


def over_ceiling(conditions: Conditions, told_recently: int, newly_told: int) -> bool:
    """Whether `newly_told` customers more would pass the number that may be told without a person."""
    return conditions.told_limit is not None and newly_told > 0 and told_recently + newly_told > conditions.told_limit


def brake(conditions: Conditions) -> Brake | None:
    """Why no customer's message at all is claimed now; None = nothing holds them."""
    if conditions.hold:
        return Brake.HOLD
    if conditions.isolated:
        return Brake.ISOLATED
    if not conditions.warm:
        return Brake.NOT_WARM
    if conditions.clock_stepped:
        return Brake.CLOCK_STEPPED
    return Brake.CONFIG_YOUNG if conditions.config_young else None
