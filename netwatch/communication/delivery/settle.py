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

#: Nothing will ever arrive there.
_OF_THE_ADDRESS = frozenset({Outcome.RECIPIENT_PERMANENT, Outcome.REFUSED_BY_US})


def next_route(claimed: Claimed, outcome: Outcome) -> bool:
    """Whether another route is tried at once. Internal alerts try every route for all but success and doubt, also when
    a defect of netwatch leaves open what left: twice is better than not at all.
    """
    if claimed.message.audience in EXTERNAL:
        return outcome in NEXT_ROUTE
    return outcome not in {Outcome.ACCEPTED, Outcome.UNKNOWN, Outcome.REFUSED_BY_US}


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
    asks: bool = False,
) -> Settlement:
    """What becomes of the message after its last attempt by `route`. `route_free_at`: when any may be tried again.
    `asks`: in doubt the peer is asked before anything is sent again.
    """
    message, outcome = claimed.message, result.outcome
    state, ready_at, used = State.READY, None, False
    if outcome is Outcome.ACCEPTED:
        state = State.ACCEPTED
    elif outcome in _OF_THE_CHANNEL:
        ready_at = max(route_free_at, now + 1.0)
    elif outcome is Outcome.UNKNOWN and not idempotent:
        state = State.UNSURE
        resend = asks or (message.phase in RESENT and claimed.unknowns == 0)
        ready_at = now + settings.resend_after_s if resend else None
    elif _worth_a_retry(claimed, outcome, settings):
        used = True
        wait_s = delay_s(claimed.attempts, settings.retry_delays_s, settings.retry_jitter, random)
        ready_at = now + max(wait_s, result.retry_after_s or 0.0)
    else:
        state = State.FAILED
    refused = state is State.FAILED and outcome in _OF_THE_ADDRESS
    return Settlement(message.id, state, now, result.detail, ready_at, used, route, refused)


def settle_asked(
    claimed: Claimed, found: Result | None, settings: DeliverySettings, *, now: float, route: str
) -> Settlement | None:
    """What becomes of a message in doubt once the peer was asked for it. None: send it again.

    What no peer knows of is sent once more when it is worth that; routine news never is.
    """
    message, state, ready_at = claimed.message, State.UNSURE, None
    if found is None:
        if message.phase in RESENT and claimed.unknowns == 1:
            return None
        return Settlement(message.id, state, now, "the peer knows nothing of it", route=route, asked=True)
    if found.outcome is Outcome.ACCEPTED:
        state = State.ACCEPTED
    elif found.outcome in _OF_THE_ADDRESS | {Outcome.CONTENT}:
        state = State.FAILED
    else:
        ready_at = now + max(settings.resend_after_s, found.retry_after_s or 0.0)
    refused = found.outcome in _OF_THE_ADDRESS
    return Settlement(message.id, state, now, found.detail, ready_at, route=route, refused=refused, asked=True)


def _worth_a_retry(claimed: Claimed, outcome: Outcome, settings: DeliverySettings) -> bool:
    """An internal alert that a filter refused is tried again until it expires; a customer's notice isn't."""
    if outcome is Outcome.DEFECT:
        return claimed.attempts + 1 < settings.defect_limit
    if outcome is Outcome.CONTENT:
        return claimed.message.audience not in EXTERNAL
    return outcome in {Outcome.RECIPIENT_TEMPORARY, Outcome.UNKNOWN}
