"""How far the first look is, by what was observed."""

import asyncio

import pytest

from netwatch.daemon.firstlook import FirstLook, Goal, logged
from netwatch.polling.model import IcmpObservation, InterfaceObservation, SnmpObservation, WitnessObservation
from netwatch.simulation.clock import SimulatedClock
from netwatch.web.model import FirstLookView


@pytest.fixture
def clock():
    return SimulatedClock(1000.0)


def look_at(clock, pinged=10, agents=10, ports=20, learning_s=5.0) -> FirstLook:
    return FirstLook(Goal(pinged, agents, ports), clock, learning_s)


def test_everything_counts_once_and_silence_counts_as_seen(clock):
    look = look_at(clock)
    for _ in range(3):
        look.note(IcmpObservation(1.0, "a", 1, 1, 2.0))
        look.note(IcmpObservation(1.0, "b", 1, 0))
        look.note(SnmpObservation(1.0, "a", ok=True))
        look.note(SnmpObservation(1.0, "b", ok=False))
        look.note(InterfaceObservation(1.0, "a", "p1", "up", "up"))
        look.note(WitnessObservation(1.0, "w", ok=True))
    look.follow(lambda: 2)
    assert look.view() == FirstLookView(2, 1, 10, 2, 1, 10, 3, 2, 20, None)


def test_the_time_left_follows_the_present_rate_and_is_never_below_the_learning_time(clock):
    look = look_at(clock, pinged=100, agents=0, ports=0, learning_s=30.0)
    look.view()
    for second in range(1, 5):
        clock.set(1000.0 + second)
        for device in range(10):
            look.note(IcmpObservation(clock.now(), f"{second}-{device}", 1, 1, 1.0))
        look.view()
    assert look.view().left_s == pytest.approx(26.0), "60 devices at 10 a second are 6 s, but learning takes 30 s"
    clock.set(1028.0)
    assert look.view().left_s is None, "nothing came for long: nobody can say"


def test_ports_of_agents_that_do_not_answer_are_not_waited_for(clock):
    look = look_at(clock, pinged=1, agents=1, ports=4, learning_s=10.0)
    look.note(IcmpObservation(1.0, "a", 1, 1, 1.0))
    look.note(SnmpObservation(1.0, "a", ok=False))
    look.view()
    clock.set(1003.0)
    assert look.view().left_s == pytest.approx(7.0)


async def test_it_is_told_until_the_network_is_learnt_and_costs_nothing_afterwards(clock):
    look, told, warm = look_at(clock), [], []
    telling = asyncio.create_task(look.report(lambda: bool(warm), told.append))
    await clock.advance(3.0)
    warm.append(True)
    await clock.advance(2.0)
    assert telling.done()
    assert [one is None for one in told] == [False, False, False, False, True]
    look.note(IcmpObservation(1.0, "a", 1, 1, 1.0))
    assert look.view() is None


def test_without_a_terminal_every_tenth_is_logged(caplog):
    caplog.set_level("INFO")
    show = logged()
    for _ in range(21):
        show(FirstLookView(1, 1, 2, 0, 0, 0, 0, 0, 0, None))
    show(None)
    assert [record.message for record in caplog.records] == ["first look: 1 of 2 devices pinged (1 answer)"] * 3
