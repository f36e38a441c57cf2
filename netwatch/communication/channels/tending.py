"""What some routes do besides sending: ask for receipts, send what fires again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

from netwatch.clock import Clock
from netwatch.communication.channels.protocol import Channel

_EVERY_S: Final = 5.0


@runtime_checkable
class Tended(Channel, Protocol):
    """A route with work of its own."""

    async def tend(self) -> None:
        """Do what is due, within the route's own time-outs. Never raises for what a peer does."""
        ...


async def tend(channels: Sequence[Channel], clock: Clock) -> None:
    """Give each route its turn, one after another, until cancelled."""
    tended = [channel for channel in channels if isinstance(channel, Tended)]
    while tended:
        for channel in tended:
            await channel.tend()
        await clock.sleep_until(clock.now() + _EVERY_S)
