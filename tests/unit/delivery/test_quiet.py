"""Quiet hours by the clock on the wall."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.communication.delivery.quiet import quiet_now
from netwatch.communication.settings import QuietHours
from netwatch.inventory.model import Segment

ZONE = ZoneInfo("Europe/Amsterdam")
NIGHT = QuietHours(time(22, 0), time(7, 0))


def at(words: str) -> float:
    return datetime.fromisoformat(words).replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22 21:59:59", None),
        ("2026-11-22 22:00", "2026-11-23 07:00"),
        ("2026-11-23 00:00", "2026-11-23 07:00"),
        ("2026-11-23 06:59:59", "2026-11-23 07:00"),
        ("2026-11-23 07:00", None),
        ("2026-03-28 23:00", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_a_night_ends_in_the_morning_also_when_the_clocks_change(now, until):
    found = quiet_now((NIGHT,), ZONE, at(now))
    assert [quiet.until_at for quiet in found] == ([] if until is None else [at(until)])


def test_the_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer():
    (spring,) = quiet_now((NIGHT,), ZONE, at("2026-03-28 22:00"))
    (autumn,) = quiet_now((NIGHT,), ZONE, at("2026-10-24 22:00"))
    assert spring.until_at - at("2026-03-28 22:00") == 8 * 3600
    assert autumn.until_at - at("2026-10-24 22:00") == 10 * 3600


def test_a_rule_within_a_day_and_for_several_channels_and_segments():
    noon = QuietHours(time(12, 30), time(13, 30), ("email", "sms"), (Segment.BUSINESS, Segment.RESIDENTIAL))
    found = quiet_now((noon,), ZONE, at("2026-11-22 12:45"))
    assert [(quiet.channel, quiet.segments) for quiet in found] == [
        ("email", {"business", "residential"}),
        ("sms", {"business", "residential"}),
    ]
    assert quiet_now((noon,), ZONE, at("2026-11-22 13:30")) == ()


def test_it_is_the_wall_clock_that_counts_after_a_step():
    """The timeline says six, the corrected clock on the wall ten at night."""
    (quiet,) = quiet_now((NIGHT,), ZONE, at("2026-11-22 18:00"), 4 * 3600.0)
    assert quiet.until_at == at("2026-11-23 03:00")
    assert quiet_now((NIGHT,), ZONE, at("2026-11-22 22:30"), -3600.0) == ()


@given(
    begins=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    ends=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    now=st.integers(1_767_225_600, 1_798_761_600),
    zone=st.sampled_from(["Europe/Amsterdam", "UTC", "Australia/Lord_Howe", "America/St_Johns"]),
)
def test_nobody_is_held_for_longer_than_a_day_and_the_end_is_quiet_no_more(begins, ends, now, zone):
    rule = QuietHours(begins, ends)
    for quiet in quiet_now((rule,), ZoneInfo(zone), now):
        assert now < quiet.until_at <= now + 25 * 3600
        at_the_end = datetime.fromtimestamp(quiet.until_at, ZoneInfo(zone))
        skipped = at_the_end.utcoffset() != datetime.fromtimestamp(quiet.until_at - 7200, ZoneInfo(zone)).utcoffset()
        assert at_the_end.time() == ends or skipped
