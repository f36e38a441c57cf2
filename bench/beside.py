"""How long the event loop must wait while the thinker's thread concludes: the daemon's thinker beside a ticking loop."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from netwatch.communication.model import Conditions
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon.collecting import bounded_collections, leave_alone
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.engine import Engine
from netwatch.incidents.settings import IncidentSettings
from netwatch.pipeline import Pipeline
from netwatch.polling.model import Observation

TICK_S = 0.01
#: Python's threads change over so often in the daemon too.
TURN_S = 0.001
#: By now the daemon has had its first look at everything, and what was made for it is left alone by the collector.
LEARNT_S = 105.0
SLICE = 100


class HurriedClock:
    """A second passes as soon as the step before is done: the thread works nearly all the time."""

    def __init__(self, seen_within: Callable[[float], Iterable[Observation]]) -> None:
        self._seen_within = seen_within
        self._now = 0.0
        self.thinker: Thinker | None = None
        self.thinking = False

    def now(self) -> float:
        return self._now

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, tz=UTC)

    def wall_step_s(self) -> float:
        return 0.0

    async def sleep_until(self, at: float) -> None:
        """Hand over what is seen until `at`, in small portions as sockets do, then let the thinker think."""
        self.thinking = False
        seen = await asyncio.to_thread(list, self._seen_within(at))
        for number, one in enumerate(seen):
            self.thinker.observe(one)
            if number % SLICE == 0:
                await asyncio.sleep(0)
        if at == LEARNT_S:
            leave_alone()
        await asyncio.sleep(2 * TICK_S)  # what the handing over delayed does not count
        self._now, self.thinking = at, True


class NoSaver:
    """Nothing is stored: that is another benchmark's matter."""

    def put(self, entry: object) -> None:
        del entry

    async def save(self, *, at_once: bool = False, patience_s: float | None = None) -> bool:
        del at_once, patience_s
        return True


def lateness(
    engine: Engine, seen_within: Callable[[float], Iterable[Observation]], spans: Sequence[tuple[str, float, float]]
) -> dict[str, list[float]]:
    """Milliseconds by which the loop's ticks came late while the thinker thought, by span.

    No more than this process worked meanwhile: what other programs took from both is not the thinker's doing.
    """
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        with bounded_collections():
            return asyncio.run(_lateness(engine, seen_within, spans))
    finally:
        sys.setswitchinterval(usual_s)


async def _lateness(
    engine: Engine, seen_within: Callable[[float], Iterable[Observation]], spans: Sequence[tuple[str, float, float]]
) -> dict[str, list[float]]:
    clock = HurriedClock(seen_within)
    pipeline = Pipeline(engine, IncidentSettings(), None, CommunicationState())
    clock.thinker = Thinker(
        pipeline=pipeline, saver=NoSaver(), clock=clock, conditions=Conditions, worked=lambda _: None
    )
    late: dict[str, list[float]] = {name: [] for name, _, _ in spans}
    running = asyncio.create_task(clock.thinker.run())
    while clock.now() < spans[-1][2]:
        due, worked = time.perf_counter() + TICK_S, time.process_time()
        await asyncio.sleep(TICK_S)
        if clock.thinking:
            late_s = min(time.perf_counter() - due, time.process_time() - worked)
            for name, begin, end in spans:
                if begin <= clock.now() < end:
                    late[name].append(late_s * 1e3)
        if running.done():
            break
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return late
