"""Steps the pipeline once a second: observations in, conclusions out to be saved and acted upon."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.model import Conditions, Plan
from netwatch.communication.planning.requests import Request
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon.saving import LAST_S, Saver
from netwatch.diagnosis.model import Diagnosis, Explanation, InventoryDoubt, PortReading
from netwatch.incidents.book import Book
from netwatch.incidents.model import Command
from netwatch.pipeline import Pipeline
from netwatch.polling.model import Observation
from netwatch.polling.record import PROBES
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
        keep_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`watchers` see each observation too, in the event loop. `keep_up` is awaited before each step: what the
        conditions hold may have to be read again.
        """
        self._pipeline = pipeline
        self._saver = saver
        self._clock = clock
        self._conditions = conditions
        self._worked = worked
        self._watchers = tuple(watchers)
        self._keep_up = keep_up
        self._between: deque[Callable[[], None]] = deque()
        self._failed: tuple[Sequence[Explanation], frozenset[str]] = ((), frozenset())
        self._waiting: deque[Observation] = deque(maxlen=_WAITING)
        self._orders: list[tuple[Command | Request, asyncio.Future[None]]] = []
        self._unkept: list[asyncio.Future[None]] = []
        self._known = pipeline.communication
        self._remembered_at = self._doubted_at = clock.now()
        self.doubts: tuple[InventoryDoubt, ...] = ()
        self.diagnosis = Diagnosis(at=clock.now(), explanations=(), warm=False)
        self._observed: Counter[type[Observation]] = Counter()
        self.begun = asyncio.Event()
        self.stepped_at: float | None = None
        self.lag_s = 0.0
        self.step_time = Measure(WORK_BOUNDS_S)

    @property
    def observed(self) -> dict[str, int]:
        """How many observations were taken, by probe."""
        return {probe: count for probe, kind in PROBES.items() if (count := self._observed[kind])}

    @property
    def book(self) -> Book:
        """Every incident at hand, as of the last step."""
        return self._pipeline.book

    def observe(self, observation: Observation) -> None:
        """Take one measured fact; called on the event loop, only enqueues."""
        self._waiting.append(observation)
        for watch in self._watchers:
            watch(observation)
        self._observed[type(observation)] += 1

    @property
    def communication(self) -> CommunicationState:
        """What planning remembers, as of the last step: tasks in people's hands, calls that are owed."""
        return self._known

    def order(self, command: Command | Request) -> asyncio.Future[None]:
        """A person's order, carried out at the next step; done once its outcome is in the store."""
        kept = asyncio.get_running_loop().create_future()
        self._orders.append((command, kept))
        return kept

    def between_steps(self, act: Callable[[], None]) -> None:
        """Have `act` done in the pipeline's thread before the next step: nobody else uses the pipeline then."""
        self._between.append(act)

    def ports_of(self, device: str) -> Mapping[str, PortReading]:
        """What the diagnosis last read of each port of `device`, by name."""
        return self._pipeline.ports_of(device)

    def failed(self) -> frozenset[str]:
        """Refs of what is down or out of reach now, and the causes."""
        explanations = self.diagnosis.explanations
        if self._failed[0] is not explanations:
            found: set[str] = set()
            for explanation in explanations:
                found.update(explanation.roots)
                found.update(f"device:{device}" for device in explanation.down | explanation.unreachable)
            self._failed = (explanations, frozenset(found))
        return self._failed[1]

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
                await self._saver.save(at_once=True, patience_s=LAST_S)

    async def _step(self, thread: ThreadPoolExecutor) -> None:
        if self._keep_up is not None:
            await self._keep_up()
        orders, self._orders = self._orders, []
        said = [one for one, _ in orders]
        work = asyncio.get_running_loop().run_in_executor(thread, self._think, self._clock.now(), said)
        self.diagnosis, entry = await work
        if entry is not None:
            self._saver.put(entry)
        self._unkept += [kept for _, kept in orders]
        if await self._saver.save(at_once=bool(orders)):
            unkept, self._unkept = self._unkept, []
            for kept in unkept:
                if not kept.done():
                    kept.set_result(None)
        self.stepped_at = self._clock.now()
        self.begun.set()
        self._worked(self.stepped_at)

    def _think(self, now: float, said: Sequence[Command | Request]) -> tuple[Diagnosis, Entry | None]:
        """One step with all that it wants saved; None = nothing."""
        begun = self._clock.now()
        while self._between:
            self._between.popleft()()
        for _ in range(len(self._waiting)):
            self._pipeline.observe(self._waiting.popleft())
        commands = [one for one in said if isinstance(one, Command)]
        requests = [one for one in said if not isinstance(one, Command)]
        step = self._pipeline.step(now, commands, self._conditions(), requests)
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
