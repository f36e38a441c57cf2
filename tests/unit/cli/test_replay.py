"""`netwatch replay` on files: several at once, late lines, and what is printed."""

import json

import pytest

from netwatch.simulation.faults import parse_all
from netwatch.simulation.runner import Rehearsal, simulate
from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.writing import recorder, write_inventory


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    directory = tmp_path_factory.mktemp("replay")
    inventory = generate(ProviderPlan(24, seed=3))
    config = write_inventory(inventory, directory)
    with (directory / "all.jsonl").open("w") as target:
        simulate(
            Rehearsal(inventory, parse_all(["down agg-1-1 at 60 for 60"], inventory), seed=1, duration_s=300),
            watch=recorder(target),
        )
    return config, directory / "all.jsonl"


def test_replay_prints_the_incident_with_its_reasons(netwatch, recorded):
    said = netwatch("replay", "-c", str(recorded[0]), str(recorded[1]))
    assert (said.code, said.err) == (0, "")
    assert "1 incident" in said.out
    assert "agg-1-1" in said.out


def test_parts_of_a_recording_in_any_order_are_one_recording(netwatch, recorded, tmp_path):
    config, whole = recorded
    lines = whole.read_text().splitlines(keepends=True)
    third = len(lines) // 3
    for number, part in enumerate((lines[:third], lines[third : 2 * third], lines[2 * third :])):
        (tmp_path / f"{number}.jsonl").write_text("".join(part))
    parts = [str(tmp_path / f"{number}.jsonl") for number in (2, 0, 1)]
    expected = json.loads(netwatch("replay", "-c", str(config), str(whole), "--json").out)
    assert json.loads(netwatch("replay", "-c", str(config), *parts, "--json").out) == expected
    assert expected["incidents"]


def test_recordings_of_two_pollers_are_merged_by_time(netwatch, recorded, tmp_path):
    config, whole = recorded
    lines = whole.read_text().splitlines(keepends=True)
    (tmp_path / "even.jsonl").write_text("".join(lines[::2]))
    (tmp_path / "odd.jsonl").write_text("".join(lines[1::2]))
    said = netwatch("replay", "-c", str(config), str(tmp_path / "even.jsonl"), str(tmp_path / "odd.jsonl"), "--json")
    (incident,) = json.loads(said.out)["incidents"]
    assert incident["root_causes"] == ["device:agg-1-1"]


def test_a_file_that_is_not_there_is_named(netwatch, recorded, tmp_path):
    said = netwatch("replay", "-c", str(recorded[0]), str(recorded[1]), str(tmp_path / "gone.jsonl"))
    assert said.code == 1
    assert "gone.jsonl" in said.err
