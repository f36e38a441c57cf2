"""Keeps the published outage page in step with what the planner wrote for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.model import PageEntry
from netwatch.communication.page.copying import Copies
from netwatch.communication.page.publisher import PageError, contents, write
from netwatch.communication.page.view import EARLIER_S
from netwatch.communication.settings import CommunicationSettings
from netwatch.errors import StorageError
from netwatch.storage import Store

_log = logging.getLogger(__name__)

#: The page says when it was last checked; it is written again at least so often.
_AGAIN_S: Final = 60.0
_RETRY_S: Final = 5.0


class Pages:
    """Publishes all entries when one changes, and every minute as a sign of life.

    While netwatch can't see (it learns, or is cut off) the page stays as it was: it must not say that all is well.
    """

    def __init__(
        self,
        directory: Path,
        settings: CommunicationSettings,
        store: Store,
        clock: Clock,
        *,
        entries: Iterable[PageEntry],
        sees: Callable[[], bool],
        copies: Copies | None = None,
    ) -> None:
        """`copies`: further hosts on which the page stands; None = none."""
        self._directory = directory
        self._settings = settings
        self._store = store
        self._clock = clock
        self._sees = sees
        self._copies = copies
        self._entries = {entry.incident: entry for entry in entries if not entry.withdrawn}
        self._fresh: set[str] = set()
        self._news = asyncio.Event()
        self.error = ""

    @property
    def directory(self) -> Path:
        return self._directory

    @property
    def entries(self) -> tuple[PageEntry, ...]:
        """What the page shows, by incident."""
        return tuple(self._entries[incident] for incident in sorted(self._entries))

    def word_by(self, settings: CommunicationSettings) -> None:
        """Say it by these settings from the next publishing on."""
        self._settings = settings
        self._news.set()

    def put(self, entries: Sequence[PageEntry]) -> None:
        """Show these from now on; a withdrawn one leaves."""
        for entry in entries:
            if entry.withdrawn:
                self._entries.pop(entry.incident, None)
            else:
                self._entries[entry.incident] = entry
                self._fresh.add(entry.incident)
        self._news.set()

    async def run(self) -> None:
        """Publish until cancelled. A directory that refuses is told, and tried again."""
        while True:
            self._news.clear()
            due = bool(self._fresh) or self._sees()
            again_s = _AGAIN_S if due and await self._publish() else _RETRY_S
            try:
                async with asyncio.timeout(again_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _publish(self) -> bool:
        fresh, self._fresh = self._fresh, set()
        shown_since_at = self._clock.now() - EARLIER_S
        self._entries = {
            incident: entry
            for incident, entry in self._entries.items()
            if entry.resolved_at is None or entry.resolved_at > shown_since_at
        }
        try:
            files = await asyncio.to_thread(contents, self.entries, self._clock, self._settings)
            if self._copies is not None:
                self._copies.offer(files)
            await asyncio.to_thread(write, self._directory, files)
        except PageError as error:
            if not self.error:
                _log.error("the outage page can't be written: %s", error)
            self.error = str(error)
            self._fresh |= fresh
            return False
        self.error = ""
        try:
            for incident in sorted(fresh):
                await self._store.note_page_verified(incident, self._clock.now())
        except StorageError:  # told by who saves; the page itself stands
            self._fresh |= fresh
            return False
        return True
