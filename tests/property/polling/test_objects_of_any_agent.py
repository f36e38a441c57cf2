"""Whatever an agent answers, a reading ends, raises nothing, and tells nothing that can't be."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.errors import Place
from netwatch.polling.model import (
    OpticalObservation,
    PowerObservation,
    TrafficObservation,
)
from netwatch.polling.record import from_json, to_json
from netwatch.polling.snmp import ber
from netwatch.polling.snmp.codec import V1, V2C, Status
from netwatch.polling.snmp.dialogue import Answer
from netwatch.polling.snmp.objects.counters import Counters, Rates, rates
from netwatch.polling.snmp.objects.neighbours import Neighbours
from netwatch.polling.snmp.objects.optics import Optics
from netwatch.polling.snmp.objects.power import Power
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Terms
from netwatch.polling.snmp.objects.traffic import Traffic
from netwatch.polling.snmp.tables import TableShape
from netwatch.polling.snmp.uptime import WRAP_TICKS, Uptime, Verdict
from tests.unit.polling.objects.responder import COUNTER, GAUGE, INTEGER, OID, TEXT, TICKS, WIDE, Responder

HERE = Place("f", 1)
INDEX = {"xe-0/0/1": 1, "xe-0/0/2": 200, "elsewhere": 3}
PORTS = ("xe-0/0/1", "xe-0/0/2", "gone")

small = st.integers(-3, 20) | st.sampled_from([90, 255, 2**31 - 1, -(2**31)])
values = st.one_of(
    st.tuples(st.just(INTEGER), small | st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.sampled_from([COUNTER, GAUGE, TICKS]), small.map(abs) | st.integers(0, 2**32 - 1)),
    st.tuples(st.just(WIDE), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(TEXT), st.sampled_from([b"", b"xe-0/0/1 Rx Power", b"Tx xe-0/0/2", b"\xff\x00", b"full"])),
    st.tuples(st.just(OID), st.integers(0, 300).map(lambda index: ber.oid(f"1.3.6.1.2.1.2.2.1.1.{index}"))),
    st.tuples(st.just(ber.IP_ADDRESS), st.binary(min_size=4, max_size=4)),
    st.tuples(st.sampled_from([ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE]), st.none()),
)
indexes = st.sampled_from([1, 2, 3, 200])
names = st.one_of(
    st.builds("1.3.6.1.2.1.2.2.1.{}.{}".format, st.sampled_from([5, 10, 13, 14, 16, 19, 20]), indexes),
    st.builds("1.3.6.1.2.1.31.1.1.1.{}.{}".format, st.sampled_from([6, 10, 15, 19]), indexes),
    st.builds("1.3.6.1.2.1.33.1.2.{}.0".format, st.integers(1, 4)),
    st.sampled_from(["1.3.6.1.2.1.33.1.4.1.0", "1.3.6.1.4.1.318.1.1.1.4.1.1.0", "1.3.6.1.4.1.6302.2.1.2.9.0",
                     "1.3.6.1.4.1.318.1.1.1.2.2.3.0", "1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.47.1.4.1.0"]),
    st.builds("1.3.6.1.2.1.15.3.1.{}.192.0.2.{}".format, st.sampled_from([2, 3, 9]), st.integers(0, 300)),
    st.builds("1.3.6.1.2.1.14.10.1.{}.10.0.0.{}.{}".format, st.sampled_from([3, 6]), st.integers(0, 300), indexes),
    st.builds("1.3.6.1.2.1.99.1.1.1.{}.{}".format, st.integers(1, 5), indexes),
    st.builds("1.3.6.1.2.1.47.1.1.1.1.{}.{}".format, st.sampled_from([2, 4, 7]), indexes),
    st.builds("1.3.6.1.2.1.47.1.3.2.1.2.{}.0".format, indexes),
)  # fmt: skip


def a_good_agent(at):
    """A device that has all that is asked for, `at` seconds after its counters began."""
    count = int(at) * 1_000
    found = {
        "1.3.6.1.2.1.1.3.0": (TICKS, 10_000 + int(at * 100)),
        "1.3.6.1.2.1.33.1.4.1.0": (INTEGER, 5),
        "1.3.6.1.2.1.33.1.2.3.0": (INTEGER, 90),
        "1.3.6.1.2.1.15.3.1.2.192.0.2.1": (INTEGER, 6),
        "1.3.6.1.2.1.14.10.1.6.10.0.0.1.0": (INTEGER, 8),
        "1.3.6.1.2.1.47.1.4.1.0": (TICKS, 5),
    }
    for index in (1, 200):
        found |= {f"1.3.6.1.2.1.2.2.1.{column}.{index}": (COUNTER, count) for column in (10, 13, 14, 16, 19, 20)}
        found |= {f"1.3.6.1.2.1.31.1.1.1.{column}.{index}": (WIDE, count) for column in (6, 10)}
        found[f"1.3.6.1.2.1.31.1.1.1.15.{index}"] = (GAUGE, 1_000)
        found[f"1.3.6.1.2.1.2.2.1.5.{index}"] = (GAUGE, 10**8)
        sensor = {1: 14, 2: 8, 3: 0, 4: -5_000, 5: 1}
        found |= {f"1.3.6.1.2.1.99.1.1.1.{column}.{index}": (INTEGER, value) for column, value in sensor.items()}
        found[f"1.3.6.1.2.1.47.1.1.1.1.7.{index}"] = (TEXT, b"Rx power")
        found[f"1.3.6.1.2.1.47.1.3.2.1.2.{index}.0"] = (OID, ber.oid(f"1.3.6.1.2.1.2.2.1.1.{index}"))
    return found


GOOD = a_good_agent(0)
agents = st.one_of(
    st.dictionaries(st.sampled_from(sorted(GOOD)) | names, st.none() | values, max_size=8),
    st.dictionaries(names, values, max_size=60).map(lambda odd: {**dict.fromkeys(GOOD), **odd}),
)
"""What is otherwise than with the good agent; None = it lacks that object."""


def spoilt(at, changes):
    return {name: value for name, value in {**a_good_agent(at), **changes}.items() if value is not None}


def sensible(told):
    """Whether an observation holds only what its kind may hold; what can be recorded can."""
    if isinstance(told, TrafficObservation):
        figures = [told.in_bps, told.out_bps, told.in_errors_per_s, told.out_errors_per_s, told.in_discards_per_s,
                   told.out_discards_per_s, told.speed_bps]  # fmt: skip
        assert all(figure is None or (math.isfinite(figure) and figure >= 0) for figure in figures)
        assert told.utilisation is None or told.utilisation >= 0
        assert told.interval_s >= 1
    elif isinstance(told, PowerObservation):
        assert told.minutes_left is None or 0 <= told.minutes_left <= 10_080
    elif isinstance(told, OpticalObservation):
        assert all(level is None or -60 <= level <= 40 for level in (told.rx_dbm, told.tx_dbm))
    assert from_json(to_json(told), HERE) == told


def purposes(version):
    statistics = ObjectStatistics()
    terms, shape = Terms(statistics, resolve_interval_s=90.0, max_objects=10), TableShape(version, 6)
    return [
        Traffic("d", PORTS, shape, terms), Power("d", terms), Neighbours("d", shape, terms), Optics("d", PORTS, shape, terms)
    ]  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(agents, st.integers(1, 2)), min_size=1, max_size=4), st.sampled_from([V1, V2C]))
def test_any_agent_is_read_without_an_exception_or_a_value_out_of_range(readings, version):
    for purpose in purposes(version):
        responder = Responder(version=version)
        for number, (changes, epoch) in enumerate(readings):
            at = number * 60.0
            responder.objects = spoilt(at, changes)
            for told in responder.hold(purpose.read(INDEX, epoch, at), at):
                sensible(told)
        assert len(responder.asked) <= 400 * len(readings)


statuses = st.sampled_from([status for status in Status if status is not Status.NO_ERROR])
bindings = st.lists(st.tuples(st.one_of(names.map(ber.oid), st.just(b"\x2b")), values), max_size=12)


@settings(max_examples=60)
@given(st.data(), st.sampled_from([V1, V2C]))
def test_any_answer_at_all_is_taken(data, version):
    """Answers to other questions, doubled, cut short, with errors that point anywhere."""

    def spoil(question, answer):
        way = data.draw(st.integers(0, 9))
        if way == 0:
            return Answer(answer.at, data.draw(statuses), data.draw(st.integers(0, len(question.oids))), [])
        if way == 1:
            found = [(oid, *value) for oid, value in data.draw(bindings)]
            return Answer(answer.at, Status.NO_ERROR, 0, found)
        if way == 2:
            return answer._replace(varbinds=answer.varbinds + answer.varbinds)
        return answer

    for purpose in purposes(version):
        responder = Responder(version=version)
        responder.spoil = spoil
        for at in (0.0, 60.0, 120.0):
            responder.objects = a_good_agent(at)
            for told in responder.hold(purpose.read(INDEX, 1, at), at):
                sensible(told)


counts = st.none() | st.integers(0, 2**32 - 1)
speeds = st.none() | st.sampled_from([1e7, 1e8, 1e9, 1e11])


def readings_of(wide):
    octets = st.none() | st.integers(0, 2**64 - 1 if wide else 2**32 - 1)
    return st.builds(
        Counters, st.floats(0, 1e5), st.integers(1, 2), st.just(wide), st.none() | st.integers(0, 2**32 - 1),
        st.none() | st.integers(0, 2), speeds, st.tuples(octets, octets, counts, counts, counts, counts),
    )  # fmt: skip


@given(st.booleans().flatmap(lambda wide: st.tuples(readings_of(wide), readings_of(wide))), st.floats(1, 1e4))
def test_rates_are_never_negative_nor_beyond_the_line_nor_across_another_port(pair, interval_s):
    before, now = pair
    now = now._replace(at=before.at + interval_s)
    found = rates(before, now, 3600.0)
    if isinstance(found, Rates):
        assert (before.if_index, before.discontinuity) == (now.if_index, now.discontinuity)
        assert found.interval_s <= 3600
        speed = max(before.speed_bps or 0, now.speed_bps or 0) or 1e14
        assert all(rate is None or 0 <= rate <= 1.1 * speed + 0.001 for rate in found.values[:2])
        assert all(rate is None or 0 <= rate < 2**32 for rate in found.values[2:])


@given(st.integers(0, 2**32 - 1), st.integers(0, 12_500_000 * 30), st.integers(1, 30), st.booleans())
def test_a_32_bit_counter_that_wraps_once_tells_what_truly_passed(start, octets, interval_s, inward):
    """A port of 100 Mbit/s can't wrap twice in half a minute, nor pass half of the range."""
    octets = min(octets, 12_500_000 * interval_s)
    before, after = [start, 7], [(start + octets) % 2**32, 7]
    if not inward:
        before.reverse()
        after.reverse()
    old = Counters(
        0.0, 1, wide=False, uptime_ticks=None, discontinuity=None, speed_bps=1e8, values=(*before, 0, 0, 0, 0)
    )
    found = rates(old, old._replace(at=float(interval_s), values=(*after, 0, 0, 0, 0)), 100.0)
    assert isinstance(found, Rates)
    assert abs(found.values[0 if inward else 1] - octets * 8 / interval_s) < 0.01


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(1, 3)), min_size=2, max_size=8))
def test_traffic_is_never_told_across_an_epoch(readings):
    terms = Terms(ObjectStatistics())
    traffic = Traffic("d", ("xe-0/0/1",), TableShape(V2C, 24), terms)
    responder = Responder()
    before = None
    for number, (octets, epoch) in enumerate(readings):
        at = number * 300.0
        responder.objects = {
            "1.3.6.1.2.1.31.1.1.1.6.1": (WIDE, octets),
            "1.3.6.1.2.1.31.1.1.1.10.1": (WIDE, 0),
            "1.3.6.1.2.1.31.1.1.1.15.1": (GAUGE, 10**8),
        }
        seen = responder.hold(traffic.read(INDEX, epoch, at), at)
        if seen:
            assert before is not None
            assert before[1] == epoch
            assert abs(seen[0].in_bps - (octets - before[0]) * 8 / 300) <= 1
        before = (octets, epoch)


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 86_400), st.integers(-200, 200),
    st.sampled_from(["nothing", "engine", "boots"]),
)  # fmt: skip
def test_a_clock_that_ran_on_is_never_a_restart_whether_it_wrapped_or_not(start, elapsed_s, late_ticks, told):
    uptime = Uptime()
    uptime.note(0.0, start)
    uptime.resolve(start // 100, 7)
    now_ticks = max(start, start + elapsed_s * 100 + late_ticks)
    verdict = uptime.note(float(elapsed_s), now_ticks % WRAP_TICKS)
    if verdict is Verdict.UNCLEAR:
        assert now_ticks >= WRAP_TICKS
        engine = {"nothing": (None, None), "engine": (now_ticks // 100, 7), "boots": (None, 7)}[told]
        verdict = uptime.resolve(*engine)
        assert verdict is Verdict.WRAPPED
    assert uptime.uptime_s is not None
    assert abs(uptime.uptime_s - now_ticks / 100) < 1e-6


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 2**32 - 1), st.none() | st.integers(0, 2**31 - 1),
                       st.none() | st.integers(0, 2**31 - 1), st.none() | st.integers(0, 2**32 - 1)), max_size=8)
)  # fmt: skip
def test_any_readings_give_a_verdict_and_an_uptime_of_at_least_what_was_read(readings):
    uptime = Uptime()
    for at, ticks, engine_time, boots, host in readings:
        if uptime.note(at, ticks) is Verdict.UNCLEAR:
            assert uptime.resolve(engine_time, boots, host) is not Verdict.UNCLEAR
        assert uptime.uptime_s is not None
        assert uptime.uptime_s >= ticks / 100
