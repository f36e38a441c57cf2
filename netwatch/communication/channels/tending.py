"""What some routes do besides sending: ask for receipts, send what fires again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
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


@runtime_checkable
class Remembers(Tended, Protocol):
    """A route with something that must survive a restart."""

    def remember(self) -> str:
        """What is to be kept; the same text while nothing changed, "" = nothing."""
        ...

    def recall(self, kept: str, live: Collection[str]) -> None:
        """Go on from what `remember` gave before the restart; of what can't be read nothing is recalled.

        `live`: ids of the incidents that go on. The last words before a crash may not have been kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What routes kept before the restart, by their names, and the ids of the incidents that go on."""

    by_route: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    live: Collection[str] = frozenset()


async def tend(
    channels: Sequence[Channel],
    clock: Clock,
    kept: Kept,
    keep: Callable[[Mapping[str, str]], Awaitable[bool]],
) -> None:
    """Give each route its turn, one after another, until cancelled.

    `keep` takes all that is to be kept anew; False = not now.
    """
    tended = [channel for channel in channels if isinstance(channel, Tended)]
    remembering = [channel for channel in channels if isinstance(channel, Remembers)]
    for route in remembering:
        if route.name in kept.by_route:
            route.recall(kept.by_route[route.name], kept.live)
    held = dict(kept.by_route)
    while tended:
        for channel in tended:
            await channel.tend()
        now = {route.name: text for route in remembering if (text := route.remember())}
        if now != held and await keep(now):
            held = now
        await clock.sleep_until(clock.now() + _EVERY_S)
