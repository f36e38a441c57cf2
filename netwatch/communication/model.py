"""Messages, plans, approvals and promises: the words that planning, delivery and the store share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Audience(StrEnum):
    """Who reads it. What is for social media is a colleague's draft (SOCIAL), or the post itself (POST)."""

    ONCALL = "oncall"
    STAFF = "staff"
    HELPDESK = "helpdesk"
    CRITICAL = "critical"
    CUSTOMER = "customer"
    PAGE = "page"
    PHONE = "phone"
    SOCIAL = "social"
    PRESS = "press"
    POST = "post"


#: Audiences outside the company's walls: brakes and approval apply.
EXTERNAL = frozenset({Audience.CRITICAL, Audience.CUSTOMER, Audience.POST})
#: Single customers: opt-outs, quiet hours, refused addresses, and a beginning that is read once.
CUSTOMERS = frozenset({Audience.CRITICAL, Audience.CUSTOMER})


class Phase(StrEnum):
    """What the text says."""

    OPENED = "opened"
    UPDATE = "update"
    NO_NEWS = "no_news"
    ESTIMATE_CHANGED = "estimate_changed"
    PARTLY_RESTORED = "partly_restored"
    RESOLVED = "resolved"
    CORRECTION = "correction"
    PLANNED = "planned"
    FEEDBACK = "feedback"


#: The end of an outage for its recipient. Told only to those who were told of it; whatever of the incident is
#: still unsent to that recipient is superseded. Exempt from the cap of one message per ten minutes.
ENDING = frozenset({Phase.PARTLY_RESTORED, Phase.RESOLVED})


class State(StrEnum):
    """Where a message stands; see docs/explanation/delivery.md."""

    HELD = "held"
    READY = "ready"
    BLOCKED = "blocked"
    SENDING = "sending"
    UNSURE = "unsure"
    ACCEPTED = "accepted"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    SUPPRESSED = "suppressed"
    QUARANTINED = "quarantined"


class Extent(StrEnum):
    """How much of a channel a customer does without."""

    EVERYTHING = "everything"
    ALL_BUT_THE_END = "all_but_the_end"


#: The recipient of a message that tells an on-call service only this: somebody has taken the incident.
TAKEN: Final = "taken:oncall"


def message_id(incident: str, phase: Phase, update: int, channel: str, recipient: str) -> str:
    """The stable identity of a message: the same facts give the same id, whatever the template's version."""
    text = "\x1f".join((incident, phase.value, str(update), channel, recipient))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Message:
    """One text for one recipient on one channel, planned before it is sent.

    `recipient` is a customer's or person's id, `address` where the channel delivers. `update` counts the
    incident's tellings from 0 (opened). `priority`: lower is sent first. Instants on the timeline;
    `expires_at` is when the text is too stale to send. `told_as`: the id of a merged incident under which the
    recipient was told before; who was told of it counts as told of `incident` ("" = none). `segment`: the
    customer's ("" = a colleague), for quiet hours.
    """

    id: str
    incident: str
    phase: Phase
    update: int
    audience: Audience
    channel: str
    recipient: str
    address: str
    language: str
    subject: str
    body: str
    priority: int
    planned_at: float
    expires_at: float
    told_as: str = ""
    segment: str = ""


class ApprovalKind(StrEnum):
    """How customers' notices of an update are released."""

    AUTO = "auto"
    VETO = "veto"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Approval:
    """What has to happen before the external messages of one update of one incident may be claimed.

    `release_at`: end of the veto window (VETO) or at once (AUTO); MANUAL needs `needed` different people.
    `reason` says in one sentence why this kind was chosen.
    """

    incident: str
    update: int
    kind: ApprovalKind
    release_at: float
    needed: int
    reason: str
    approved_by: tuple[str, ...] = ()
    vetoed_by: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised for a time: an incident's next update, or a call to one customer. `kept_at` None = still owed.

    `customer` empty = an update; else `by` (a person's id, may be empty) promised to ring that customer, `update` is
    the call's own number, and `incident` may be empty.
    """

    incident: str
    update: int
    due_at: float
    kept_at: float | None = None
    customer: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """What the public page says of one incident; `texts` and `phone` hold (language, title, body).

    `phone` is what the phone queue reads out. An entry replaces the earlier one of the same incident;
    `withdrawn`: the incident leaves the page (it became part of another one).
    """

    incident: str
    scenario: str
    opened_at: float
    updated_at: float
    next_update_at: float | None
    resolved_at: float | None
    regions: tuple[str, ...]
    texts: tuple[tuple[str, str, str], ...]
    phone: tuple[tuple[str, str, str], ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one step wants told. Written to the store in one transaction with the changes that caused it.

    `supersede` holds (incident, update): whatever of that incident has a lower update number and is unsent
    is superseded, for every recipient (its end, or its merging). Without being listed here, a message
    supersedes its own recipient's earlier unsent ones of the same incident and channel. `dealt_with` holds the ids of
    refusals for which another way was looked for.
    """

    messages: tuple[Message, ...] = ()
    approvals: tuple[Approval, ...] = ()
    promises: tuple[Promise, ...] = ()
    page: tuple[PageEntry, ...] = ()
    supersede: tuple[tuple[str, int], ...] = ()
    dealt_with: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        told = self.messages or self.approvals or self.promises or self.page
        return bool(told or self.supersede or self.dealt_with)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A customer's message that its address refused for good, for which no other way was looked for yet.

    `id` is the message's; the rest as in `Message`.
    """

    id: str
    incident: str
    phase: Phase
    update: int
    recipient: str
    channel: str
    told_as: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Customers of `segments` are not disturbed by `channel` before `until_at`, on the timeline."""

    channel: str
    segments: frozenset[str]
    until_at: float


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must be known of netwatch itself before anything is told to customers.

    `told_recently` counts distinct customers told within the last 60 minutes, over all incidents; `told_limit` is how
    many may be told in that time without a person's approval (None = no limit).
    `approved` and `vetoed` hold (incident, update) of the approvals that people gave or refused. `wall_step_s`: how far
    the wall clock has moved against the timeline; added to the times that people read, never to a deadline.
    `clock_stepped`, `config_young`: one of them just now. `quiet`: who must not be disturbed now.
    Of open incidents, as (incident, customer): `unread` were planned to be told and have not been, `read` were told
    though a person stopped their update for others, `unreachable` are those whose every address refused, `lapsed` those
    whose end was held back until it was too stale to send.
    `refusals`: for which another way is to be found.
    """

    isolated: bool = False
    warm: bool = True
    hold: bool = False
    told_recently: int = 0
    told_limit: int | None = None
    approved: frozenset[tuple[str, int]] = frozenset()
    vetoed: frozenset[tuple[str, int]] = frozenset()
    wall_step_s: float = 0.0
    clock_stepped: bool = False
    config_young: bool = False
    quiet: tuple[Quiet, ...] = ()
    unread: frozenset[tuple[str, str]] = frozenset()
    read: frozenset[tuple[str, str]] = frozenset()
    refusals: tuple[Refusal, ...] = ()
    unreachable: frozenset[tuple[str, str]] = frozenset()
    lapsed: frozenset[tuple[str, str]] = frozenset()
