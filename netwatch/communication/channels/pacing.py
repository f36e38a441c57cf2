"""A token bucket: how long the next message has to wait so that a rate is kept. Pure: time is passed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """`rate_per_s` tokens a second, at most `burst` at once. `full_at`: when it is full again, on the timeline."""

    rate_per_s: float
    burst: float = 1.0
    full_at: float = float("-inf")


def take(bucket: Bucket, now: float, tokens: int = 1) -> tuple[Bucket, float]:
    """The bucket without `tokens`, and how many seconds to wait before they may be used; 0 = at once.

    Tokens are lent ahead: who comes later waits longer. More tokens than the bucket holds still pass, after a wait.
    """
    full_at = max(bucket.full_at, now) + tokens / bucket.rate_per_s
    wait_s = full_at - now - max(bucket.burst, tokens) / bucket.rate_per_s
    # A rounding error is no reason to sleep.
    return Bucket(bucket.rate_per_s, bucket.burst, full_at), wait_s if wait_s > 1e-9 else 0.0
