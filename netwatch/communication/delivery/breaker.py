"""A route that fails gets a rest, then one probe. Pure: state in, state out, time passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.delivery.settings import DeliverySettings


class BreakerState(StrEnum):
    """closed: all may pass. open: nobody. probing: one is on its way, and decides."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of one route. `recent`: True per attempt that failed, newest last. `open_s`: length of this rest."""

    state: BreakerState = BreakerState.CLOSED
    recent: tuple[bool, ...] = ()
    content_in_a_row: int = 0
    refused_in_a_row: int = 0
    open_s: float = 0.0
    open_until_at: float = 0.0


#: The route did its part, whatever it said of the recipient.
_WORKED = frozenset({Outcome.ACCEPTED, Outcome.RECIPIENT_TEMPORARY})
_FAILED = frozenset({Outcome.CHANNEL_TEMPORARY, Outcome.UNKNOWN})


def allows(breaker: Breaker, now: float) -> bool:
    """Whether an attempt may use the route now."""
    if breaker.state is BreakerState.OPEN:
        return now >= breaker.open_until_at
    return breaker.state is BreakerState.CLOSED


def begin(breaker: Breaker, now: float) -> Breaker:
    """An attempt begins; after a rest it is the one probe."""
    if breaker.state is BreakerState.OPEN and now >= breaker.open_until_at:
        return replace(breaker, state=BreakerState.PROBING)
    return breaker


def after(breaker: Breaker, outcome: Outcome, now: float, settings: DeliverySettings) -> Breaker:
    """What is known once an attempt has ended. Our own refusals and defects say nothing of the route."""
    if outcome is Outcome.CONFIGURATION:
        return _open(breaker, now, settings)
    if outcome is Outcome.CONTENT:
        return _after_content(breaker, now, settings)
    if outcome is Outcome.RECIPIENT_PERMANENT:
        return _after_refusal(breaker, now, settings)
    if outcome in _FAILED:
        failed = replace(breaker, recent=_push(breaker, settings, failed=True))
        return _open(failed, now, settings) if _too_many(failed, settings) else failed
    if outcome in _WORKED:
        recent = _push(breaker, settings, failed=False)
        breaker = replace(breaker, recent=recent, content_in_a_row=0, refused_in_a_row=0)
    # Answers to what was begun before the rest don't end it.
    return breaker if breaker.state is BreakerState.OPEN else _closed(breaker)


def _after_content(breaker: Breaker, now: float, settings: DeliverySettings) -> Breaker:
    counted = replace(breaker, content_in_a_row=breaker.content_in_a_row + 1)
    if counted.content_in_a_row >= settings.breaker_content_in_a_row:
        return _open(counted, now, settings)
    return _closed(counted) if counted.state is BreakerState.PROBING else counted


def _after_refusal(breaker: Breaker, now: float, settings: DeliverySettings) -> Breaker:
    """One address that is gone says nothing of the route; a row of them does, until one is taken again."""
    recent = _push(breaker, settings, failed=False)
    counted = replace(breaker, recent=recent, content_in_a_row=0, refused_in_a_row=breaker.refused_in_a_row + 1)
    if counted.refused_in_a_row >= settings.breaker_refusals_in_a_row:
        return replace(_open(counted, now, settings), refused_in_a_row=counted.refused_in_a_row)
    return breaker if breaker.state is BreakerState.OPEN else _closed(counted)


def _push(breaker: Breaker, settings: DeliverySettings, *, failed: bool) -> tuple[bool, ...]:
    return (*breaker.recent, failed)[-settings.breaker_window :]


def _too_many(breaker: Breaker, settings: DeliverySettings) -> bool:
    in_a_row = settings.breaker_in_a_row
    if breaker.state is BreakerState.PROBING:
        return True
    last = breaker.recent[-in_a_row:]
    return (len(last) == in_a_row and all(last)) or sum(breaker.recent) * 2 >= settings.breaker_window


def _open(breaker: Breaker, now: float, settings: DeliverySettings) -> Breaker:
    if breaker.state is BreakerState.OPEN and now < breaker.open_until_at:
        return breaker
    rest_s = min(max(settings.breaker_open_s, breaker.open_s * 2), settings.breaker_open_most_s)
    return Breaker(BreakerState.OPEN, open_s=rest_s, open_until_at=now + rest_s)


def _closed(breaker: Breaker) -> Breaker:
    """Closed again. The next rest is a first one only when the probe's success was not alone."""
    if breaker.state is BreakerState.PROBING:
        return replace(breaker, state=BreakerState.CLOSED, recent=(), open_until_at=0.0)
    healthy = len(breaker.recent) >= 5 and not any(breaker.recent[-5:])
    return replace(breaker, open_s=0.0) if healthy else breaker
