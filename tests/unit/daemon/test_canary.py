"""The daily test of each route, in virtual time."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.delivery.settings import Canary, DeliverySettings
from netwatch.communication.model import Conditions
from netwatch.daemon.canary import DOCUMENT, Canaries
from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings


class Route:
    """Answers always the same; keeps what it was given."""

    kind, idempotent, limit, depends_on = "email", False, 5, ""

    def __init__(self, name: str, outcome: Outcome) -> None:
        self.name, self.outcome = name, outcome
        self.taken = []

    async def send(self, message):
        self.taken.append(message)
        return Result(self.outcome, f"said {self.outcome.value}")

    async def close(self) -> None:
        pass


@pytest.fixture
async def world(tmp_path):
    clock = SimulatedClock()
    store = await Store.open(StorageSettings(directory=str(tmp_path), ballast_mib=0), clock)
    yield clock, store
    await store.close()


async def play(canaries: Canaries, clock: SimulatedClock, seconds: float, routes: list[Route], messages: int) -> None:
    """Run for so long; then as many messages must have left, and no more come."""
    running = asyncio.create_task(canaries.run())
    await asyncio.sleep(0)
    await clock.advance(seconds)
    async with asyncio.timeout(5):
        while sum(len(route.taken) for route in routes) < messages:
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert sum(len(route.taken) for route in routes) == messages


def dispatcher_of(store: Store, clock: SimulatedClock, routes: list[Route]) -> Dispatcher:
    return Dispatcher(store, routes, clock, Conditions, settings=DeliverySettings(), random=Random(1))


async def test_each_route_is_exercised_once_a_day_also_over_a_restart_and_a_failure_is_told(world):
    clock, store = world
    routes = [Route("email/a", Outcome.ACCEPTED), Route("email/b", Outcome.CHANNEL_TEMPORARY)]
    settings = DeliverySettings(canaries=(Canary("email", "noc@example.net"),))
    told: list[str] = []
    dispatcher = dispatcher_of(store, clock, routes)
    await play(Canaries(store, clock, dispatcher, settings, alarm=told.append), clock, 61, routes, 2)
    assert told == ["the daily test of email/b failed: said channel_temporary"]
    assert "email/a" in routes[0].taken[0].subject
    assert routes[0].taken[0].id != routes[1].taken[0].id
    kept = (await store.load()).documents[DOCUMENT]
    again = Canaries(store, clock, dispatcher, settings, alarm=told.append, kept=kept)
    await play(again, clock, 86_000, routes, 2)
    await play(again, clock, 400, routes, 4)
    assert len(told) == 2


async def test_a_channel_without_a_route_is_told(world):
    clock, store = world
    told: list[str] = []
    settings = DeliverySettings(canaries=(Canary("sms", "+31612345678"),))
    canaries = Canaries(store, clock, dispatcher_of(store, clock, []), settings, alarm=told.append)
    running = asyncio.create_task(canaries.run())
    await asyncio.sleep(0)
    await clock.advance(61)
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert told == ["the daily test by sms can't be made: it has no route"]


async def test_without_an_address_nothing_runs(world):
    clock, store = world
    await Canaries(store, clock, dispatcher_of(store, clock, []), DeliverySettings(), alarm=pytest.fail).run()
