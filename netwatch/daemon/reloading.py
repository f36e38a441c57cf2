"""Reads the files again on request, and brings what is good into force while everything runs on.

Read and check in a thread -> poller -> the new diagnosis learns beside the present one -> both change places between
two steps, together with planner, people and look-up. Whatever is wrong on the way: the old goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.planning.state import CommunicationState
from netwatch.config import Config
from netwatch.daemon.edition import Edition, forget_the_old, life_cycle, polled, read, with_engine
from netwatch.daemon.succession import LOOKING, Heir, Succession, departed, obstacle, orphaned
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.model import Diagnosis
from netwatch.errors import InputError, NetwatchError, OperatingError
from netwatch.inventory.model import Inventory
from netwatch.pipeline import Pipeline
from netwatch.polling.asked import Otherwise
from netwatch.polling.poller import Poller
from netwatch.web.model import ReloadView

_log = logging.getLogger(__name__)

#: Who asks by a signal has no name.
BY_SIGNAL: Final = "SIGHUP"
#: A change that needs no look at the network is in force at the next step; nobody waits longer for the answer.
_IN_FORCE_S: Final = 5.0
#: The step in which the change happened is over by then, and nothing holds on to the old any more.
_TIDY_AFTER_S: Final = 2.0
#: `ReloadView.state`.
REFUSED, LEARNING, IN_FORCE = "refused", "learning", "in_force"


@dataclass(frozen=True, slots=True)
class InForce:
    """What everything goes by now, and when it was read."""

    config: Config
    inventory: Inventory
    polled: frozenset[str]
    read_at: float


class Reloader:
    """One reload at a time; what is asked meanwhile waits its turn. `adopt` gets each edition that comes into force.

    `good`: whether the latest reading was; `good_at`: when the last good one was, the start's included.
    """

    def __init__(
        self,
        now: InForce,
        clock: Clock,
        *,
        channels: Sequence[str],
        poller: Poller,
        thinker: Thinker,
        succession: Succession,
        pipeline: Pipeline[CommunicationState],
    ) -> None:
        self._path = now.config.path
        self._clock = clock
        self._channels = tuple(channels)
        self._poller = poller
        self._polled = (now.inventory, now.config.snmp)
        self._thinker = thinker
        self._succession = succession
        self._pipeline = pipeline
        self._turn = asyncio.Lock()
        self._adopted = asyncio.Event()
        self._asked = asyncio.Event()
        self._last: ReloadView | None = None
        self._coming: Edition | None = None
        self.now = now
        self.good, self.good_at = True, now.read_at
        self.adopt: Callable[[Edition], None] = _nothing

    async def run(self) -> None:
        """Heed `ask` until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self.reload(BY_SIGNAL)

    def ask(self) -> None:
        """Reload soon; for a signal handler."""
        self._asked.set()

    @property
    def view(self) -> ReloadView | None:
        """What became of the latest reload; None = there was none."""
        last = self._last
        if last is None or last.state != LEARNING:
            return last
        return replace(last, waits_for=self._succession.waits_for or LOOKING)

    async def reload(self, by: str, *, confirmed: bool = False) -> ReloadView:
        """Read the files, and bring them into force if they are good; answers once that has begun.

        A change of much of the network is refused unless it is `confirmed`: more likely it is a mistake in the files.
        """
        async with self._turn:
            _log.info("reading %s again, asked by %s", self._path, by)
            try:
                await self._begin(await self._read(confirmed=confirmed), by)
            except InputError as error:
                self._refuse(by, error.faults)
            except NetwatchError as error:
                self._refuse(by, (error,))
            except Exception as error:  # noqa: BLE001 - the supervisor of a reload: its defect must not end the daemon
                _log.error("a defect while reading the files again", exc_info=error)
                self._refuse(by, (f"netwatch failed inside: {type(error).__name__}",))
            found = self.view
            assert found is not None
            return found

    async def _read(self, *, confirmed: bool) -> Edition:
        # While another edition learns nobody can say beside which one this would stay.
        keep, now = self._coming is None, self.now
        work = partial(read, self._path, now.config, now.inventory, self._channels, keep_engine=keep)
        edition = await asyncio.to_thread(work)
        if edition.upheaval and not confirmed:
            raise OperatingError(f"{edition.upheaval} by it", "if it is meant so: netwatch reload --confirm")
        changed = await self._poll(edition)
        if edition.engine is None and (changed or self._succession.strangers):
            return await asyncio.to_thread(with_engine, edition)
        return edition

    def _refuse(self, by: str, faults: Iterable[object]) -> None:
        at = self._clock.utc(self._clock.now())
        told = tuple(str(fault) for fault in faults)
        self.good = False
        self._last = ReloadView(at, REFUSED, by, faults=told)
        for fault in told:
            _log.error("the files are not taken, netwatch goes on as before: %s", fault)

    async def _poll(self, edition: Edition) -> bool:
        """Whether something is asked otherwise from now on; the present diagnosis then hears no silence of that.

        Raises what the poller raises; it then polls on as before. Secrets are read again in any case.
        """
        inventory, snmp = edition.inventory, edition.config.snmp
        try:
            changed = await self._poller.reload(inventory, snmp, topology=edition.topology, plans=edition.plans)
        except NetwatchError:
            self._withhold(await self._poller.reload(*self._polled))
            raise
        self._withhold(changed)
        self._polled = (inventory, snmp)
        return bool(changed)

    def _withhold(self, changed: Otherwise) -> None:
        """Nothing that was asked since the change is taken before this: the poller tells of it at its next tick first."""
        if changed:
            self._thinker.between_steps(partial(self._succession.withhold, changed, self._clock.now()))

    async def _begin(self, edition: Edition, by: str) -> None:
        book, inventory = self._thinker.book, edition.inventory
        gone = departed(book, self._thinker.communication.tellings, inventory)
        notes = (*orphaned(book, inventory), *gone)
        at = self._clock.utc(self._clock.now())
        self._last = ReloadView(
            at, LEARNING, by, changes=edition.changes, needs_restart=edition.needs_restart, notes=notes
        )
        self.good, self.good_at = True, self._clock.now()
        for note in notes:
            _log.warning("%s", note)
        if edition.needs_restart:
            _log.warning("only a restart brings these into force: %s", ", ".join(edition.needs_restart))
        self._coming = edition
        self._adopted.clear()
        loop = asyncio.get_running_loop()
        self._thinker.between_steps(partial(self._offer, edition, loop))
        if edition.engine is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_IN_FORCE_S):
                    await self._adopted.wait()

    def _offer(self, edition: Edition, loop: asyncio.AbstractEventLoop) -> None:
        """In the pipeline's thread, between two steps."""
        taken_over = partial(self._take_over, edition, loop)
        if edition.engine is None:
            taken_over()
            return
        asked = polled(edition.plans)

        def hinders(present: Diagnosis, fresh: Diagnosis, warm_s: float) -> str:
            book = self._pipeline.book
            strangers = self._succession.strangers
            return obstacle(
                present, fresh, warm_s, inventory=edition.inventory, polled=asked, book=book, strangers=strangers
            )

        def failed(error: Exception) -> None:
            loop.call_soon_threadsafe(self._fail, edition, error)

        self._succession.offer(Heir(edition.engine, hinders, taken_over, failed))

    def _fail(self, edition: Edition, error: Exception) -> None:
        """The new diagnosis has a defect. What was polled is left as it is: the present one ignores what it lacks."""
        _log.error("a defect in the diagnosis of the new inventory", exc_info=error)
        if self._coming is edition:
            self._coming = None
            by = self._last.by if self._last is not None else BY_SIGNAL
            self._refuse(by, (f"netwatch failed inside with the new inventory: {type(error).__name__}",))

    def _take_over(self, edition: Edition, loop: asyncio.AbstractEventLoop) -> None:
        """In the pipeline's thread: the rest of this step goes by the new planner already."""
        self._pipeline.follow(life_cycle(edition.config), edition.planner)
        loop.call_soon_threadsafe(self._come_into_force, edition)

    def _come_into_force(self, edition: Edition) -> None:
        self.now = InForce(edition.config, edition.inventory, polled(edition.plans), self._clock.now())
        self.adopt(edition)
        if self._coming is edition:
            self._coming = None
            if self._last is not None and self._last.state == LEARNING:
                self._last = replace(self._last, state=IN_FORCE)
        self._adopted.set()
        asyncio.get_running_loop().call_later(_TIDY_AFTER_S, forget_the_old)
        _log.info("the new configuration is in force: %s", ", ".join(edition.changes) or "the network is the same")


def _nothing(_: Edition) -> None:
    """Nobody wants to know."""
