"""Light levels: whose sensor it is, what its numbers mean, and when neither is certain."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import GET
from netwatch.polling.snmp.objects.light import (
    NO_LIGHT_DBM,
    Entity,
    PortNames,
    factor_of,
    level_dbm,
    port_of,
    receives,
)
from netwatch.polling.snmp.objects.optics import MOST_SENSORS, Optics
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Refusal, Terms
from netwatch.polling.snmp.tables import TableShape
from tests.unit.polling.objects.responder import INTEGER, OID, TEXT, TICKS, WIDE, Responder, silent

PHYSICAL = "1.3.6.1.2.1.47.1.1.1.1"
ALIAS = "1.3.6.1.2.1.47.1.3.2.1.2"
CHANGED = "1.3.6.1.2.1.47.1.4.1.0"
SENSOR = "1.3.6.1.2.1.99.1.1.1"
INDEX = {"xe-0/0/1": 501, "xe-0/0/2": 502}
DBM, WATTS, CELSIUS = 14, 6, 8


def entity(index, name, inside=0, descr=""):
    return {
        f"{PHYSICAL}.2.{index}": (TEXT, descr.encode()),
        f"{PHYSICAL}.4.{index}": (INTEGER, inside),
        f"{PHYSICAL}.7.{index}": (TEXT, name.encode()),
    }


def sensor(index, name, raw, inside=0, *, kind=DBM, scale=8, precision=0, status=1, descr=""):
    return {
        **entity(index, name, inside, descr),
        f"{SENSOR}.1.{index}": (INTEGER, kind),
        f"{SENSOR}.2.{index}": (INTEGER, scale),
        f"{SENSOR}.3.{index}": (INTEGER, precision),
        f"{SENSOR}.4.{index}": (INTEGER, raw),
        f"{SENSOR}.5.{index}": (INTEGER, status),
    }


def alias(index, if_index):
    return {f"{ALIAS}.{index}.0": (OID, ber.oid(f"1.3.6.1.2.1.2.2.1.1.{if_index}"))}


def transceiver(port, rx=-5_210, tx=-2_300, **more):
    """A port with its transceiver and two sensors, joined by entAliasMappingIdentifier."""
    base = port * 10
    return {
        **entity(base, f"Port {port}"),
        **alias(base, 500 + port),
        **entity(base + 1, "Transceiver", base),
        **sensor(base + 2, "Rx Power", rx, base + 1, **more),
        **sensor(base + 3, "Tx Power", tx, base + 1, **more),
    }


class Device:
    def __init__(self, ports=("xe-0/0/1", "xe-0/0/2"), **responder):
        self.statistics = ObjectStatistics()
        self.optics = Optics("core-1", ports, TableShape(1, 24), Terms(self.statistics, resolve_interval_s=600.0))
        self.agent = Responder(**responder)

    def read(self, at, *parts, epoch=1, index_of=INDEX, changed=77):
        self.agent.objects = {} if changed is None else {CHANGED: (TICKS, changed)}
        for part in parts:
            self.agent.objects.update(part)
        seen = self.agent.hold(self.optics.read(index_of, epoch, at), at)
        return [(one.interface, one.rx_dbm, one.tx_dbm) for one in seen]


def test_sensors_are_joined_to_ports_by_what_they_are_inside_of():
    device = Device()
    parts = (transceiver(1), transceiver(2, rx=-11_000), transceiver(3), entity(1, "chassis"))
    assert device.read(0, *parts) == [("xe-0/0/1", -5.21, -2.3), ("xe-0/0/2", -11.0, -2.3)]


def test_the_map_is_learnt_once_and_then_values_are_one_get():
    device = Device()
    device.read(0, transceiver(1))
    asked = len(device.agent.asked)
    assert device.read(300, transceiver(1, rx=-20_000)) == [("xe-0/0/1", -20.0, -2.3)]
    (question,) = device.agent.asked[asked:]
    assert question.pdu == GET


def test_where_nothing_is_aliased_names_join():
    parts = (
        sensor(7, "xe-0/0/1 Receive Power Sensor", -5_000),
        sensor(8, "xe-0/0/1 Transmit Power Sensor", -1_000),
        sensor(9, "Sensor 9", -3_000, descr="DOM Rx Power for xe-0/0/2"),
        sensor(10, "xe-0/0/10 Receive Power Sensor", -9_000),
        sensor(11, "xe-0/0/1:1 Receive Power Sensor", -9_000),
    )
    assert Device().read(0, *parts) == [("xe-0/0/1", -5.0, -1.0), ("xe-0/0/2", -3.0, None)]


@pytest.mark.parametrize(
    "part",
    [
        sensor(7, "xe-0/0/1 Temperature", 40_000, kind=CELSIUS),
        sensor(7, "xe-0/0/1 Laser", -5_000),
        sensor(7, "xe-0/0/1 Rx and Tx Power", -5_000),
        sensor(7, "xe-0/0/1 Rx Power High Alarm Threshold", -5_000),
        sensor(7, "xe-0/0/1 xe-0/0/2 Rx Power", -5_000),
        sensor(7, "xe-0/0/1 PoE output", 10, kind=WATTS),
        sensor(7, "xe-0/0/1 Rx Power", -5_000, scale=99),
        sensor(7, "xe-0/0/1 Rx Power", -5_000, precision=30),
        sensor(7, "xe-0/0/1 Rx Power", -5_000, status=2),
        {**sensor(7, "xe-0/0/1 Rx Power", -5_000), **alias(7, 509)},
        {**sensor(7, "Rx Power", -5_000), **alias(7, 501), f"{ALIAS}.7.1": (OID, ber.oid("1.3.6.1.2.1.2.2.1.1.502"))},
    ],
)
def test_a_sensor_that_does_not_say_for_certain_tells_nothing(part):
    assert Device().read(0, part) == []


def test_of_several_lanes_the_weakest_is_told():
    lanes = {}
    for lane, raw in enumerate((-2_000, -6_500, -2_100, -2_200)):
        lanes |= sensor(70 + lane, f"xe-0/0/1 Lane {lane} Rx Power", raw)
    assert Device().read(0, lanes) == [("xe-0/0/1", -6.5, None)]


def test_watts_become_dbm():
    parts = transceiver(1, rx=500, tx=1_000, kind=WATTS, scale=7)  # microwatts
    ((_, rx, tx),) = Device().read(0, parts)
    assert (rx, tx) == (pytest.approx(-3.01, abs=0.01), pytest.approx(0.0))


@pytest.mark.parametrize(
    ("raw", "watts", "scale", "precision", "dbm"),
    [
        (-521, False, 9, 2, -5.21),
        (-5, False, 9, -3, -5.0),
        (0, True, 8, 0, NO_LIGHT_DBM),
        (1, True, 5, 0, NO_LIGHT_DBM),
        (-1, True, 8, 0, None),
        (15_400, True, 8, 0, None),
        (-99, False, 9, 0, None),
        (75, False, 9, 0, None),
        (-1_000_000_000, False, 5, 0, None),
        (1_000_000_000, True, 4, 0, None),
    ],
)
def test_what_a_sensor_counts_becomes_a_level_within_what_light_can_be(raw, watts, scale, precision, dbm):
    factor = factor_of(scale, precision)
    assert factor is not None
    assert level_dbm(raw, watts=watts, factor=factor) == (dbm if dbm is None else pytest.approx(dbm))


@pytest.mark.parametrize(("scale", "precision"), [(None, 0), (9, None), (0, 0), (14, 0), (9, 10), (9, -9)])
def test_a_scale_that_is_none_makes_no_level(scale, precision):
    assert factor_of(scale, precision) is None


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Rx Power", True), ("RxPower", True), ("rx_power", True), ("Rx1 Power", True), ("Receiver Power", True),
        ("Optical input", True), ("TX PWR", False), ("Transmit Power", False), ("Laser output power", False),
        ("Power", None), ("Approx", None), ("Rx power low warning", None), ("Tx Bias", None), ("RX TX", None),
    ],
)  # fmt: skip
def test_a_direction_is_a_word_of_the_name(text, direction):
    assert receives(Entity(text, "", 0)) is direction


def test_a_name_that_could_be_any_number_joins_nothing():
    known = PortNames(["1", "uplink", "xe-0/0/1", "Ethernet1"])
    assert known.within("1 uplink") == set()
    assert known.within("Transceiver xe-0/0/1: rx") == {"xe-0/0/1"}
    assert known.within("Ethernet1/1 and Ethernet12 and Ethernet1.5") == set()
    assert PortNames(["1"]).within("1") == set()


def test_the_innermost_alias_decides_and_circles_end():
    entities = {1: Entity("a", "", 2), 2: Entity("b", "", 3), 3: Entity("c", "", 1)}
    names = {501: "xe-0/0/1"}
    known = PortNames(names.values())
    assert port_of(1, entities, {2: [501], 3: [502]}, names, known) == "xe-0/0/1"
    assert port_of(1, entities, {2: [502], 3: [501]}, names, known) == ""
    assert port_of(1, entities, {}, names, known) == ""


def test_a_part_that_was_changed_is_learnt_anew_before_anything_is_told():
    device = Device()
    device.read(0, transceiver(1))
    moved = {**transceiver(2), **sensor(12, "Rx Power", -9_000, 21)}
    assert device.read(300, moved, changed=99) == []
    assert device.read(600, moved, changed=99) == [("xe-0/0/2", -9.0, -2.3)]


def test_a_new_epoch_and_new_numbers_are_learnt_anew():
    device = Device()
    device.read(0, transceiver(1))
    swapped = {"xe-0/0/1": 502, "xe-0/0/2": 501}
    assert device.read(30, transceiver(1), epoch=2, index_of=swapped) == [("xe-0/0/2", -5.21, -2.3)]


def test_a_device_without_sensors_of_light_is_left_alone():
    device = Device()
    assert device.read(0, sensor(7, "xe-0/0/1 Temperature", 40, kind=CELSIUS)) == []
    asked = len(device.agent.asked)
    assert device.read(599, transceiver(1)) == []
    assert len(device.agent.asked) == asked
    assert len(device.read(600, transceiver(1))) == 1
    assert len(Device().read(0, transceiver(1))) == 1
    assert device.statistics.absent == 1


def test_a_device_whose_sensors_are_all_of_other_ports_costs_one_get_a_reading_or_none():
    device = Device()
    device.read(0, transceiver(3))
    asked = len(device.agent.asked)
    assert device.read(300, transceiver(3)) == []
    assert len(device.agent.asked) == asked + 1
    device = Device()
    device.read(0, transceiver(3), changed=None)
    asked = len(device.agent.asked)
    assert device.read(300, transceiver(3), changed=None) == []
    assert len(device.agent.asked) == asked
    assert device.read(300, transceiver(1), index_of={}) == []


def test_a_device_that_falls_silent_while_it_is_learnt_is_asked_again_later():
    device = Device()
    device.agent.spoil = silent
    assert device.read(0, transceiver(1)) == []
    device.agent.spoil = lambda _, answer: answer
    assert device.read(300, transceiver(1)) == []
    assert len(device.read(600, transceiver(1))) == 1


def test_a_level_out_of_range_is_counted_and_the_other_told():
    device = Device()
    assert device.read(0, transceiver(1, rx=-300_000)) == [("xe-0/0/1", None, -2.3)]
    assert device.statistics.refused == {Refusal.OUT_OF_RANGE: 1}


@pytest.mark.parametrize("inside", [(INTEGER, -5), (WIDE, 2**40), (TEXT, b"7")])
def test_what_can_hold_nothing_is_not_asked_for(inside):
    part = {**sensor(7, "Rx Power", -5_000), f"{PHYSICAL}.4.7": inside}
    assert Device().read(0, part) == []


def test_more_sensors_than_any_device_has_are_cut_off():
    parts = {}
    for index in range(MOST_SENSORS + 5):
        parts |= sensor(1000 + index, f"lane {index} rx", -5_000)
    device = Device()
    assert device.read(0, parts) == []
    assert device.statistics.refused == {Refusal.TOO_MANY_ROWS: 5}
