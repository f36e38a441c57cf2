"""Whatever the ticks do: everything is asked in bounded time, at its own turn, and never in a burst."""

from __future__ import annotations

import itertools
import socket

from hypothesis import example, given, settings
from hypothesis import strategies as st

from netwatch.polling.icmp.lineup import TICK_S, Lineup
from netwatch.polling.icmp.packet import Target
from netwatch.polling.overload import HIGHEST, STRETCH, Duty, Overload
from netwatch.polling.pacing import Bucket
from netwatch.polling.schedule import Wheel

gaps_s = st.lists(st.sampled_from([0.0, 0.004, 0.02, 0.02, 0.02, 0.03, 0.13, 1.5, 7.0]), min_size=1, max_size=200)
START = 1_795_313_640.0


def moments(gaps):
    return list(itertools.accumulate(gaps, initial=START))


@example(2, 2.0, [1.5, 7.0])
@given(st.integers(1, 60), st.floats(0.3, 12.0), gaps_s)
def test_each_item_has_its_turns_one_by_one_whatever_the_ticks_do(count, interval_s, gaps):
    wheel = Wheel(interval_s, TICK_S)
    for number in range(count):
        wheel.add(f"d{number}", number)
    turns = {}
    seen = 0
    for now in moments(gaps):
        for turn in wheel.turns(now):
            assert turn.due_at <= now + 1e-6
            for item in turn.items:
                seen += 1
                turns.setdefault(item, []).append(turn.number)
    for numbers in turns.values():
        assert numbers == sorted(set(numbers))
        stalled = max(gaps) > interval_s
        assert stalled or all(later - earlier == 1 for earlier, later in itertools.pairwise(numbers))
    passed = (int(moments(gaps)[-1] / wheel.slot_s) - int(START / wheel.slot_s)) * wheel.slot_s
    assert abs(seen + wheel.missed - count * passed / interval_s) <= count


@given(st.integers(1, 40), st.lists(st.tuples(st.booleans(), st.integers(0, 39)), max_size=60), gaps_s)
def test_a_reload_moves_nobody_who_stays(count, changes, gaps):
    still, changed = Wheel(5.0, TICK_S), Wheel(5.0, TICK_S)
    for number in range(count):
        still.add(f"stays-{number}", f"stays-{number}")
        changed.add(f"stays-{number}", f"stays-{number}")
    steps = iter(changes)
    for now in moments(gaps):
        found = [name for name in changed.due(now) if name.startswith("stays")]
        assert sorted(found) == sorted(still.due(now))
        added, number = next(steps, (True, 0))
        (changed.add if added else changed.remove)(f"other-{number}", f"other-{number}")


@given(
    st.floats(1.0, 5000.0),
    st.floats(1.0, 500.0),
    st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(0, 400)), max_size=80),
)
def test_a_bucket_never_gives_more_than_its_burst_and_its_rate(rate, burst, takes):
    bucket = Bucket(rate, burst)
    now, given_at = START, []
    for gap, wanted in takes:
        now += gap
        given_at.append((now, bucket.take(now, wanted)))
    for first in range(len(given_at)):
        total = 0
        for now, granted in given_at[first:]:
            total += granted
            assert total <= bucket.burst + rate * (now - given_at[first][0]) + 1e-3


@settings(deadline=None)
@given(
    st.integers(1, 300),
    st.floats(0.5, 10.0),
    st.floats(60.0, 2000.0),
    st.lists(st.sampled_from([0.02, 0.02, 0.02, 0.05, 0.13, 1.5]), min_size=20, max_size=60),
    st.sampled_from([1, 2]),
)
@example(1, 1.0, 60.0, [0.02] * 23 + [1.5], 2)  # the stall takes every second turn with it
def test_under_lasting_overload_everybody_is_pinged_in_bounded_time_and_nobody_in_a_burst(
    count, interval_s, rate_pps, gaps, stretch
):
    """The ticks repeat for ten intervals; the rate may be far below what is due."""
    lineup = Lineup(rate_pps)
    lineup.stretch = stretch
    for number in range(count):
        lineup.add(Target(f"d{number}", "127.0.0.1", socket.AF_INET, number, 0), interval_s)
    sent = {f"d{number}": [START] for number in range(count)}
    lineup.due(START)
    now = START
    rounds = 3 + int(10 * interval_s / sum(gaps))
    rate, burst = lineup._bucket.rate, lineup._bucket.burst
    for gap in gaps * rounds:
        now += gap
        lineup.due(now)
        taken = lineup.take(now)
        lineup.left(taken, now)
        assert len(taken) <= burst
        assert len({target.key for target in taken}) == len(taken)
        for target in taken:
            sent[target.key].append(now)
    # Of each gap between ticks no more is made up for than the burst: what the loop sends at the least.
    mean_gap_s = sum(gaps) / len(gaps)
    least_pps = sum(min(burst, gap * rate) - 1 for gap in gaps) / sum(gaps)
    longest_s = sum(gaps) + interval_s * stretch + (count / least_pps if least_pps > 0 else float("inf"))
    assert len(lineup) <= count
    if now - START > longest_s:
        for key, times in sent.items():
            waits = [later - earlier for earlier, later in itertools.pairwise([*times, now])]
            assert max(waits) <= longest_s + 2 * max(gaps) + mean_gap_s, key


ticks = st.lists(
    st.tuples(st.sampled_from([0.0, 0.01, 0.06, 0.5, 3.0]), st.sampled_from([0.0, 0.2, 0.5, 1.0, 30.0])),
    min_size=1,
    max_size=400,
)


@given(ticks)
def test_the_level_moves_by_single_steps_and_never_without_seconds_of_reason(seen):
    overload = Overload()
    now, level, changed_at = START, 0, START
    for late_s, waiting_s in seen:
        now += max(TICK_S, late_s)
        after = overload.note(now, late_s, waiting_s)
        assert 0 <= after <= HIGHEST
        assert abs(after - level) <= 1
        if after != level:
            assert now - changed_at >= (5.0 if after > level else 30.0)
            level, changed_at = after, now


@given(st.integers(0, HIGHEST), st.integers(0, 10_000))
def test_no_duty_is_given_up_for_more_than_so_many_turns_in_a_row(level, turn):
    overload = Overload()
    overload.level = level
    for duty in Duty:
        assert sum(overload.takes(duty, turn + step) for step in range(STRETCH[duty])) == (
            STRETCH[duty] if level < duty else 1
        )
