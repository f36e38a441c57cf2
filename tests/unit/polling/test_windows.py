"""Loss, round trips and jitter of a target over the last minutes."""

from __future__ import annotations

import sys

import pytest

from netwatch.polling.icmp.windows import PINGS, WINDOW_S, PingStatistics, Window


def filled(*times, step_s=1.0):
    window = Window()
    for place, rtt_ms in enumerate(times):
        window.add(place * step_s, rtt_ms)
    return window


def test_a_target_never_pinged_has_no_figures():
    assert Window().statistics(0.0) == PingStatistics(0, 0)
    assert Window().statistics(0.0).loss_ratio is None


def test_a_silent_target_has_lost_all_and_no_times():
    found = filled(None, None).statistics(2.0)
    assert (found.loss_ratio, found.rtt_p50_ms, found.jitter_ms) == (1.0, None, None)


def test_the_figures_of_a_target_that_answers():
    found = filled(*[float(number) for number in range(1, 21)], None, None, None, None, None).statistics(25.0)
    assert found == PingStatistics(25, 5, rtt_p50_ms=10.0, rtt_p95_ms=19.0, jitter_ms=1.0)
    assert found.loss_ratio == pytest.approx(0.2)


def test_one_answer_has_a_time_but_no_jitter():
    assert filled(3.0).statistics(1.0) == PingStatistics(1, 0, 3.0, 3.0, None)


def test_what_is_older_than_the_window_counts_no_more():
    found = filled(None, 1.0, 2.0, step_s=WINDOW_S).statistics(2 * WINDOW_S)
    assert (found.sent, found.lost, found.rtt_p50_ms) == (2, 0, 1.0)


def test_only_the_last_pings_are_kept_and_late_verdicts_stand_in_the_order_of_sending():
    window = filled(*[1.0] * PINGS, step_s=0.1)
    window.add(100.0, 9.0)
    window.add(99.5, 5.0)
    found = window.statistics(100.0)
    assert found.sent == PINGS
    assert found.jitter_ms == pytest.approx((4.0 + 4.0) / (PINGS - 1))


def test_a_loss_told_late_pushes_no_ping_of_the_window_out():
    window = Window()
    for at, rtt_ms in ((10.0, 1.0), (9.0, None), (11.0, 1.0), (8.5, None)):
        window.add(at, rtt_ms)
    assert (window.statistics(12.0).sent, window.statistics(12.0).lost) == (4, 2)


@pytest.mark.parametrize("step_s", [10.0, 60.0, 400.0])
def test_a_target_pinged_rarely_takes_no_more_room_than_its_window(step_s):
    window = Window()
    for turn in range(500):
        window.add(turn * step_s, float(turn))
        found = window.statistics(turn * step_s)
        assert found.sent == min(turn, int(WINDOW_S / step_s)) + 1
    assert sys.getsizeof(window._pings) < 500


def test_a_round_trip_is_kept_to_the_microsecond_and_the_longest_is_not_taken_for_a_loss():
    found = filled(3.1415, 1e9).statistics(2.0)
    assert (found.lost, found.rtt_p50_ms, found.rtt_p95_ms) == (0, 3.141, 1e6)


def test_the_figures_are_right_while_the_clock_of_the_ring_goes_round():
    start = 1795313640.0 - 1795313640.0 % (2**32 / 1e3) + 2**32 / 1e3 - 20.0
    window = Window()
    for place in range(64):
        window.add(start + place, None if place % 4 == 0 else 1.0)
    for now in (start + 63.0, start + 63.5):
        assert (window.statistics(now).sent, window.statistics(now).lost) == (64, 16)


def test_a_ping_that_seems_sent_just_now_or_a_little_later_counts():
    assert filled(1.0, step_s=1.0).statistics(-0.4).sent == 1


def test_the_windows_of_50000_targets_take_less_than_40_mb():
    window = filled(*[1.0] * PINGS)
    assert sys.getsizeof(window) + sys.getsizeof(window._pings) < 800
