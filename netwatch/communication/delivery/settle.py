"""What follows from an outcome. Pure: the claimed message and its last result in, a settlement out."""

from __future__ import annotations

from random import Random

from netwatch.communication.delivery.backoff import delay_s
from netwatch.communication.delivery.model import RESENT, Claimed, Settlement
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.model import EXTERNAL, State

#: Another route may do better. What the recipient's own server said counts on every route, for customers.
NEXT_ROUTE = frozenset({Outcome.CHANNEL_TEMPORARY, Outcome.THROTTLED, Outcome.CONFIGURATION, Outcome.CONTENT})

#: Says nothing of the message: it goes again as soon as a route does.
_OF_THE_CHANNEL = frozenset({Outcome.CHANNEL_TEMPORARY, Outcome.THROTTLED, Outcome.CONFIGURATION})


def next_route(claimed: Claimed, outcome: Outcome) -> bool:
    """Whether another route is tried at once. Internal alerts try every route for all but success and doubt."""
    if claimed.message.audience in EXTERNAL:
        return outcome in NEXT_ROUTE
    return outcome not in {Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.REFUSED_BY_US, Outcome.DEFECT}


def settle(
    claimed: Claimed,
    result: Result,
    settings: DeliverySettings,
    random: Random,
    *,
    now: float,
    route: str,
    route_free_at: float,
    idempotent: bool,
) -> Settlement:
    """What becomes of the message after its last attempt by `route`. `route_free_at`: when any may be tried again."""
    message, outcome = claimed.message, result.outcome
    state, ready_at, used = State.READY, None, False
    if outcome is Outcome.ACCEPTED:
        state = State.ACCEPTED
    elif outcome in _OF_THE_CHANNEL:
        ready_at = max(route_free_at, now + 1.0)
    elif outcome is Outcome.UNKNOWN and not idempotent:
        state = State.UNSURE
        resend = message.phase in RESENT and claimed.unknowns == 0
        ready_at = now + settings.resend_after_s if resend else None
    elif _worth_a_retry(claimed, outcome, settings):
        used = True
        wait_s = delay_s(claimed.attempts, settings.retry_delays_s, settings.retry_jitter, random)
        ready_at = now + max(wait_s, result.retry_after_s or 0.0)
    else:
        state = State.FAILED
    return Settlement(message.id, state, now, result.detail, ready_at, attempt_used=used, route=route)


def _worth_a_retry(claimed: Claimed, outcome: Outcome, settings: DeliverySettings) -> bool:
    """An internal alert that a filter refused is tried again until it expires; a customer's notice isn't."""
    if outcome is Outcome.DEFECT:
        return claimed.attempts + 1 < settings.defect_limit
    if outcome is Outcome.CONTENT:
        return claimed.message.audience not in EXTERNAL
    return outcome in {Outcome.RECIPIENT_TEMPORARY, Outcome.UNKNOWN}
