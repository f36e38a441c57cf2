"""The thread with the connection, and the answers for the doors."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest

from netwatch.communication.model import Audience, Phase, Plan, Promise, State
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.errors import StorageError
from netwatch.incidents.model import Incident, Status
from netwatch.incidents.record import to_json
from netwatch.storage.database import Database, connect
from netwatch.storage.migrations import STEPS, migrate, version
from netwatch.storage.queries import tally
from netwatch.storage.stored import PromiseCounts


@pytest.fixture
async def database(tmp_path):
    opened = Database(connect(tmp_path / "x.db"), tmp_path / "x.db")
    await opened.run(lambda c: c.execute("CREATE TABLE t (x INTEGER CHECK (x >= 0)) STRICT") and None)
    yield opened
    await opened.close()


async def test_jobs_that_come_together_share_a_commit(tmp_path):
    commits = []
    database = Database(connect(tmp_path / "x.db"), tmp_path / "x.db", before_commit=lambda: commits.append(1))
    await database.run(lambda c: c.execute("CREATE TABLE t (x)") and None)
    await asyncio.gather(
        *(database.run(lambda c, n=n: c.execute("INSERT INTO t VALUES (?)", (n,)) and n) for n in range(200))
    )
    assert len(commits) < 100
    assert await database.run(lambda c: c.execute("SELECT COUNT(*) FROM t").fetchone()[0]) == 200
    await database.close()


async def test_a_job_that_fails_takes_nothing_with_it(database):
    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (1)")
        raise KeyError("mine")

    good = [database.run(lambda c: c.execute("INSERT INTO t VALUES (7)") and None) for _ in range(5)]
    results = await asyncio.gather(*good, database.run(broken), return_exceptions=True)
    assert isinstance(results[-1], KeyError)
    assert await database.run(lambda c: c.execute("SELECT SUM(x) FROM t").fetchone()[0]) == 35


@pytest.fixture
async def together(database):
    """Runs jobs in one transaction: they come in while the thread is busy."""

    async def run(*works):
        busy = threading.Event()
        first = asyncio.ensure_future(database.run(lambda _: busy.wait(10)))
        jobs = [asyncio.ensure_future(database.run(work)) for work in works]
        await asyncio.sleep(0)
        busy.set()
        await first
        return await asyncio.gather(*jobs, return_exceptions=True)

    return run


async def test_a_write_that_the_disk_refuses_fails_alone(together):
    refused, counted, written = await together(
        lambda c: c.execute("INSERT INTO nowhere VALUES (1)"),
        lambda c: c.execute("SELECT COUNT(*) FROM t").fetchone()[0],
        lambda c: c.execute("INSERT INTO t VALUES (1)").rowcount,
    )
    assert isinstance(refused, StorageError)
    assert (counted, written) == (0, 1)


async def test_what_comes_in_while_a_lone_job_runs_is_done_between_its_parts(database):
    done = threading.Event()

    def long(connection: sqlite3.Connection) -> int:
        while not done.is_set():
            database.serve_meanwhile()
        return connection.execute("SELECT SUM(x) FROM t").fetchone()[0]

    async with asyncio.timeout(10):
        lone = asyncio.ensure_future(database.run(long, alone=True))
        second = asyncio.ensure_future(database.run(lambda _: "later", alone=True))
        try:
            await database.run(lambda c: c.execute("INSERT INTO t VALUES (5)") and None)
            assert not second.done()
        finally:
            done.set()
        assert (await lone, await second) == (5, "later")


async def test_after_closing_a_job_is_refused(database):
    await database.close()
    with pytest.raises(StorageError, match="closed"):
        await database.run(lambda _: None)


async def test_a_full_disk_releases_the_reserve_and_the_work_is_done_after_all(tmp_path):
    connection = connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x BLOB)")
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")

    def make_room() -> bool:
        connection.execute("PRAGMA max_page_count=10000")
        return True

    database = Database(connection, tmp_path / "x.db", make_room=make_room)
    await database.run(lambda c: c.execute("INSERT INTO t VALUES (zeroblob(100000))") and None)
    assert await database.run(lambda c: c.execute("SELECT COUNT(*) FROM t").fetchone()[0]) == 1
    await database.close()


async def test_room_that_can_not_be_made_fails_those_who_asked_and_the_thread_goes_on(tmp_path):
    connection = connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x BLOB)")
    connection.execute(f"PRAGMA max_page_count={connection.execute('PRAGMA page_count').fetchone()[0]}")

    def make_room() -> bool:
        raise PermissionError(1, "Operation not permitted", "ballast")

    database = Database(connection, tmp_path / "x.db", make_room=make_room)
    large = [database.run(lambda c: c.execute("INSERT INTO t VALUES (zeroblob(100000))") and None) for _ in range(3)]
    async with asyncio.timeout(10):
        for failed in await asyncio.gather(*large, return_exceptions=True):
            assert isinstance(failed, StorageError)
            assert "Operation not permitted" in str(failed)
        assert await database.run(lambda c: c.execute("SELECT COUNT(*) FROM t").fetchone()[0]) == 0
    await database.close()


async def test_what_goes_wrong_beside_the_jobs_fails_them_and_the_thread_goes_on(tmp_path):
    wrong = [KeyError("beside"), KeyError("beside")]

    def rolled_back() -> None:
        if wrong:
            raise wrong.pop()

    connection = connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x)")
    database = Database(connection, tmp_path / "x.db", rolled_back=rolled_back)
    async with asyncio.timeout(10):
        with pytest.raises(KeyError, match="beside"):
            await database.run(lambda c: c.execute("INSERT INTO nowhere VALUES (1)") and None)
        assert await database.run(lambda c: c.execute("SELECT COUNT(*) FROM t").fetchone()[0]) == 0
    await database.close()


async def test_a_disk_that_stays_full_is_told_to_all_who_asked(tmp_path):
    connection = connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x BLOB)")
    connection.execute("PRAGMA max_page_count=1")
    database = Database(connection, tmp_path / "x.db")
    with pytest.raises(StorageError, match="disk is full"):
        await database.run(lambda c: c.execute("INSERT INTO t VALUES (zeroblob(100000))") and None)
    await database.close()


async def test_a_sent_log_that_cannot_be_written_commits_nothing(tmp_path):
    failures = [OSError(5, "Input/output error")]

    def before_commit() -> None:
        if failures:
            raise failures.pop()

    connection = connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (x)")
    database = Database(connection, tmp_path / "x.db", before_commit=before_commit)
    with pytest.raises(StorageError, match="Input/output error"):
        await database.run(lambda c: c.execute("INSERT INTO t VALUES (1)") and None)
    assert await database.run(lambda c: c.execute("SELECT COUNT(*) FROM t").fetchone()[0]) == 0
    await database.close()


def test_a_step_that_fails_changes_nothing():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(StorageError, match="step 2"):
        migrate(connection, ("CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"))
    assert version(connection) == 1
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]
    connection.close()


async def test_the_doors_learn_counts_and_instants(desk):
    await desk.plan(desk.message("a"), desk.message("b"), desk.message("anna", audience=Audience.ONCALL))
    items = {item.message.recipient: item for item in await desk.claim()}
    await desk.settle(items["anna"], State.ACCEPTED)
    desk.clock.at += 5
    await desk.settle(items["a"], State.ACCEPTED)
    marks = await desk.store.milestones("i-1")
    assert (marks.first_internal_at, marks.first_customer_at, marks.all_accepted_at) == (10_000.0, 10_005.0, None)
    desk.clock.at += 5
    await desk.settle(items["b"], State.FAILED)
    await desk.store.note_page_verified("i-1", 10_001.0)
    marks = await desk.store.milestones("i-1")
    assert (marks.all_accepted_at, marks.page_verified_at, marks.last_good_at) == (10_010.0, 10_001.0, 9_995.0)
    assert await desk.store.told_counts() == {"i-1": 1}
    assert await desk.store.told_of("a") == {"i-1"}
    assert {(t.audience.value, t.state.value, t.count) for t in await desk.store.tally("i-1")} == {
        ("customer", "accepted", 1),
        ("customer", "failed", 1),
        ("oncall", "accepted", 1),
    }
    ((failed, reason),) = await desk.store.messages_in(State.FAILED)
    assert (failed.recipient, reason) == ("b", "said")


async def test_the_counts_keep_in_step_with_what_becomes_of_the_messages(desk):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(3)), desk.message("anna", audience=Audience.ONCALL))
    await desk.deliver()
    await desk.plan(desk.message("c-0", Phase.UPDATE, 1), desk.message("c-9", incident="i-2"))
    assert {(t.audience.value, t.state.value): t.count for t in await desk.store.tally()} == {
        ("customer", "accepted"): 3,
        ("customer", "held"): 2,
        ("oncall", "accepted"): 1,
    }
    assert [(t.state, t.count) for t in await desk.store.tally("i-2")] == [(State.HELD, 1)]
    assert (await desk.store.unfinished(), await desk.store.unfinished("i-2")) == (2, 1)
    await desk.plan(desk.message("c-0", Phase.RESOLVED, 2), status=Status.RESOLVED)
    await desk.deliver()
    desk.clock.at += 31 * 86400
    await desk.store.forget_old()
    assert await desk.store.tally("i-1") == ()


def test_a_store_of_the_first_schema_learns_who_is_affected_and_its_counts():
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, STEPS[:1])
    hit = Incident("i-1", "k", Status.RECOVERING, Scope.REGIONAL, Scenario.CABLE, (), 0.0, 0.0)
    hit = replace(hit, affected=Affected(out=frozenset({"a"}), degraded=frozenset({"b"})))
    well = replace(hit, id="i-2", restored_at=9.0)
    for incident in (hit, well):
        connection.execute(
            "INSERT INTO incidents (id, status, revision, last_good_at, onset_at, changed_at, document)"
            " VALUES (?,'recovering',1,0,0,0,?)",
            (incident.id, to_json(incident)),
        )
    connection.execute("INSERT INTO texts VALUES ('t', 's', 'b')")
    connection.execute(
        "INSERT INTO messages (id, incident, phase, number, audience, external, channel, recipient, address, language,"
        " text, priority, planned_at, expires_at, state)"
        " VALUES ('m', 'i-1', 'opened', 0, 'customer', 1, 'email', 'a', 'a@x.nl', 'nl', 't', 1, 0, 9, 'held')"
    )
    assert migrate(connection) == len(STEPS) - 1
    assert connection.execute("SELECT id, affected FROM incidents").fetchall() == [("i-1", 2), ("i-2", 0)]
    assert [t.count for t in tally(connection)] == [1]
    connection.close()


async def test_of_all_approvals_those_of_incidents_over_for_more_than_a_day_are_left_out(desk):
    await desk.plan(desk.message())
    await desk.store.save([desk.change(Status.RESOLVED)], Plan())
    desk.clock.at += 86_000
    assert [a.incident for a in await desk.store.approvals()] == ["i-1"]
    desk.clock.at += 1000
    await desk.plan(desk.message(incident="i-2"))
    assert [a.incident for a in await desk.store.approvals()] == ["i-2"]
    assert [a.incident for a in await desk.store.approvals("i-1")] == ["i-1"]


async def test_promises_are_counted_by_what_became_of_them(store):
    owed, kept, missed = Promise("i-1", 0, 10.0), Promise("i-1", 1, 10.0, 10.0), Promise("i-1", 2, 10.0, 10.5)
    assert await store.promise_counts() == PromiseCounts()
    await store.save([], Plan(promises=(owed, kept, missed)))
    assert await store.promise_counts() == PromiseCounts(1, 1, 1)
