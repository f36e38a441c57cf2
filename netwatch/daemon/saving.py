"""Brings what the steps decided into the store, in order and all together, also after the store refused for a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.model import EXTERNAL, Message, PageEntry
from netwatch.errors import StorageError
from netwatch.incidents.model import Change
from netwatch.storage import Entry, Store
from netwatch.web.measures import WORK_BOUNDS_S, Measure

_log = logging.getLogger(__name__)

#: Between two tries while the store refuses.
_RETRY_S: Final = 5.0
#: So long a step waits for the store; one that answers later is waited for by none.
PATIENCE_S: Final = 3.0
#: The last save of an orderly stop is waited for so long, within the time that systemd gives.
LAST_S: Final = 10.0


class Saver:
    """Keeps what the store has not taken yet.

    All of it is one transaction: a first notice must not get out between its own saving and that of the end that
    came while the store refused. `saved` hears of the page's entries and changes; `unkept` gets the internal messages
    that the store refuses or is late with, once, so that on-call is told all the same.

    One save is under way at most, and whoever waits for it may be cancelled: it goes on, and nothing is written twice.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        saved: Callable[[Sequence[PageEntry]], None],
        unkept: Callable[[Sequence[Message]], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._saved = saved
        self._unkept = unkept
        self._waiting: list[Entry] = []
        self._told_directly = 0
        self._retry_at = float("-inf")
        self._under_way: asyncio.Task[bool] | None = None
        self._late = False
        self.error = ""
        self.commit_time = Measure(WORK_BOUNDS_S)

    def put(self, entry: Entry) -> None:
        """One more step's decisions, to be saved after those before."""
        self._waiting.append(entry)

    async def save(self, *, at_once: bool = False, patience_s: float | None = None) -> bool:
        """Try to save all; whether nothing waits any more. After a refusal tries are some seconds apart.

        A store that does not answer is waited for `patience_s` (None = `PATIENCE_S`), and then no more until it does.
        """
        while self._under_way is not None or self._may_begin(at_once=at_once):
            if self._under_way is None:
                self._under_way = asyncio.create_task(self._commit(tuple(self._waiting)))
            wait_s = patience_s or (0.0 if self._late else PATIENCE_S)
            await asyncio.wait({self._under_way}, timeout=wait_s)
            if not self._under_way.done():
                self._be_late()
                return False
            done, self._under_way, self._late = self._under_way, None, False
            if not done.result():
                return False
        self._tell_unkept()
        return not self._waiting

    def _may_begin(self, *, at_once: bool) -> bool:
        return bool(self._waiting) and (at_once or self._clock.now() >= self._retry_at)

    async def _commit(self, entries: Sequence[Entry]) -> bool:
        """Whether the store took them."""
        begun = self._clock.now()
        try:
            await self._store.save_all(entries)
        except StorageError as error:
            self._refused(error, begun)
            return False
        self.error, self._retry_at = "", float("-inf")
        self._told_directly = max(0, self._told_directly - len(entries))
        self.commit_time.add(self._clock.now() - begun)
        del self._waiting[: len(entries)]
        for entry in entries:
            for change in entry.changes:
                _tell_log(change)
            if entry.plan.page:
                self._saved(entry.plan.page)
        return True

    def _be_late(self) -> None:
        if not self._late:
            self._late = True
            self._fail(StorageError(f"the store has not answered for {PATIENCE_S:.0f} s", "look at its disk"))
        self._tell_unkept()

    def _refused(self, error: StorageError, at: float) -> None:
        self._fail(error)
        self._retry_at = at + _RETRY_S
        self._tell_unkept()

    def _fail(self, error: StorageError) -> None:
        if not self.error:
            _log.critical("the store refuses: %s", error)
        self.error = str(error)

    def _tell_unkept(self) -> None:
        if not self.error:
            return
        fresh, self._told_directly = self._waiting[self._told_directly :], len(self._waiting)
        internal = [m for entry in fresh for m in entry.plan.messages if m.audience not in EXTERNAL]
        if internal:
            self._unkept(internal)


def _tell_log(change: Change) -> None:
    """One line a change; its reason stays out, since it may hold a person's words."""
    incident = change.incident
    _log.info(
        "incident %s %s: %s, %s, %s, roots %s, %d out, %d degraded",
        incident.id,
        change.kind.value,
        incident.status.value,
        incident.scope.value,
        incident.scenario.value,
        ", ".join(incident.roots) or "unknown",
        len(incident.affected.out),
        len(incident.affected.degraded),
    )
