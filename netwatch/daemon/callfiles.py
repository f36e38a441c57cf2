"""Keeps the call list of each outage as a file, so that it can be read and printed while netwatch does not run."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from netwatch.clock import Clock
from netwatch.errors import StorageError
from netwatch.web.calllist import CallListView, as_text
from netwatch.web.model import UnknownIncidentError

_log = logging.getLogger(__name__)

#: The list changes with the customers who are hit; each look costs a few queries.
_EVERY_S: Final = 10.0


class CallFiles:
    """One file an incident with somebody to ring, from its opening until it is forgotten. The outage never waits for it."""

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        incidents: Callable[[], Mapping[str, bool]],
        call_list: Callable[[str], Awaitable[CallListView]],
    ) -> None:
        """`incidents`: those at hand that were opened; whether each goes on."""
        self._directory = directory
        self._clock = clock
        self._incidents = incidents
        self._call_list = call_list
        self._written: dict[str, CallListView] = {}
        self.error = ""

    async def run(self) -> None:
        """Follow the outages until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep_until(self._clock.now() + _EVERY_S)

    async def look(self) -> None:
        """Write what has changed; remove what belongs to no incident any more: it is personal data."""
        try:
            wanted = self._incidents()
            for incident, goes_on in wanted.items():
                # Of those that are over the list is written once more, as it was left.
                if not goes_on and incident not in self._written:
                    continue
                try:
                    view = await self._call_list(incident)
                except UnknownIncidentError:  # forgotten in this moment
                    continue
                if view.entries and not self._is_written(view):
                    await asyncio.to_thread(_write, self._directory, view)
                    self._written[incident] = view
                if not goes_on:
                    del self._written[incident]
            await asyncio.to_thread(_forget, self._directory, frozenset(wanted))
            self._written = {name: view for name, view in self._written.items() if name in wanted}
        except StorageError:  # told by who saves
            return
        except OSError as error:
            if not self.error:
                _log.warning("the call list can't be written: %s", error.strerror)
            self.error = str(error.strerror)
            return
        self.error = ""

    def _is_written(self, view: CallListView) -> bool:
        before = self._written.get(view.incident)
        return before is not None and replace(before, at=view.at) == view


def _write(directory: Path, view: CallListView) -> None:
    """The whole list or the one before, never half; only netwatch's user and group may read it."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o750)  # under the service's umask the group would be left out
    path = directory / f"{view.incident}.txt"
    aside = path.with_suffix(".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o640)
        file.write(as_text(view))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _forget(directory: Path, wanted: frozenset[str]) -> None:
    for path in directory.glob("*.txt"):
        if path.stem not in wanted:
            path.unlink(missing_ok=True)
