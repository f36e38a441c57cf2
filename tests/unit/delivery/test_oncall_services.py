"""Alertmanager, PagerDuty and apprise against real HTTP servers on loopback."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pytest

from netwatch.communication.channels import apprise as apprise_channel
from netwatch.communication.channels.alertmanager import AlertmanagerChannel
from netwatch.communication.channels.apprise import AppriseChannel
from netwatch.communication.channels.build import build
from netwatch.communication.channels.oncall import ITSELF
from netwatch.communication.channels.pagerduty import PagerDutyChannel
from netwatch.communication.channels.settings import (
    AlertmanagerRoute,
    AlertmanagerSettings,
    AppriseRoute,
    AppriseSettings,
    ChannelSettings,
    PagerDutyRoute,
    PagerDutySettings,
)
from netwatch.communication.channels.tending import Kept, Tended, tend
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import TAKEN, Audience, Message, Phase
from netwatch.errors import InputError

STATUSES = [
    ("200 OK", Outcome.ACCEPTED),
    ("302 Found\r\nLocation: http://127.0.0.1:1/", Outcome.CONFIGURATION),
    ("400 Bad Request", Outcome.CONTENT),
    ("401 Unauthorized", Outcome.CONFIGURATION),
    ("429 Too Many\r\nRetry-After: 7", Outcome.THROTTLED),
    ("500 Broken", Outcome.RECIPIENT_TEMPORARY),
]


@pytest.fixture
def alert(post):
    def make(phase: Phase = Phase.OPENED, **changes: Any) -> Message:
        made = post.message("oncall", Audience.ONCALL, "webhook")
        return replace(made, phase=phase, subject="Uitval: Zażółć", body="regel 1\nregel 2", **changes)

    return make


# --- Alertmanager


def checked(document: bytes) -> list[dict[str, Any]]:
    """The alerts of a request, each by the schema `postableAlert` of Alertmanager's OpenAPI specification."""
    alerts = json.loads(document)
    assert isinstance(alerts, list)
    assert alerts
    for one in alerts:
        assert set(one) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
        for name, value in {**one["labels"], **one["annotations"]}.items():
            assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name)
            assert isinstance(value, str)
        starts, ends = datetime.fromisoformat(one["startsAt"]), datetime.fromisoformat(one["endsAt"])
        assert starts.tzinfo is not None
        assert starts <= ends
    return alerts


@pytest.fixture
async def alertmanager(service, post) -> AsyncIterator[AlertmanagerChannel]:
    service.answer = service.says(200)
    labels = MappingProxyType({"team": "noc"})
    route = AlertmanagerRoute(service.url, timeout_s=2.0)
    channel = AlertmanagerChannel(AlertmanagerSettings(labels=labels, fires_s=7200.0), route, post.clock)
    yield channel
    await channel.close()


async def test_an_incident_is_one_alert_from_its_opening_to_its_end(service, alertmanager, alert, post):
    first = alert()
    assert (await alertmanager.send(first)).outcome is Outcome.ACCEPTED
    post.clock.at += 600
    assert (await alertmanager.send(alert(Phase.UPDATE, update=1))).outcome is Outcome.ACCEPTED
    post.clock.at += 600
    assert (await alertmanager.send(alert(Phase.RESOLVED, update=2))).outcome is Outcome.ACCEPTED
    assert {line for line, _, _ in service.requests} == {"POST /hook/secret/api/v2/alerts HTTP/1.1"}
    opened, update, over = (checked(body)[0] for _, _, body in service.requests)
    assert opened["labels"] == update["labels"] == over["labels"]
    assert opened["labels"] == {
        "severity": "critical", "team": "noc", "alertname": "NetwatchIncident", "incident": "i-1", "job": "netwatch"
    }  # fmt: skip
    assert opened["annotations"]["summary"] == "Uitval: Zażółć"
    assert opened["startsAt"] == post.clock.utc(first.planned_at).isoformat()
    assert opened["endsAt"] == post.clock.utc(first.planned_at + 7200).isoformat()
    assert over["endsAt"] == post.clock.utc(post.clock.now()).isoformat()


async def test_what_fires_is_sent_again_and_what_is_over_is_not(service, alertmanager, alert, post):
    await alertmanager.send(alert())
    await alertmanager.send(alert(incident="i-2"))
    await alertmanager.tend()
    assert [one["labels"]["incident"] for one in checked(service.requests[-1][2])] == ["i-1", "i-2"]
    await alertmanager.tend()
    assert len(service.requests) == 3
    await alertmanager.send(alert(Phase.RESOLVED))
    post.clock.at += 61
    await alertmanager.tend()
    assert [one["labels"]["incident"] for one in checked(service.requests[-1][2])] == ["i-2"]
    post.clock.at += 7200
    count = len(service.requests)
    await alertmanager.tend()
    assert len(service.requests) == count


async def test_what_was_not_taken_is_not_sent_again_by_itself(service, alertmanager, alert):
    service.script.append(service.says(500))
    assert (await alertmanager.send(alert())).outcome is Outcome.RECIPIENT_TEMPORARY
    await alertmanager.tend()
    assert len(service.requests) == 1


