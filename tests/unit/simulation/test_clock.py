"""The simulated clock drives asyncio code without real time."""

import asyncio
import time

from netwatch.clock import Clock
from netwatch.simulation.clock import SimulatedClock


async def test_sleepers_wake_in_the_order_of_their_times():
    clock: Clock = SimulatedClock(100.0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, at: float) -> None:
        await clock.sleep_until(at)
        woken.append((name, clock.now()))

    async with asyncio.TaskGroup() as tasks:
        for name, at in (("c", 3700.0), ("a", 101.0), ("b", 101.0), ("past", 50.0)):
            tasks.create_task(sleeper(name, at))
        began = time.monotonic()
        await clock.advance(3600.0)
    assert woken == [("past", 100.0), ("a", 101.0), ("b", 101.0), ("c", 3700.0)]
    assert time.monotonic() - began < 5.0


async def test_a_loop_of_sleeps_runs_on_within_one_advance():
    clock = SimulatedClock()
    ticks: list[float] = []

    async def ticking() -> None:
        while True:
            await clock.sleep_until(clock.now() + 1.0)
            ticks.append(clock.now())

    task = asyncio.create_task(ticking())
    await clock.advance(5.0)
    task.cancel()
    assert ticks == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_a_step_of_the_wall_clock_moves_only_what_people_read():
    clock = SimulatedClock(1000.0)
    clock.step_wall(-60.0)
    assert clock.now() == 1000.0
    assert clock.wall_step_s() == -60.0
    assert clock.utc(1000.0).timestamp() == 940.0
