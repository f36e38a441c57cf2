"""A drill says who would read what at which second, and whether the promise was kept."""

import json

import pytest

from netwatch import config
from netwatch.simulation.drill import drill
from netwatch.simulation.faults import parse_all
from netwatch.simulation.writing import write_inventory


@pytest.fixture(scope="module")
def account(provider, places, tmp_path_factory):
    settings = config.load(write_inventory(provider, tmp_path_factory.mktemp("drill")))
    _, trunk = places.tree_parent()
    return drill(settings, provider, parse_all([f"cut {trunk} at 30 for 200"], provider), seed=7)


def test_the_account_is_json(account):
    assert json.loads(json.dumps(account)) == account


def test_every_customer_behind_the_cut_reads_one_first_notice_and_its_end(account):
    (incident,) = account["incidents"]
    external = [m for m in account["messages"] if m["audience"] in {"customer", "critical"}]
    for phase in ("opened", "resolved"):
        told = sorted({m["recipient"] for m in external if m["phase"] == phase})
        assert told == incident["customers"]["out"]


def test_times_count_from_the_end_of_the_warm_up_and_the_promise_is_kept(account):
    assert 30 < account["incidents"][0]["opened_at"] < 75
    assert account["promise"]["kept"]
    assert account["promise"]["first_colleague_s"] <= account["promise"]["first_customer_s"] <= 180


def test_the_page_is_shown_as_it_would_read(account):
    assert account["page"][0]["resolved"] is False
    assert account["page"][-1]["resolved"] is True
    assert {text["language"] for text in account["page"][0]["texts"]} == {"nl", "pl", "en"}
