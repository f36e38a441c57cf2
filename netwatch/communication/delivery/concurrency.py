"""How many messages go at once. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from netwatch.communication.delivery.settings import DeliverySettings

#: The part of the budget in which a mailing is to be accepted if all goes well: who is asked to come again (after 30 s,
#: by default) and a change of route still fit into the rest.
_AIM: Final = 1 / 6
#: A peer that is busy is given less at most so often, seconds: what it refused at once is one word, not many.
_EASE_EVERY_S: Final = 1.0
_SHARE_LEAST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of one channel's speed. `latency_s`: smoothed time that a message takes one
    place, from its claim to the next one's, None = not known yet.

    `proven`: messages accepted since there was last nothing to do. `share`: part of the wanted concurrency that the
    peer lets us have; halved when it says "too many" or "busy". `eased_at`: when it last said "busy", None = never.
    `until_at`: don't send before (Retry-After).
    """

    latency_s: float | None = None
    proven: int = 0
    share: float = 1.0
    eased_at: float | None = None
    until_at: float = 0.0


def after(pace: Pace, took_s: float) -> Pace:
    """A message took a place for `took_s`; what was halved grows back by 2 % a message."""
    latency_s = took_s if pace.latency_s is None else 0.9 * pace.latency_s + 0.1 * took_s
    return replace(pace, latency_s=latency_s, proven=pace.proven + 1, share=min(1.0, pace.share * 1.02))


def rested(pace: Pace) -> Pace:
    """There is nothing to do: the next mailing begins carefully again, since connections are given up meanwhile."""
    return replace(pace, proven=0) if pace.proven else pace


def eased(pace: Pace, now: float) -> Pace:
    """The peer said "busy" (421, too many connections): half as much, and it goes on at once."""
    if pace.eased_at is not None and now < pace.eased_at + _EASE_EVERY_S:
        return pace
    return replace(pace, share=max(_SHARE_LEAST, pace.share / 2), eased_at=now)


def throttled(pace: Pace, now: float, retry_after_s: float | None) -> Pace:
    """The peer said "too many": half as much, and nothing before its wish (5 s when it named none)."""
    wait_s = 5.0 if retry_after_s is None else retry_after_s
    return replace(pace, share=max(_SHARE_LEAST, pace.share / 2), until_at=max(pace.until_at, now + wait_s))


def left_s(waited_s: float, settings: DeliverySettings) -> float:
    """The time in which a mailing that waits for `waited_s` is still to be accepted; negative when it is late."""
    return settings.mailing_budget_s * _AIM - waited_s


def at_once(pace: Pace, remaining: int, left_s: float, limit: int, settings: DeliverySettings) -> int:
    """Messages in flight so that `remaining` of them are accepted in `left_s`: remaining x latency / time left.

    Between the setting's least and most and the channel's own `limit`; at least 1. One more for every second message
    that was accepted: a peer that takes fewer connections refuses one, not ten.
    """
    most = min(settings.at_once_most, limit, settings.at_once_least + pace.proven // 2)
    if pace.latency_s is None:
        wanted = settings.at_once_least
    else:
        wanted = math.ceil(remaining * pace.latency_s / max(left_s, 1.0))
    wanted = min(max(wanted, settings.at_once_least), most)
    return max(1, math.floor(wanted * pace.share))
