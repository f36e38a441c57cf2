"""Routing neighbours: who is told in which state, and what becomes of those that vanish."""

from __future__ import annotations

import pytest

from netwatch.polling.model import NeighbourObservation
from netwatch.polling.snmp.codec import V1, V2C
from netwatch.polling.snmp.objects.neighbours import MOST_ROWS, Neighbours
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Refusal, Terms
from netwatch.polling.snmp.tables import TableShape
from tests.unit.polling.objects.responder import INTEGER, TEXT, Responder, silent

BGP = "1.3.6.1.2.1.15.3.1"
OSPF = "1.3.6.1.2.1.14.10.1"
ROUTER = (0x40, bytes((10, 255, 0, 7)))


def peer(address, state, admin=2, remote=64_512):
    return {
        f"{BGP}.2.{address}": (INTEGER, state),
        f"{BGP}.3.{address}": (INTEGER, admin),
        f"{BGP}.9.{address}": (INTEGER, remote),
    }


def adjacency(address, state, index=0):
    return {f"{OSPF}.6.{address}.{index}": (INTEGER, state), f"{OSPF}.3.{address}.{index}": ROUTER}


class Device:
    def __init__(self, version=V2C, repetitions=24):
        self.statistics = ObjectStatistics()
        terms = Terms(self.statistics, resolve_interval_s=600.0)
        self.neighbours = Neighbours("core-1", TableShape(version, repetitions), terms)
        self.agent = Responder(version=version)

    def read(self, at, *rows, epoch=1):
        self.agent.objects = {}
        for one in rows:
            self.agent.objects.update(one)
        return list(self.agent.hold(self.neighbours.read({}, epoch, at), at))


def told(seen):
    return [(one.protocol, one.neighbour, one.state, one.up) for one in seen]


@pytest.mark.parametrize("version", [V1, V2C])
def test_every_neighbour_is_told_in_the_words_of_its_mib(version):
    seen = Device(version).read(
        100.0, peer("192.0.2.1", 6), peer("192.0.2.130", 3, remote=4_200_000_000), adjacency("10.0.0.2", 8),
        adjacency("10.0.0.3", 4), adjacency("10.0.0.4", 3, index=17),
    )  # fmt: skip
    assert seen[0] == NeighbourObservation(100.0, "core-1", "bgp", "192.0.2.1", "established", up=True, remote="64512")
    assert told(seen) == [
        ("bgp", "192.0.2.1", "established", True),
        ("bgp", "192.0.2.130", "active", False),
        ("ospf", "10.0.0.2", "full", True),
        ("ospf", "10.0.0.3", "twoWay", True),
        ("ospf", "10.0.0.4%17", "init", False),
    ]
    assert seen[1].remote == "4200000000"
    assert seen[2].remote == "10.255.0.7"


def test_a_peer_that_the_operator_stopped_says_so():
    (seen,) = Device().read(0, peer("192.0.2.1", 1, admin=1))
    assert (seen.state, seen.up, seen.enabled) == ("idle", False, False)


def test_an_ospf_neighbour_that_vanishes_is_told_as_down_until_it_is_back():
    device = Device()
    device.read(0, adjacency("10.0.0.2", 8), adjacency("10.0.0.3", 8))
    seen = device.read(60, adjacency("10.0.0.3", 8))
    assert told(seen) == [("ospf", "10.0.0.3", "full", True), ("ospf", "10.0.0.2", "down", False)]
    assert seen[1].remote == "10.255.0.7"
    assert told(device.read(120)) == [("ospf", "10.0.0.2", "down", False), ("ospf", "10.0.0.3", "down", False)]
    seen = device.read(180, adjacency("10.0.0.2", 8), adjacency("10.0.0.3", 8))
    assert all(one.up for one in seen)


