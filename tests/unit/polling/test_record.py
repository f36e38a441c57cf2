"""The JSON lines of observations: what is written, what is read, and what is refused with which key."""

from __future__ import annotations

import json

import pytest

from netwatch.errors import InputError, Place
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    LocalObservation,
    NeighbourObservation,
    OpticalObservation,
    PowerObservation,
    SnmpObservation,
    TrafficObservation,
    TrapObservation,
    WitnessObservation,
)
from netwatch.polling.record import from_json, to_json

HERE = Place("observations.jsonl", 7)


@pytest.mark.parametrize(
    ("line", "observation"),
    [
        (
            '{"at": 12.3, "probe": "icmp", "device": "acc-17", "sent": 3, "received": 3, "rtt_ms": 3.1}',
            IcmpObservation(12.3, "acc-17", 3, 3, 3.1),
        ),
        (
            '{"at": 30.2, "probe": "snmp", "device": "acc-17", "ok": true, "uptime_s": 81234}',
            SnmpObservation(30.2, "acc-17", ok=True, uptime_s=81234.0),
        ),
        (
            '{"at": 30.2, "probe": "interface", "device": "acc-17", "interface": "ge-0/0/1", "admin": "up", "oper": "down"}',
            InterfaceObservation(30.2, "acc-17", "ge-0/0/1", "up", "down"),
        ),
        (
            '{"at": 31.0, "probe": "trap", "device": "acc-17", "trap": "linkDown", "interface": "ge-0/0/1"}',
            TrapObservation(31.0, "acc-17", "linkDown", "ge-0/0/1"),
        ),
        (
            '{"at": 31.5, "probe": "power", "device": "acc-17", "source": "battery", "minutes_left": 180}',
            PowerObservation(31.5, "acc-17", "battery", 180.0),
        ),
        (
            (
                '{"at": 300.5, "probe": "traffic", "device": "acc-17", "interface": "ge-0/0/1", "interval_s": 300, '
                '"speed_bps": 1e9, "in_bps": 81234567.1, "in_errors_per_s": 0}'
            ),
            TrafficObservation(300.5, "acc-17", "ge-0/0/1", 300.0, 1e9, 81234567.1, in_errors_per_s=0.0),
        ),
        (
            (
                '{"at": 60.1, "probe": "neighbour", "device": "core-1", "protocol": "bgp", "neighbour": "192.0.2.1", '
                '"state": "idle", "up": false, "enabled": false, "remote": "64512"}'
            ),
            NeighbourObservation(60.1, "core-1", "bgp", "192.0.2.1", "idle", up=False, enabled=False, remote="64512"),
        ),
        (
            (
                '{"at": 60.1, "probe": "neighbour", "device": "core-1", "protocol": "ospf", "neighbour": "10.0.0.4%17", '
                '"state": "full", "up": true}'
            ),
            NeighbourObservation(60.1, "core-1", "ospf", "10.0.0.4%17", "full", up=True),
        ),
        (
            '{"at": 300.2, "probe": "optics", "device": "core-1", "interface": "xe-0/0/1", "rx_dbm": -5.21}',
            OpticalObservation(300.2, "core-1", "xe-0/0/1", -5.21),
        ),
        ('{"at": 32.0, "probe": "witness", "witness": "w1", "ok": false}', WitnessObservation(32.0, "w1", ok=False)),
        ('{"at": 32.1, "probe": "local", "interface": "eth0", "ok": false}', LocalObservation(32.1, "eth0", ok=False)),
        (
            '{"at": 5, "probe": "local", "interface": "", "ok": true, "poller": "p2"}',
            LocalObservation(5.0, "", ok=True, poller="p2"),
        ),
    ],
)
def test_a_line_of_each_probe_is_read_and_written_again(line, observation):
    assert from_json(line, HERE) == observation
    assert from_json(to_json(observation), HERE) == observation
    assert json.loads(to_json(observation)) == json.loads(line)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-12-01T00:00:00Z", 1796083200.0),
        ("2026-12-01T01:00:00+01:00", 1796083200.0),
        ("2026-12-01t00:00:00.250z", 1796083200.25),
        ("2026-11-30T23:59:60Z", 1796083200.0),
    ],
)
def test_a_time_may_be_rfc_3339(written, seconds):
    line = json.dumps({"at": written, "probe": "witness", "witness": "w", "ok": True})
    assert from_json(line, HERE).at == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("line", "key", "word"),
    [
        ("", "", "not JSON"),
        ("[1]", "", "not a JSON object"),
        ("{" * 5000, "", "not JSON"),
        ("[" * 16000, "", "not JSON"),
        ('{"at": 1' + " " * 20_000, "", "line of"),
        ('{"at": 1}', "probe", "is missing"),
        ('{"at": 1, "probe": ["icmp"]}', "probe", "unknown probe"),
        ('{"at": 1, "probe": "icpm", "device": "a"}', "probe", 'did you mean "icmp"'),
        ('{"at": 1, "at": 2, "probe": "witness", "witness": "w", "ok": true}', "", "stands twice"),
        ('{"at": NaN, "probe": "witness", "witness": "w", "ok": true}', "", "NaN"),
        ('{"at": 1e999, "probe": "witness", "witness": "w", "ok": true}', "at", "out of range"),
        ('{"at": ' + "9" * 5000 + ', "probe": "witness", "witness": "w", "ok": true}', "", "not JSON"),
        ('{"at": ' + "9" * 400 + ', "probe": "witness", "witness": "w", "ok": true}', "at", "out of range"),
        ('{"at": true, "probe": "witness", "witness": "w", "ok": true}', "at", "not a number"),
        ('{"at": "12", "probe": "witness", "witness": "w", "ok": true}', "at", "RFC 3339"),
        ('{"at": "2026-12-01T00:00:00", "probe": "witness", "witness": "w", "ok": true}', "at", "RFC 3339"),
        ('{"at": "2026-13-01T00:00:00Z", "probe": "witness", "witness": "w", "ok": true}', "at", "no instant"),
        ('{"at": "0000-01-01T00:00:00Z", "probe": "witness", "witness": "w", "ok": true}', "at", "no instant"),
        ('{"probe": "witness", "witness": "w", "ok": true}', "at", "is missing"),
        ('{"at": 1, "probe": "witness", "witness": "w", "ok": "true"}', "ok", "neither true nor false"),
        ('{"at": 1, "probe": "witness", "witness": "w", "ok": 1}', "ok", "neither true nor false"),
        ('{"at": 1, "probe": "witness", "witness": "", "ok": true}', "witness", "is empty"),
        ('{"at": 1, "probe": "witness", "witness": "a\\nb", "ok": true}', "witness", "unprintable"),
        ('{"at": 1, "probe": "witness", "witness": "\\ud800", "ok": true}', "witness", "unprintable"),
        ('{"at": 1, "probe": "witness", "witness": 7, "ok": true}', "witness", "not a text"),
        (
            '{"at": 1, "probe": "icmp", "device": "a", "sent": 1, "received": 1, "rtt": 1}',
            "rtt",
            'did you mean "rtt_ms"',
        ),
        ('{"at": 1, "probe": "icmp", "device": "a", "sent": 1}', "received", "is missing"),
        ('{"at": 1, "probe": "icmp", "device": "a", "sent": 1, "received": 2}', "received", "more replies"),
        ('{"at": 1, "probe": "icmp", "device": "a", "sent": 0, "received": 0}', "sent", "no ping"),
        ('{"at": 1, "probe": "icmp", "device": "a", "sent": 1.5, "received": 0}', "sent", "not a count"),
        ('{"at": 1, "probe": "icmp", "device": "a", "sent": 1, "received": -1}', "received", "not a count"),
        (
            '{"at": 1, "probe": "icmp", "device": "a", "sent": 1, "received": 0, "rtt_ms": 3}',
            "rtt_ms",
            "without a reply",
        ),
        ('{"at": 1, "probe": "icmp", "device": "a", "sent": 1, "received": 1, "rtt_ms": -3}', "rtt_ms", "out of range"),
        ('{"at": 1, "probe": "snmp", "device": "a", "ok": true, "uptime_s": "9"}', "uptime_s", "not a number"),
        (
            '{"at": 1, "probe": "interface", "device": "a", "interface": "x", "admin": "up", "oper": "Down"}',
            "oper",
            "down",
        ),
        (
            '{"at": 1, "probe": "interface", "device": "a", "interface": "", "admin": "up", "oper": "up"}',
            "interface",
            "empty",
        ),
        ('{"at": 1, "probe": "power", "device": "a", "source": "solar"}', "source", "mains"),
        ('{"at": 1, "probe": "traffic", "device": "a", "interface": "", "interval_s": 9}', "interface", "empty"),
        ('{"at": 1, "probe": "traffic", "device": "a", "interface": "x"}', "interval_s", "is missing"),
        ('{"at": 1, "probe": "traffic", "device": "a", "interface": "x", "interval_s": 0}', "interval_s", "0 seconds"),
        (
            '{"at": 1, "probe": "traffic", "device": "a", "interface": "x", "interval_s": 9, "in_bps": -1}',
            "in_bps",
            "out of range",
        ),
        ('{"at": 1, "probe": "optics", "device": "a", "interface": "x", "rx_dbm": 101}', "rx_dbm", "out of range"),
        ('{"at": 1, "probe": "optics", "device": "a", "interface": ""}', "interface", "empty"),
        (
            '{"at": 1, "probe": "neighbour", "device": "a", "protocol": "rip", "neighbour": "n", "state": "up", "up": true}',
            "protocol",
            "use one of bgp, ospf",
        ),
        (
            '{"at": 1, "probe": "neighbour", "device": "a", "protocol": "bgp", "neighbour": "n", "state": "full", "up": true}',
            "state",
            "bgp has no state",
        ),
        (
            '{"at": 1, "probe": "neighbour", "device": "a", "protocol": "ospf", "neighbour": "n", "state": "down", "up": true}',
            "up",
            "contradicts",
        ),
    ],
)
def test_a_hostile_line_is_refused_with_its_line_and_key(line, key, word):
    with pytest.raises(InputError) as caught:
        from_json(line, HERE)
    (fault,) = caught.value.faults
    assert (fault.where.file, fault.where.line, fault.where.key) == ("observations.jsonl", 7, key)
    assert word in str(fault)


def test_all_faults_of_a_line_are_told_at_once():
    with pytest.raises(InputError) as caught:
        from_json('{"at": "x", "probe": "icmp", "device": 3, "sent": "one"}', HERE)
    assert {fault.where.key for fault in caught.value.faults} == {"at", "device", "sent", "received"}
