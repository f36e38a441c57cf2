"""What customers and colleagues asked for, and what netwatch may do against it: opt-outs, quiet hours, corrections."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from netwatch.communication.model import CUSTOMERS, ENDING, EXTERNAL, Extent, Message, Phase
from netwatch.communication.settings import QuietHours

#: What also those read who do without all but the end.
ENDS = ENDING | {Phase.CORRECTION}
#: What a claim knows of the wall clock is so old at most.
_KNOWN_S = 1.0


class RuleError(AssertionError):
    """A rule of docs/explanation/delivery.md was broken."""


def rule(kept: object, sentence: str) -> None:
    if not kept:
        raise RuleError(sentence)


class Wishes:
    """Books of what was asked for. A wish is kept from the moment on at which the store has answered."""

    def __init__(
        self, quiet_hours: Sequence[QuietHours], wall: Callable[[], datetime], loop_s: Callable[[], float]
    ) -> None:
        self._quiet_hours = quiet_hours
        self._wall = wall
        self._loop_s = loop_s
        self._kept: dict[tuple[str, str], Extent] = {}
        #: Also those of which nobody heard whether they were kept.
        self._uttered: set[tuple[str, str, Extent]] = set()
        self._taken_back: dict[str, frozenset[str] | None] = {}
        self._quiet_s: dict[str, float] = {}
        self.stepped_s = float("-inf")

    # --- opt-outs

    def utters(self, recipient: str, channel: str, extent: Extent) -> None:
        """It is on its way to the store and may replace what was kept there."""
        self._uttered.add((recipient, channel, extent))
        self._kept.pop((recipient, channel), None)

    def kept(self, recipient: str, channel: str, extent: Extent) -> None:
        """The store has it."""
        self._kept[recipient, channel] = extent

    def began(self, connection: sqlite3.Connection, *, older: bool) -> None:
        """A restored store knows only the wishes of its time."""
        if older:
            there = {tuple(row) for row in connection.execute("SELECT recipient, channel FROM optouts")}
            self._kept = {key: extent for key, extent in self._kept.items() if key in there}

    def may_miss(self, message: Message) -> bool:
        """Whether its reader may have asked not to read it."""
        return any(
            recipient == message.recipient
            and channel in {"", message.channel}
            and (extent is Extent.EVERYTHING or message.phase not in ENDS)
            for recipient, channel, extent in self._uttered
        )

    # --- corrections

    def takes_back(self, incident: str, customers: Collection[str]) -> None:
        """A person says that it was told by mistake, to these or (none) to all."""
        before = self._taken_back.get(incident, frozenset())
        everybody = before is None or not customers
        self._taken_back[incident] = None if everybody else frozenset(customers) | before

    def planned(self, message: Message) -> None:
        if message.phase is Phase.CORRECTION and message.audience in EXTERNAL:
            meant = self._taken_back.get(message.incident, frozenset())
            rule(meant is None or message.recipient in meant, "a correction to somebody for whom nothing was wrong")

    # --- as it goes

    def claimed(self, message: Message) -> None:
        """A message to a customer leaves."""
        for channel in ("", message.channel):
            extent = self._kept.get((message.recipient, channel))
            wanted = extent is None or (extent is Extent.ALL_BUT_THE_END and message.phase in ENDS)
            rule(wanted, "wrote to somebody who does without")
        rule(not self._disturbs(message), "wrote to somebody in quiet hours")

    def _disturbs(self, message: Message) -> bool:
        wall = self._wall()
        known = self._loop_s() - self.stepped_s > _KNOWN_S
        return known and any(
            _concerns(quiet, message.channel, message.segment)
            and quiet.begins <= (wall - timedelta(seconds=_KNOWN_S)).time()
            and wall.time() < quiet.ends
            for quiet in self._quiet_hours
        )

    def waiting(self, connection: sqlite3.Connection) -> None:
        """Whoever is not to be disturbed now waits, and nobody else."""
        if not self._quiet_hours:
            return
        time_of_day = self._wall().time()
        rows = connection.execute(
            "SELECT id, channel, segment, audience FROM messages WHERE reason='quiet hours' AND pending=1"
        )
        for id_, channel, segment, audience in rows:
            found = [quiet for quiet in self._quiet_hours if _concerns(quiet, channel, segment)]
            rule(found and audience in CUSTOMERS, "kept back by quiet hours that are not for it")
            if any(quiet.begins <= time_of_day < quiet.ends for quiet in found):
                self._quiet_s[id_] = self._loop_s()

    def quiet_until_s(self, message: str) -> float | None:
        """When a message last waited for the end of quiet hours, on the loop's time; None = it did not."""
        return self._quiet_s.get(message)


def _concerns(quiet: QuietHours, channel: str, segment: str) -> bool:
    return channel in quiet.channels and segment in quiet.segments
