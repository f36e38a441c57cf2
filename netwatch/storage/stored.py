"""What the store gives back: the state to go on with, what the start found, and answers for the doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from netwatch.communication.model import Approval, Audience, Extent, PageEntry, Promise, Refusal, State
from netwatch.diagnosis.model import Memory
from netwatch.incidents.model import Incident


class FindingKind(StrEnum):
    """What a start or the running store found that a person should know."""

    CRASHED = "crashed"
    UNSURE = "unsure"
    QUARANTINED = "quarantined"
    SAFE_MODE = "safe_mode"
    DAMAGED = "damaged"
    RESTORED = "restored"
    EMPTIED = "emptied"
    DISK_FULL = "disk_full"
    BACKUP_FAILED = "backup_failed"
    UPKEEP_FAILED = "upkeep_failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One such thing, in a sentence for on-call. `count` messages are concerned, where messages are."""

    kind: FindingKind
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """The global hold: while `on`, no customer's message is claimed. `since_at` None = never set."""

    on: bool = False
    by: str = ""
    reason: str = ""
    since_at: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What planning has to know of approvals and deliveries, all as of one instant; see `Conditions`.

    `unreachable`: customers of open incidents, as (incident, customer), whose every address refused. `lapsed`: those
    whose end was held back until it expired.
    """

    hold: Hold = field(default_factory=Hold)
    approvals: tuple[Approval, ...] = ()
    told_recently: int = 0
    unread: frozenset[tuple[str, str]] = frozenset()
    read: frozenset[tuple[str, str]] = frozenset()
    refusals: tuple[Refusal, ...] = ()
    unreachable: frozenset[tuple[str, str]] = frozenset()
    lapsed: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Stored:
    """All that a start goes on with.

    `incidents`: every one that is kept and not yet purged, live or closed, by id. `communication`: the JSON text that
    the last `save` gave, None = never saved.
    """

    incidents: tuple[Incident, ...] = ()
    communication: str | None = None
    memories: tuple[Memory, ...] = ()
    page: tuple[PageEntry, ...] = ()
    promises: tuple[Promise, ...] = ()
    known: Known = field(default_factory=Known)
    documents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ApprovalCase:
    """An approval and what hangs on it: `customers` whose messages wait, `over_ceiling` when the sliding share
    was reached, so that only people can release it.
    """

    approval: Approval
    customers: int
    over_ceiling: bool = False


@dataclass(frozen=True, slots=True)
class OptOut:
    """What a customer does without: `extent` of `channel` ("" = every channel). `by` wrote it down at `at`."""

    recipient: str
    channel: str
    extent: Extent
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    """An address of a customer that refused for good, first at `since_at`, and what was answered last."""

    recipient: str
    channel: str
    address: str
    reason: str
    since_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of `audience` on `channel` stand in `state`."""

    audience: Audience
    channel: str
    state: State
    count: int


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """Promises: not kept yet, whether due or not; kept in time; kept too late, or (calls) not at all."""

    owed: int = 0
    kept: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One change of an incident as it was journalled."""

    number: int
    at: float
    kind: str
    reason: str
    newly_affected: int
    restored: int


@dataclass(frozen=True, slots=True)
class Milestones:
    """When the incident's telling reached its marks; None = not yet.

    `all_accepted_at`: every first notice has left for good, the last of them at that instant.
    """

    last_good_at: float | None = None
    onset_at: float | None = None
    confirmed_at: float | None = None
    opened_at: float | None = None
    first_internal_at: float | None = None
    page_verified_at: float | None = None
    first_customer_at: float | None = None
    all_accepted_at: float | None = None
