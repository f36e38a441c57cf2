"""Tasks in people's hands: handed out once, acknowledged once, passed on when nobody answers, never dropped."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.model import Roster, Rotation, TaskPlan
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.duties.tasks import Ask, TaskBook, acknowledge, close, hand_out, step

ANNA = Person("anna", duties=(Duty.LEAD,))
BOB = Person("bob", duties=(Duty.FIELD,))
CAS = Person("cas", duties=(Duty.ONCALL,))
DIA = Person("dia", duties=(Duty.STAFF,))
DUTIES = Duties(Roster(), (ANNA, BOB, CAS, DIA), ZoneInfo("Europe/Amsterdam"))
GO = TaskPlan(Duty.FIELD, {"en": "Go."}, minute=3, acknowledge_within_s=120.0)
LEAD = TaskPlan(Duty.LEAD, {"en": "Lead."}, acknowledge_within_s=60.0, escalate_to=(Duty.ONCALL,))
START = 1_795_352_700.0


def handed(*plans: TaskPlan) -> TaskBook:
    return hand_out(TaskBook(), "i1", plans, DUTIES, START)[0]


def told(reminders) -> list[tuple[Ask, list[str]]]:
    return [(one.ask, [person.id for person in one.people]) for one in reminders]


def run(book: TaskBook, *seconds: float) -> list[tuple[float, Ask, list[str]]]:
    """What is asked when the book is looked at so many seconds after the opening."""
    found = []
    for after_s in seconds:
        book, asked = step(book, DUTIES, START + after_s)
        found += [(after_s, *one) for one in told(asked)]
    return found


def test_every_task_is_handed_to_whoever_has_the_duty_and_only_once():
    book, asked = hand_out(TaskBook(), "i1", (LEAD, GO), DUTIES, START)
    assert told(asked) == [(Ask.HANDED, ["anna"]), (Ask.HANDED, ["bob"])]
    again, asked = hand_out(book, "i1", (LEAD, GO), DUTIES, START + 60)
    assert again is book
    assert asked == ()


def test_who_does_not_answer_is_followed_by_the_next_duty_and_then_by_everybody_once():
    assert run(handed(GO), 119, 120, 121, 239, 240, 360, 400, 10_000) == [
        (120, Ask.ESCALATED, ["anna"]),
        (240, Ask.ESCALATED, ["cas"]),
        (360, Ask.UNANSWERED, ["anna", "bob", "cas", "dia"]),
    ]


def test_whoever_was_asked_already_is_not_asked_as_the_next_one():
    book = handed(TaskPlan(Duty.LEAD, {"en": "x"}, acknowledge_within_s=60.0))
    assert run(book, 60, 120) == [(60, Ask.ESCALATED, ["cas"]), (120, Ask.UNANSWERED, ["anna", "bob", "cas", "dia"])]


def test_an_answer_ends_the_asking_and_the_first_one_counts():
    book, taken = acknowledge(handed(LEAD, GO), "i1", "bob", START + 30)
    assert [task.plan for task in taken] == [GO]
    again, taken = acknowledge(book, "i1", "bob", START + 40, number=1)
    assert again is book
    assert taken == ()
    assert book.of("i1")[1].acknowledged_by == "bob"
    assert book.of("i1")[1].acknowledged_at == START + 30
    assert all("bob" not in people for _, ask, people in run(book, 200, 400) if ask is Ask.ESCALATED)


def test_someone_else_may_take_a_task_by_its_number():
    book, taken = acknowledge(handed(GO), "i1", "dia", START + 500, number=0)
    assert [task.acknowledged_by for task in taken] == ["dia"]
    assert acknowledge(book, "other", "dia", START)[1] == ()


def test_who_has_a_task_is_reminded_when_its_minute_comes():
    book, _ = acknowledge(handed(LEAD, GO), "i1", "bob", START + 30)
    book, _ = acknowledge(book, "i1", "anna", START + 30)
    assert run(book, 179, 180, 181) == [(180, Ask.DUE, ["bob"])]


def test_the_same_book_comes_back_when_nothing_is_due():
    book = handed(GO)
    after, asked = step(book, DUTIES, START + 1)
    assert after is book
    assert asked == ()


def test_a_closed_incident_asks_nobody():
    assert run(close(handed(LEAD, GO), "i1"), 60, 600, 6000) == []


def test_a_late_look_asks_the_next_one_only_and_gives_them_their_time():
    assert run(handed(GO), 5000, 5119, 5120) == [(5000, Ask.ESCALATED, ["anna"]), (5120, Ask.ESCALATED, ["cas"])]


def test_the_next_one_is_whoever_is_on_duty_at_that_moment():
    turns = (Rotation(Duty.LEAD, ("anna", "dia"), date(2026, 11, 21), days=1),)
    roster = Duties(Roster(turns=turns), (ANNA, BOB, DIA), ZoneInfo("Europe/Amsterdam"))
    start = START + 17 * 3600 + 50 * 60  # 07:55 the next morning
    book, asked = hand_out(TaskBook(), "i1", (GO,), roster, start)
    assert told(asked) == [(Ask.HANDED, ["bob"])]
    _, before = step(book, roster, start + 120)
    _, after = step(book, roster, start + 301)
    assert told(before) == [(Ask.ESCALATED, ["dia"])]
    assert told(after) == [(Ask.ESCALATED, ["anna"])]


def test_with_nobody_at_all_the_hole_is_told_to_nobody_and_nothing_breaks():
    empty = Duties(Roster(), (), ZoneInfo("Europe/Amsterdam"))
    book, asked = hand_out(TaskBook(), "i1", (GO,), empty, START)
    assert told(asked) == [(Ask.HANDED, [])]
    _, asked = step(book, empty, START + 1000)
    assert told(asked) == [(Ask.UNANSWERED, [])]


def test_a_task_is_told_in_the_readers_language_or_one_there_is():
    task = TaskPlan(Duty.LEAD, {"nl": "Leid.", "pl": "Kieruj."})
    assert task.words("pl", "nl") == "Kieruj."
    assert task.words("en", "nl") == "Leid."
    assert task.words("en", "en") == "Leid."
