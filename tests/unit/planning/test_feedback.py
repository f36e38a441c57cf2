"""Customers are asked how it was: once, days after the end, and only who was told of the end."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from netwatch.communication.model import ApprovalKind, Conditions, Phase
from netwatch.communication.planning.feedback import asked_at
from netwatch.communication.planning.planner import Planner
from netwatch.communication.planning.playbook_story import _network, _people, _playbook
from netwatch.communication.planning.state import CommunicationState, Telling
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import load_texts
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Incident, Status

NOW = 1_795_352_700.0
DAY_S = 86_400.0
ASKING = CommunicationSettings(feedback_url="https://help.example.net/how-was-it")
INCIDENT = Incident(
    id="nw-1", key="nw-1", status=Status.RESOLVED, scope=Scope.REGIONAL, scenario=Scenario.CABLE, roots=("link:trunk-17",),
    last_good_at=NOW - 7200, onset_at=NOW - 7200, opened_at=NOW - 7100, restored_at=NOW - 300, resolved_at=NOW,
    confidence=0.9, affected=Affected(), ever_affected=frozenset({"c1", "c2", "c3", "c4"}),
)  # fmt: skip
TOLD = Telling(
    "nw-1", next_update=7, opened=True, told=MappingProxyType({"c1": 0, "c2": 0, "c3": 0, "c4": 2}),
    ended=frozenset({"c1", "c2", "c3"}), procedure=_playbook().procedures[0].name, closed_at=NOW,
)  # fmt: skip


def step(at, *, settings=ASKING, telling=TOLD, incident=INCIDENT):
    planner = Planner(_playbook(), load_texts(), _network("nl"), _people("nl"), settings)
    state = CommunicationState(MappingProxyType({telling.incident: telling}))
    return planner.step(state, (), {incident.id: incident}, Conditions(), at)


def plan(at, **changed):
    return step(at, **changed)[1]


def test_who_was_told_of_the_end_is_asked_by_one_channel_each():
    asked = plan(NOW + 3 * DAY_S)
    assert [(one.recipient, one.channel) for one in asked.messages] == [("c1", "email"), ("c2", "email"), ("c3", "sms")]
    assert {one.phase for one in asked.messages} == {Phase.FEEDBACK}
    assert all("https://help.example.net/how-was-it" in one.body for one in asked.messages)
    assert {one.expires_at for one in asked.messages} == {NOW + 6 * DAY_S}
    (approval,) = asked.approvals
    assert (approval.kind, approval.update) == (ApprovalKind.AUTO, 7)
    assert {one.update for one in asked.messages} == {approval.update}


def test_planned_again_it_is_the_very_same_messages():
    # The state of the first plan was lost, as by a kill before it was saved.
    first, again = plan(NOW + 3 * DAY_S), plan(NOW + 3 * DAY_S + 60)
    assert [one.id for one in first.messages] == [one.id for one in again.messages]


@pytest.mark.parametrize(
    ("at", "changed"),
    [
        (NOW + 3 * DAY_S - 1, {}),
        (NOW + 3 * DAY_S, {"settings": CommunicationSettings()}),
        (NOW + 3 * DAY_S, {"telling": replace(TOLD, closed_at=None)}),
        (NOW + 3 * DAY_S, {"telling": replace(TOLD, ended=frozenset())}),
        (NOW + 3 * DAY_S, {"incident": replace(INCIDENT, status=Status.OPEN)}),
        (NOW + 3 * DAY_S, {"incident": replace(INCIDENT, status=Status.MERGED)}),
        (NOW + 3 * DAY_S, {"telling": replace(TOLD, incident="another")}),
    ],
)
def test_nobody_is_asked_too_early_without_a_form_or_without_an_end(at, changed):
    assert not plan(at, **changed)


@pytest.mark.parametrize(("hours", "asked"), [(-7, False), (-5, True), (5, True), (6, False), (23, True), (24, False)])
def test_it_is_asked_by_day_and_at_most_a_day_late(hours, asked):
    # It is due at 14:05 in Amsterdam.
    early = replace(TOLD, closed_at=NOW - 7 * 3600.0) if hours < 0 else TOLD
    assert bool(plan(NOW + 3 * DAY_S + hours * 3600.0, telling=early).messages) is asked


def test_nobody_is_asked_twice_also_after_a_restart_or_when_the_outage_came_back_and_ended_again():
    state, _ = step(NOW + 3 * DAY_S)
    kept = CommunicationState.from_json(state.to_json()).tellings["nw-1"]
    assert kept.asked
    assert not plan(NOW + 3 * DAY_S + 60, telling=kept)
    assert not plan(NOW + 3.5 * DAY_S, telling=replace(kept, closed_at=NOW + 0.5 * DAY_S))


def test_an_ended_telling_is_kept_until_it_was_asked_about_only_where_there_is_a_form():
    assert "nw-1" in step(NOW + 2 * DAY_S)[0].tellings
    assert "nw-1" not in step(NOW + 2 * DAY_S, settings=CommunicationSettings())[0].tellings


def test_the_delay_is_the_operators():
    assert asked_at(TOLD, replace(ASKING, feedback_after_s=7 * DAY_S)) == NOW + 7 * DAY_S
    assert asked_at(TOLD, CommunicationSettings()) is None


def test_the_question_bears_the_outages_own_facts_and_no_promise():
    (mail,) = [one for one in plan(NOW + 3 * DAY_S).messages if one.recipient == "c2"]
    assert "Bakkerij Jansen" in mail.body
    assert "1 uur 55 minuten" in mail.body
    assert "uiterlijk" not in mail.body.lower()
