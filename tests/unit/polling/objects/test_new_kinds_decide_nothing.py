"""Traffic, neighbours and light levels go through every stage and change no conclusion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from netwatch import config
from netwatch.errors import Place
from netwatch.polling.model import (
    IcmpObservation,
    NeighbourObservation,
    Observation,
    OpticalObservation,
    SnmpObservation,
    TrafficObservation,
)
from netwatch.polling.record import PROBES, from_json, to_json
from netwatch.simulation.cadence import is_sign, subject_of, whose
from netwatch.simulation.replay import replay_observations

ROOT = Path(__file__).parents[4]
NEW = (
    TrafficObservation(0.0, "d", "x", 300.0, 1e9, 2e9),
    NeighbourObservation(0.0, "d", "bgp", "192.0.2.1", "idle", up=False),
    OpticalObservation(0.0, "d", "x", -40.0, None),
)


def test_every_kind_has_one_word_in_records_and_in_metrics():
    assert sorted(PROBES.values(), key=str) == sorted(get_args(Observation), key=str)


def test_the_examples_of_the_reference_are_what_is_written_and_read():
    page = (ROOT / "docs/reference/observations.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("{")]
    assert {json.loads(line)["probe"] for line in lines} == set(PROBES)
    for line in lines:
        assert json.loads(to_json(from_json(line, Place("observations.md", 1)))) == json.loads(line)


@pytest.mark.parametrize("seen", NEW, ids=lambda one: type(one).__name__)
def test_none_is_a_sign_of_failure(seen):
    assert not is_sign(seen)
    assert whose(seen) == "d"
    assert subject_of(seen)[1] == "d"
    assert from_json(to_json(seen), Place("f", 1)) == seen


def story(inventory, *, more):
    """Two minutes of a network in which one device falls silent, with or without the other kinds between."""
    silent = max(inventory.devices)
    for at in range(0, 400, 10):
        for name in sorted(inventory.devices):
            lost = name == silent and at >= 200
            yield IcmpObservation(float(at), name, 1, int(not lost), None if lost else 2.0)
            if at % 30 == 0 and not lost:
                yield SnmpObservation(float(at), name, ok=True, uptime_s=1e6 + at)
            if more:
                yield TrafficObservation(at + 0.1, name, "x", 300.0, 1e9, 2e9, in_errors_per_s=9.0)
                yield NeighbourObservation(at + 0.1, name, "ospf", "10.0.0.1", "down", up=False)
                yield OpticalObservation(at + 0.1, name, "x", -40.0)


def test_a_replay_with_them_concludes_the_same_as_without():
    settings = config.load(ROOT / "config/netwatch.yaml")
    inventory = settings.load_inventory()
    plain = replay_observations(settings, inventory, story(inventory, more=False))
    assert plain["incidents"]
    mixed = replay_observations(settings, inventory, story(inventory, more=True))
    assert mixed["incidents"] == plain["incidents"]
