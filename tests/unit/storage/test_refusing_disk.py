"""A disk that refuses a running store: who asked is told, on-call too, and the store goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from netwatch.communication.model import Plan
from netwatch.errors import StorageError
from netwatch.incidents.model import Status
from netwatch.storage import Store
from netwatch.storage.backup import drop_ballast
from netwatch.storage.stored import FindingKind


class HourlyClock:
    """Sleeps end when the test says so; `slept` is set with each."""

    def __init__(self, clock):
        self.clock = clock
        self.slept = asyncio.Event()
        self.wake = asyncio.Event()

    def __getattr__(self, name):
        return getattr(self.clock, name)

    async def sleep_until(self, at):
        self.slept.set()
        await self.wake.wait()
        self.wake.clear()
        self.clock.at = max(self.clock.at, at)

    async def hour(self):
        """Let one turn of upkeep pass, and wait until the next sleep."""
        self.slept.clear()
        self.wake.set()
        await self.slept.wait()


async def test_an_upkeep_that_the_disk_refuses_is_a_finding_and_the_next_one_is_made(
    settings, clock, desk_of, full_disk
):
    hourly = HourlyClock(clock)
    store = await Store.open(settings, hourly)
    desk = desk_of(store)
    await desk.plan(*(desk.message(f"c-{number}") for number in range(50)))
    await desk.deliver()
    await desk.plan(desk.message("c-0", update=1), status=Status.RESOLVED)
    clock.at += 400 * 86_400.0
    upkeep = asyncio.create_task(store.run())
    async with asyncio.timeout(10):
        await hourly.slept.wait()
        with full_disk():
            await hourly.hour()
            await hourly.hour()
        assert not upkeep.done()
        found = [finding for finding in store.findings if finding.kind is FindingKind.UPKEEP_FAILED]
        assert len(found) == 1
        assert "can't be forgotten" in found[0].text
        assert await store.told_of("c-1") == {"i-1"}
        await hourly.hour()
        assert await store.told_of("c-1") == frozenset()
    upkeep.cancel()
    await asyncio.gather(upkeep, return_exceptions=True)
    await store.close()


async def test_a_reserve_that_can_not_be_given_back_leaves_the_disk_full_and_the_store_at_work(
    settings, clock, desk_of
):
    store = await Store.open(settings, clock)
    settings.ballast_path(Path()).mkdir()  # what unlink(2) refuses
    desk = desk_of(store)
    pages = await store._database.run(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    await store._database.run(lambda c: c.execute(f"PRAGMA max_page_count={pages}").fetchall(), alone=True)
    many = [desk.message(f"c-{number}", body="x" * 9000 + str(number)) for number in range(20)]
    async with asyncio.timeout(10):
        with pytest.raises(StorageError, match="the disk is full"):
            await desk.plan(*many)
        with pytest.raises(StorageError, match="the disk is full"):
            await store.save([], Plan(), documents={"x": "y" * 100_000})
        await store._database.run(lambda c: c.execute("PRAGMA max_page_count=100000").fetchall(), alone=True)
        assert await desk.plan(*many) == 20
    await store.close()


def test_a_reserve_that_is_gone_or_refused_made_no_room(tmp_path):
    assert not drop_ballast(tmp_path / "none")
    assert not drop_ballast(tmp_path)
    reserve = tmp_path / "ballast"
    reserve.touch()
    assert drop_ballast(reserve)
