"""What must be known of netwatch itself before customers are told anything; read by the planner and the dispatcher."""

from __future__ import annotations

from collections.abc import Callable

from netwatch.clock import Clock
from netwatch.communication.delivery.release import agreed
from netwatch.communication.model import Conditions
from netwatch.communication.settings import CommunicationSettings
from netwatch.diagnosis.model import Diagnosis
from netwatch.storage import Store
from netwatch.storage.stored import Hold


class Standing:
    """The hold, people's approvals and the count of customers told, as the store last gave them.

    The store checks hold, approvals and count again at each claim: this copy only serves planning and showing.
    """

    def __init__(self, store: Store, clock: Clock, settings: CommunicationSettings, customers: int, hold: Hold) -> None:
        self._clock = clock
        self._store = store
        self._told_limit = 0
        self.count_on(settings, customers)
        self._approved: frozenset[tuple[str, int]] = frozenset()
        self._vetoed: frozenset[tuple[str, int]] = frozenset()
        self._told_recently = 0
        self.hold = hold
        self._seen: Callable[[], Diagnosis | None] = lambda: None

    def count_on(self, settings: CommunicationSettings, customers: int) -> None:
        """The ceiling is that of these from now on."""
        limit = max(int(settings.max_share * customers), settings.auto_customers)
        self._told_limit = limit if settings.max_customers is None else min(limit, settings.max_customers)

    def follow(self, seen: Callable[[], Diagnosis | None]) -> None:
        """Take isolation and warmth from here."""
        self._seen = seen

    async def refresh(self) -> None:
        """Read again what people and the dispatcher may have changed."""
        approvals = await self._store.approvals()
        self._approved = frozenset((a.incident, a.update) for a in approvals if a.approved_by and agreed(a))
        self._vetoed = frozenset((a.incident, a.update) for a in approvals if a.vetoed_by)
        self._told_recently = await self._store.told_recently()
        self.hold = await self._store.hold()

    def sees(self) -> bool:
        """Whether netwatch has learnt the network and can see it now."""
        seen = self._seen()
        return seen is not None and seen.warm and not seen.isolated

    def conditions(self) -> Conditions:
        """As of now; before the first diagnosis nothing is warm."""
        seen = self._seen()
        return Conditions(
            isolated=seen is not None and seen.isolated,
            warm=seen is not None and seen.warm,
            hold=self.hold.on,
            told_recently=self._told_recently,
            told_limit=self._told_limit,
            approved=self._approved,
            vetoed=self._vetoed,
            wall_step_s=self._clock.wall_step_s(),
        )