async def test_an_alarm_about_netwatch_itself_is_an_alert_of_its_own_that_ends_by_itself(service, alertmanager, alert):
    one, other = alert(incident="netwatch", id="a" * 32), alert(incident="netwatch", id="b" * 32)
    await alertmanager.send(one)
    await alertmanager.send(other)
    first, second = (checked(body)[0] for _, _, body in service.requests)
    assert first["labels"]["incident"] == f"netwatch-{one.id}"
    assert first["labels"] != second["labels"]
    lasts = datetime.fromisoformat(first["endsAt"]) - datetime.fromisoformat(first["startsAt"])
    assert lasts.total_seconds() == one.expires_at - one.planned_at


@pytest.mark.parametrize(("answer", "outcome"), STATUSES)
async def test_alertmanagers_answers_are_told_apart(service, alertmanager, alert, answer, outcome):
    service.answer = f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()
    assert (await alertmanager.send(alert())).outcome is outcome


async def test_a_lost_answer_of_alertmanager_leaves_doubt_and_the_same_again_is_harmless(service, alertmanager, alert):
    service.script.extend([None, service.says(200)])
    assert (await alertmanager.send(alert())).outcome is Outcome.UNKNOWN
    assert (await alertmanager.send(alert())).outcome is Outcome.ACCEPTED
    assert service.requests[0][2] == service.requests[1][2]


def keeping(kept: list[dict[str, str]], *, refuses: int = 0):
    """Keeps what routes remember in `kept`; the first `refuses` times it does not."""

    async def keep(now):
        kept.append(dict(now))
        return len(kept) > refuses

    return keep


async def turns(channel: AlertmanagerChannel, post, kept: Kept, keep, count: int) -> None:
    """Give the channel so many turns of its own."""
    until_at = post.clock.at + 5.0 * count
    working = asyncio.create_task(tend((channel,), post.clock, kept, keep))
    async with asyncio.timeout(5):
        while post.clock.at < until_at:
            await asyncio.sleep(0)
    working.cancel()


async def test_what_fires_is_sent_again_after_a_restart_save_what_ended_meanwhile(service, alertmanager, alert, post):
    for incident in ("i-1", "i-2"):
        await alertmanager.send(alert(incident=incident))
    await alertmanager.send(alert(incident=ITSELF))
    held: list[dict[str, str]] = []
    await turns(alertmanager, post, Kept(), keeping(held), 3)
    assert len(held) == 1  # nothing changed after the first turn
    after = AlertmanagerChannel(AlertmanagerSettings(), AlertmanagerRoute(service.url, timeout_s=2.0), post.clock)
    count = len(service.requests)
    await turns(after, post, Kept(held[0], frozenset({"i-2"})), keeping([]), 1)
    await after.close()
    again = [one["labels"]["incident"] for one in checked(service.requests[count][2])]
    assert again[0] == "i-2"
    assert [name.partition("-")[0] for name in again[1:]] == ["netwatch"]


async def test_what_the_store_refuses_to_keep_is_kept_at_the_next_turn(alertmanager, alert, post):
    await alertmanager.send(alert())
    held: list[dict[str, str]] = []
    await turns(alertmanager, post, Kept(), keeping(held, refuses=2), 5)
    assert len(held) == 3


@pytest.mark.parametrize("kept", ["", "{", "[]", "7", '{"i-1": null}', '{"i-1": [[], "x"]}', '{"i-1": [{}]}'])
async def test_of_what_can_not_be_read_nothing_is_recalled(alertmanager, kept):
    alertmanager.recall(kept, {"i-1"})
    assert alertmanager.remember() == ""


async def test_routes_with_work_of_their_own_get_their_turn(service, alertmanager, alert, post):
    await alertmanager.send(alert())
    assert isinstance(alertmanager, Tended)
    working = asyncio.create_task(tend((alertmanager,), post.clock, Kept(), keeping([])))
    async with asyncio.timeout(5):
        while len(service.requests) < 4:
            await asyncio.sleep(0)
    working.cancel()
    assert {checked(body)[0]["labels"]["incident"] for _, _, body in service.requests} == {"i-1"}


# --- PagerDuty


@pytest.fixture
async def pagerduty(service, post, tmp_path) -> AsyncIterator[PagerDutyChannel]:
    service.answer = service.says(202, {"status": "success"})
    (tmp_path / "key").write_text("R0UT1NGK3Y\n")
    channel = PagerDutyChannel(PagerDutyRoute("key", service.url, timeout_s=2.0), post.clock, tmp_path)
    yield channel
    await channel.close()


