"""What must be known of netwatch itself before customers are told anything; read by the planner and the dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.delivery.quiet import quiet_now
from netwatch.communication.delivery.release import agreed
from netwatch.communication.model import Conditions
from netwatch.communication.settings import CommunicationSettings, zone_of
from netwatch.diagnosis.model import Diagnosis
from netwatch.errors import StorageError
from netwatch.storage import Store
from netwatch.storage.stored import Known

#: A wall clock that moves by more at once was stepped, not corrected, seconds.
_STEP_S: Final = 0.5
_KEEP_UP_S: Final = 0.5
#: Between two such readings so many times what one took.
_REST: Final = 50.0
_NEVER: Final = float("-inf")


class Standing:
    """The hold, people's approvals, who was told, as the store last gave them; and the brakes that netwatch itself sets.

    The store checks hold, approvals and count again at each claim: this copy only serves planning and showing.
    """

    def __init__(
        self, store: Store, clock: Clock, settings: CommunicationSettings, customers: int, known: Known
    ) -> None:
        """`known`: what the start loaded, so that the first step knows what people decided before."""
        self._clock = clock
        self._store = store
        self._told_limit = 0
        self._take(known)
        self._seen: Callable[[], Diagnosis | None] = lambda: None
        self._wall_step_s = clock.wall_step_s()
        self._stepped_at = self._reloaded_at = self._again_at = _NEVER
        self._settings = settings
        self._zone = zone_of(settings)
        self.count_on(settings, customers)

    def reloaded(self, settings: CommunicationSettings, customers: int) -> None:
        """A new edition of the operator's files is in force as of now."""
        self._reloaded_at = self._clock.now()
        self.count_on(settings, customers)

    def count_on(self, settings: CommunicationSettings, customers: int) -> None:
        """Ceiling, zone and quiet hours are those of these from now on."""
        self._settings, self._zone = settings, zone_of(settings)
        limit = max(int(settings.max_share * customers), settings.auto_customers)
        self._told_limit = limit if settings.max_customers is None else min(limit, settings.max_customers)

    def follow(self, seen: Callable[[], Diagnosis | None]) -> None:
        """Take isolation and warmth from here."""
        self._seen = seen

    async def refresh(self) -> None:
        """Read again what people and the dispatcher may have changed."""
        self._take(await self._store.known())

    def _take(self, known: Known) -> None:
        self._known = known
        self._approved = frozenset((a.incident, a.update) for a in known.approvals if a.approved_by and agreed(a))
        self._vetoed = frozenset((a.incident, a.update) for a in known.approvals if a.vetoed_by)
        self.hold = known.hold

    async def keep_up(self) -> None:
        """Read again while first notices wait to be read: who has read one gets news next. A store that hangs delays
        nobody's thinking for long, and a large mailing is held up by two per cent at most.
        """
        began_at = self._clock.now()
        if not self._known.unread or began_at < self._again_at:
            return
        with suppress(StorageError, TimeoutError):
            async with asyncio.timeout(_KEEP_UP_S):
                await self.refresh()
        self._again_at = began_at + _REST * (self._clock.now() - began_at)

    def unreachable(self) -> Iterator[str]:
        """Sentences about customers whom nothing reaches, one for each incident."""
        for incident in sorted({incident for incident, _ in self._known.unreachable}):
            yield (
                f"customers hit by incident {incident} can't be told: their addresses are refused, and there is no other;"
                " ring them up (netwatch addresses)"
            )

    def sees(self) -> bool:
        """Whether netwatch has learnt the network and can see it now."""
        seen = self._seen()
        return seen is not None and seen.warm and not seen.isolated

    def conditions(self) -> Conditions:
        """As of now; before the first diagnosis nothing is warm."""
        seen, settings, known, now = self._seen(), self._settings, self._known, self._clock.now()
        wall_step_s = self._clock.wall_step_s()
        if abs(wall_step_s - self._wall_step_s) > _STEP_S:
            self._stepped_at = now
        self._wall_step_s = wall_step_s
        return Conditions(
            isolated=seen is not None and seen.isolated,
            warm=seen is not None and seen.warm,
            hold=self.hold.on,
            told_recently=known.told_recently,
            told_limit=self._told_limit,
            approved=self._approved,
            vetoed=self._vetoed,
            wall_step_s=wall_step_s,
            clock_stepped=now < self._stepped_at + settings.clock_settle_s,
            config_young=now < self._reloaded_at + settings.config_settle_s,
            quiet=quiet_now(settings.quiet_hours, self._zone, now, wall_step_s),
            unread=known.unread,
            read=known.read,
            refusals=known.refusals,
            unreachable=known.unreachable,
            lapsed=known.lapsed,
        )
