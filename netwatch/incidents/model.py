"""Incidents, their changes, and what people may command."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from netwatch.diagnosis.model import Affected, Alternative, Scenario, Scope
from netwatch.names import lasting


class Status(StrEnum):
    """Where an incident stands. Only `open` and later were ever told to anyone."""

    SETTLING = "settling"
    OPEN = "open"
    RECOVERING = "recovering"
    RESOLVED = "resolved"
    MERGED = "merged"
    DISMISSED = "dismissed"


#: The incident is not over yet.
LIVE: Final = (Status.SETTLING, Status.OPEN, Status.RECOVERING)
#: It was published and is not over yet.
PUBLISHED: Final = (Status.OPEN, Status.RECOVERING)


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of the incident's history: when, and one sentence of what changed."""

    at: float
    change: str


@dataclass(frozen=True)
class Incident:
    """One outage over time. Immutable: every change is a new value with a higher `revision`.

    `last_good_at`, `onset_at`, `confirmed_at`, `opened_at`, `resolved_at`: see `Explanation`; opened is when it
    was published. `affected` is now; `ever_affected` all that were out or degraded at any time since opening.
    `planned`: id of the maintenance that announces it: never told to customers.
    `note`: the latest words of a person for the next update; "" again once it is over. `scenario_by_human`: diagnosis may not change it.
    `restored_at`: since when nothing was seen wrong any more; `resolved_at` comes a stable period later.
    `announced`: who counted as out or degraded at the last change that people are told of.
    `elements`: refs of everything that failed or fell silent since the incident was published.
    `muted`: a person resolved it while the fault was still seen, and these customers were cut off then: for them it
    isn't told again until the fault has been gone (None = not so).
    `estimate_until_at`: when a person thinks that it is over, at the earliest `estimate_from_at`; None = not known.
    """

    id: str
    key: str
    status: Status
    scope: Scope
    scenario: Scenario
    roots: tuple[str, ...]
    last_good_at: float
    onset_at: float
    confirmed_at: float | None = None
    opened_at: float | None = None
    resolved_at: float | None = None
    revision: int = 0
    affected: Affected = field(default_factory=Affected)
    ever_affected: frozenset[str] = frozenset()
    down: frozenset[str] = frozenset()
    unreachable: frozenset[str] = frozenset()
    confidence: float = 0.0
    strong: bool = False
    planned: str | None = None
    reasons: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    revisions: tuple[Revision, ...] = ()
    merged_into: str | None = None
    reopened: int = 0
    note: str = ""
    scenario_by_human: bool = False
    restored_at: float | None = None
    announced: frozenset[str] = frozenset()
    elements: frozenset[str] = frozenset()
    impact_confidence: float | None = None
    muted: frozenset[str] | None = None
    estimate_from_at: float | None = None
    estimate_until_at: float | None = None

    @cached_property
    def marks(self) -> frozenset[str]:
        """Refs of all that failed, and of what is held to be the cause."""
        return lasting(self.elements.union(self.roots))

    @property
    def sure_of_customers(self) -> float:
        """How sure it is who is hit: what counts before customers are told."""
        return self.confidence if self.impact_confidence is None else self.impact_confidence


class ChangeKind(StrEnum):
    """What happened to an incident in a step, as far as anyone may have to be told."""

    OPENED = "opened"
    REOPENED = "reopened"
    GREW = "grew"
    PARTLY_RESTORED = "partly_restored"
    CAUSE_CHANGED = "cause_changed"
    NOTED = "noted"
    ESTIMATED = "estimated"
    CORRECTED = "corrected"
    RESOLVED = "resolved"
    MERGED = "merged"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one incident. `incident` is the value after it.

    `newly_affected` and `restored` are customers (out or degraded) that joined or left since the previous change.
    INTERNAL changes are journalled but told to nobody (settling began, confidence moved ...). Of a CORRECTED one,
    `restored` are the customers who were told by mistake; empty = all who were told.
    """

    at: float
    kind: ChangeKind
    incident: Incident
    newly_affected: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    reason: str = ""


class Order(StrEnum):
    """What a person may do to an incident."""

    NOTE = "note"
    ESTIMATE = "estimate"
    CORRECT = "correct"
    RESOLVE = "resolve"
    SCENARIO = "scenario"


@dataclass(frozen=True, slots=True)
class Command:
    """A person's order about an incident. `text` is the note, the scenario's name, or the reason to resolve.

    `from_at` and `until_at` are an estimate's (no `until_at`: nobody can say any more). `customers`: whom a correction is
    for; empty = all who were told.
    """

    at: float
    incident: str
    order: Order
    by: str
    text: str = ""
    from_at: float | None = None
    until_at: float | None = None
    customers: frozenset[str] = frozenset()