async def test_an_incident_is_triggered_acknowledged_and_resolved_under_one_key(service, pagerduty, alert, post):
    for message in (alert(), alert(Phase.UPDATE, update=1)):
        assert (await pagerduty.send(message)).outcome is Outcome.ACCEPTED
    assert (await pagerduty.send(alert(Phase.UPDATE, update=2, recipient=TAKEN))).outcome is Outcome.ACCEPTED
    assert (await pagerduty.send(alert(Phase.RESOLVED, update=2))).outcome is Outcome.ACCEPTED
    events = [json.loads(body) for _, _, body in service.requests]
    assert [event["event_action"] for event in events] == ["trigger", "trigger", "acknowledge", "resolve"]
    assert {event["dedup_key"] for event in events} == {"i-1"}
    assert {event["routing_key"] for event in events} == {"R0UT1NGK3Y"}
    assert events[0]["payload"] == {
        "summary": "Uitval: Zażółć",
        "source": "netwatch",
        "severity": "critical",
        "timestamp": post.clock.utc(alert().planned_at).isoformat(),
        "custom_details": {"phase": "opened", "update": 0, "text": "regel 1\nregel 2"},
    }


async def test_a_daily_test_wakes_nobody(service, pagerduty, alert):
    await pagerduty.send(alert(Phase.PLANNED, incident="netwatch"))
    assert json.loads(service.requests[0][2])["payload"]["severity"] == "info"


async def test_a_long_subject_is_cut_to_what_pagerduty_takes(service, pagerduty, alert):
    await pagerduty.send(replace(alert(), subject="x" * 5000))
    assert len(json.loads(service.requests[0][2])["payload"]["summary"]) == 1024


async def test_each_alarm_about_netwatch_itself_calls_somebody(service, pagerduty, alert):
    await pagerduty.send(alert(incident="netwatch", id="a" * 32))
    await pagerduty.send(alert(incident="netwatch", id="b" * 32))
    assert len({json.loads(body)["dedup_key"] for _, _, body in service.requests}) == 2


@pytest.mark.parametrize(("answer", "outcome"), STATUSES)
async def test_pagerdutys_answers_are_told_apart(service, pagerduty, alert, answer, outcome):
    service.answer = f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()
    assert (await pagerduty.send(alert())).outcome is outcome


async def test_a_missing_key_is_the_configurations_fault(service, pagerduty, alert, tmp_path):
    (tmp_path / "key").unlink()
    assert (await pagerduty.send(alert())).outcome is Outcome.CONFIGURATION
    assert not service.requests


# --- apprise

#: The library loads modules that Python will drop one day.
LOADS_OLD_MODULES = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
async def apprise(service, tmp_path) -> AsyncIterator[AppriseChannel]:
    service.answer = service.says(200, {})
    (tmp_path / "url").write_text(service.url.replace("http://", "json://") + "?rto=2\n")
    channel = AppriseChannel(AppriseRoute("url", timeout_s=5.0), tmp_path)
    yield channel
    await channel.close()


@LOADS_OLD_MODULES
async def test_apprise_carries_subject_and_text_as_they_are(service, apprise, alert):
    message = replace(alert(), body="a\\nb *c* <d> & [e](http://x)")
    assert (await apprise.send(message)).outcome is Outcome.ACCEPTED
    document = json.loads(service.requests[0][2])
    assert (document["title"], document["message"]) == (message.subject, message.body)


@LOADS_OLD_MODULES
async def test_what_apprise_can_not_deliver_goes_by_the_next_route(service, apprise, alert):
    service.answer = service.says(500, {})
    assert (await apprise.send(alert())).outcome is Outcome.CHANNEL_TEMPORARY
    service.answer = None
    assert (await apprise.send(alert())).outcome is Outcome.CHANNEL_TEMPORARY


@LOADS_OLD_MODULES
async def test_a_service_that_hangs_is_cut_off_and_leaves_doubt(service, tmp_path, alert):
    service.silent = True
    (tmp_path / "url").write_text(service.url.replace("http://", "json://") + "?rto=1\n")
    channel = AppriseChannel(AppriseRoute("url", timeout_s=0.1), tmp_path)
    assert (await channel.send(alert())).outcome is Outcome.UNKNOWN
    await channel.close()


@LOADS_OLD_MODULES
async def test_an_address_that_apprise_does_not_know_is_the_configurations_fault(apprise, alert, tmp_path):
    (tmp_path / "url").write_text("nonsense://x\n")
    assert (await apprise.send(alert())).outcome is Outcome.CONFIGURATION
    (tmp_path / "url").unlink()
    assert (await apprise.send(alert())).outcome is Outcome.CONFIGURATION


def test_a_missing_library_is_told_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(apprise_channel, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"netwatch\[apprise\]"):
        AppriseChannel(AppriseRoute("url"))


def test_every_service_has_a_name_without_secrets_and_a_kind_of_its_own(post):
    settings = ChannelSettings(
        alertmanager=AlertmanagerSettings(routes=(AlertmanagerRoute("http://am:9093/secret"),)),
        pagerduty=PagerDutySettings(routes=(PagerDutyRoute("key"),)),
        apprise=AppriseSettings(routes=(AppriseRoute("/run/secrets/ntfy"),)),
    )
    built = build(settings, post.clock)
    assert [(one.kind, one.name, one.idempotent) for one in built] == [
        ("alertmanager", "alertmanager/am:9093", True),
        ("pagerduty", "pagerduty/events.pagerduty.com", True),
        ("apprise", "apprise/ntfy", False),
    ]
    assert settings.routed() == {"alertmanager", "pagerduty", "apprise"}
