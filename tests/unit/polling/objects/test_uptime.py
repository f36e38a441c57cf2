"""sysUpTime that went back: a restart, an agent's restart, or 497 days."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp.uptime import WRAP_TICKS, Uptime, Verdict

DAY = 86_400 * 100
BEFORE_THE_WRAP = WRAP_TICKS - 1_000


def after(*readings):
    """What follows these readings (at, ticks), all of them clear."""
    uptime = Uptime()
    for at, ticks in readings:
        uptime.note(at, ticks)
    return uptime


def test_the_first_reading_tells_nothing_and_those_after_it_run_on():
    uptime = Uptime()
    assert uptime.uptime_s is None
    assert uptime.note(0, 5 * DAY) is Verdict.FIRST
    assert uptime.note(30, 5 * DAY + 3_000) is Verdict.RUNNING
    assert uptime.uptime_s == 5 * 86_400 + 30


@pytest.mark.parametrize(
    ("at", "ticks", "verdict"),
    [
        (30, 500_000 + 2_500, Verdict.RUNNING),  # a clock behind ours, and a packet that was late
        (30, 500_000, Verdict.RUNNING),  # a clock that stands still
        (1, 500_000 - 400, Verdict.RUNNING),  # two packets that overtook each other
        (30, 500_000 + 9_000, Verdict.RUNNING),
        (30, 1_500, Verdict.UNCLEAR),
        (86_400, 500_000 + 8_640_000 - 80_000, Verdict.RUNNING),  # a hundredth slow over a day
        (86_400, 8_640_000 - 100_000, Verdict.UNCLEAR),
    ],
)
def test_only_a_clock_that_went_back_is_unclear(at, ticks, verdict):
    assert after((0, 500_000)).note(at, ticks) is verdict


def test_a_wrap_after_497_days_is_no_restart_and_the_uptime_goes_on():
    uptime = after((0, BEFORE_THE_WRAP))
    assert uptime.note(30, 2_000) is Verdict.UNCLEAR
    assert uptime.uptime_s is None
    assert uptime.resolve(engine_time_s=42_949_700, engine_boots=3) is Verdict.WRAPPED
    assert uptime.uptime_s == pytest.approx((WRAP_TICKS + 2_000) / 100)
    assert uptime.note(60, 5_000) is Verdict.RUNNING
    assert uptime.uptime_s == pytest.approx((WRAP_TICKS + 5_000) / 100)


def test_a_restart_at_the_very_moment_of_the_wrap_is_a_restart():
    uptime = after((0, BEFORE_THE_WRAP))
    uptime.note(30, 2_000)
    assert uptime.resolve(engine_time_s=20, engine_boots=4) is Verdict.RESTARTED
    assert uptime.uptime_s == 20


def test_without_engine_objects_the_place_of_the_clock_decides():
    uptime = after((0, BEFORE_THE_WRAP))
    uptime.note(30, 2_000)
    assert uptime.resolve(None, None) is Verdict.WRAPPED
    uptime = after((0, BEFORE_THE_WRAP))
    uptime.note(3_000, 2_000)
    assert uptime.resolve(None, None) is Verdict.RESTARTED
    uptime = after((0, 5 * DAY))
    uptime.note(30, 2_000)
    assert uptime.resolve(None, None) is Verdict.RESTARTED


def test_an_agent_that_restarted_alone_leaves_the_devices_uptime_as_it_was():
    uptime = after((0, 5 * DAY))
    assert uptime.note(30, 1_500) is Verdict.UNCLEAR
    assert uptime.resolve(15, 8, host_ticks=9 * DAY) is Verdict.AGENT_RESTARTED
    assert uptime.uptime_s == pytest.approx(5 * 86_400 + 30)
    assert uptime.note(60, 4_500) is Verdict.RUNNING
    assert uptime.uptime_s == pytest.approx(5 * 86_400 + 60)


def test_a_device_that_restarted_tells_so_by_its_host_too():
    uptime = after((0, 5 * DAY))
    uptime.note(60, 1_500)
    assert uptime.resolve(15, 8, host_ticks=4_000) is Verdict.RESTARTED
    assert uptime.uptime_s == 15


def test_boots_that_rose_prove_a_restart_even_if_the_engine_time_is_odd():
    uptime = after((0, BEFORE_THE_WRAP))
    uptime.resolve(None, 7)
    uptime.note(30, 2_000)
    assert uptime.resolve(42_949_700, 8) is Verdict.RESTARTED
    uptime = after((0, BEFORE_THE_WRAP))
    uptime.resolve(None, 7)
    uptime.note(30, 2_000)
    assert uptime.resolve(None, 7) is Verdict.WRAPPED


def test_a_clock_that_was_set_back_while_the_engine_ran_on_is_the_agents():
    uptime = after((0, 5 * DAY))
    uptime.note(30, 1_500)
    assert uptime.resolve(500_000, 8) is Verdict.AGENT_RESTARTED


def test_a_clock_older_than_the_reading_before_is_another_agents():
    uptime = after((0, 50 * DAY))
    assert uptime.note(30, 20 * DAY) is Verdict.UNCLEAR
    assert uptime.resolve(None, None) is Verdict.AGENT_RESTARTED


def test_what_wrapped_before_the_first_reading_is_told_by_the_engine_or_the_host():
    uptime = after((0, DAY))
    assert uptime.resolve(engine_time_s=2 * 42_949_673 + 86_400 + 8, engine_boots=1) is Verdict.RUNNING
    assert uptime.uptime_s == pytest.approx((2 * WRAP_TICKS + DAY) / 100)
    uptime = after((0, DAY))
    uptime.resolve(None, None, host_ticks=3 * DAY)
    assert uptime.uptime_s == 3 * 86_400
    uptime = after((0, DAY))
    uptime.resolve(engine_time_s=30_000_000, engine_boots=1)  # neither the same start nor a wrap
    assert uptime.uptime_s == 86_400


def test_a_reading_that_nobody_resolved_is_resolved_by_the_next():
    uptime = after((0, 5 * DAY))
    uptime.note(30, 1_500)
    assert uptime.note(60, 4_500) is Verdict.RUNNING
    assert uptime.uptime_s == 45


def test_only_restarts_begin_a_new_epoch():
    assert {verdict for verdict in Verdict if verdict.new_epoch} == {Verdict.RESTARTED, Verdict.AGENT_RESTARTED}


def test_nothing_is_known_before_the_first_reading():
    assert Uptime().resolve(5, 5) is Verdict.FIRST
