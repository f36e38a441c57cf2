"""`netwatch drill` on files: what is printed, what it exits with, what a wrong fault is told."""

import json

import pytest

from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.writing import write_inventory


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return write_inventory(generate(ProviderPlan(30, seed=2)), tmp_path_factory.mktemp("drill"))


def test_a_drill_shows_the_verdict_the_seconds_the_cause_every_text_and_the_page(netwatch, config):
    said = netwatch("drill", "-c", str(config), "--fault", "down agg-1-1 at 30 for 200")
    assert (said.code, said.err) == (0, "")
    assert "Kept: the last of" in said.out
    for heading in (
        "The 180 seconds",
        "What netwatch concludes",
        "What happens",
        "Who is told what",
        "The outage page",
    ):
        assert heading in said.out
    assert "last notice accepted by the relay" in said.out
    assert "resolved to customer by email" in said.out
    assert "[pl]" in said.out


def test_the_json_is_complete_and_the_same_for_the_same_seed(netwatch, config):
    fault = ("drill", "-c", str(config), "--fault", "down agg-1-1 at 30 for 60", "--seed", "7", "--json")
    first = netwatch(*fault).out
    account = json.loads(first)
    assert set(account) == {
        "faults", "seed", "promise_s", "incidents", "accounts", "timeline", "messages", "approvals", "page", "truth",
        "promise",
    }  # fmt: skip
    assert account["seed"] == 7
    assert account["messages"][0].keys() >= {"released_at", "accepted_at", "recipient", "subject", "body", "fate"}
    assert netwatch(*fault).out == first


def test_a_notice_that_waits_for_a_person_breaks_the_promise_unless_somebody_approves(netwatch, config):
    fault = ("drill", "-c", str(config), "--fault", "cut transit-1", "--fault", "cut transit-2")
    said = netwatch(*fault)
    assert said.code == 1
    assert "wait for a person" in said.out
    assert netwatch(*fault, "--approve-after", "30").code == 0


def test_a_drill_can_be_written_down(netwatch, config, tmp_path):
    (tmp_path / "drill.yaml").write_text("faults: [cut trunk-1-2 at 30 for 60]\nseed: 3\n")
    account = json.loads(netwatch("drill", "-c", str(config), "--file", str(tmp_path / "drill.yaml"), "--json").out)
    assert (account["seed"], account["faults"]) == (3, ["cut link:trunk-1-2 at 30 for 60"])


@pytest.mark.parametrize(("fault", "hint"), [
    ("cut trunk-1-22", 'Did you mean "trunk-1-2"?'),
    ("down agg1-1", 'Did you mean "agg-1-1"?'),
    ("power site-agg-1", 'Did you mean "site-agg-1-'),
    ("cut agg-1-1", '"agg-1-1" is a device: write `down agg-1-1`'),
    ("cutt trunk-1-2", 'Did you mean "cut"?'),
])  # fmt: skip
def test_a_wrong_fault_is_one_clear_error(netwatch, config, fault, hint):
    said = netwatch("drill", "-c", str(config), "--fault", fault)
    assert said.code == 1
    assert said.out == ""
    assert said.err.startswith("--fault: ")
    assert hint in said.err


def test_faults_of_a_file_are_told_with_their_lines(netwatch, config, tmp_path):
    (tmp_path / "drill.yaml").write_text("faults:\n  - cut trunk-1-2\n  - powr feed-7\n")
    said = netwatch("drill", "-c", str(config), "--file", str(tmp_path / "drill.yaml"))
    assert said.code == 1
    assert "drill.yaml:3:5: faults[1]: " in said.err


def test_one_kind_of_drill_at_a_time(netwatch, config):
    assert netwatch("drill", "-c", str(config)).code == 2
    assert netwatch("drill", "-c", str(config), "--fault", "isolate", "--all-single-faults").code == 2


def test_all_single_faults_are_ranked_and_judged(netwatch, config):
    said = netwatch("drill", "-c", str(config), "--all-single-faults", "--most", "12", "--json")
    account = json.loads(said.out)
    assert account["rehearsed"] == 12
    assert account["not_rehearsed"]["count"] > 0
    faults = account["faults"]
    assert [one["customers"] for one in faults] == sorted((one["customers"] for one in faults), reverse=True)
    assert all(
        one["told"] == one["customers"] and not one["wrong"] and one["cause_right"] for one in faults if one["kept"]
    )
    assert said.code == (0 if account["kept"] else 1)
    assert account["kept"] == all(one["kept"] for one in faults)
