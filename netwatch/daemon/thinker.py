"""Steps the pipeline once a second: observations in, conclusions out to be saved and acted upon."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.model import Conditions, Plan
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon.hints import NeverAnswered
from netwatch.daemon.saving import Saver
from netwatch.diagnosis.model import Diagnosis, InventoryDoubt
from netwatch.incidents.book import Book
from netwatch.incidents.model import Command
from netwatch.pipeline import Pipeline
from netwatch.polling.model import Observation
from netwatch.storage import Entry
from netwatch.web.measures import WORK_BOUNDS_S, Measure

_STEP_S: Final = 1.0
#: Between two savings of what the diagnosis remembers over a restart, while nothing changes.
_MEMORY_S: Final = 30.0
#: Between two looks for disagreements of inventory and network.
_DOUBTS_S: Final = 300.0
#: Observations that wait for a step at most; the oldest go first. Two minutes of 10,000 devices.
_WAITING: Final = 250_000


class Thinker:
    """Owns the pipeline. The event loop never waits for a conclusion: steps run in one thread of their own."""

    def __init__(
        self,
        *,
        pipeline: Pipeline[CommunicationState],
        saver: Saver,
        clock: Clock,
        conditions: Callable[[], Conditions],
        worked: Callable[[float], None],
        watchers: Sequence[Callable[[Observation], None]] = (),
    ) -> None:
        """`watchers` see each observation too, in the event loop."""
        self._pipeline = pipeline
        self._saver = saver
        self._clock = clock
        self._conditions = conditions
        self._worked = worked
        self._watchers = tuple(watchers)
        self._between: deque[Callable[[], None]] = deque()
        self._waiting: deque[Observation] = deque(maxlen=_WAITING)
        self._orders: list[tuple[Command, asyncio.Future[None]]] = []
        self._known = pipeline.communication
        self._remembered_at = self._doubted_at = clock.now()
        self.doubts: tuple[InventoryDoubt, ...] = ()
        self.diagnosis = Diagnosis(at=clock.now(), explanations=(), warm=False)
        self.never_answered = NeverAnswered()
        self.observed: Counter[str] = Counter()
        self.begun = asyncio.Event()
        self.stepped_at: float | None = None
        self.lag_s = 0.0
        self.step_time = Measure(WORK_BOUNDS_S)

    @property
    def book(self) -> Book:
        """Every incident at hand, as of the last step."""
        return self._pipeline.book

    def observe(self, observation: Observation) -> None:
        """Take one measured fact; called on the event loop, only enqueues."""
        self._waiting.append(observation)
        self.never_answered.note(observation)
        for watch in self._watchers:
            watch(observation)
        self.observed[_PROBES[type(observation).__name__]] += 1

    def order(self, command: Command) -> asyncio.Future[None]:
        """A person's order, carried out at the next step; done once its outcome is in the store."""
        kept = asyncio.get_running_loop().create_future()
        self._orders.append((command, kept))
        return kept

    def between_steps(self, act: Callable[[], None]) -> None:
        """Have `act` done in the pipeline's thread before the next step: nobody else uses the pipeline then."""
        self._between.append(act)

    def failed(self) -> frozenset[str]:
        """Refs of what is down or out of reach now, and the causes."""
        found: set[str] = set()
        for explanation in self.diagnosis.explanations:
            found.update(explanation.roots)
            found.update(f"device:{device}" for device in explanation.down | explanation.unreachable)
        return frozenset(found)

    async def run(self) -> None:
        """Step until cancelled, then save what is at hand once more."""
        due_at = self._clock.now()
        with ThreadPoolExecutor(1, thread_name_prefix="pipeline") as thread:
            try:
                while True:
                    due_at = max(due_at + _STEP_S, self._clock.now())
                    await self._clock.sleep_until(due_at)
                    self.lag_s = max(0.0, self._clock.now() - due_at)
                    await self._step(thread)
            finally:
                await self._saver.save(at_once=True)

    async def _step(self, thread: ThreadPoolExecutor) -> None:
        orders, self._orders = self._orders, []
        commands = [command for command, _ in orders]
        work = asyncio.get_running_loop().run_in_executor(thread, self._think, self._clock.now(), commands)
        self.diagnosis, entry = await work
        if entry is not None:
            self._saver.put(entry)
        if await self._saver.save(at_once=bool(orders)):
            for _, kept in orders:
                if not kept.done():
                    kept.set_result(None)
        self.stepped_at = self._clock.now()
        self.begun.set()
        self._worked(self.stepped_at)

    def _think(self, now: float, commands: Sequence[Command]) -> tuple[Diagnosis, Entry | None]:
        """One step with all that it wants saved; None = nothing."""
        begun = self._clock.now()
        while self._between:
            self._between.popleft()()
        for _ in range(len(self._waiting)):
            self._pipeline.observe(self._waiting.popleft())
        step = self._pipeline.step(now, commands, self._conditions())
        news = bool(step.changes or step.plan or step.communication != self._known)
        # What the diagnosis remembers goes with each change: a restart must not take a fault for the normal state.
        remember = bool(step.changes) or now - self._remembered_at >= _MEMORY_S
        entry = None
        if news or remember:
            self._known = step.communication
            entry = Entry(
                step.changes,
                step.plan if news else Plan(),
                step.communication.to_json() if news else None,
                self._pipeline.remember_changes() if remember else None,
            )
        if remember:
            self._remembered_at = now
        if now - self._doubted_at >= _DOUBTS_S:
            self._doubted_at, self.doubts = now, self._pipeline.inventory_doubts()
        self.step_time.add(self._clock.now() - begun)
        return step.diagnosis, entry


_PROBES: Final[Mapping[str, str]] = {
    "IcmpObservation": "icmp",
    "SnmpObservation": "snmp",
    "InterfaceObservation": "interface",
    "TrapObservation": "trap",
    "PowerObservation": "power",
    "TrafficObservation": "traffic",
    "NeighbourObservation": "neighbour",
    "OpticalObservation": "optics",
    "WitnessObservation": "witness",
    "LocalObservation": "local",
}
