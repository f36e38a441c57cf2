"""Settings of delivery: how often it tries, when it gives a route a rest, how much it sends at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MinLen

Delay = Annotated[float, Gt(0), Le(3600)]


@dataclass(frozen=True, slots=True)
class Canary:
    """An address of your own to which every route of a channel writes once a day."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    channel: Literal["email", "sms"]
    """email or sms."""
    address: Annotated[str, MinLen(1)]
    """Mail address or mobile number. Someone should miss the message when it does not come."""


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How messages are sent. The defaults fit one to three mail relays."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    retry_delays_s: Annotated[tuple[Delay, ...], MinLen(1)] = (30.0, 60.0, 120.0, 300.0)
    """Waits after failures of the recipient's own (greylisting, full mailbox), seconds; the last one repeats."""
    retry_jitter: Annotated[float, Ge(0), Le(1)] = 0.2
    """Each wait is stretched by up to this share at random."""
    resend_after_s: Delay = 60.0
    """A first notice or an end whose arrival nobody knows is sent once more after this time, seconds."""
    defect_limit: Annotated[int, Ge(1)] = 3
    """A message whose sending fails by a defect of netwatch is given up after so many attempts."""
    send_timeout_s: Annotated[float, Gt(0)] = 90.0
    """An attempt that takes longer over all its steps is cut off and counts as unknown, seconds."""
    breaker_in_a_row: Annotated[int, Ge(1)] = 5
    """So many failures of a route in a row give it a rest."""
    breaker_window: Annotated[int, Ge(2)] = 20
    """Half of so many last attempts failed gives a route a rest too."""
    breaker_content_in_a_row: Annotated[int, Ge(1)] = 3
    """So many refusals of the text in a row (spam filters) give a route a rest."""
    breaker_refusals_in_a_row: Annotated[int, Ge(2)] = 10
    """So many refused addresses in a row give a route a rest: more likely it is set up wrongly than they all are."""
    breaker_open_s: Delay = 10.0
    """First rest of a route, seconds; each further one is twice as long."""
    breaker_open_most_s: Delay = 120.0
    """Longest rest of a route, seconds."""
    at_once_least: Annotated[int, Ge(1), Le(20)] = 4
    """Messages in flight on a channel at least, when there is work. Also a bound of what one crash can double."""
    at_once_most: Annotated[int, Ge(1), Le(20)] = 20
    """Messages in flight on a channel at most, reached only when that is needed. The bound of what one crash can double."""
    internal_reserve: Annotated[int, Ge(0)] = 1
    """Of those, kept free for on-call and staff."""
    canaries: tuple[Canary, ...] = ()
    """Where each route writes daily, so that a dead one is known before it is needed; on-call hears of a failure."""
    canary_every_s: Annotated[float, Ge(3600)] = 86_400.0
    """Time between two such messages, seconds."""
    mailing_budget_s: Annotated[float, Gt(0)] = 60.0
    """Time in which a mailing is accepted at the latest, seconds. How many messages go at once aims at a sixth of it."""
