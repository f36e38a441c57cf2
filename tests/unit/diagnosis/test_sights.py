"""Moments without any answer may be the monitor's own, and are no news of any device."""

from __future__ import annotations

import pytest

from netwatch.diagnosis.sights import Sights

from .test_loss import lasting
from .world import World, small_isp


def heard_every(spacing_s: float, until: float) -> Sights:
    found = Sights()
    for number in range(int(until / spacing_s)):
        found.add(number * spacing_s)
    return found


def test_a_moment_without_answers_counts_only_where_answers_are_frequent():
    often, rarely = heard_every(0.25, 100.0), heard_every(4.0, 100.0)
    assert often.between(50.0, 52.0)
    assert not often.between(100.0, 102.0)
    assert rarely.between(100.0, 102.0)


def test_a_time_long_past_counts_as_sighted():
    found = heard_every(0.25, 1000.0)
    found._at = found._at[-100:]
    assert found.between(10.0, 12.0)


def test_an_answer_right_at_either_end_counts():
    found = heard_every(0.25, 100.0)
    found.add(105.0)
    assert found.between(103.0, 105.0)
    assert found.between(105.0, 107.0)
    assert not found.between(105.2, 107.2)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lasts_s", [1, 3, 5, 8])
def test_when_netwatch_sees_nothing_for_seconds_no_device_is_blamed_for_it(seed, lasts_s):
    found = World(small_isp(), seed=seed)
    found.run(200)
    found.isolated = True
    found.run(200 + lasts_s)
    found.isolated = False
    told = [one for one in lasting(found, 320) if one.roots != ("monitor",)]
    assert told == []


def test_a_cause_is_settled_only_when_the_device_has_failed_again():
    found = World(small_isp(), seed=2)
    found.run(100)
    found.dead.add("agg1")
    settled_at = []
    for second in range(101, 131):
        seen = found.run(second).explanations
        settled_at += [second for one in seen if one.settled and one.roots == ("device:agg1",)]
    evidence = found.engine._beliefs.devices["agg1"]
    assert settled_at
    assert settled_at[0] > evidence.confirmed_at + 1.0
