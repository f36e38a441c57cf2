"""How long to wait before the next attempt. Pure, randomness injected."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


def delay_s(attempts: int, delays_s: Sequence[float], jitter: float, random: Random) -> float:
    """The wait after `attempts` earlier failures, seconds: the delay of that place, the last one repeating,
    stretched by up to `jitter` of itself so that a mailing does not come back all at once.
    """
    return delays_s[min(attempts, len(delays_s) - 1)] * (1.0 + jitter * random.random())
