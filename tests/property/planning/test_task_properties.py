"""Tasks in random hands: nobody is told twice of one step, what nobody takes reaches everybody, an answer ends it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.communication.people import Person
from netwatch.communication.planning.calls import Calls, Ring, called, calls_in, calls_out, promise
from netwatch.communication.planning.calls import step as calls_step
from netwatch.communication.planning.duties.model import Roster, Rotation, TaskPlan
from netwatch.communication.planning.duties.record import book_in, book_out
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.duties.tasks import GIVABLE, Ask, TaskBook, acknowledge, hand_out, step

START = 1_795_352_700.0
NAMES = ("anna", "bob", "cas", "dia", "eve")
DUTIES = st.sampled_from(sorted(GIVABLE))
PLANS = st.lists(
    st.builds(
        TaskPlan,
        duty=DUTIES,
        do=st.just({"en": "Do it."}),
        minute=st.integers(0, 5),
        acknowledge_within_s=st.sampled_from((1.0, 30.0, 300.0)),
        escalate_to=st.lists(DUTIES, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def rosters(draw: st.DrawFn) -> Duties:
    people = [
        Person(name, duties=tuple(draw(st.lists(DUTIES, max_size=2)))) for name in draw(st.permutations(NAMES))[:4]
    ]
    ids = [person.id for person in people]
    turns = [
        Rotation(draw(DUTIES), tuple(draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3))), date(2026, 11, 20), days=1)
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    return Duties(Roster(turns=tuple(turns)), people, ZoneInfo("Europe/Amsterdam"))


def restarted(book: TaskBook) -> TaskBook:
    return book_in(json.loads(json.dumps(book_out(book))))


@settings(deadline=None, max_examples=120)
@given(rosters(), PLANS, st.lists(st.sampled_from((0.5, 1.0, 29.0, 31.0, 301.0, 4000.0)), max_size=40))
def test_every_step_is_told_once_and_what_nobody_takes_reaches_everybody(duties, plans, waits):
    book, asked = hand_out(TaskBook(), "i1", plans, duties, START)
    told = Counter((one.task.number, one.task.level, person.id) for one in asked for person in one.people)
    now = START
    for wait_s in [*waits, *[400.0] * 12]:
        now += wait_s
        book, asked = step(restarted(book), duties, now)
        for one in asked:
            assert one.ask in {Ask.ESCALATED, Ask.UNANSWERED}
            told.update((one.task.number, one.task.level, person.id) for person in one.people)
        again, more = step(book, duties, now)
        assert again is book, "the same instant asks nobody again"
        assert more == ()
    assert set(told.values()) <= {1}
    for task in book.of("i1"):
        assert task.exhausted
        last = {who for number, level, who in told if (number, level) == (task.number, task.level)}
        assert last == {person.id for person in duties.everybody()}
        passed_on = Counter(who for number, level, who in told if number == task.number and level < task.level)
        assert set(passed_on.values()) <= {1}, "whoever did not answer is not asked as the next one"


@settings(deadline=None, max_examples=120)
@given(
    rosters(), PLANS, st.integers(0, 3), st.lists(st.sampled_from((1.0, 31.0, 301.0)), max_size=20), st.integers(0, 20)
)
def test_after_an_answer_nobody_is_asked_for_that_task_whoever_else_is(duties, plans, number, waits, taken_after):
    book, _ = hand_out(TaskBook(), "i1", plans, duties, START)
    now = START
    number %= len(plans)
    answered = False
    for turn, wait_s in enumerate([*waits, *[400.0] * 10]):
        now += wait_s
        if turn >= taken_after and not answered:
            book, taken = acknowledge(restarted(book), "i1", "zoe", now, number=number)
            answered = True
            assert [task.number for task in taken] == [number]
        book, asked = step(book, duties, now)
        if answered:
            assert all(one.ask is Ask.DUE for one in asked if one.task.number == number)
    if answered:
        assert book.of("i1")[number].acknowledged_by == "zoe"


@settings(deadline=None, max_examples=120)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(1, 5000)), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(0.5, 2000), st.sampled_from(["", "a", "b", "c"])), max_size=20),
    st.sampled_from((0.0, 600.0)),
)
def test_every_call_is_made_or_told_as_missed_once_and_reminded_of_at_most_once(promised, moves, lead_s):
    calls = Calls()
    for customer, after_s in promised:
        calls, _ = promise(calls, customer, incident="", by="anna", due_at=START + after_s, now=START)
    told: Counter[tuple[Ring, int]] = Counter()
    made: set[int] = set()
    now = START
    for wait_s, customer in [*moves, (6000.0, "")]:
        now += wait_s
        if customer:
            calls, kept = called(calls, customer)
            made |= {call.number for call in kept}
        calls, asked = calls_step(calls_in(json.loads(json.dumps(calls_out(calls)))), now, lead_s)
        for ring, call in asked:
            assert call.number not in made
            told[ring, call.number] += 1
        assert calls_step(calls, now, lead_s) == (calls, ())
    assert set(told.values()) <= {1}
    for call in calls.owed:
        assert told[Ring.MISSED, call.number] == 1
    assert {call.number for call in calls.owed} == set(range(len(promised))) - made
    assert all(replace(call, missed=True) == call for call in calls.owed)
