"""What is given up on overload, in which order, and when it is taken up again."""

from __future__ import annotations

import pytest

from netwatch.polling.overload import HIGHEST, STRETCH, Duty, Overload
from netwatch.polling.statistics import LAG_BOUNDS_S, Lateness

TICK_S = 0.02


class Loop:
    """Ticks for so long, in virtual time."""

    def __init__(self):
        self.overload = Overload()
        self.now = 1000.0

    def run(self, seconds, *, late_s=0.0, waiting_s=0.0):
        levels = []
        end = self.now + seconds
        while self.now < end:
            self.now += max(TICK_S, late_s)
            levels.append(self.overload.note(self.now, late_s, waiting_s))
        return levels


@pytest.fixture
def loop():
    return Loop()


def test_a_loop_in_time_gives_up_nothing(loop):
    assert set(loop.run(600)) == {0}


@pytest.mark.parametrize("strain", [{"late_s": 0.08}, {"waiting_s": 3.0}, {"late_s": 2.0}])
def test_lasting_strain_gives_up_one_duty_after_the_other_and_no_more_than_all(loop, strain):
    levels = loop.run(60, **strain)
    assert sorted(set(levels)) == [0, 1, 2, 3, 4]
    assert levels == sorted(levels)
    assert levels[-1] == HIGHEST


def test_the_order_is_details_customers_ports_link_ports_pings(loop):
    given_up = []
    while loop.overload.level < HIGHEST:
        loop.run(1, waiting_s=5.0)
        given_up += [duty for duty in Duty if loop.overload.stretch(duty) > 1 and duty not in given_up]
    assert given_up == [Duty.DETAILS, Duty.CUSTOMER_PORTS, Duty.LINK_PORTS, Duty.PINGS]


@pytest.mark.parametrize("stall_s", [0.1, 1.5, 30.0, 3600.0])
def test_a_single_stall_gives_up_nothing(loop, stall_s):
    loop.run(10)
    loop.now += stall_s
    loop.overload.note(loop.now, stall_s, 2.0)
    assert set(loop.run(1.5, waiting_s=1.5)) == {0}  # what it delayed goes out
    assert set(loop.run(10)) == {0}


def test_blocks_of_30_ms_in_130_are_no_overload(loop):
    for _ in range(600):
        loop.run(0.1)
        loop.now += 0.03
        assert loop.overload.note(loop.now, 0.03, 0.0) == 0


def test_calm_takes_up_one_duty_after_the_other_and_slowly(loop):
    loop.run(60, waiting_s=5.0)
    assert loop.overload.level == HIGHEST
    levels = loop.run(29)
    assert set(levels) == {HIGHEST}
    levels = loop.run(200)
    assert sorted(set(levels), reverse=True) == [4, 3, 2, 1, 0]
    assert levels == sorted(levels, reverse=True)


def test_what_is_neither_strained_nor_calm_changes_nothing(loop):
    loop.run(6.5, waiting_s=5.0)
    assert loop.overload.level == 1
    assert set(loop.run(300, waiting_s=0.5)) == {1}


def test_what_is_given_up_is_asked_every_so_many_turns_by_equal_shares(loop):
    loop.run(60, waiting_s=5.0)
    for duty in Duty:
        asked = [[number for number in range(100) if loop.overload.takes(duty, number + turn)] for turn in range(8)]
        assert {len(numbers) for numbers in asked} == {100 // STRETCH[duty]}
        for start in range(8 - STRETCH[duty] + 1):  # in any so many turns in a row each is asked once
            seen = [number for numbers in asked[start : start + STRETCH[duty]] for number in numbers]
            assert sorted(seen) == list(range(100))


def test_lateness_is_counted_by_classes_whose_sum_is_the_ticks():
    lateness = Lateness()
    for late_s in (-0.001, 0.0004, 0.001, 0.03, 0.03, 7.0):
        lateness.note(late_s)
    assert (lateness.ticks, lateness.late, sum(lateness.counts)) == (6, 1, 6)
    assert lateness.counts[0] == 3
    assert lateness.counts[-1] == 1
    assert lateness.total_s == pytest.approx(7.0614)
    assert (lateness.quantile(0.5), lateness.quantile(0.8), lateness.quantile(0.99)) == (0.001, 0.03, float("inf"))
    assert Lateness().quantile(0.99) == 0.0


def test_a_copy_of_lateness_counts_no_further():
    lateness = Lateness()
    copied = lateness.copy()
    lateness.note(0.1)
    assert copied == Lateness()
    assert lateness.quantile(0.99) in LAG_BOUNDS_S
