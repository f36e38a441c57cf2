"""Customers whose address refuses, and those whom a brake or a veto kept from reading what was planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import Phase, Plan, Refusal, message_id
from netwatch.communication.planning.playbook import Channel, Playbook
from netwatch.incidents.model import ChangeKind, Status
from tests.unit.planning.story import PEOPLE, START, Story, inventory, quiet_playbook, service

#: Customers are told by mail only; an SMS is what is left when that is refused.
BY_MAIL = Playbook(
    tuple(
        replace(
            one,
            steps=tuple(replace(step, by=(Channel.EMAIL,)) if step.tell.external else step for step in one.steps),
        )
        for one in quiet_playbook().procedures
    )
)
BOTH = service("both", notify=("email", "sms"), mobile="+31612345678", phone="+31201234567")
MAILED = service("mailed", phone="+31201234568", mobile="+31612345679")
SILENT = service("silent")


def refused(story: Story, customer: str, channel: str = "email") -> Refusal:
    """The newest message to `customer` on `channel`, refused by its address."""
    sent = [m for m in story.messages if (m.recipient, m.channel) == (customer, channel)][-1]
    return Refusal(sent.id, sent.incident, sent.phase, sent.update, customer, channel)


def tell_refused(story: Story, *refusals: Refusal) -> Plan:
    story.conditions = replace(story.conditions, refusals=refusals)
    plan = story.wait(5)
    story.conditions = replace(story.conditions, refusals=())
    return plan


def test_a_refused_mail_is_followed_by_an_sms_of_the_same_update_and_approval():
    story = Story(inventory(BOTH), playbook=BY_MAIL)
    story.open("both")
    refusal = refused(story, "both")
    plan = tell_refused(story, refusal)
    (sms,) = plan.messages
    assert (sms.channel, sms.address, sms.phase, sms.update) == ("sms", "+31612345678", Phase.OPENED, refusal.update)
    assert sms.id == message_id("i1", Phase.OPENED, refusal.update, "sms", "both")
    assert plan.dealt_with == (refusal.id,)
    assert plan.approvals == ()


def test_a_refusal_that_is_seen_twice_gives_the_same_message():
    story = Story(inventory(BOTH), playbook=BY_MAIL)
    story.open("both")
    refusal = refused(story, "both")
    first, again = tell_refused(story, refusal), tell_refused(story, refusal)
    assert [m.id for m in first.messages] == [m.id for m in again.messages]


def test_an_end_that_is_refused_finds_its_other_way_after_the_incident_is_closed():
    story = Story(inventory(BOTH), playbook=BY_MAIL)
    story.open("both")
    story.now += 900
    story.resolve()
    plan = tell_refused(story, refused(story, "both"))
    assert [(m.channel, m.phase) for m in plan.messages] == [("sms", Phase.RESOLVED)]


@pytest.mark.parametrize("customer", [MAILED, SILENT])
def test_who_agreed_to_nothing_else_gets_nothing_else(customer):
    story = Story(inventory(customer))
    story.open(customer.customer)
    refusal = refused(story, customer.customer)
    plan = tell_refused(story, refusal)
    assert (plan.messages, plan.dealt_with) == ((), (refusal.id,))


def test_a_first_notice_finds_no_other_way_once_the_outage_is_over_or_a_person_stopped_it():
    story = Story(inventory(BOTH), playbook=BY_MAIL)
    story.open("both")
    refusal = refused(story, "both")
    story.conditions = replace(story.conditions, vetoed=frozenset({("i1", 0)}))
    assert tell_refused(story, refusal).messages == ()
    story.conditions = replace(story.conditions, vetoed=frozenset())
    story.resolve()
    assert tell_refused(story, refusal).messages == ()


def test_without_an_sms_channel_there_is_no_sms():
    story = Story(inventory(BOTH), playbook=BY_MAIL, channels=("email",))
    story.open("both")
    assert tell_refused(story, refused(story, "both")).messages == ()


def test_of_several_refusals_of_one_customer_only_the_newest_is_told_another_way():
    story = Story(inventory(BOTH), playbook=BY_MAIL)
    story.open("both")
    first = refused(story, "both")
    story.now += 900
    story.note("Our engineer is there.")
    second = refused(story, "both")
    plan = tell_refused(story, first, second)
    assert [m.update for m in plan.messages] == [second.update]
    assert set(plan.dealt_with) == {first.id, second.id}


def test_who_is_told_by_both_anyway_needs_no_other_way():
    story = Story(inventory(BOTH))
    story.open("both")
    assert {m.channel for m in story.messages if m.recipient == "both"} == {"email", "sms"}
    assert tell_refused(story, refused(story, "both")).messages == ()


def test_whom_nothing_reaches_is_to_be_rung_up_once():
    story = Story(inventory(MAILED, SILENT))
    story.open("mailed", "silent")
    story.conditions = replace(story.conditions, unreachable=frozenset({("i1", "mailed"), ("i1", "silent")}))
    (owed,) = [promise for promise in story.wait(5).promises if promise.customer]
    assert owed.customer == "mailed"
    assert [promise for promise in story.wait(5).promises if promise.customer] == []
    assert [call.customer for call in story.state.calls.owed] == ["mailed"]


def unread(story: Story, *customers: str, name: str = "i1") -> None:
    story.conditions = replace(story.conditions, unread=frozenset((name, customer) for customer in customers))


def test_who_has_read_nothing_yet_gets_a_first_notice_instead_of_news():
    """A hold, a ceiling or the night kept it back longer than the next update took."""
    story = Story(inventory(count=2))
    story.open("c0", "c1")
    unread(story, "c1")
    story.now += 1200
    plan = story.note("Our engineer is there.")
    assert story.customers(plan) == {"c0": Phase.UPDATE, "c1": Phase.OPENED}
    (first,) = [m for m in plan.messages if m.recipient == "c1"]
    assert "Our engineer is there." in first.body
    assert len({m.id for m in story.messages if m.recipient == "c1"}) == 2


def test_no_news_is_no_news_to_who_has_read_nothing():
    story = Story(inventory(count=2))
    due_at = story.open("c0", "c1").promises[0].due_at
    unread(story, "c1")
    plan = story.wait(due_at - START)
    assert story.customers(plan) == {"c0": Phase.NO_NEWS, "c1": Phase.OPENED}


def test_who_was_restored_before_his_first_notice_left_is_new_when_he_is_hit_again():
    story = Story(inventory(count=2))
    story.open("c0", "c1")
    unread(story, "c1")
    story.now += 60
    story.restore("c1")
    story.now += 60
    assert story.customers(story.grow("c1")) == {"c1": Phase.OPENED}


def test_what_is_known_of_reading_is_old_and_takes_nobody_out_of_an_end():
    """The first notice may have left since: the store knows, and drops what is for nobody who was told."""
    story = Story(inventory(count=2))
    story.open("c0", "c1")
    unread(story, "c0", "c1")
    story.now += 900
    assert story.customers(story.resolve()) == {"c0": Phase.RESOLVED, "c1": Phase.RESOLVED}


def test_what_is_known_of_reading_is_old_and_takes_nobody_out_of_a_merger():
    story = Story(inventory(count=3))
    story.open("c0", "c1")
    story.open("c2", name="i2")
    unread(story, "c0", "c1")
    story.now += 60
    plan = story.step(story.change(ChangeKind.MERGED, merged_into="i2", status=Status.MERGED))
    assert {m.recipient: m.told_as for m in plan.messages if m.phase is Phase.UPDATE and m.told_as} == {
        "c0": "i1",
        "c1": "i1",
    }


def test_who_waits_for_the_end_of_another_outage_reads_of_this_one_when_it_comes():
    story = Story(inventory(count=1))
    story.open("c0")
    story.conditions = replace(story.conditions, unread=frozenset({("i1", "c0")}))
    story.open("c0", name="i2")
    unread(story, "c0", name="i2")
    story.now += 900
    plan = story.step(story.change(ChangeKind.PARTLY_RESTORED, restored=("c0",)))
    handed = [m for m in plan.messages if m.recipient == "c0"]
    assert [(m.incident, m.phase, m.told_as) for m in handed] == [("i2", Phase.UPDATE, "i1")]


def test_after_a_veto_those_who_were_told_are_told_more_and_the_others_nothing():
    story = Story(inventory(count=3))
    story.open("c0", "c1", "c2")
    story.conditions = replace(
        story.conditions,
        vetoed=frozenset({("i1", 0)}),
        read=frozenset({("i1", "c0")}),
        unread=frozenset({("i1", "c1"), ("i1", "c2")}),
    )
    story.now += 1200
    assert story.customers(story.note("It was smaller than we thought.")) == {"c0": Phase.UPDATE}
    story.now += 60
    assert story.customers(story.resolve())["c0"] is Phase.RESOLVED


@pytest.mark.parametrize("brake", ["clock_stepped", "config_young"])
def test_a_brake_that_passes_by_itself_asks_nobody(brake):
    story = Story(inventory(count=300))
    story.conditions = replace(story.conditions, **{brake: True})
    plan = story.open("c0")
    assert plan.approvals[0].kind != "manual"
    assert len(plan.page) == 1


def test_a_cause_that_changes_tells_who_has_read_nothing_a_first_notice():
    story = Story(inventory(count=1), people=PEOPLE[:1])
    story.open("c0", confidence=0.5)
    unread(story, "c0")
    story.now += 1200
    plan = story.step(story.change(ChangeKind.CAUSE_CHANGED, confidence=0.97))
    assert story.customers(plan) == {"c0": Phase.OPENED}
