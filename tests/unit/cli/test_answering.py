"""`ack`, `promise`, `called`, `correct` and estimates on the command line; times as people type them."""

import getpass
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
import typer

from netwatch.cli.times import instant, span
from netwatch.communication.people import Duty
from netwatch.communication.planning.calls import Call
from netwatch.communication.planning.duties.model import TaskPlan
from netwatch.communication.planning.duties.tasks import Handed
from netwatch.web.sample import FAULT_AT

INCIDENT = "nw-20261122-0214-7f3a"
ME = getpass.getuser()
GO = TaskPlan(Duty.FIELD, {"en": "Drive there."})
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def busy(doors):
    """The sample outage with a task that is taken, one that nobody answers, and a call that was missed."""
    tasks = (
        Handed(INCIDENT, 0, GO, FAULT_AT, ("bob",), FAULT_AT, "K7QM", acknowledged_by="bob", acknowledged_at=FAULT_AT + 9),
        Handed(INCIDENT, 1, GO, FAULT_AT, ("anna", "cas"), FAULT_AT + 30, "3HTX", level=1),
    )  # fmt: skip
    calls = (Call(0, "c-1", INCIDENT, "bob", FAULT_AT, FAULT_AT + 40),)
    doors.picture = replace(doors.picture, tasks=MappingProxyType({INCIDENT: tasks}), calls=calls)
    return doors


@pytest.mark.parametrize(("typed", "order"), [
    (("ack",), ("ack", INCIDENT, "", "", ME)),
    (("ack", "nw-2026"), ("ack", INCIDENT, "", "", ME)),
    (("ack", "7f3a"), ("ack", INCIDENT, "", "", ME)),
    (("ack", "7f3a", "2"), ("ack", INCIDENT, "2", "", ME)),
    (("ack", INCIDENT, "2"), ("ack", INCIDENT, "2", "", ME)),
    (("ack", "3htx"), ("ack", INCIDENT, "3htx", "", ME)),
    (("ack", "3HTX", "--for", "cas"), ("ack", INCIDENT, "3HTX", "cas", ME)),
])  # fmt: skip
def test_a_task_is_taken_by_incident_number_or_code_for_oneself_or_another(netwatch, busy, typed, order):
    assert netwatch(*typed).code == 0
    assert busy.orders == [order]


def test_four_signs_that_are_a_tasks_code_and_the_end_of_an_incidents_id_are_the_code(netwatch, busy):
    held = replace(busy.picture.tasks[INCIDENT][1], code="7F3A")
    busy.picture = replace(busy.picture, tasks=MappingProxyType({INCIDENT: (held,)}))
    assert netwatch("ack", "7f3a").code == 0
    assert busy.orders == [("ack", INCIDENT, "7f3a", "", ME)]


def test_a_code_that_no_task_has_is_refused(netwatch, busy):
    said = netwatch("ack", "ZZZZ")
    assert said.code == 4
    assert "no open task has the code" in said.err
    assert busy.orders == []


@pytest.mark.usefixtures("busy")
def test_status_shows_who_has_what_who_was_asked_and_which_call_was_missed(netwatch):
    said = netwatch("status")
    assert "task 1 field: bob has it since" in said.out
    assert "task 2 field: anna, cas asked since" in said.out
    assert "OVERDUE  take it: netwatch ack 3HTX" in said.out
    assert "promised by bob, MISSED" in said.out


def test_a_call_is_promised_and_kept(netwatch, doors):
    assert netwatch("promise", "c-1", "2026-12-01 15:00+01:00", "--incident", "nw-2026").code == 0
    assert netwatch("called", "c-1").code == 0
    assert [order[:2] for order in doors.orders] == [("promise", "c-1"), ("called", "c-1")]
    assert datetime.fromisoformat(doors.orders[0][2]) == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)
    assert doors.orders[0][3:] == (INCIDENT, ME)


def test_a_correction_asks_once_and_says_how_many_it_is_for(netwatch, doors, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert netwatch("correct", INCIDENT, "our own probe was wrong").code == 1
    assert doors.orders == []
    assert netwatch("correct", INCIDENT, "our own probe was wrong", "--yes").code == 0
    assert netwatch("correct", INCIDENT, "--customer", "c-1", "--customer", "c-2", "-y").code == 0
    assert doors.orders == [
        ("correct", INCIDENT, "our own probe was wrong", "", ME), ("correct", INCIDENT, "", "c-1,c-2", ME),
    ]  # fmt: skip


def test_an_estimate_goes_with_the_words_in_one_order(netwatch, doors):
    assert netwatch("update", INCIDENT, "The splice has begun.", "--estimate", "2030-01-01 16:00+00:00").code == 0
    assert netwatch("update", INCIDENT, "--estimate", "none").code == 0
    assert doors.orders == [
        ("estimate", INCIDENT, "2030-01-01T16:00:00+00:00", "The splice has begun.", ME),
        ("estimate", INCIDENT, "", "", ME),
    ]
    assert netwatch("update", INCIDENT, "--estimate", "soon").code == 2


def test_a_time_without_a_day_is_the_next_one_with_it():
    here = NOON.astimezone()
    for hours in (-3, 5):
        meant = here + timedelta(hours=hours)
        found = instant(f"{meant:%H:%M}", NOON)
        assert found - here == timedelta(hours=hours % 24)
    assert instant("2026-12-01 15:00+01:00") == datetime(2026, 12, 1, 14, 0, tzinfo=UTC)


def test_a_span_has_two_ends_one_or_none():
    amsterdam = NOON.astimezone(ZoneInfo("Europe/Amsterdam"))
    since, until = span("2026-11-22 14:00+01:00..2026-11-22 16:00+01:00", amsterdam)
    assert (since, until) == (NOON + timedelta(hours=1), NOON + timedelta(hours=3))
    assert span("None") == (None, None)
    assert span("2026-11-22 16:00+01:00")[0] is None
    with pytest.raises(typer.BadParameter):
        span("14:00..")
