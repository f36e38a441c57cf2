"""How many messages go at once. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from netwatch.communication.delivery.settings import DeliverySettings


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of one channel's speed. `latency_s`: smoothed time that a message takes one
    place, from its claim to the next one's, None = not known yet.

    `share`: part of the wanted concurrency that the peer lets us have; halved when it says "too many".
    `until_at`: don't send before (Retry-After).
    """

    latency_s: float | None = None
    share: float = 1.0
    until_at: float = 0.0


def after(pace: Pace, took_s: float) -> Pace:
    """A message took a place for `took_s`; what was halved grows back by 2 % a message."""
    latency_s = took_s if pace.latency_s is None else 0.9 * pace.latency_s + 0.1 * took_s
    return replace(pace, latency_s=latency_s, share=min(1.0, pace.share * 1.02))


def throttled(pace: Pace, now: float, retry_after_s: float | None) -> Pace:
    """The peer said "too many": half as much, and nothing before its wish (5 s when it named none)."""
    wait_s = 5.0 if retry_after_s is None else retry_after_s
    return replace(pace, share=max(0.05, pace.share / 2), until_at=max(pace.until_at, now + wait_s))


def at_once(pace: Pace, remaining: int, left_s: float, limit: int, settings: DeliverySettings) -> int:
    """Messages in flight so that `remaining` of them are accepted in `left_s`: remaining x latency / time left.

    Between the setting's least and most and the channel's own `limit`; at least 1.
    """
    most = min(settings.at_once_most, limit)
    if pace.latency_s is None:
        wanted = settings.at_once_least
    else:
        wanted = math.ceil(remaining * pace.latency_s / max(left_s, 1.0))
    wanted = min(max(wanted, settings.at_once_least), most)
    return max(1, math.floor(wanted * pace.share))
