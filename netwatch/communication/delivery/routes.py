"""The routes of one channel in the order to be tried, each with its breaker."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from netwatch.communication.channels.protocol import Channel, LooksUp
from netwatch.communication.delivery.breaker import Breaker, BreakerState, after, allows, begin
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.delivery.settings import DeliverySettings


class Routes:
    """Order: the configuration's, but a route that depends on something that is down now comes last."""

    def __init__(self, channels: Sequence[Channel], settings: DeliverySettings) -> None:
        self._channels = tuple(channels)
        self._settings = settings
        self._breakers = {channel.name: Breaker() for channel in channels}
        found = tuple(channel for channel in self._channels if isinstance(channel, LooksUp))
        self._asked = found if len(found) == len(self._channels) else ()

    @property
    def idempotent(self) -> bool:
        """Whether all routes are: a message may leave by any of them."""
        return all(channel.idempotent for channel in self._channels)

    @property
    def asked(self) -> tuple[LooksUp, ...]:
        """Those that can be asked what became of a message; none unless all can: it may have left by any of them."""
        return self._asked

    def all(self) -> tuple[Channel, ...]:
        """Every route, in the configuration's order."""
        return self._channels

    def next(self, tried: AbstractSet[str], failed: AbstractSet[str], now: float) -> Channel | None:
        """The best route that wasn't tried and may be used; its attempt begins with this call."""
        for channel in self._in_order(failed):
            if channel.name not in tried and allows(self._breakers[channel.name], now):
                self._breakers[channel.name] = begin(self._breakers[channel.name], now)
                return channel
        return None

    def after(self, channel: Channel, outcome: Outcome, now: float) -> bool:
        """Write down how an attempt ended. True: the route begins a rest by it."""
        before = self._breakers[channel.name]
        self._breakers[channel.name] = after(before, outcome, now, self._settings)
        return self._breakers[channel.name].state is BreakerState.OPEN and before.state is not BreakerState.OPEN

    def capacity(self, now: float) -> int:
        """Messages that may be in flight: those of the widest route that works; 1 while there is only a probe to make."""
        widest = 0
        for channel in self._channels:
            breaker = self._breakers[channel.name]
            if breaker.state is BreakerState.CLOSED:
                widest = max(widest, channel.limit)
            elif allows(breaker, now):
                widest = max(widest, 1)
        return widest

    def free_at(self, now: float) -> float:
        """When a route may be tried: `now` when one may, else the end of the shortest rest."""
        if self.capacity(now):
            return now
        rests = [b.open_until_at for b in self._breakers.values() if b.state is BreakerState.OPEN]
        # With all routes probing, the probes' ends decide; look again soon.
        return min(rests, default=now + 1.0)

    def states(self) -> dict[str, BreakerState]:
        """The breakers' states by route."""
        return {name: breaker.state for name, breaker in self._breakers.items()}

    def _in_order(self, failed: AbstractSet[str]) -> list[Channel]:
        return sorted(self._channels, key=lambda channel: bool(channel.depends_on) and channel.depends_on in failed)
