"""How long netwatch waits before it speaks, changes its mind, or says that all is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final

from annotated_types import Ge, Gt, Le

_STRICT: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """Waits of the life cycle. Every one of them is a share of the 180 s or a guard against crying wolf."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    settle_s: Annotated[float, Ge(0), Le(120)] = 15.0
    """Seconds that cause and scope must stay the same before an incident is published."""

    settle_settled_s: Annotated[float, Ge(0), Le(120)] = 5.0
    """The same, once every neighbour has answered since the fault began: waiting longer adds nothing."""

    settle_growing_s: Annotated[float, Ge(0), Le(120)] = 30.0
    """The same, while more elements are still joining."""

    quiet_s: Annotated[float, Ge(0), Le(60)] = 4.0
    """Seconds without a new element after which an incident no longer counts as growing."""

    publish_at_latest_s: Annotated[float, Gt(0), Le(150)] = 32.0
    """Seconds after the first failure when a confirmed, strong incident is published even if it still changes."""

    weak_wait_s: Annotated[float, Ge(0), Le(150)] = 35.0
    """Seconds since the first failure that a fault with one kind of evidence only must last to be published."""

    cold_wait_s: Annotated[float, Ge(0), Le(3600)] = 120.0
    """Longest wait in seconds for a warm diagnosis after the start. Then on-call is told; the brakes still hold
    customers' notices."""

    cause_stable_s: Annotated[float, Ge(0), Le(600)] = 20.0
    """Seconds that another cause must last before it replaces a published one."""

    cause_vote: Annotated[float, Ge(1)] = 1.5
    """How many times likelier than the published cause the other must be."""

    cause_final_s: Annotated[float, Gt(0)] = 120.0
    """Seconds without growth after which the published cause stays; another is shown as an alternative."""

    growth_settle_s: Annotated[float, Ge(0), Le(120)] = 10.0
    """Seconds without further customers before those who joined a published incident are told."""

    growth_wait_s: Annotated[float, Ge(0), Le(120)] = 30.0
    """Longest wait in seconds for that while still more join."""

    partial_hold_s: Annotated[float, Ge(0), Le(600)] = 15.0
    """Seconds without further change before those who have service again are told so."""

    partial_wait_s: Annotated[float, Ge(0), Le(1800)] = 60.0
    """Longest wait in seconds for that while the recovery goes on in stages."""

    receding_share: Annotated[float, Gt(0), Le(1)] = 0.25
    """Share of the failed elements that must be back for an incident to count as recovering: cause and scope
    then stay what they were."""

    close_after_s: Annotated[float, Gt(0), Le(3600)] = 45.0
    """Seconds without anything wrong, seen by a warm diagnosis that is not isolated, before an incident is
    resolved. Multiplied by the number of times that it came back, plus one."""

    close_at_most_s: Annotated[float, Gt(0), Le(7200)] = 300.0
    """Upper limit of that product in seconds."""

    dismiss_after_s: Annotated[float, Gt(0), Le(600)] = 20.0
    """Seconds without explanation before an incident that was never published is dropped."""

    reopen_within_s: Annotated[float, Ge(0), Le(86400)] = 600.0
    """Seconds after resolving within which the same fault reopens the same incident."""

    match_window_s: Annotated[float, Gt(0), Le(600)] = 60.0
    """Seconds between two first failures within which explanations that share elements are one fault."""

    keep_resolved_s: Annotated[float, Gt(0)] = 86_400.0
    """Seconds that a finished incident stays at hand for look-ups; the journal keeps it longer."""
