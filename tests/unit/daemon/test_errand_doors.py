"""Orders at the doors of a running netwatch: tasks taken by number and code, calls, estimates, corrections."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from netwatch.communication.model import Conditions
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import CommunicationState, Planner, default_playbook
from netwatch.communication.planning.state import Telling
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import load_texts
from netwatch.daemon.errands import ErrandDoors
from netwatch.diagnosis.model import Affected, Diagnosis, Scenario, Scope
from netwatch.incidents import lifecycle
from netwatch.incidents.book import Book
from netwatch.incidents.model import Change, ChangeKind, Command, Incident, Status
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.model import Inventory, Port, Segment, Service
from netwatch.simulation.clock import SimulatedClock
from netwatch.web.errands import Span
from netwatch.web.model import RefusedError, UnknownIncidentError

START = 1_795_352_700.0
PEOPLE = (
    Person("anna", "Anna", "anna@example.net", duties=(Duty.ONCALL, Duty.LEAD)),
    Person("bob", "Bob", "b@example.net"),
)
CUSTOMER = Service(
    "c1",
    "Klant",
    Segment.CRITICAL,
    "en",
    "c1@example.net",
    "",
    "+44 1632 960199",
    "",
    Port("a"),
    None,
    1,
    ("email",),
    2,
)
SEEN = Incident(
    "i1", "i1", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, ("link:t1",), START - 9, START - 8, START - 7, START,
    confidence=0.97, strong=True, affected=Affected(frozenset({"c1"})), announced=frozenset({"c1"}),
)  # fmt: skip


class Steps:
    """Does what the thinker does with orders, at once: the life cycle's step, then the planner's."""

    def __init__(self, clock: SimulatedClock, inventory: Inventory) -> None:
        self._clock = clock
        self._planner = Planner(default_playbook(), load_texts(), inventory, PEOPLE, CommunicationSettings())
        self.book = Book.of([SEEN])
        self.communication = CommunicationState()
        self.plan = None
        self._step((Change(START, ChangeKind.OPENED, SEEN, frozenset({"c1"})),), ())

    def order(self, order) -> asyncio.Future[None]:
        if isinstance(order, Command):
            blind = Diagnosis(self._clock.now(), (), isolated=True, warm=True)
            self.book, changes = lifecycle.step(self.book, blind, [order], self._clock.now(), IncidentSettings())
            self._step(changes, ())
        else:
            self._step((), (order,))
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def _step(self, changes, requests) -> None:
        self.communication, self.plan = self._planner.step(
            self.communication, changes, self.book.incidents, Conditions(), self._clock.now(), requests
        )


@pytest.fixture
def clock():
    return SimulatedClock(START)


@pytest.fixture
def steps(clock):
    return Steps(clock, Inventory(customers={"c1": (CUSTOMER,)}))


@pytest.fixture
def taken_after():
    return []


@pytest.fixture
def doors(clock, steps, taken_after):
    config = SimpleNamespace(people=PEOPLE, communication=CommunicationSettings())
    now = SimpleNamespace(config=config, inventory=Inventory(customers={"c1": (CUSTOMER,)}))
    figures = SimpleNamespace(acknowledged=taken_after.append)
    return ErrandDoors(clock=clock, thinker=steps, reloader=SimpleNamespace(now=now), figures=figures)


async def test_a_task_is_taken_by_its_number_its_code_or_all_at_once(doors, steps, clock, taken_after):
    await clock.advance(30.0)
    held = steps.communication.tasks.of("i1")
    assert "bob has task 1 of i1" in (await doors.acknowledge("i1", "1", "bob", "root")).text
    assert "desk has task 2 of i1" in (await doors.acknowledge("", held[1].code.lower(), "", "desk")).text
    assert "anna has task 3 and 4" in (await doors.acknowledge("i1", "", "", "anna")).text
    assert all(task.acknowledged_by for task in steps.communication.tasks.of("i1"))
    assert taken_after == [30.0] * len(held)


@pytest.mark.parametrize(("incident", "task", "person", "words"), [
    ("i1", "9", "", "has no task 9"), ("i1", "", "eve", "nobody under people has the id eve"),
    ("", "ZZZZ", "", "no open task has the code"), ("", "", "", "which task"), ("i1", "", "bob", "waits for bob"),
])  # fmt: skip
async def test_what_means_no_task_is_refused(doors, incident, task, person, words):
    with pytest.raises(RefusedError, match=words):
        await doors.acknowledge(incident, task, person, "root")


async def test_an_unknown_incident_is_said_to_be_one(doors):
    with pytest.raises(UnknownIncidentError):
        await doors.acknowledge("i9", "1", "", "root")
    with pytest.raises(UnknownIncidentError):
        await doors.estimate("i9", Span(), "root")


async def test_a_call_is_promised_for_a_time_on_the_wall_and_kept(doors, steps):
    due = datetime.fromtimestamp(START, UTC) + timedelta(hours=1)
    await doors.promise("c1", due, "i1", "bob")
    (call,) = steps.communication.calls.owed
    assert (call.due_at, call.by) == (START + 3600, "bob")
    await doors.called("c1", "anna")
    assert steps.communication.calls.owed == ()
    with pytest.raises(RefusedError, match="no call is owed"):
        await doors.called("c1", "anna")


async def test_an_estimate_is_told_and_a_little_better_one_is_not(doors, steps):
    at = datetime.fromtimestamp(START, UTC)
    said = await doors.estimate("i1", Span(at + timedelta(hours=2)), "root", "The splice has begun.")
    assert "read it now" in said.text
    assert steps.communication.tellings["i1"].estimate_until_at == START + 7200
    assert steps.book.incidents["i1"].note == "The splice has begun."
    assert "read no other time" in (await doors.estimate("i1", Span(at + timedelta(minutes=110)), "root")).text
    with pytest.raises(RefusedError, match="has passed"):
        await doors.estimate("i1", Span(at - timedelta(hours=2)), "root")


async def test_a_correction_needs_somebody_who_was_told_and_ends_the_incident(doors, steps):
    with pytest.raises(RefusedError, match="c9 was not told of i1"):
        await doors.correct("i1", "", ("c9",), "root")
    assert "1 customer who may have been told" in (await doors.correct("i1", "our probe", (), "root")).text
    assert steps.book.incidents["i1"].status is Status.RESOLVED
    assert [m.phase.value for m in steps.plan.messages if m.recipient == "c1"] == ["correction"]
    with pytest.raises(RefusedError, match="nobody was told"):
        await doors.correct("i1", "", (), "root")
    assert replace(steps.communication, salt="x").tasks.of("i1") == ()


async def test_work_that_was_called_off_is_taken_back_at_the_same_door(doors, steps):
    told = Telling("m-12", told={"c1": 0}, work=(START + 3600, START + 7200))
    steps.communication = replace(steps.communication, tellings={"m-12": told})
    with pytest.raises(RefusedError, match="still announced"):
        await doors.correct("m-12", "", (), "root")
    steps.communication = replace(steps.communication, tellings={"m-12": replace(told, called_off=True)})
    assert "1 customer who may have been told" in (await doors.correct("m-12", "ill", (), "root")).text
    assert [m.phase.value for m in steps.plan.messages if m.recipient == "c1"] == ["correction"]
