"""Traffic of trunks: what is asked, of whom, and what is told."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import GET, V1, V2C, Status
from netwatch.polling.snmp.dialogue import Answer
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Refusal, Terms
from netwatch.polling.snmp.objects.traffic import Load, Traffic
from netwatch.polling.snmp.tables import TableShape
from tests.unit.polling.objects.responder import COUNTER, GAUGE, INTEGER, TICKS, WIDE, Responder, silent

IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
INDEX = {"ge-0": 3, "ge-1": 200, "other": 9}


def port(index, octets_in, octets_out=0, *, errors=0, mbps=1000, wide=True, narrow=True, discontinuity=0):
    found = {
        f"{IF}.14.{index}": (COUNTER, errors),
        f"{IF}.20.{index}": (COUNTER, 0),
        f"{IF}.13.{index}": (COUNTER, 0),
        f"{IF}.19.{index}": (COUNTER, 0),
    }
    if narrow:
        found[f"{IF}.10.{index}"] = (COUNTER, octets_in % 2**32)
        found[f"{IF}.16.{index}"] = (COUNTER, octets_out % 2**32)
        found[f"{IF}.5.{index}"] = (GAUGE, min(mbps * 1_000_000, 2**32 - 1))
    if wide:
        found[f"{IFX}.6.{index}"] = (WIDE, octets_in)
        found[f"{IFX}.10.{index}"] = (WIDE, octets_out)
        found[f"{IFX}.15.{index}"] = (GAUGE, mbps)
        found[f"{IFX}.19.{index}"] = (TICKS, discontinuity)
    return found


def uptime(at):
    return {"1.3.6.1.2.1.1.3.0": (TICKS, int(500_000 + at * 100))}


class Device:
    """A device with ports that one `Traffic` reads."""

    def __init__(self, ports=("ge-0",), *, version=V2C, max_objects=48, **responder):
        self.statistics = ObjectStatistics()
        terms = Terms(self.statistics, resolve_interval_s=600.0, max_objects=max_objects, interval_s=300.0)
        self.traffic = Traffic("core-1", ports, TableShape(version, 24), terms)
        self.agent = Responder(version=version, **responder)

    def read(self, at, *ports, epoch=1, index_of=INDEX, clock=None):
        self.agent.objects = {**uptime(at if clock is None else clock)}
        for one in ports:
            self.agent.objects.update(one)
        return list(self.agent.hold(self.traffic.read(index_of, epoch, at), at))

    @property
    def refused(self):
        return dict(self.statistics.refused)


def test_the_second_reading_tells_the_rates_since_the_first():
    device = Device()
    assert device.read(0, port(3, 1000)) == []
    (seen,) = device.read(300, port(3, 1000 + 300 * 12_500_000, 300 * 125, errors=30))
    assert (seen.at, seen.device, seen.interface, seen.interval_s) == (300, "core-1", "ge-0", 300)
    assert (seen.in_bps, seen.out_bps, seen.speed_bps) == (1e8, 1000, 1e9)
    assert (seen.in_errors_per_s, seen.out_discards_per_s) == (0.1, 0)
    assert seen.utilisation == pytest.approx(0.1)
    assert device.refused == {}


def test_how_full_a_port_was_is_kept_where_its_speed_is_known():
    device = Device(("ge-0", "ge-1"))
    device.read(0, port(3, 0), port(200, 0, mbps=0))
    assert dict(device.traffic.loads()) == {}
    device.read(300, port(3, 300 * 12_500_000), port(200, 300, mbps=0))
    assert dict(device.traffic.loads()) == {
        "ge-0": Load(pytest.approx(300, abs=1), 0.1),
        "ge-1": Load(pytest.approx(300, abs=1), None),
    }


def test_only_the_ports_of_links_that_the_device_has_are_asked():
    device = Device(("ge-0", "gone"))
    device.read(0, port(3, 1), port(9, 1))
    (question,) = device.agent.asked
    assert question.pdu == GET
    assert {ber.index(oid[-1:]) for oid in question.oids if len(oid) > 8} == {3}
    assert device.read(300, port(3, 1), index_of={}) == []
    assert len(device.agent.asked) == 1


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"octets": 5_000, "epoch": 2}, None),
        ({"octets": 999}, Refusal.WENT_BACK),
        ({"octets": 5_000, "discontinuity": 7}, Refusal.DISCONTINUITY),
        ({"octets": 5_000, "clock": 20}, Refusal.DISCONTINUITY),
        ({"octets": 5_000, "at": 1060}, Refusal.STALE),
        ({"octets": 10**12}, Refusal.BEYOND_LINE_RATE),
    ],
)
def test_no_rate_is_told_across_what_breaks_the_counting_and_the_next_one_is_right_again(second, reason):
    device = Device()
    at, epoch = second.pop("at", 300), second.pop("epoch", 1)
    octets, clock = second.pop("octets"), second.pop("clock", at + 100)
    device.read(0, port(3, 1000), clock=100)
    assert device.read(at, port(3, octets, **second), epoch=epoch, clock=clock) == []
    assert device.refused == ({reason: 1} if reason else {})
    (seen,) = device.read(at + 300, port(3, octets + 300, **second), epoch=epoch, clock=clock + 300)
    assert seen.in_bps == 8


def test_readings_close_together_wait_for_a_later_one():
    device = Device()
    device.read(0, port(3, 0))
    assert device.read(0.5, port(3, 10)) == []
    (seen,) = device.read(300, port(3, 300))
    assert (seen.interval_s, seen.in_bps) == (300, 8)


def test_a_port_without_64_bit_counters_is_read_by_its_32_bit_ones_from_then_on():
    device = Device(("ge-0", "ge-1"))
    first = (port(3, 2**32 - 100, mbps=100, wide=False), port(200, 5))
    device.read(0, *first)
    assert len(device.agent.asked) == 2
    seen = device.read(300, port(3, 2**32 + 200, mbps=100, wide=False), port(200, 5))
    assert [(one.interface, one.in_bps) for one in seen] == [("ge-1", 0), ("ge-0", 8)]
    assert len(device.agent.asked) == 4


def test_a_v1_agent_is_asked_for_nothing_of_64_bits():
    device = Device(version=V1)
    device.read(0, port(3, 0, mbps=10))
    (seen,) = device.read(300, port(3, 3000, mbps=10))
    assert (seen.in_bps, seen.speed_bps) == (80, 1e7)
    assert all(not oid.startswith(ber.oid(IFX)) for question in device.agent.asked for oid in question.oids)


def test_a_v1_agent_without_an_object_is_asked_again_for_the_rest():
    device = Device(version=V1)
    for at in (0, 300):
        lacking = port(3, at * 10, mbps=10)
        del lacking[f"{IF}.13.3"]
        seen = device.read(at, lacking)
    assert seen[0].in_bps == 80
    assert seen[0].in_discards_per_s is None
    assert seen[0].out_discards_per_s == 0


def test_a_fast_port_with_32_bit_counters_only_tells_errors_and_why():
    device = Device()
    device.read(0, port(3, 0, wide=False, mbps=10_000))
    (seen,) = device.read(300, port(3, 100, errors=600, wide=False, mbps=10_000))
    assert (seen.in_bps, seen.out_bps, seen.utilisation) == (None, None, None)
    assert seen.in_errors_per_s == pytest.approx(2, rel=1e-3)
    assert device.refused == {Refusal.AMBIGUOUS_WRAP: 1}


def test_a_device_without_counters_is_left_alone_until_it_is_time_or_it_restarts():
    device = Device()
    assert device.read(0) == []
    asked = len(device.agent.asked)
    device.read(599, port(3, 0))
    assert len(device.agent.asked) == asked
    device.read(601, port(3, 0))
    assert len(device.agent.asked) == asked + 1
    device = Device()
    device.read(0)
    device.read(30, port(3, 0), epoch=2)
    (seen,) = device.read(330, port(3, 300), epoch=2)
    assert seen.in_bps == 8
    assert device.statistics.absent == 1


def test_silence_is_no_absence():
    device = Device()
    device.agent.spoil = silent
    assert device.read(0, port(3, 0)) == []
    device.agent.spoil = lambda _, answer: answer
    device.read(30, port(3, 0))
    (seen,) = device.read(330, port(3, 300))
    assert seen.in_bps == 8
    assert device.statistics.absent == 0


def test_many_ports_are_asked_in_several_questions_and_smaller_ones_after_too_big():
    ports = tuple(f"p{number}" for number in range(1, 31))
    index_of = {name: number for number, name in enumerate(ports, 1)}
    device = Device(ports, largest=20)
    device.read(0, *(port(index, 0) for index in index_of.values()), index_of=index_of)
    first = len(device.agent.asked)
    seen = device.read(300, *(port(index, 300) for index in index_of.values()), index_of=index_of)
    assert sorted(one.interface for one in seen) == sorted(ports)
    assert [one.in_bps for one in seen] == pytest.approx([8] * 30, rel=1e-2)
    assert len(device.agent.asked) - first < first  # it remembers what fits


def test_an_answer_with_other_objects_than_asked_tells_nothing():
    device = Device()
    device.read(0, port(3, 0))
    device.agent.spoil = lambda _, answer: answer._replace(varbinds=answer.varbinds[::-1])
    assert device.read(300, port(3, 300)) == []
    assert device.refused == {Refusal.MISMATCH: 1}
    device.agent.spoil = lambda _, answer: answer
    (seen,) = device.read(600, port(3, 600))
    assert seen.interval_s == 600


def test_values_of_other_types_count_as_missing():
    device = Device()
    for at in (0, 300):
        odd = port(3, at)
        odd[f"{IF}.14.3"] = (INTEGER, -5)
        odd[f"{IFX}.10.3"] = (GAUGE, 5)
        odd[f"{IFX}.15.3"] = (INTEGER, -1)
        odd[f"{IFX}.19.3"] = (INTEGER, -1)
        odd["1.3.6.1.2.1.1.3.0"] = (WIDE, 2**63)
        seen = device.read(at, odd)
    assert (seen[0].in_bps, seen[0].out_bps, seen[0].in_errors_per_s, seen[0].speed_bps) == (8, None, None, None)


@pytest.mark.parametrize("status", [Status.GEN_ERR, Status.AUTHORIZATION_ERROR, Status.NO_ACCESS])
def test_an_agent_that_refuses_all_is_asked_a_bounded_number_of_questions(status):
    ports = tuple(f"p{number}" for number in range(1, 101))
    index_of = {name: number for number, name in enumerate(ports, 1)}
    device = Device(ports)
    device.agent.spoil = lambda _, answer: Answer(answer.at, status, 1, [])
    assert device.read(0, index_of=index_of) == []
    assert len(device.agent.asked) < 120
