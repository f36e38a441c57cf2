"""What the steps decided gets into the store once and in order, also when the disk hangs or netwatch stops meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from netwatch.communication.model import Audience, Conditions, Plan
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon import saving
from netwatch.daemon.saving import Saver
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.engine import Engine
from netwatch.errors import StorageError
from netwatch.incidents.model import Change, ChangeKind, Command, Order
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.pipeline import Pipeline
from netwatch.storage import Entry, Store
from tests.unit.daemon.test_daemon_parts import INVENTORY, alert, play
from tests.unit.daemon.test_succession import incident


class HangingStore:
    """Stands before a real store, whose disk answers nobody while `hangs`; what was asked is done all the same then."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = self.at_once = self.most_at_once = 0
        self.refuses = False

    async def save_all(self, entries) -> int:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.answers.wait()
            if self.refuses:
                raise StorageError("the disk is full", "make room")
            return await self.store.save_all(entries)
        finally:
            self.at_once -= 1


@pytest.fixture
def impatient(monkeypatch):
    """Waits that nothing ends are short."""
    monkeypatch.setattr(saving, "PATIENCE_S", 0.02)


def saver_on(store, clock, told: list) -> Saver:
    return Saver(store, clock, saved=lambda _: None, unkept=told.extend)


def opened(name: str) -> Entry:
    return Entry(
        (Change(1_000_000.0, ChangeKind.OPENED, incident(id=name)),), Plan(messages=(alert(name, Audience.ONCALL),))
    )


async def lines_of(store: Store, *incidents: str) -> list[int]:
    return [len(await store.journal(one)) for one in incidents]


@pytest.mark.usefixtures("impatient")
async def test_a_store_that_hangs_holds_up_no_step_is_told_and_gets_everything_in_order_at_last(store, clock):
    hanging, told = HangingStore(store), []
    saver = saver_on(hanging, clock, told)
    hanging.answers.clear()
    for name in ("nw-1", "nw-2"):
        saver.put(opened(name))
        assert not await saver.save()
    assert "has not answered" in saver.error
    assert [message.id for message in told] == ["nw-1", "nw-2"], "each once, without the store"
    assert (hanging.asked, await lines_of(store, "nw-1", "nw-2")) == (1, [0, 0])
    hanging.answers.set()
    async with asyncio.timeout(10):
        while not await saver.save():
            await asyncio.sleep(0.001)
    assert not saver.error
    assert (hanging.most_at_once, await lines_of(store, "nw-1", "nw-2")) == (1, [1, 1])
    saver.put(opened("nw-3"))
    assert await saver.save()
    assert len(told) == 2, "what the store takes goes by the outbox alone"


@pytest.mark.usefixtures("impatient")
async def test_a_store_that_hung_and_then_refuses_is_tried_again_with_all_of_it(store, clock):
    hanging, told = HangingStore(store), []
    saver = saver_on(hanging, clock, told)
    hanging.answers.clear()
    hanging.refuses = True
    saver.put(opened("nw-1"))
    assert not await saver.save()
    hanging.answers.set()
    async with asyncio.timeout(10):
        while "disk is full" not in saver.error:
            await asyncio.sleep(0.001)
    assert not await saver.save(), "tries are some seconds apart"
    hanging.refuses = False
    await clock.advance(5.0)
    assert await saver.save()
    assert (len(told), await lines_of(store, "nw-1")) == (1, [1])


@pytest.mark.usefixtures("impatient")
async def test_thinking_goes_on_while_the_disk_hangs_and_an_order_is_answered_only_when_it_is_kept(store, clock):
    hanging = HangingStore(store)
    pipeline = Pipeline(Engine(Topology(INVENTORY)), IncidentSettings(), None, CommunicationState())
    saver, worked = saver_on(hanging, clock, []), []
    thinker = Thinker(pipeline=pipeline, saver=saver, clock=clock, conditions=Conditions, worked=worked.append)
    running = asyncio.create_task(thinker.run())
    await play(thinker, clock, 70)
    hanging.answers.clear()
    await play(thinker, clock, 60, silent=frozenset({"acc-1"}))
    assert [i.roots for i in thinker.book.incidents.values()]
    assert worked[-1] == clock.now()
    (name,) = thinker.book.incidents
    order = thinker.order(Command(clock.now(), name, Order.NOTE, "anna", "A crew is on its way."))
    await play(thinker, clock, 5, silent=frozenset({"acc-1"}))
    assert not order.done()
    hanging.answers.set()
    async with asyncio.timeout(10):
        while hanging.at_once:
            await asyncio.sleep(0.001)
    await play(thinker, clock, 2, silent=frozenset({"acc-1"}))
    assert order.done()
    (kept,) = (await store.load()).incidents
    assert kept.note == "A crew is on its way."
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_stop_in_the_middle_of_a_commit_writes_each_journal_line_once(store, clock):
    hanging = HangingStore(store)
    pipeline = Pipeline(Engine(Topology(INVENTORY)), IncidentSettings(), None, CommunicationState())
    saver = saver_on(hanging, clock, [])
    thinker = Thinker(pipeline=pipeline, saver=saver, clock=clock, conditions=Conditions, worked=lambda _: None)
    running = asyncio.create_task(thinker.run())
    await play(thinker, clock, 2)
    hanging.answers.clear()
    saver.put(opened("nw-1"))
    await clock.advance(1.0)
    async with asyncio.timeout(10):
        while not hanging.at_once:
            await asyncio.sleep(0.001)
    saver.put(opened("nw-2"))
    running.cancel()
    await asyncio.sleep(0)
    hanging.answers.set()
    with suppress(asyncio.CancelledError):
        await running
    assert await lines_of(store, "nw-1", "nw-2") == [1, 1]


async def test_a_stop_while_the_commit_is_queued_in_the_store_writes_each_journal_line_once(store, clock):
    saver = saver_on(store, clock, [])
    saver.put(opened("nw-1"))
    saving_ = asyncio.create_task(saver.save())
    await asyncio.sleep(0)  # begun
    await asyncio.sleep(0)  # its job is queued
    saving_.cancel()
    with suppress(asyncio.CancelledError):
        await saving_
    assert await saver.save(at_once=True)
    assert await lines_of(store, "nw-1") == [1]
