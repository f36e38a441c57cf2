"""Keeps every further copy of the page up to date: each by itself, the newest page only, again until it is verified."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.page.copy import Copy, CopyError, brief, renew
from netwatch.communication.page.s3 import S3Page
from netwatch.communication.page.settings import CopySettings
from netwatch.communication.page.ssh import SshPage

_log = logging.getLogger(__name__)

#: After a failure it is tried again so soon, then ever later.
_FIRST_RETRY_S: Final = 5.0
_LAST_RETRY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class CopyState:
    """How one copy stands. `verified_at`: when it last read back right, None = never since the start.

    `behind_since_at`: since when the page here is newer, None = it is not. `error` "" = the last try went well.
    """

    name: str
    verified_at: float | None
    behind_since_at: float | None
    error: str


def build_copies(settings: CopySettings, clock: Clock, base: Path = Path()) -> tuple[Copy, ...]:
    """The copies of a configuration, in its order. `base`: directory of the configuration, for relative files."""
    made: tuple[SshPage | S3Page, ...] = (
        *(SshPage(one, base) for one in settings.ssh),
        *(S3Page(one, clock, base) for one in settings.s3),
    )
    for place, copy in enumerate(made):
        same = sum(other.name.partition("#")[0] == copy.name for other in made[:place])
        if same:
            copy.name = f"{copy.name}#{same + 1}"
    return made


class Copies:
    """All copies. One that is slow or fails holds no other one back, and nothing here."""

    def __init__(self, copies: Sequence[Copy], clock: Clock, *, alarm_after_s: float) -> None:
        self._keepers = tuple(_Keeper(copy, clock) for copy in copies)
        self._clock = clock
        self._alarm_after_s = alarm_after_s

    def offer(self, files: Mapping[str, bytes]) -> None:
        """These are the page from now on; what a copy has not taken yet of earlier ones is left out."""
        for keeper in self._keepers:
            keeper.offer(files)

    async def run(self) -> None:
        """Keep them up to date until cancelled."""
        async with asyncio.TaskGroup() as group:
            for keeper in self._keepers:
                group.create_task(keeper.run())

    def states(self) -> tuple[CopyState, ...]:
        """How each stands, in the configuration's order."""
        return tuple(keeper.state() for keeper in self._keepers)

    def behind(self) -> Iterator[str]:
        """A sentence for each copy that has stayed behind for too long."""
        now = self._clock.now()
        for state in self.states():
            if state.behind_since_at is not None and now - state.behind_since_at >= self._alarm_after_s:
                yield f"the outage page's copy {state.name} stays behind"


class _Keeper:
    """Keeps one copy up to date."""

    def __init__(self, copy: Copy, clock: Clock) -> None:
        self._copy = copy
        self._clock = clock
        self._files: Mapping[str, bytes] = {}
        self._news = asyncio.Event()
        self._verified_at: float | None = None
        self._behind_since_at: float | None = None
        #: When the first page was offered that the renewal under way does not carry.
        self._newer_at: float | None = None
        self._error = ""

    def offer(self, files: Mapping[str, bytes]) -> None:
        now = self._clock.now()
        self._files = files
        self._behind_since_at = now if self._behind_since_at is None else self._behind_since_at
        self._newer_at = now if self._newer_at is None else self._newer_at
        self._news.set()

    def state(self) -> CopyState:
        return CopyState(self._copy.name, self._verified_at, self._behind_since_at, self._error)

    async def run(self) -> None:
        retry_s = _FIRST_RETRY_S
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                if await self._renewed():
                    retry_s = _FIRST_RETRY_S
                else:
                    await self._clock.sleep_until(self._clock.now() + retry_s)
                    retry_s = min(2 * retry_s, _LAST_RETRY_S)
                    self._news.set()
        finally:
            await self._copy.close()

    async def _renewed(self) -> bool:
        self._newer_at = None
        try:
            await renew(self._copy, self._files)
        except CopyError as error:
            return self._failed(str(error), None)
        except Exception as error:  # noqa: BLE001 - the supervisor of a copy: whatever it lacks is its own failure only
            return self._failed(brief(f"{type(error).__name__}: {error}"), error)
        if self._error:
            _log.info("the page's copy %s is up to date again", self._copy.name)
        self._error = ""
        self._verified_at = self._clock.now()
        self._behind_since_at = self._newer_at
        return True

    def _failed(self, error: str, defect: Exception | None) -> bool:
        if not self._error:
            _log.error("the page's copy %s can't be renewed: %s", self._copy.name, error, exc_info=defect)
        self._error = error
        return False
