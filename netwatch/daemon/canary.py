"""Each route is exercised daily by a message to the operator, so that a dead one is known before an outage needs it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.delivery.settings import Canary, DeliverySettings
from netwatch.communication.model import Audience, Message, Phase, Plan
from netwatch.errors import StorageError
from netwatch.storage import Store

_log = logging.getLogger(__name__)

#: Name under which the store keeps when each address was written to last.
DOCUMENT: Final = "canaries"
#: Not in the first minute of a start: what is wrong with it is told anyway.
_FIRST_S: Final = 60.0
_EXPIRES_S: Final = 3600.0


class Canaries:
    """Writes to each address of the settings by each route of its channel; `alarm` gets a sentence for each failure.

    `kept` is what the store has under `DOCUMENT`: a restart doesn't begin a new day.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        dispatcher: Dispatcher,
        settings: DeliverySettings,
        *,
        alarm: Callable[[str], None],
        kept: str | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._dispatcher = dispatcher
        self._settings = settings
        self._alarm = alarm
        self._sent_at: dict[str, float] = json.loads(kept) if kept else {}
        self._begun_at = clock.now()

    async def run(self) -> None:
        """Exercise until cancelled; without an address there is nothing to do."""
        while self._settings.canaries:
            await self._clock.sleep_until(min(map(self._due_at, self._settings.canaries)))
            for canary in self._settings.canaries:
                if self._due_at(canary) <= self._clock.now():
                    await self._exercise(canary)

    def _due_at(self, canary: Canary) -> float:
        sent_at = self._sent_at.get(_name(canary), float("-inf"))
        return max(self._begun_at + _FIRST_S, sent_at + self._settings.canary_every_s)

    async def _exercise(self, canary: Canary) -> None:
        now = self._sent_at[_name(canary)] = self._clock.now()
        try:
            await self._store.save((), Plan(), documents={DOCUMENT: json.dumps(self._sent_at, sort_keys=True)})
        except StorageError as error:
            _log.warning("when the routes were exercised can't be kept: %s", error)
        answers = await self._dispatcher.exercise(canary.channel, lambda route: _message(canary, route, now))
        for route, result in answers.items():
            if result.outcome is Outcome.ACCEPTED:
                _log.info("route %s was exercised and works", route)
            else:
                self._alarm(f"the daily test of {route} failed: {result.detail or result.outcome.value}")
        if not answers:
            self._alarm(f"the daily test by {canary.channel} can't be made: it has no route")


def _name(canary: Canary) -> str:
    return f"{canary.channel} {canary.address}"


def _message(canary: Canary, route: str, now: float) -> Message:
    facts = "\x1f".join(("canary", route, canary.address, f"{now:.0f}"))
    return Message(
        id=hashlib.sha256(facts.encode()).hexdigest()[:32],
        incident="netwatch",
        phase=Phase.PLANNED,
        update=0,
        audience=Audience.STAFF,
        channel=canary.channel,
        recipient="canary",
        address=canary.address,
        language="en",
        subject=f"[netwatch] daily test of {route}",
        body=f"netwatch: daily test of {route}. Nothing is wrong. When it does not come, this route is dead.",
        priority=0,
        planned_at=now,
        expires_at=now + _EXPIRES_S,
    )
