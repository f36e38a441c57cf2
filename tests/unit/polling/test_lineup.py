"""Regular pings: each at its moment, paced, and nobody forgotten."""

from __future__ import annotations

import itertools
import socket

import pytest

from netwatch.polling.icmp.lineup import TICK_S, Lineup
from netwatch.polling.icmp.packet import Target
from netwatch.polling.schedule import phase


def lineup(count, interval_s=10.0, rate_pps=10_000.0, steady=0):
    made = Lineup(rate_pps)
    targets = [Target(f"d{number}", "127.0.0.1", socket.AF_INET, number, 0) for number in range(count)]
    for target in targets:
        target.steady = target.number < steady
        made.add(target, interval_s)
    return made, targets


class Sent:
    """Ticks in virtual time; who was sent when."""

    def __init__(self, made, now=5000.0):
        self.made = made
        self.now = now
        self.all = []
        made.due(now)

    def run(self, seconds):
        before = len(self.all)
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += TICK_S
            self.tick()
        return self.all[before:]

    def tick(self):
        self.made.due(self.now)
        taken = self.made.take(self.now)
        self.made.left(taken, self.now)
        self.all += [(self.now, target) for target in taken]
        return len(taken)

    def moments(self):
        found = {}
        for now, target in self.all:
            found.setdefault(target.key, []).append(now)
        return found


def test_each_is_sent_once_an_interval_at_its_own_phase():
    made, targets = lineup(300)
    sent = Sent(made)
    sent.run(50.0)
    moments = sent.moments()
    assert len(moments) == 300
    for target in targets:
        for now in moments[target.key]:
            late = (now - phase(target.key) * 10.0) % 10.0
            assert late < 3 * TICK_S or late > 10.0 - TICK_S
    assert (made.late, made.skipped) == (0, 0)


@pytest.mark.parametrize("stall_s", [1.5, 9.0, 60.0])
def test_after_a_stall_no_tick_sends_a_burst_and_the_late_ones_are_counted(stall_s):
    made, _ = lineup(5000)
    sent = Sent(made)
    sent.run(10.0)
    assert made.late == 0
    sent.now += stall_s
    counts = []
    for _ in range(500):
        sent.now += TICK_S
        counts.append(sent.tick())
    assert max(counts[:1]) <= 2 * 500 * TICK_S * 2 + 1
    assert max(counts[1:]) <= 2 * 500 * TICK_S + 1
    late = made.late
    assert late > 0
    assert made.skipped == (0 if stall_s < 10 else pytest.approx(5000 * (stall_s // 10 - 1), rel=0.05))
    sent.run(10.0)
    assert made.late == late  # caught up


def test_a_reload_that_adds_many_sends_them_at_their_phase_not_at_once():
    made, _ = lineup(100)
    sent = Sent(made)
    sent.run(5.0)
    for number in range(100, 5100):
        made.add(Target(f"d{number}", "127.0.0.1", socket.AF_INET, number, 0), 10.0)
    before = sent.moments()
    counts = []
    for _ in range(round(10.0 / TICK_S)):
        sent.now += TICK_S
        counts.append(sent.tick())
    assert max(counts) <= 4 * 5100 / 10.0 * TICK_S  # four times the average
    assert sum(counts) == pytest.approx(5100, rel=0.01)
    for key, moments in before.items():
        (earlier, later) = (moments[-1], sent.moments()[key][len(moments)])
        assert later - earlier == pytest.approx(10.0, abs=2 * TICK_S)


def test_on_lasting_overload_all_are_asked_in_turn_and_equally_often():
    made, _ = lineup(3000, interval_s=1.0, rate_pps=1000.0)
    sent = Sent(made)
    sent.run(60.0)
    moments = sent.moments()
    assert len(moments) == 3000
    counts = [len(found) for found in moments.values()]
    assert max(counts) - min(counts) <= 1
    gaps = [later - earlier for found in moments.values() for earlier, later in itertools.pairwise(found)]
    assert max(gaps) <= 3000 / 1000.0 + 1.0 + TICK_S
    assert made.late > 0
    assert made.skipped > 0
    assert len(made) <= 3000


def test_stretched_pings_go_out_evenly_and_steady_ones_as_ever():
    made, _ = lineup(1000, steady=100)
    sent = Sent(made)
    sent.run(20.0)
    made.stretch = 2
    sent.all.clear()
    first, second = len(sent.run(10.0)), len(sent.run(10.0))
    assert first + second == pytest.approx(900 + 200, abs=3)
    assert first == pytest.approx(550, abs=5)
    moments = sent.moments()
    assert {len(moments[f"d{number}"]) for number in range(100)} <= {2, 3}
    assert {len(moments[f"d{number}"]) for number in range(100, 1000)} <= {1, 2}
    assert len(moments) == 1000
    assert made.thinned == pytest.approx(900, abs=5)


def test_what_could_not_be_sent_goes_first_next_time():
    made, _ = lineup(100, interval_s=1.0)
    made.due(10.0)
    made.due(11.0)
    taken = made.take(11.0)
    made.put_back(taken[1:])
    made.left(taken[:1], 11.0)
    assert made.take(11.0 + TICK_S)[: len(taken) - 1] == taken[1:]


def test_who_was_removed_comes_due_no_more():
    made, targets = lineup(10, interval_s=1.0)
    sent = Sent(made)
    sent.run(2.0)
    made.remove(targets[3])
    sent.all.clear()
    sent.run(3.0)
    assert "d3" not in sent.moments()
    assert len(sent.moments()) == 9
