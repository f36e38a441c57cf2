"""What feeds a device: told where its words are certain, and only there."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp.codec import V1, V2C
from netwatch.polling.snmp.objects.power import Power, judge_apc, judge_netsure, judge_ups
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Refusal, Terms
from tests.unit.polling.objects.responder import GAUGE, INTEGER, TEXT, TICKS, Responder, silent

UPS = "1.3.6.1.2.1.33.1"
APC = "1.3.6.1.4.1.318.1.1.1"
NETSURE = "1.3.6.1.4.1.6302.2.1.2.9.0"


def ups(source, *, status=2, seconds=0, minutes=90, charge=100, test=6):
    return {
        f"{UPS}.4.1.0": (INTEGER, source),
        f"{UPS}.2.1.0": (INTEGER, status),
        f"{UPS}.2.2.0": (INTEGER, seconds),
        f"{UPS}.2.3.0": (INTEGER, minutes),
        f"{UPS}.2.4.0": (GAUGE, charge),
        f"{UPS}.7.3.0": (INTEGER, test),
    }


def apc(output, *, status=2, ticks=540_000, cause=4):
    return {
        f"{APC}.4.1.1.0": (INTEGER, output),
        f"{APC}.2.1.1.0": (INTEGER, status),
        f"{APC}.2.2.3.0": (TICKS, ticks),
        f"{APC}.3.2.5.0": (INTEGER, cause),
    }


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((3, 2, 0, 90, 100, 6), ("mains", None)),
        ((4, 2, 0, 90, 100, 6), ("mains", None)),
        ((6, None, None, None, None, None), ("mains", None)),
        ((7, 2, 0, 90, 100, 6), ("mains", None)),
        ((3, 2, 77, 90, 100, 6), ("mains", None)),
        ((2, 2, 0, 90, 100, 6), ("none", None)),
        ((5, 2, 12, 90, 98, 6), ("battery", 90)),
        ((5, None, None, None, None, None), ("battery", None)),
        ((5, 2, 12, 0, 98, 6), ("battery", None)),
        ((5, 3, 12, 0, 8, 6), ("battery", 0)),
        ((5, 4, 12, 5, 8, 6), ("battery", 0)),
        ((5, 2, 12, 5, 0, 6), ("battery", 0)),
        ((5, 2, 12, -1, 98, 6), ("battery", None)),
        ((5, 2, 12, 65_535, 98, 6), ("battery", None)),
        ((5, 2, 12, 90, 98, 5), ("", None)),
        ((1, 2, 12, 90, 98, 6), ("battery", 90)),
        ((1, 2, 0, 90, 100, 6), ("", None)),
        ((99, 2, None, 90, 100, 6), ("", None)),
        ((None, None, None, None, None, None), ("", None)),
    ],
)
def test_ups_mib_in_plain_words(values, told):
    assert judge_ups(values) == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((2, 2, 540_000, 4), ("mains", None)),
        ((4, 2, 540_000, 4), ("mains", None)),
        ((9, 2, 540_000, 4), ("mains", None)),
        ((12, 2, 540_000, 4), ("mains", None)),
        ((3, 2, 540_000, 4), ("battery", 90)),
        ((3, 3, 0, 4), ("battery", 0)),
        ((3, 2, 0, 4), ("battery", None)),
        ((3, 2, None, None), ("battery", None)),
        ((3, 2, 540_000, 9), ("", None)),
        ((15, 2, 540_000, 9), ("", None)),
        ((7, 2, 540_000, 4), ("none", None)),
        ((11, 2, 540_000, 4), ("none", None)),
        ((1, 2, 540_000, 4), ("", None)),
        ((None, 2, 540_000, 4), ("", None)),
    ],
)
def test_powernet_in_plain_words(values, told):
    assert judge_apc(values) == told


@pytest.mark.parametrize(
    ("mode", "source"), [(2, "mains"), (10, "mains"), (8, "battery"), (3, ""), (7, ""), (None, "")]
)
def test_a_rectifier_in_plain_words(mode, source):
    assert judge_netsure([mode]) == (source, None)


class Device:
    def __init__(self, version=V2C):
        self.statistics = ObjectStatistics()
        self.power = Power("ups-1", Terms(self.statistics, resolve_interval_s=600.0))
        self.agent = Responder(version=version)

    def read(self, at, objects, epoch=1):
        self.agent.objects = objects
        return [(seen.source, seen.minutes_left) for seen in self.agent.hold(self.power.read({}, epoch, at), at)]


@pytest.mark.parametrize("version", [V1, V2C])
@pytest.mark.parametrize(
    ("objects", "told"),
    [
        (ups(5), ("battery", 90)),
        (apc(3), ("battery", 90)),
        ({NETSURE: (INTEGER, 8)}, ("battery", None)),
        ({**ups(5), **apc(2)}, ("mains", None)),
    ],
)
def test_the_family_that_an_agent_speaks_is_found_once(version, objects, told):
    device = Device(version)
    assert device.read(0, objects) == [told]
    asked = len(device.agent.asked)
    assert device.read(60, objects) == [told]
    assert len(device.agent.asked) == asked + 1


def test_the_observation_names_the_device_and_the_moment_of_asking():
    device = Device()
    device.agent.objects = ups(3)
    (seen,) = device.agent.hold(device.power.read({}, 1, 100.0), 100.0)
    assert (seen.device, seen.at) == ("ups-1", pytest.approx(100.01))


def test_a_self_test_on_battery_is_no_mains_failure():
    device = Device()
    assert device.read(0, ups(3)) == [("mains", None)]
    assert device.read(60, ups(5, test=5)) == []
    assert device.statistics.refused == {Refusal.UNCERTAIN: 1}


def test_a_device_that_knows_nothing_of_its_supply_is_left_alone():
    device = Device()
    assert device.read(0, {}) == []
    assert device.read(599, ups(5)) == []
    assert len(device.agent.asked) == 1
    assert device.read(601, ups(5)) == [("battery", 90)]
    assert device.statistics.absent == 1


def test_a_restart_makes_it_ask_anew():
    device = Device()
    device.read(0, {})
    assert device.read(10, apc(3), epoch=2) == [("battery", 90)]
    assert device.read(20, ups(5), epoch=3) == [("battery", 90)]


def test_a_family_that_is_gone_is_looked_for_again():
    device = Device()
    device.read(0, ups(3))
    assert device.read(60, {}) == []
    assert device.read(120, apc(3)) == [("battery", 90)]


def test_silence_tells_nothing_and_is_no_absence():
    device = Device()
    device.agent.spoil = silent
    assert device.read(0, ups(5)) == []
    device.agent.spoil = lambda _, answer: answer
    assert device.read(60, ups(5)) == [("battery", 90)]
    device.agent.spoil = silent
    assert device.read(120, ups(5)) == []
    assert device.statistics.absent == 0


def test_a_value_that_is_no_number_is_none():
    device = Device()
    assert device.read(0, {**ups(5), f"{UPS}.2.3.0": (TEXT, b"90")}) == [("battery", None)]
