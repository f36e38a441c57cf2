"""A drill says who would read what at which second, and whether the promise was kept."""

import json
from dataclasses import replace

import pytest

from netwatch import config
from netwatch.communication.channels.settings import (
    ChannelSettings,
    EmailRoute,
    EmailSettings,
    WebhookRoute,
    WebhookSettings,
)
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


def test_without_any_route_the_drill_says_that_it_is_on_paper(account):
    promise = account["promise"]
    assert promise["sentence"].startswith("On paper only, as no channel has a route: Kept: ")
    assert promise["routes"] == []
    (missing,) = promise["routes_missing"]
    assert missing.startswith("Nothing would leave: no channel has a route (channels.email.routes")
    assert {message["fate"] for message in account["messages"]} == {"no route"}


@pytest.fixture(scope="module")
def rehearsed(provider, places, tmp_path_factory):
    loaded = config.load(write_inventory(provider, tmp_path_factory.mktemp("routes")))
    _, trunk = places.tree_parent()

    def by(**ways):
        settings = replace(loaded, channels=ChannelSettings(**ways))
        return drill(settings, provider, parse_all([f"cut {trunk} at 30 for 200"], provider), seed=7)

    return by


def test_only_what_has_a_route_is_planned_and_sent(rehearsed):
    account = rehearsed(email=EmailSettings(routes=(EmailRoute("127.0.0.1"),)))
    assert account["promise"]["kept"]
    assert account["promise"]["routes"] == ["email"]
    assert account["promise"]["routes_missing"] == []
    assert {message["channel"] for message in account["messages"]} == {"email"}
    assert {message["fate"] for message in account["messages"]} == {"sent"}


def test_customers_to_whom_no_route_leads_break_the_promise(rehearsed):
    account = rehearsed(webhook=WebhookSettings((WebhookRoute("http://127.0.0.1/"),)))
    promise = account["promise"]
    assert not promise["kept"]
    assert promise["unrouted"] == account["incidents"][0]["customers"]["out"]
    assert "no route leads to" in promise["sentence"]
    assert "customer would be told nothing: no route under channels.email or channels.sms." in promise["routes_missing"]
    assert {message["channel"] for message in account["messages"]} == {"webhook"}
