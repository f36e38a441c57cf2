"""When things are asked: at a fixed phase, never in bursts."""

from __future__ import annotations

import itertools

import pytest

from netwatch.polling.pacing import Bucket
from netwatch.polling.schedule import Wheel, phase


def run(wheel, start, end, step):
    found = []
    now = start
    while now < end:
        found += [(now, item) for item in wheel.due(now)]
        now += step
    return found


def test_the_phase_depends_on_the_key_alone_and_spreads_evenly():
    assert phase("hgl-agg-1") == phase("hgl-agg-1")
    tenths = [0] * 10
    for number in range(10_000):
        tenths[int(phase(f"device-{number}") * 10)] += 1
    assert max(tenths) < 1_100
    assert min(tenths) > 900


def test_each_item_is_due_once_an_interval_at_the_same_moment():
    wheel = Wheel(10.0, 0.02)
    for number in range(200):
        wheel.add(f"d{number}", number)
    moments = {}
    for now, item in run(wheel, 1000.0, 1030.5, 0.02):
        moments.setdefault(item, []).append(now)
    assert set(moments) == set(range(200))
    for found in moments.values():
        assert len(found) in {3, 4}
        assert all(later - earlier == pytest.approx(10.0, abs=0.05) for earlier, later in itertools.pairwise(found))


def test_nothing_is_due_at_the_start_and_a_reload_moves_nothing():
    wheel = Wheel(10.0, 0.1)
    wheel.add("a", "a")
    assert wheel.due(500.0) == []
    first = run(wheel, 500.0, 510.0, 0.1)[0][0]
    for number in range(50):
        wheel.add(f"x{number}", f"x{number}")
    wheel.remove("x3", "x3")
    assert len(wheel) == 50
    assert [now for now, item in run(wheel, 510.0, 520.0, 0.1) if item == "a"] == [
        pytest.approx(first + 10.0, abs=0.11)
    ]


def test_after_a_stall_each_item_is_due_once_and_the_rest_is_counted_as_missed():
    wheel = Wheel(10.0, 0.02)
    for number in range(100):
        wheel.add(f"d{number}", number)
    wheel.due(1000.0)
    late = wheel.due(1040.0)
    assert sorted(late) == list(range(100))
    assert wheel.missed == 300
    assert len(wheel.due(1040.02)) < 10
    assert sorted(wheel.due(1055.02)) == list(range(100))
    halves = sum(phase(f"d{number}") < 0.5 for number in range(100))  # of the turns from 1050 s on their owners saw one
    assert wheel.missed == pytest.approx(300 + halves, abs=2)


def test_removing_what_is_not_there_changes_nothing():
    wheel = Wheel(1.0, 0.1)
    wheel.remove("a", "a")
    assert len(wheel) == 0


def test_a_clock_that_stands_still_or_goes_back_makes_nothing_due():
    wheel = Wheel(1.0, 0.1)
    wheel.add("a", "a")
    wheel.due(100.0)
    assert wheel.due(100.0) == []
    assert wheel.due(99.0) == []
    assert wheel.due(101.0) == ["a"]


def test_a_bucket_keeps_its_rate_and_its_burst():
    bucket = Bucket(rate=100.0, burst=10.0)
    assert bucket.take(0.0, 50) == 10
    assert bucket.take(0.05, 50) == 5
    taken = sum(bucket.take(0.05 + step * 0.02, 1000) for step in range(1, 501))
    assert taken == pytest.approx(1000, abs=2)
    assert bucket.take(100.0, 3) == 3


def test_what_is_asked_rarely_falls_together_with_what_is_asked_often():
    often, rarely = Wheel(30.0, 0.1, 86_400.0), Wheel(300.0, 0.1, 86_400.0)
    for number in range(100):
        often.add(f"d{number}", number)
        rarely.add(f"d{number}", number)
    alone = []
    for tick in range(20_000):
        now = 1_795_313_640.0 + tick * 0.1
        alone += set(rarely.due(now)) - set(often.due(now))
    assert not alone
