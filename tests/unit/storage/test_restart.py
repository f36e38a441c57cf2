"""What survives: restarts, crashes, damage, back-ups."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from netwatch.communication.model import Audience, PageEntry, Phase, Plan, Promise, State
from netwatch.diagnosis.model import Memory
from netwatch.errors import StorageError
from netwatch.incidents.model import Status
from netwatch.storage import Store, backup
from netwatch.storage.recovery import is_sound
from netwatch.storage.settings import StorageSettings
from netwatch.storage.stored import FindingKind


async def restart(store, crash, settings, clock):
    await crash(store)
    return await Store.open(settings, clock)


def kinds(store: Store) -> set[FindingKind]:
    return {finding.kind for finding in store.findings}


async def test_what_a_step_saved_is_read_back_equal(store, desk, settings, clock):
    change = desk.change()
    page = PageEntry("i-1", "cable", 1.0, 2.0, 3.0, None, ("twente",), (("nl", "Storing", "Tekst ąż"),))
    promise = Promise("i-1", 0, 99.0)
    memory = Memory("device:a", "down", 1.0, 0.5)
    await store.save([change], Plan(promises=(promise,), page=(page,)), '{"x": 1}', [memory], {"book": "{}"})
    await store.close()
    again = await Store.open(settings, clock)
    stored = await again.load()
    assert stored.incidents == (change.incident,)
    assert (stored.page, stored.promises, stored.memories) == ((page,), (promise,), (memory,))
    assert (stored.communication, stored.documents) == ('{"x": 1}', {"book": "{}"})
    assert again.findings == ()
    await again.close()


async def test_memories_that_changed_join_those_kept_and_what_is_up_was_so_until_the_last_saving(store, clock):
    await store.save([], Plan(), memories=[Memory("device:a", "up", 1.0, 2.0), Memory("device:b", "down", 3.0, 2.5)])
    saved_at = clock.now() + 30.0
    clock.at = saved_at
    await store.save([], Plan(), memories=[Memory("device:c", "up-snmp", 4.0, 4.0)])
    assert (await store.load()).memories == (
        Memory("device:a", "up", 1.0, saved_at),
        Memory("device:b", "down", 3.0, 2.5),
        Memory("device:c", "up-snmp", 4.0, saved_at),
    )


async def test_a_kept_promise_stays_kept(store):
    await store.save([], Plan(promises=(Promise("i-1", 0, 99.0),)))
    await store.save([], Plan(promises=(Promise("i-1", 0, 99.0, kept_at=95.0),)))
    await store.save([], Plan(promises=(Promise("i-1", 0, 99.0),)))
    assert await store.promises() == ()
    assert await store.promises(owed_only=False) == (Promise("i-1", 0, 99.0, kept_at=95.0),)


async def test_after_a_crash_a_first_notice_in_flight_is_sent_once_more_and_routine_news_is_not(
    store, desk, desk_of, crash, settings, clock
):
    await desk.plan(desk.message("a"), desk.message("b", Phase.UPDATE, 1))
    assert len(await desk.claim()) == 2
    again = await restart(store, crash, settings, clock)
    assert {FindingKind.CRASHED, FindingKind.UNSURE} == kinds(again)
    desk = desk_of(again)
    assert [item.message.recipient for item in await desk.claim()] == ["a"]
    assert (await desk.states())["b", "update", "email"] == "unsure"
    assert await again.told_recipients("i-1") == {"a", "b"}
    await again.close()


async def test_after_a_crash_an_idempotent_channel_gets_the_same_id_again(store, desk, desk_of, crash, settings, clock):
    await desk.plan(desk.message("anna", Phase.UPDATE, 1, Audience.ONCALL, "webhook"))
    (before,) = await desk.claim()
    again = await restart(store, crash, settings, clock)
    (after,) = await desk_of(again).claim()
    assert after.message.id == before.message.id
    await again.close()


async def test_a_message_in_flight_in_two_crashes_waits_for_a_person(store, desk, desk_of, crash, settings, clock):
    await desk.plan(desk.message())
    await desk.claim()
    second = await restart(store, crash, settings, clock)
    assert len(await desk_of(second).claim()) == 1
    third = await restart(second, crash, settings, clock)
    desk = desk_of(third)
    assert FindingKind.QUARANTINED in kinds(third)
    assert await desk.claim() == ()
    ((message, _),) = await third.messages_in(State.QUARANTINED)
    assert await third.release_quarantined(message.id)
    assert len(await desk.claim()) == 1
    await third.close()


async def test_a_quarantined_message_that_was_overtaken_is_not_released(store, desk, desk_of, crash, settings, clock):
    await desk.plan(desk.message())
    for _ in range(2):
        await desk.claim()
        store = await restart(store, crash, settings, clock)
        desk = desk_of(store)
    ((message, _),) = await store.messages_in(State.QUARANTINED)
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    assert not await store.release_quarantined(message.id)
    assert [item.message.phase for item in await desk.claim(gap_s=0)] == [Phase.UPDATE]
    await store.close()


async def test_messages_of_a_crash_are_sent_one_at_a_time_so_that_a_second_crash_has_one_suspect(
    store, desk, desk_of, crash, settings, clock
):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(5)))
    assert len(await desk.claim()) == 5
    again = await restart(store, crash, settings, clock)
    desk = desk_of(again)
    (first,) = await desk.claim()
    assert await desk.claim() == ()
    await desk.settle(first, State.ACCEPTED)
    assert len(await desk.claim()) == 1
    await again.close()


async def test_an_end_that_waited_for_a_notice_in_flight_goes_after_a_crash(
    store, desk, desk_of, crash, settings, clock
):
    await desk.plan(desk.message())
    await desk.claim()
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1))
    again = await restart(store, crash, settings, clock)
    assert [item.message.phase for item in await desk_of(again).claim()] == [Phase.RESOLVED]
    await again.close()


async def test_three_crashes_within_five_minutes_start_with_customers_on_hold(store, crash, settings, clock):
    for _ in range(3):
        clock.at += 60
        store = await restart(store, crash, settings, clock)
    assert FindingKind.SAFE_MODE in kinds(store)
    assert (await store.load()).known.hold.on
    await store.close()


async def test_after_a_crash_the_end_for_a_part_is_sent_once_more(store, desk, desk_of, crash, settings, clock):
    await desk.plan(desk.message())
    await desk.deliver()
    await desk.plan(desk.message(phase=Phase.PARTLY_RESTORED, update=1))
    assert len(await desk.claim()) == 1
    again = await restart(store, crash, settings, clock)
    assert [item.message.phase for item in await desk_of(again).claim()] == [Phase.PARTLY_RESTORED]
    await again.close()


async def test_an_end_by_an_exception_counts_as_a_crash(store, settings, clock):
    for _ in range(3):
        await store.close(orderly=False)
        clock.at += 3
        store = await Store.open(settings, clock)
    assert {FindingKind.CRASHED, FindingKind.SAFE_MODE} <= kinds(store)
    await store.close()


async def test_three_crashes_far_apart_hold_nobody(store, crash, settings, clock):
    for _ in range(3):
        clock.at += 301
        store = await restart(store, crash, settings, clock)
    assert not (await store.hold()).on
    await store.close()


@pytest.mark.usefixtures("store")
async def test_a_second_netwatch_on_the_same_store_is_refused_by_name(settings, clock):
    with pytest.raises(StorageError, match="another netwatch holds the store"):
        await Store.open(settings, clock)


async def test_a_store_of_a_newer_netwatch_is_refused_and_left_alone(store, settings, clock):
    await store.close()
    path = settings.database_path(Path())
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StorageError, match="the store has schema 99"):
        await Store.open(settings, clock)


async def test_a_directory_that_cannot_be_made_is_named(tmp_path, clock):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        await Store.open(StorageSettings(directory=str(tmp_path / "file" / "store")), clock)


@pytest.mark.usefixtures("store")
async def test_only_netwatch_may_read_the_store(settings):
    path = settings.database_path(Path())
    assert path.stat().st_mode & 0o077 == 0
    assert settings.sent_log_path(Path()).stat().st_mode & 0o077 == 0


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[100:] = b"\xff" * (len(data) - 100)
    path.write_bytes(bytes(data))


async def test_a_damaged_store_is_set_aside_restored_from_the_back_up_and_mails_nobody_twice(
    store, desk, desk_of, settings, clock
):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(3)))
    assert await store.back_up() is not None
    first, second, third = await desk.claim()
    await desk.settle(first, State.ACCEPTED)
    await desk.settle(second, State.READY, clock.now() + 30)
    await store.close()
    spoil(settings.database_path(Path()))
    again = await Store.open(settings, clock)
    assert {FindingKind.DAMAGED, FindingKind.RESTORED} <= kinds(again)
    assert list(settings.database_path(Path()).parent.glob("netwatch.db.damaged-*"))
    desk = desk_of(again)
    assert (await again.hold()).on
    assert await desk.claim() == ()
    await again.set_hold(on=False, by="anna")
    # The one that had failed may go again; accepted and perhaps arrived ones must not.
    assert [item.message.id for item in await desk.claim()] == [second.message.id]
    assert (await desk.states())[third.message.recipient, "opened", "email"] == "unsure"
    await again.close()


async def test_a_back_up_that_a_person_puts_in_place_is_recognised_and_mails_nobody_twice(
    store, desk, desk_of, settings, clock
):
    await desk.plan(desk.message())
    copy = await store.back_up()
    await desk.deliver()
    await store.close()
    settings.database_path(Path()).write_bytes(copy.read_bytes())
    again = await Store.open(settings, clock)
    desk = desk_of(again)
    assert FindingKind.RESTORED in kinds(again)
    assert (await again.hold()).on
    await again.set_hold(on=False, by="anna")
    assert await desk.claim() == ()
    assert set((await desk.states()).values()) == {"accepted"}
    assert (await again.load()).known.told_recently == 1  # whom it told since counts towards what goes without a person
    await again.close()


async def test_an_outcome_that_reached_only_the_sent_log_before_a_crash_is_known(
    store, desk, desk_of, crash, settings, clock
):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    store._log.note(item.message.id, State.ACCEPTED, clock.now())
    store._log.flush()
    again = await restart(store, crash, settings, clock)
    assert set((await desk_of(again).states()).values()) == {"accepted"}
    assert FindingKind.UNSURE not in kinds(again)
    await again.close()


async def test_a_copy_made_while_a_notice_was_in_flight_believes_the_sent_log_that_it_came_back(
    store, desk, desk_of, settings, clock
):
    await desk.plan(desk.message("a"), desk.message("b"))
    items = {item.message.recipient: item for item in await desk.claim()}
    assert await store.back_up() is not None
    clock.at += 5
    await desk.settle(items["a"], State.READY, clock.now() + 30)
    await store.close()
    spoil(settings.database_path(Path()))
    again = await Store.open(settings, clock)
    desk = desk_of(again)
    await again.set_hold(on=False, by="anna")
    assert (await desk.states())["b", "opened", "email"] == "unsure"
    await desk.plan(*(desk.message(who, Phase.RESOLVED, 1) for who in ("a", "b")), status=Status.RESOLVED)
    assert [item.message.recipient for item in await desk.claim()] == ["b"]
    assert (await desk.states())["a", "resolved", "email"] == "suppressed"
    await again.close()


async def test_after_a_crash_a_vetoed_notice_that_had_come_back_stays_stopped(
    store, desk, desk_of, crash, settings, clock
):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await store.veto("i-1", "anna")
    store._log.note(item.message.id, State.READY, clock.now() + 1)
    store._log.flush()
    again = await restart(store, crash, settings, clock)
    desk = desk_of(again)
    assert await desk.claim() == ()
    assert set((await desk.states()).values()) == {"suppressed"}
    await again.close()


async def test_what_the_back_up_had_not_yet_seen_is_not_sent_again_when_it_is_planned_again(
    store, desk, desk_of, settings, clock
):
    await store.back_up()
    message = desk.message()
    await desk.plan(message)
    await desk.deliver()
    await store.close()
    spoil(settings.database_path(Path()))
    again = await Store.open(settings, clock)
    desk = desk_of(again)
    await again.set_hold(on=False, by="anna")
    await desk.plan(message)
    assert await desk.claim() == ()
    assert set((await desk.states()).values()) == {"accepted"}
    await again.close()


async def test_a_first_notice_that_the_back_up_had_not_seen_is_not_sent_again_under_another_number(
    store, desk, desk_of, settings, clock
):
    """The restored store counts its updates anew, and what happens next need not be what had happened."""
    await desk.plan(desk.message("a"))
    assert await store.back_up() is not None
    await desk.plan(desk.message("b", update=1), desk.message("c", Phase.UPDATE, 2))
    await desk.deliver()
    await store.close()
    spoil(settings.database_path(Path()))
    again = await Store.open(settings, clock)
    desk = desk_of(again)
    await again.set_hold(on=False, by="anna")
    await desk.plan(desk.message("b", update=3), desk.message("c", update=3))
    assert [item.message.recipient for item in await desk.claim()] == ["c"]
    await desk.plan(desk.message("b", Phase.RESOLVED, 4), status=Status.RESOLVED)
    (end,) = await desk.claim()
    await desk.settle(end, State.ACCEPTED)
    await desk.plan(desk.message("b", update=5))
    assert [item.message.update for item in await desk.claim()] == [5]
    await again.close()


async def test_a_damaged_store_without_back_up_starts_empty_on_hold_and_says_so(store, settings, clock):
    await store.close()
    spoil(settings.database_path(Path()))
    again = await Store.open(settings, clock)
    assert FindingKind.EMPTIED in kinds(again)
    assert (await again.hold()).on
    await again.close()


async def test_only_the_newest_back_ups_are_kept(tmp_path, clock):
    settings = StorageSettings(directory=str(tmp_path), ballast_mib=0, backups_kept=2)
    store = await Store.open(settings, clock)
    for _ in range(4):
        clock.at += 1
        await store.back_up()
    assert len(list((tmp_path / "backups").iterdir())) == 2
    assert {path.name for path in tmp_path.glob("sent.log*")} == {"sent.log", "sent.log.1", "sent.log.2"}
    await store.close()


async def test_what_is_saved_while_a_back_up_is_made_is_kept_and_the_copy_is_sound(store, desk, monkeypatch):
    monkeypatch.setattr(backup, "_PAGES", 1)
    plans = [desk.plan(desk.message(f"c-{n}")) for n in range(50)]
    copy, *saved = await asyncio.gather(store.back_up(), *plans)
    assert saved == [1] * 50
    assert is_sound(copy)
    assert len(await store.messages_of("i-1")) == 50


async def test_an_unfinished_back_up_of_a_crash_does_not_stay(store, settings):
    left = settings.backups_path(Path()) / "netwatch-000000001.000.part"
    left.parent.mkdir()
    left.write_text("half")
    assert await store.back_up() is not None
    assert not left.exists()


async def test_a_back_up_that_fails_is_told_and_stops_nothing(store, settings, desk):
    settings.backups_path(Path()).write_text("in the way")
    assert await store.back_up() is None
    assert FindingKind.BACKUP_FAILED in kinds(store)
    await desk.plan(desk.message())
    assert len(await desk.claim()) == 1


async def test_an_altered_journal_line_is_found(store, desk, settings, clock):
    for _ in range(3):
        await store.save([desk.change()], Plan())
    assert await store.broken_link() is None
    await store.close()
    with sqlite3.connect(settings.database_path(Path())) as connection:
        connection.execute("UPDATE journal SET reason='never happened' WHERE number=2")
    connection.close()
    again = await Store.open(settings, clock)
    assert await again.broken_link() == 2
    await again.close()


async def test_what_is_over_for_long_is_forgotten_addresses_first(store, desk, clock):
    await desk.plan(desk.message())
    await desk.deliver()
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1), status=Status.RESOLVED)
    await desk.deliver()
    clock.at += 31 * 86400
    await store.forget_old()
    assert await store.messages_of("i-1") == ()
    assert len((await store.load()).incidents) == 1
    clock.at += 400 * 86400
    await store.forget_old()
    assert (await store.load()).incidents == ()
    assert await store.journal("i-1") == ()
