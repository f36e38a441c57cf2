"""How many notifications are decoded: of one source, and of all. Pure.

A source that floods loses its own voice before it takes from others'. Strangers, whose addresses anybody can invent,
have a quarter of the whole between them, so that they never silence the devices of the inventory.
"""

from __future__ import annotations

from typing import Final

from netwatch.polling.notifications.model import Outcome
from netwatch.polling.pacing import Bucket

_BURST_S: Final = 4.0
_STRANGERS_SHARE: Final = 0.25
_STRANGERS_REMEMBERED: Final = 4096


class Limits:
    """At most `source_per_s` of one source and `per_s` of all, on average; four seconds' worth of them at once."""

    def __init__(self, source_per_s: float, per_s: float) -> None:
        self._source_per_s = source_per_s
        self._all = Bucket(per_s, per_s * _BURST_S)
        self._strangers = Bucket(per_s * _STRANGERS_SHARE, per_s * _STRANGERS_SHARE * _BURST_S)
        self._known: dict[bytes, Bucket] = {}
        self._unknown: dict[bytes, Bucket] = {}

    def refusal(self, source: bytes, now: float, *, known: bool) -> Outcome | None:
        """Why a datagram from `source` is not decoded; None when it is. `known`: an address of the inventory."""
        buckets = self._known if known else self._unknown
        bucket = buckets.get(source)
        if bucket is None:
            if not known and len(buckets) >= _STRANGERS_REMEMBERED:
                buckets.clear()
            bucket = buckets[source] = Bucket(self._source_per_s, self._source_per_s * _BURST_S)
        if not bucket.take(now, 1):
            return Outcome.OVER_SOURCE_LIMIT
        if not known and not self._strangers.take(now, 1):
            return Outcome.OVER_LIMIT
        return None if self._all.take(now, 1) else Outcome.OVER_LIMIT

    def forget_sources(self) -> None:
        """Another inventory: each source begins anew."""
        self._known.clear()
        self._unknown.clear()
