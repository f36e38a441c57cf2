"""Promised updates and calls in one table, and messages that belong to no incident."""

from __future__ import annotations

import sqlite3

from netwatch.communication.model import Audience, Phase, Plan, Promise
from netwatch.storage.journal import read_promises
from netwatch.storage.migrations import STEPS, migrate
from netwatch.storage.stored import PromiseCounts


async def test_calls_and_updates_are_kept_apart_and_a_call_not_made_in_time_is_missed_at_once(store, clock):
    made = Promise("i-1", 0, clock.at + 60, customer="c-1", by="bob")
    kept = Promise("", 1, clock.at + 60, clock.at + 30, customer="c-2")
    update = Promise("i-1", 0, clock.at + 90)
    await store.save([], Plan(promises=(made, kept, update)))
    assert set(await store.promises(owed_only=False)) == {made, kept, update}
    assert await store.promise_counts("call") == PromiseCounts(owed=1, kept=1, missed=0)
    assert await store.promise_counts() == PromiseCounts(owed=1)
    clock.at += 61
    assert await store.promise_counts("call") == PromiseCounts(owed=1, kept=1, missed=1)
    await store.save([], Plan(promises=(Promise("i-1", 0, made.due_at, clock.at, customer="c-1", by="bob"),)))
    assert await store.promise_counts("call") == PromiseCounts(owed=0, kept=1, missed=1)
    assert await store.promise_counts() == PromiseCounts(owed=1)


def test_a_store_without_calls_keeps_its_promised_updates():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, STEPS[:3])
    connection.execute("INSERT INTO promises (incident, number, due_at, kept_at) VALUES ('i-1', 0, 9.0, 8.0)")
    assert migrate(connection) == len(STEPS) - 3
    assert read_promises(connection, owed_only=False) == (Promise("i-1", 0, 9.0, 8.0),)
    connection.close()


async def test_announced_work_needs_no_incident_but_its_approval_and_an_outage_still_needs_one(desk):
    work = desk.message("c-1", Phase.PLANNED, incident="m-12")
    outage = desk.message("c-2", Phase.OPENED, incident="i-9")
    await desk.store.save([], Plan(messages=(work, outage)))
    assert await desk.claim() == ()
    approvals = tuple(desk.automatic(0, name) for name in ("m-12", "i-9"))
    await desk.store.save([], Plan(approvals=approvals))
    assert [item.message.id for item in await desk.claim()] == [work.id]


async def test_what_belongs_to_no_incident_is_forgotten_in_its_time(desk):
    alert = desk.message("call0:bob", Phase.UPDATE, incident="calls", audience=Audience.ONCALL)
    await desk.store.save([], Plan(messages=(alert,), promises=(Promise("", 0, desk.clock.at, customer="c-1"),)))
    await desk.deliver()
    await desk.store.forget_old()
    assert await desk.store.messages_of("calls")
    desk.clock.at += 10 * 366 * 86_400.0
    await desk.store.forget_old()
    assert await desk.store.messages_of("calls") == ()
    assert await desk.store.promises(owed_only=False) == ()
