"""Whatever is observed can be written and read again; whatever is read raises nothing but InputError."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from netwatch.errors import InputError, Place
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    NeighbourObservation,
    OpticalObservation,
    SnmpObservation,
    TrafficObservation,
    TrapObservation,
)
from netwatch.polling.record import ADMIN, OPER, PROBES, STATES, UP_STATES, from_json, to_json

HERE = Place("f", 1)
instants = st.floats(0, 1e11, allow_nan=False)
names = st.text(min_size=1, max_size=40).filter(str.isprintable)
rates = st.none() | st.floats(0, 1e15)
levels = st.none() | st.floats(-60, 40)
states = st.sampled_from([(protocol, state) for protocol, states in STATES.items() for state in states])
observations = st.one_of(
    st.builds(TrafficObservation, instants, names, names, st.floats(0.001, 1e9), *[rates] * 7),
    st.builds(OpticalObservation, instants, names, names, levels, levels, names),
    st.builds(lambda at, device, other, state, enabled, remote: NeighbourObservation(
        at, device, state[0], other, state[1], state[1] in UP_STATES, enabled, remote),
              instants, names, names, states, st.booleans(), st.just("") | names),
    st.builds(lambda at, device, sent, lost: IcmpObservation(at, device, sent, max(0, sent - lost), 1.5 if sent > lost else None),
              instants, names, st.integers(1, 100), st.integers(0, 100)),
    st.builds(SnmpObservation, instants, names, st.booleans(), st.none() | st.floats(0, 1e9)),
    st.builds(InterfaceObservation, instants, names, names, st.sampled_from(ADMIN), st.sampled_from(OPER), names),
    st.builds(TrapObservation, instants, names, names, st.just("") | names),
)  # fmt: skip


@given(observations)
def test_an_observation_survives_writing_and_reading(observation):
    assert from_json(to_json(observation), HERE) == observation


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    [
        "at",
        "probe",
        "device",
        "sent",
        "received",
        "rtt_ms",
        "ok",
        "interface",
        "oper",
        "admin",
        "x",
        "up",
        "state",
        "protocol",
        "neighbour",
        "interval_s",
        "in_bps",
        "rx_dbm",
    ]
)
probes = st.sampled_from(sorted(PROBES))


@given(st.dictionaries(keys, json_values), st.none() | probes)
def test_any_json_object_is_an_observation_or_a_told_fault(record, probe):
    if probe is not None:
        record["probe"] = probe
    with suppress(InputError):
        observation = from_json(json.dumps(record), HERE)
        assert from_json(to_json(observation), HERE) == observation


@given(st.text())
def test_any_text_is_an_observation_or_a_told_fault(line):
    with suppress(InputError):
        from_json(line, HERE)
