"""A recording played back gives the incidents that were live, in the JSON that others read."""

import json

import pytest

from netwatch.errors import InputError
from netwatch.simulation.faults import parse_all
from netwatch.simulation.noise import USUAL
from netwatch.simulation.replay import replay
from netwatch.simulation.runner import Rehearsal, simulate
from netwatch.simulation.writing import recorder, write_inventory


@pytest.fixture(scope="module")
def recorded(provider, places, tmp_path_factory):
    directory = tmp_path_factory.mktemp("replay")
    config = write_inventory(provider, directory)
    _, trunk = places.tree_parent()
    faults = parse_all([f"cut {trunk} at 60 for 200"], provider)
    with (directory / "o.jsonl").open("w") as target:
        log = simulate(Rehearsal(provider, faults, seed=4, duration_s=500, noise=USUAL), watch=recorder(target))
    return config, directory / "o.jsonl", log, trunk


def test_replay_finds_the_same_incident_as_live(recorded):
    config, observations, log, trunk = recorded
    (found,) = replay(config, observations)["incidents"]
    (live,) = log.incidents.values()
    assert found["root_causes"] == [f"link:{trunk}"]
    assert found["scope"] == "regional"
    assert found["id"] == live.id
    assert abs(found["opened_at"] - live.opened_at) <= 2.0
    assert frozenset(found["customers"]["out"]) == live.ever_affected
    assert found["resolved_at"] is not None


def test_the_json_holds_exactly_the_agreed_keys_and_counts_messages(recorded):
    config, observations, _, _ = recorded
    account = replay(config, observations)
    assert json.loads(json.dumps(account)) == account
    (found,) = account["incidents"]
    assert list(found) == [
        "id", "scope", "scenario", "root_causes", "opened_at", "confirmed_at", "resolved_at", "customers", "confidence",
        "reasons", "revisions", "messages",
    ]  # fmt: skip
    assert list(found["customers"]) == ["out", "degraded", "at_risk"]
    assert found["messages"]["customers"] >= 2 * len(found["customers"]["out"])
    assert {key for revision in found["revisions"] for key in revision} == {"at", "change"}


def test_a_shuffled_recording_gives_the_same_incidents(recorded, tmp_path):
    config, observations, _, _ = recorded
    lines = observations.read_text().splitlines(keepends=True)
    (tmp_path / "o.jsonl").write_text("".join(lines[::3] + lines[1::3] + lines[2::3]))
    shuffled, sorted_ = (replay(config, file) for file in (tmp_path / "o.jsonl", observations))
    assert without_instants(shuffled) == without_instants(sorted_)
    # A shuffled file no longer says when a failed ping became known: up to its time-out after it was sent.
    for one, other in zip(shuffled["incidents"], sorted_["incidents"], strict=True):
        for instant in INSTANTS:
            assert one[instant] == pytest.approx(other[instant], abs=2.0), instant


INSTANTS = ("opened_at", "confirmed_at", "resolved_at")


def without_instants(account):
    """What is told apart from when: the reasons count pings up to the telling."""
    found = []
    for incident in account["incidents"]:
        kept = {key: value for key, value in incident.items() if key not in {*INSTANTS, "reasons", "revisions"}}
        found.append({**kept, "changes": [revision["change"] for revision in incident["revisions"]]})
    return found


def test_a_bad_line_is_told_by_file_line_and_key_and_nothing_is_concluded(recorded, tmp_path):
    config, observations, _, _ = recorded
    lines = observations.read_text().splitlines()
    lines[1] = lines[1].replace('"probe"', '"prob"')
    (tmp_path / "o.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"1 fault|2 faults") as caught:
        replay(config, tmp_path / "o.jsonl")
    assert "o.jsonl:2: probe" in str(caught.value)


def test_an_empty_recording_holds_no_incidents(recorded, tmp_path):
    (tmp_path / "o.jsonl").write_text("")
    assert replay(recorded[0], tmp_path / "o.jsonl") == {"incidents": []}
