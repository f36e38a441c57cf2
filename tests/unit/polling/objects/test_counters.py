"""Rates between two readings of a port, and every reason for which there are none."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp.objects.counters import Counters, Rates, rates
from netwatch.polling.snmp.objects.terms import Refusal

WRAP = 1 << 32
GIGABIT = 1e9


def reading(
    at, octets_in, octets_out=0, *, wide=True, speed=GIGABIT, index=7, ticks=None, discontinuity=0, others=None
):
    ticks = int(1_000_000 + at * 100) if ticks is None else ticks
    return Counters(at, index, wide, ticks, discontinuity, speed, (octets_in, octets_out, *(others or (0, 0, 0, 0))))


def test_a_rate_is_the_difference_over_the_true_time():
    found = rates(reading(0.0, 1000), reading(299.4, 1000 + 2994 * 125, others=(0, 0, 2994, 0)), 1000.0)
    assert isinstance(found, Rates)
    assert found.interval_s == pytest.approx(299.4)
    assert found.values[0] == pytest.approx(10_000.0)
    assert found.values[1] == 0
    assert found.values[4] == pytest.approx(10.0)
    assert found.refused is None


@pytest.mark.parametrize(
    ("before", "now", "refusal"),
    [
        (reading(0, 0), reading(1001, 10), Refusal.STALE),
        (reading(0, 0), reading(60, 10, index=8), Refusal.DISCONTINUITY),
        (reading(0, 0), reading(60, 10, discontinuity=5), Refusal.DISCONTINUITY),
        (reading(0, 0, discontinuity=None), reading(60, 10), Refusal.DISCONTINUITY),
        (reading(0, 0, wide=False), reading(60, 10), Refusal.DISCONTINUITY),
        (reading(0, 0, ticks=1_000_000), reading(60, 10, ticks=5_000), Refusal.DISCONTINUITY),
        (reading(0, 1000), reading(60, 999), Refusal.WENT_BACK),
        (reading(0, 0, others=(5, 0, 0, 0)), reading(60, 0, others=(4, 0, 0, 0)), Refusal.WENT_BACK),
        (reading(0, 0), reading(60, int(60 * 1.11 * GIGABIT / 8)), Refusal.BEYOND_LINE_RATE),
        (reading(0, 0, 0), reading(60, 0, int(60 * 1.11 * GIGABIT / 8)), Refusal.BEYOND_LINE_RATE),
        (reading(0, 0, speed=None), reading(60, 1 << 60, speed=None), Refusal.BEYOND_LINE_RATE),
        # 32 bits: both directions, or the errors, can't wrap in one interval; nor is a wrap a step over half the range.
        (reading(0, 9, 9, wide=False, speed=1e8), reading(60, 8, 8, wide=False, speed=1e8), Refusal.WENT_BACK),
        (
            reading(0, 0, wide=False, speed=1e8, others=(1, 0, 0, 0)),
            reading(60, 0, wide=False, speed=1e8, others=(0, 0, 0, 0)),
            Refusal.WENT_BACK,
        ),
        (reading(0, WRAP // 2, wide=False, speed=1e8), reading(60, 0, wide=False, speed=1e8), Refusal.WENT_BACK),
    ],
)
def test_what_can_not_be_compared_is_refused_by_its_reason(before, now, refusal):
    assert rates(before, now, 1000.0) is refusal


def test_a_little_above_the_line_rate_is_told_since_clocks_and_caches_differ():
    found = rates(reading(0, 0), reading(60, int(60 * 1.09 * GIGABIT / 8)), 1000.0)
    assert isinstance(found, Rates)
    assert found.values[0] == pytest.approx(1.09e9)


def test_a_32_bit_counter_may_wrap_where_the_speed_allows_no_second_wrap():
    found = rates(reading(0, WRAP - 500, wide=False, speed=1e8), reading(60, 250, wide=False, speed=1e8), 1000.0)
    assert isinstance(found, Rates)
    assert found.values[0] == pytest.approx(750 * 8 / 60)
    assert found.refused is None


@pytest.mark.parametrize("speed", [None, GIGABIT])
def test_a_32_bit_counter_of_a_port_that_may_wrap_twice_tells_only_errors(speed):
    before = reading(0, 100, wide=False, speed=speed)
    now = reading(60, 200, wide=False, speed=speed, others=(60, 0, 0, 0))
    found = rates(before, now, 1000.0)
    assert isinstance(found, Rates)
    assert found.values == (None, None, 1.0, 0.0, 0.0, 0.0)
    assert found.refused is Refusal.AMBIGUOUS_WRAP


def test_the_higher_of_two_speeds_bounds_the_rate():
    slow, fast = reading(0, 0, speed=GIGABIT), reading(60, int(60 * 2e9 / 8), speed=2e9)
    assert isinstance(rates(slow, fast, 1000.0), Rates)
    fast, slow = reading(0, 0, speed=2e9), reading(60, int(60 * 2e9 / 8), speed=GIGABIT)
    assert isinstance(rates(fast, slow, 1000.0), Rates)


@pytest.mark.parametrize("ticks", [(None, None), (5, 5)])
def test_a_clock_that_is_missing_or_stands_still_refuses_nothing(ticks):
    before = reading(0, 0)._replace(uptime_ticks=ticks[0])
    now = reading(60, 60)._replace(uptime_ticks=ticks[1])
    assert isinstance(rates(before, now, 1000.0), Rates)


def test_a_counter_that_an_agent_does_not_have_is_not_told():
    before = reading(0, None, 0, others=(None, 0, 0, None))
    now = reading(60, None, 60, others=(1, 60, 0, None))
    found = rates(before, now, 1000.0)
    assert isinstance(found, Rates)
    assert found.values == (None, 8.0, None, 1.0, 0.0, None)


@pytest.mark.parametrize(
    "counters",
    [
        reading(12.5, 2**64 - 1, 0, index=2**31 - 1, discontinuity=2**32 - 1, speed=8e11),
        reading(17_000.25, None, 0, wide=False, speed=None, discontinuity=None, others=(None, 0, 2**32 - 1, None)),
        reading(0.0, 0, 0)._replace(uptime_ticks=None),
    ],
)
def test_what_is_kept_between_readings_is_what_was_read(counters):
    assert Counters.unpacked(counters.packed()) == counters
