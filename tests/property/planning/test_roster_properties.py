"""Rosters over a whole year, whatever the turns: never two at once by turn, never out of order, holes where they are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.model import Roster, Rotation, StandIn, TaskPlan
from netwatch.communication.planning.duties.roster import Duties, instant, turn_at
from netwatch.communication.planning.duties.tasks import Ask, TaskBook, acknowledge, hand_out, step

NAMES = ("a", "b", "c")
PEOPLE = tuple(Person(name, duties=(Duty.ONCALL,)) for name in NAMES)
ZONES = st.sampled_from([ZoneInfo(name) for name in ("Europe/Amsterdam", "Europe/Warsaw", "UTC", "America/New_York")])
DAY_S = 86_400.0
START = 1_795_352_700.0
TURNS = st.builds(
    Rotation,
    st.just(Duty.ONCALL),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(tuple),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.times().map(lambda at: time(at.hour, at.minute)),
    st.integers(1, 31),
)


@given(TURNS, ZONES, st.lists(st.floats(0, 400), min_size=2, max_size=30))
def test_turns_follow_one_another_in_order_through_every_change_of_the_clock(turns, zone, days):
    begin = instant(datetime.combine(turns.since, turns.handover), zone)
    seen = [turn_at(turns, begin + day * DAY_S, zone) for day in sorted(days)]
    assert None not in seen
    assert seen == sorted(seen)
    assert turn_at(turns, begin, zone) == 0
    assert turn_at(turns, begin - 1, zone) is None


@given(TURNS, ZONES, st.integers(0, 60))
def test_each_turn_begins_at_its_handover_to_the_second(turns, zone, number):
    day = turns.since + timedelta(days=number * turns.days)
    begin = instant(datetime.combine(day, turns.handover), zone)
    assert turn_at(turns, begin, zone) == number
    assert turn_at(turns, begin - 1, zone) in {number - 1, None}


SHIFTS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 20), st.integers(1, 10)), max_size=6
)  # person, from which hour, how many hours


@settings(max_examples=60)
@given(SHIFTS, st.integers(0, 30))
def test_a_hole_is_told_exactly_where_nobody_is(shifts, hour):
    zone = ZoneInfo("UTC")
    base = datetime(2026, 11, 23, tzinfo=zone)
    roster = Roster(
        turns=(Rotation(Duty.ONCALL, ("nobody",), date(2027, 1, 1)),),
        shifts=tuple(
            StandIn(Duty.ONCALL, name, base + timedelta(hours=start), base + timedelta(hours=start + length))
            for name, start, length in shifts
        ),
    )
    duties = Duties(roster, PEOPLE, zone)
    start_at = instant(base, zone)
    gaps = duties.gaps(Duty.ONCALL, start_at, start_at + 31 * 3600)
    at = start_at + hour * 3600 + 1800
    covered = bool(duties.on_duty(Duty.ONCALL, at))
    assert covered is not any(gap.start_at <= at < gap.end_at for gap in gaps)
    assert covered is any(start <= hour < start + length for _, start, length in shifts)
    assert duties.alerted(at), "somebody is always alerted"


@settings(max_examples=80)
@given(
    st.lists(st.floats(0, 4000), max_size=12),
    st.one_of(st.none(), st.floats(0, 4000)),
    st.floats(30, 900),
    st.lists(st.sampled_from([Duty.LEAD, Duty.ONCALL, Duty.FIELD]), max_size=3),
)
def test_a_task_is_passed_on_a_bounded_number_of_times_and_never_after_an_answer(looks, answered, wait_s, chain):
    people = (Person("f", duties=(Duty.FIELD,)), Person("l", duties=(Duty.LEAD,)), Person("o", duties=(Duty.ONCALL,)))
    duties = Duties(Roster(), people, ZoneInfo("UTC"))
    plan = TaskPlan(Duty.FIELD, {"en": "x"}, minute=1, acknowledge_within_s=wait_s, escalate_to=tuple(chain))
    book, _ = hand_out(TaskBook(), "i", (plan,), duties, START)
    asks: list[tuple[float, Ask]] = []
    done = False
    for after_s in sorted(looks):
        if answered is not None and after_s >= answered and not done:
            book, _ = acknowledge(book, "i", "f", START + answered, number=0)
            done = True
        book, asked = step(book, duties, START + after_s)
        asks += [(after_s, one.ask) for one in asked]
    escalations = [after_s for after_s, ask in asks if ask in {Ask.ESCALATED, Ask.UNANSWERED}]
    assert len(escalations) <= len(chain) + 1
    assert sum(ask is Ask.UNANSWERED for _, ask in asks) <= 1
    assert sum(ask is Ask.DUE for _, ask in asks) <= 1
    if answered is not None:
        assert all(after_s < answered for after_s in escalations)
    assert all(second - first >= wait_s - 1e-3 for first, second in pairwise(escalations))
