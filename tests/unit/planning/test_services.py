"""On-call services in the plan: `webhook` means all that are set up, and each hears the end of what it was told."""

from __future__ import annotations

import pytest

from netwatch.communication.model import TAKEN, Phase
from netwatch.communication.planning import default_playbook
from netwatch.communication.planning.playbook import Channel, Reader, Step
from netwatch.communication.planning.requests import Acknowledge
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import ChangeKind, Status

from .story import Story, inventory, service

ROUTED = frozenset({"email", "sms", "webhook", "pagerduty", "alertmanager"})


def services(story: Story) -> list[tuple[str, Phase]]:
    return [(m.channel, m.phase) for m in story.plan.messages if m.recipient == "oncall"]


@pytest.mark.parametrize(
    ("by", "routed", "ways"),
    [
        (("webhook",), ROUTED, ("webhook", "alertmanager", "pagerduty")),
        (("pagerduty", "email"), ROUTED, ("pagerduty", "email")),
        (("email", "webhook", "pagerduty"), {"pagerduty"}, ("pagerduty",)),
        (("email", "sms"), {"webhook"}, ()),
        (("page",), set(), ("page",)),
    ],
)
def test_a_step_tells_by_what_has_a_route_and_webhook_means_every_service(by, routed, ways):
    step = Step(Reader.ONCALL, tuple(Channel(one) for one in by))
    assert step.ways(routed) == tuple(Channel(one) for one in ways)


def test_every_service_that_is_set_up_is_told_once_an_update_and_no_other():
    story = Story(inventory(count=2), channels=ROUTED)
    story.open("c0")
    everyone = [(name, Phase.OPENED) for name in ("webhook", "alertmanager", "pagerduty")]
    assert services(story) == everyone
    story.grow("c1")
    assert [phase for _, phase in services(story)] == [Phase.UPDATE] * 3
    story.resolve()
    assert [phase for _, phase in services(story)] == [Phase.RESOLVED] * 3
    ids = [m.id for m in story.messages]
    assert len(set(ids)) == len(ids)


def test_a_customer_with_sms_gets_it_when_there_is_a_route_and_not_without():
    texted = service("k1", mobile="+447700900234", notify=("email", "sms"))
    for routed, told in ((ROUTED, {"email", "sms"}), (frozenset({"email"}), {"email"}), (frozenset({"page"}), set())):
        story = Story(inventory(texted), channels=routed)
        story.open("k1")
        assert {m.channel for m in story.plan.messages if m.recipient == "k1"} == told


def test_services_that_keep_an_alarm_open_hear_that_a_merged_incident_is_over():
    story = Story(inventory(count=2), channels=ROUTED)
    story.open("c0")
    story.open("c1", name="i2")
    story.step(story.change(ChangeKind.MERGED, status=Status.MERGED, merged_into="i2"))
    of_the_merged = [
        (m.channel, m.phase) for m in story.plan.messages if m.recipient == "oncall" and m.incident == "i1"
    ]
    assert of_the_merged == [
        ("webhook", Phase.UPDATE), ("alertmanager", Phase.RESOLVED), ("pagerduty", Phase.RESOLVED)
    ]  # fmt: skip


@pytest.mark.parametrize(("person", "told"), [("anna", 1), ("bob", 0)])
def test_whoever_takes_the_lead_silences_the_calls_and_nobody_else_does(person, told):
    story = Story(inventory(count=1), channels=ROUTED, playbook=default_playbook())
    story.open("c0")
    mine = [task for task in story.state.tasks.of("i1") if person in task.holders]
    assert mine
    story.step(requests=[Acknowledge(story.now, "i1", person, person)])
    taken = [m for m in story.plan.messages if m.recipient == TAKEN]
    assert [(m.channel, m.incident, m.phase) for m in taken] == [("pagerduty", "i1", Phase.UPDATE)] * told
    story.step(requests=[Acknowledge(story.now, "i1", person, person)])
    assert not [m for m in story.plan.messages if m.recipient == TAKEN]


def test_without_pagerduty_nothing_tells_of_a_taken_task():
    story = Story(inventory(count=1), channels=frozenset({"email", "webhook"}), playbook=default_playbook())
    story.open("c0")
    story.step(requests=[Acknowledge(story.now, "i1", "anna", "anna")])
    assert not [m for m in story.plan.messages if m.recipient == TAKEN]


def test_what_concerns_nobody_outside_reaches_the_services_too():
    story = Story(inventory(count=1), channels=ROUTED)
    story.open(scope=Scope.REDUNDANCY, out=())
    assert [name for name, _ in services(story)] == ["webhook", "alertmanager", "pagerduty"]
