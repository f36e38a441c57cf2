"""Settings of communication: who speaks, in which zone and language, how often, and who must agree first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from annotated_types import Ge, Gt, Le, MinLen

from netwatch.communication.people import Duty, Person
from netwatch.errors import Fault, InputError, Place
from netwatch.inventory.model import Segment

__all__ = ["CommunicationSettings", "Duty", "Person", "QuietHours", "local", "zone_of"]

Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A time of the day at which some customers are not disturbed by some channels. Colleagues always are."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    begins: time
    """From when, as in "22:00", in the zone of communication.zone."""
    ends: time
    """Until when, as in "07:00"; of the next day when it is not after `begins`."""
    channels: Annotated[tuple[Literal["email", "sms"], ...], MinLen(1)] = ("sms",)
    """By which channels they are not disturbed."""
    segments: Annotated[tuple[Segment, ...], MinLen(1)] = (Segment.RESIDENTIAL,)
    """Who is not: residential, business, wholesale, critical."""


@dataclass(frozen=True, slots=True)
class CommunicationSettings:
    """What the texts say of the operator, how updates are promised, and the brakes on customers' notices."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    company: str = "Your provider"
    """Name by which customers know you."""
    zone: str = "Europe/Amsterdam"
    """IANA time zone of every time that people read."""
    default_language: str = "en"
    """nl, pl or en: for recipients whose language is not given or has no texts."""
    page_url: str = "https://status.example.net/"
    """Public address of the outage page; stands in every text."""
    helpdesk_phone: str = ""
    """Number that customers may call; empty = no number is given."""
    priority_phone: str = ""
    """Number for critical and wholesale customers; empty = the helpdesk's number."""
    offers_4g_router: bool = False
    """Whether customers may be offered a temporary 4G router."""

    sms_transliterate: tuple[Literal["nl", "pl", "en"], ...] = ()
    """Languages whose SMS are written in plain letters (ł as l): then they hold twice as much. As in [pl]."""
    email_rate_per_s: Annotated[float, Gt(0)] = 200.0
    """Mails that your relays together accept a second, as measured; `netwatch check` reckons with it."""
    sms_rate_per_s: Annotated[float, Gt(0)] = 10.0
    """SMS that your gateway accepts a second, as agreed; `netwatch check` reckons with it."""

    veto_s: Annotated[float, Ge(0), Le(120)] = 30.0
    """How long a person may still stop customers' notices, seconds. 0 = no window."""
    auto_share: Share = 0.02
    """Up to this share of all customers within 60 minutes, notices go without a window."""
    auto_customers: Annotated[int, Ge(0)] = 200
    """Up to this number of customers within 60 minutes too, whatever their share."""
    max_share: Share = 0.20
    """Ceiling on the share of customers told without a person; above it one person must approve."""
    max_customers: Annotated[int, Ge(0)] | None = None
    """Ceiling on the number of customers told without a person; null = only the share counts."""
    two_person_share: Share = 0.50
    """Above this share two different people must approve."""
    reload_share: Share = 0.20
    """A reload that changes more than this share of the devices or of the customers, and more than 50 of them, needs
    `netwatch reload --confirm`."""
    config_settle_s: Annotated[float, Ge(0)] = 60.0
    """Customers' notices wait so long after a reload has come into force, seconds: what a mistake in the files does is
    seen by then. At a start the learning of the network takes its place."""
    clock_settle_s: Annotated[float, Ge(0)] = 30.0
    """Customers' notices wait so long after the wall clock stepped by more than half a second, seconds."""
    min_confidence: Share = 0.6
    """Below this confidence in who is hit a person must approve, and the public page waits."""
    sure_confidence: Share = 0.8
    """Below this confidence customers' texts name no cause."""

    next_update_s: Annotated[float, Gt(0)] = 1800.0
    """First promise to customers: the next update comes at most so long after the first notice, seconds."""
    later_update_s: Annotated[float, Gt(0)] = 3600.0
    """Every later promise, seconds after the update before."""
    promise_grid_s: Annotated[float, Gt(0)] = 300.0
    """Promised times are rounded up to whole steps of this, seconds (14:40 rather than 14:36:12)."""
    promise_lead_s: Annotated[float, Ge(0)] = 60.0
    """The "no news yet" text starts so long before the promised time, so that it is there in time, seconds."""
    planned_ahead_s: Annotated[float, Ge(0)] = 0.0
    """So long before announced work of the inventory begins, customers whom it cuts off are told, seconds. 0 = never."""
    estimate_earlier_s: Annotated[float, Ge(0)] = 1800.0
    """A new estimate that is earlier than the one that customers read is told only when it is so much earlier, seconds.
    A later one always is: an estimate moves late rather than early."""
    promise_reminder_s: Annotated[float, Ge(0)] = 300.0
    """So long before that text starts, whoever has the duty communication is asked for words, seconds. 0 = never."""
    call_reminder_s: Annotated[float, Ge(0)] = 600.0
    """So long before a promised call its owner is reminded of it, seconds."""
    call_back_within_s: Annotated[float, Ge(0)] = 3600.0
    """At the end of an outage those on its call list are to be called back within this time, seconds. 0 = nobody is."""
    recipient_gap_s: Annotated[float, Ge(0)] = 600.0
    """At most one notice to a customer on one channel in this time, seconds; first notices, ends and corrections are
    exempt."""
    quiet_hours: tuple[QuietHours, ...] = ()
    """When customers are not disturbed. What comes then waits for the morning, and is dropped when it is overtaken."""

    opened_expiry_s: Annotated[float, Gt(0)] = 7200.0
    """A first notice that could not leave within this time is dropped as stale, seconds."""
    resolved_expiry_s: Annotated[float, Gt(0)] = 86400.0
    """The same for "restored", "resolved" and corrections, seconds."""

    feedback_url: str = ""
    """Address of the form on which customers say how an outage was for them; empty = nobody is asked."""
    feedback_after_s: Annotated[float, Ge(86400)] = 259200.0
    """Customers are asked so long after the end, seconds: once, between 9 and 20 o'clock, and only who was told of it."""


def zone_of(settings: CommunicationSettings, where: Place | None = None) -> ZoneInfo:
    """The zone of every time that people read. `where`: where the configuration names it.

    Raises:
        InputError: the machine knows no such zone.
    """
    try:
        return ZoneInfo(settings.zone)
    except (ValueError, OSError, LookupError):
        place = where or Place("netwatch.yaml", key="communication.zone")
        mend = "write an IANA name as in Europe/Amsterdam; if it is one, install the package tzdata"
        raise InputError([Fault(place, f'no time zone is named "{settings.zone}"', mend)]) from None


def local(at: float, zone: ZoneInfo, wall_step_s: float = 0.0) -> datetime:
    """An instant of the timeline as people in `zone` read it. `wall_step_s`: see `Conditions`."""
    return datetime.fromtimestamp(at + wall_step_s, UTC).astimezone(zone)
