"""A token bucket: so much a second, and no more than so much at once."""

from __future__ import annotations


class Bucket:
    """Allows `rate` a second on average and `burst` at once. Time is passed in and may stand still."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = max(1.0, burst)
        self._level = self.burst
        self._at: float | None = None

    def take(self, now: float, wanted: int) -> int:
        """How many of `wanted` may go now; they are taken."""
        if self._at is not None and now > self._at:
            self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        granted = min(wanted, int(self._level))
        self._level -= granted
        return granted
