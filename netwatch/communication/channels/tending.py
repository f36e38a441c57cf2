"""What some routes do besides sending: ask for receipts, send what fires again."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable

from netwatch.clock import Clock
from netwatch.communication.channels.protocol import Channel

_log = logging.getLogger("netwatch.delivery")

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
    """Give each route its turn, one after another, until cancelled. A turn that fails is told and costs no other one.

    `keep` takes all that is to be kept anew; False = not now.
    """
    tended = [channel for channel in channels if isinstance(channel, Tended)]
    remembering = [channel for channel in channels if isinstance(channel, Remembers)]
    for route in remembering:
        if route.name in kept.by_route:
            route.recall(kept.by_route[route.name], kept.live)
    held = dict(kept.by_route)
    failing: set[str] = set()
    while tended:
        for channel in tended:
            await _give_turn(channel, failing)
        now = {route.name: text for route in remembering if (text := route.remember())}
        if now != held and await keep(now):
            held = now
        await clock.sleep_until(clock.now() + _EVERY_S)


async def _give_turn(channel: Tended, failing: set[str]) -> None:
    """`failing`: names of those whose turn failed last and is told; kept up to date here."""
    try:
        await channel.tend()
    except Exception as error:  # noqa: BLE001 - the supervisor of all turns: a defect costs its own route only
        # The exception's own words may hold an address; its kind and place don't.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {place.filename}:{place.lineno}"
        if channel.name not in failing:
            _log.error("defect while tending", extra={"route": channel.name, "defect": where})
        failing.add(channel.name)
    else:
        failing.discard(channel.name)