def test_a_vanished_ospf_neighbour_is_forgotten_after_an_hour_or_a_restart():
    device = Device()
    device.read(0, adjacency("10.0.0.2", 8), peer("192.0.2.1", 6))
    assert len(device.read(3600, peer("192.0.2.1", 6))) == 2
    assert len(device.read(3661, peer("192.0.2.1", 6))) == 1
    device = Device()
    device.read(0, adjacency("10.0.0.2", 8))
    assert device.read(60, epoch=2) == []


def test_one_that_never_came_up_and_a_bgp_peer_that_was_taken_away_are_not_missed():
    device = Device()
    device.read(0, adjacency("10.0.0.2", 3), peer("192.0.2.1", 6), peer("192.0.2.2", 6))
    assert told(device.read(60, peer("192.0.2.2", 6))) == [("bgp", "192.0.2.2", "established", True)]


def test_a_table_that_the_device_does_not_have_is_left_alone_while_the_other_is_read():
    device = Device()
    device.read(0, peer("192.0.2.1", 6))
    asked = len(device.agent.asked)
    assert len(device.read(599, peer("192.0.2.1", 6), adjacency("10.0.0.2", 8))) == 1
    assert len(device.agent.asked) == asked + 1
    assert len(device.read(601, peer("192.0.2.1", 6), adjacency("10.0.0.2", 8))) == 2
    assert device.statistics.absent == 1


def test_a_device_without_any_is_asked_nothing_until_it_is_time_or_it_restarts():
    device = Device()
    device.read(0)
    asked = len(device.agent.asked)
    assert device.read(300, peer("192.0.2.1", 6)) == []
    assert len(device.agent.asked) == asked
    assert len(device.read(301, peer("192.0.2.1", 6), epoch=2)) == 1


def test_rows_that_are_none_are_left_out_and_counted():
    odd = {f"{BGP}.2.1.2.3": (INTEGER, 6), f"{BGP}.2.1.2.3.256": (INTEGER, 6), f"{BGP}.2.192.0.2.9": (INTEGER, 7)}
    odd |= {f"{OSPF}.6.10.0.0.1": (INTEGER, 8), f"{OSPF}.6.10.0.0.2.0": (TEXT, b"full")}
    device = Device()
    assert told(device.read(0, odd, peer("192.0.2.1", 6))) == [("bgp", "192.0.2.1", "established", True)]
    assert device.statistics.refused == {Refusal.OUT_OF_RANGE: 5}


def test_a_neighbour_whose_state_is_nonsense_is_still_there():
    device = Device()
    device.read(0, adjacency("10.0.0.2", 8))
    assert device.read(60, adjacency("10.0.0.2", 99)) == []


def test_missing_columns_leave_what_they_would_tell_open():
    (seen,) = Device().read(0, {f"{BGP}.2.192.0.2.1": (INTEGER, 6)})
    assert (seen.enabled, seen.remote) == (True, "")


def test_silence_tells_nothing_of_anybody():
    device = Device()
    device.read(0, adjacency("10.0.0.2", 8))
    device.agent.spoil = silent
    assert device.read(60, adjacency("10.0.0.2", 8)) == []
    device.agent.spoil = lambda _, answer: answer
    assert len(device.read(120, adjacency("10.0.0.2", 8))) == 1


def test_a_very_long_table_is_cut_off_and_tells_nobody_as_gone():
    rows = [adjacency(f"10.{number // 250}.{number % 250}.1", 8) for number in range(MOST_ROWS + 20)]
    device = Device(repetitions=100)
    assert len(device.read(0, *rows)) == MOST_ROWS
    assert device.statistics.refused[Refusal.TOO_MANY_ROWS] == 20
    seen = device.read(60, *rows[1:])
    assert all(one.up for one in seen)


def test_a_table_without_end_costs_a_bounded_number_of_questions():
    rows = [peer(f"10.{number // 250}.{number % 250}.1", 6) for number in range(200)]
    device = Device(V1)
    assert device.read(0, *rows) == []
    assert len(device.agent.asked) <= 64 + 1
    assert device.statistics.refused[Refusal.TOO_MANY_ROWS] == 1
