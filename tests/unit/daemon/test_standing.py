"""The brakes that netwatch sets itself, and what planning knows of deliveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from netwatch.communication.delivery.model import ClaimRequest, Lane, Settlement
from netwatch.communication.model import (
    Approval,
    ApprovalKind,
    Audience,
    Conditions,
    Message,
    Phase,
    Plan,
    State,
)
from netwatch.communication.settings import CommunicationSettings, QuietHours
from netwatch.daemon.standing import Standing
from netwatch.diagnosis.model import Diagnosis, Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings
from netwatch.storage.stored import Known

SETTINGS = CommunicationSettings(quiet_hours=(QuietHours(time(22, 0), time(7, 0)),))
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Europe/Amsterdam")).timestamp()


@pytest.fixture
async def standing(tmp_path):
    clock = SimulatedClock(NOON)
    store = await Store.open(StorageSettings(directory=str(tmp_path), ballast_mib=0), clock)
    found = Standing(store, clock, SETTINGS, 1000, Known())
    found.follow(lambda: Diagnosis(at=clock.now(), explanations=()))
    found.clock = clock
    yield found
    await store.close()


async def test_after_a_step_of_the_wall_clock_customers_wait_for_half_a_minute(standing):
    assert not standing.conditions().clock_stepped
    standing.clock.step_wall(-0.4)
    assert not standing.conditions().clock_stepped
    standing.clock.step_wall(3.0)
    assert standing.conditions().clock_stepped
    await standing.clock.advance(29)
    assert standing.conditions().clock_stepped
    await standing.clock.advance(2)
    assert not standing.conditions().clock_stepped


async def test_a_clock_that_is_only_corrected_slowly_holds_nobody(standing):
    for _ in range(20):
        standing.clock.step_wall(0.1)
        assert not standing.conditions().clock_stepped


async def test_after_a_reload_customers_wait_for_a_minute_and_after_a_start_they_do_not(standing):
    assert not standing.conditions().config_young
    standing.reloaded(SETTINGS, 2000)
    assert standing.conditions().config_young
    await standing.clock.advance(61)
    assert not standing.conditions().config_young
    assert standing.conditions().told_limit == 400


async def test_quiet_hours_follow_the_wall_clock_and_the_settings_in_force(standing):
    assert standing.conditions().quiet == ()
    standing.clock.step_wall(11 * 3600.0)
    (quiet,) = standing.conditions().quiet
    assert (quiet.channel, quiet.segments) == ("sms", {"residential"})
    standing.reloaded(replace(SETTINGS, quiet_hours=()), 1000)
    assert standing.conditions().quiet == ()


async def test_who_has_read_nothing_is_asked_for_again_before_each_step_until_he_has(standing):
    store, now = standing._store, standing.clock.now()
    message = Message(
        "m", "i", Phase.OPENED, 0, Audience.CUSTOMER, "email", "c", "c@x.nl", "nl", "s", "b", 1, now, now + 99
    )
    incident = Incident("i", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, (), now, now, opened_at=now)
    approval = Approval("i", 0, ApprovalKind.AUTO, now, 0, "small")
    await store.save([Change(now, ChangeKind.OPENED, incident)], Plan((message,), (approval,)))
    await standing.keep_up()
    assert standing.conditions().unread == frozenset()
    await standing.refresh()
    assert standing.conditions().unread == {("i", "c")}
    await store.turn((), ClaimRequest(now, (Lane("email", 1, 1),), Conditions()))
    await store.turn((Settlement("m", State.ACCEPTED, now),), ClaimRequest(now, (), Conditions()))
    await standing.keep_up()
    assert standing.conditions().unread == frozenset()


async def test_a_start_knows_before_its_first_step_what_people_approved_and_who_was_told(standing):
    store, clock, now = standing._store, standing.clock, standing.clock.now()
    message = Message(
        "m", "i", Phase.OPENED, 0, Audience.CUSTOMER, "email", "c", "c@x.nl", "nl", "s", "b", 1, now, now + 99
    )
    incident = Incident("i", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, (), now, now, opened_at=now)
    approval = Approval("i", 0, ApprovalKind.MANUAL, now, 1, "many")
    await store.save([Change(now, ChangeKind.OPENED, incident)], Plan((message,), (approval,)))
    await store.approve("i", "anna")
    await store.set_hold(on=True, by="anna")
    begun = Standing(store, clock, SETTINGS, 1000, (await store.load()).known).conditions()
    assert (begun.approved, begun.unread, begun.hold) == ({("i", 0)}, {("i", "c")}, True)
