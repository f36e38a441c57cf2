"""Faults that return, notices that never left, promises to nobody, old words, and a wall clock that moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import ApprovalKind, Conditions, Phase
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import ChangeKind, Status

from .story import SETTINGS, START, Story, inventory

#: Three customers need a person.
MANUAL = replace(SETTINGS, auto_customers=0, auto_share=0.0, max_share=0.1)
#: Three customers of a hundred wait for a window in which a person may stop their notices.
VETO = replace(SETTINGS, auto_customers=0, auto_share=0.0, max_share=0.9)
WORDS = "De monteur is er om 15.00 uur."


def kinds(plan):
    return {approval.update: approval.kind for approval in plan.approvals}


def body_for(plan, recipient):
    return next(m.body for m in plan.messages if m.recipient == recipient)


def texts_of_page(plan):
    return " ".join(body for entry in plan.page for _, _, body in entry.texts)


# --- promises to nobody


def test_a_promise_whose_customers_passed_to_a_larger_incident_ends_with_that_and_repeats_nothing():
    story = Story(inventory(count=10))
    due_at = story.open("c0", name="a", scope=Scope.CUSTOMER).promises[0].due_at
    story.now += 300
    plan = story.open("c0", "c1", "c2", name="b")
    assert [(p.incident, p.due_at) for p in plan.promises if p.kept_at is not None] == [("a", due_at)]
    story.now = due_at - 62
    assert [m for _ in range(70) for m in story.wait(1).messages if m.incident == "a"] == []


def test_a_promise_to_one_customer_who_has_service_again_falls_due_without_a_word():
    story = Story(inventory(count=4))
    due_at = story.open("c0", scope=Scope.CUSTOMER).promises[0].due_at
    story.now += 60
    story.restore("c0")
    story.now = due_at - 62
    assert [m for _ in range(70) for m in story.wait(1).messages] == []
    assert story.state.tellings["i1"].due_at is None


def test_a_promise_falls_due_once_when_the_only_one_left_was_told_shortly_before_and_his_own_is_owed():
    story = Story(inventory(count=4))
    due_at = story.open("c0", scope=Scope.CUSTOMER).promises[0].due_at
    story.now = due_at - 400
    story.step(story.change(ChangeKind.GREW, newly=("c1",), restored=("c0",)))
    story.now = due_at - 62
    told = [m.recipient for _ in range(70) for m in story.wait(1).messages]
    assert sorted(told) == ["anna", "bob", "oncall"]
    assert story.state.tellings["i1"].due_at == due_at + SETTINGS.later_update_s


def test_a_promise_whose_customers_notices_were_stopped_falls_due_without_a_word():
    story = Story(inventory(count=4))
    due_at = story.open("c0", scope=Scope.CUSTOMER).promises[0].due_at
    story.conditions = Conditions(vetoed=frozenset({("i1", 0)}))
    story.now = due_at - 62
    assert [m for _ in range(70) for m in story.wait(1).messages] == []


# --- notices that never left


@pytest.mark.parametrize(("settings", "kind"), [(VETO, ApprovalKind.VETO), (MANUAL, ApprovalKind.MANUAL)])
def test_who_had_service_again_before_his_notice_left_gets_a_first_notice_when_he_is_hit_again(settings, kind):
    story = Story(inventory(count=100 if settings is VETO else 4), settings)
    story.open("c0", "c1", "c2")
    story.now += 10
    assert story.customers(story.restore("c0")) == {"c0": Phase.PARTLY_RESTORED}  # overtakes; the store lets it go
    story.now += 60
    plan = story.grow("c0")
    assert story.customers(plan) == {"c0": Phase.OPENED}
    assert set(kinds(plan).values()) == {kind}
    assert "schreven u dat uw verbinding weer werkte" not in body_for(plan, "c0")


def test_a_fault_that_returns_asks_anew_for_the_approval_that_never_came():
    story = Story(inventory(count=4), MANUAL)
    story.open("c0", "c1", "c2")
    story.now += 60
    story.resolve()
    story.now += 60
    plan = story.reopen("c0", "c1", "c2")
    assert story.customers(plan) == dict.fromkeys(("c0", "c1", "c2"), Phase.OPENED)
    assert list(kinds(plan).values()) == [ApprovalKind.MANUAL]
    story.conditions = Conditions(approved=frozenset({("i1", next(iter(kinds(plan))))}))
    story.now += 60
    assert story.customers(story.resolve()) == dict.fromkeys(("c0", "c1", "c2"), Phase.RESOLVED)


@pytest.mark.parametrize("back", ["grow", "reopen"])
def test_what_an_older_version_remembers_as_ended_before_it_was_released_is_asked_for_anew_too(back):
    story = Story(inventory(count=4), MANUAL)
    story.open("c0", "c1", "c2")
    everyone = frozenset(story.state.tellings["i1"].told)
    ended = replace(story.state.tellings["i1"], ended=everyone)
    story.state = replace(story.state, tellings={"i1": ended})
    plan = getattr(story, back)("c0")
    assert story.customers(plan)["c0"] is Phase.OPENED
    assert next(iter(kinds(plan).values())) is ApprovalKind.MANUAL


def test_a_notice_that_waits_is_overtaken_also_when_another_incident_keeps_the_customer_out():
    story = Story(inventory(count=6), MANUAL)
    story.open("c0", "c1", "c2", name="a")
    story.now += 60
    story.open("c0", name="b", out=("c0",))
    story.now += 60
    assert story.customers(story.restore("c0", name="a")) == {"c0": Phase.PARTLY_RESTORED}
    assert "c0" not in story.state.tellings["a"].told


def test_who_passed_to_another_incident_reads_nothing_when_the_one_before_hits_him_again():
    story = Story(inventory(count=6))
    story.open("c0", "c1", name="a")
    story.open("c0", "c2", name="b")
    story.restore("c0", name="b")
    plan = story.grow("c0", name="b")
    assert "c0" not in story.customers(plan)
    assert story.customers(story.resolve("a"))["c0"] is Phase.UPDATE  # still out by b, which takes him back
    assert story.customers(story.resolve("b"))["c0"] is Phase.RESOLVED


def test_an_incident_that_opens_again_under_its_old_id_is_told_to_its_end():
    story = Story(inventory(count=4))
    story.open("c0", "c1")
    story.now += 100
    story.resolve()
    story.now += 700
    again = story.change(ChangeKind.OPENED, newly=("c0", "c1"), status=Status.OPEN, resolved_at=None)
    assert story.customers(story.step(again)) == dict.fromkeys(("c0", "c1"), Phase.UPDATE)
    story.now += 100
    assert story.customers(story.resolve()) == dict.fromkeys(("c0", "c1"), Phase.RESOLVED)


# --- a person's words


def test_a_persons_words_are_news_to_customers_once_and_a_later_update_says_something_else():
    story = Story(inventory(count=4))
    story.open("c0", scenario=Scenario.UNKNOWN)
    story.now += 600
    assert WORDS in body_for(story.note(WORDS), "c0")
    story.now += 600
    later = story.step(story.change(ChangeKind.CAUSE_CHANGED, scenario=Scenario.POWER))
    assert story.customers(later) == {"c0": Phase.UPDATE}
    assert WORDS not in body_for(later, "c0")


def test_page_and_colleagues_keep_a_persons_words_until_the_promise_made_with_them_falls_due():
    story = Story(inventory(count=4))
    story.open("c0")
    story.now += 600
    due_at = story.note(WORDS).promises[-1].due_at
    story.now += 60
    plan = story.grow("c1")
    assert WORDS in texts_of_page(plan)
    assert WORDS in body_for(plan, "anna")
    story.now = due_at - SETTINGS.promise_lead_s
    no_news = story.step()
    assert story.customers(no_news) == {"c0": Phase.NO_NEWS, "c1": Phase.NO_NEWS}
    assert all(WORDS not in m.body for m in no_news.messages)
    plan = story.grow("c2")
    assert WORDS not in texts_of_page(plan)
    assert all(WORDS not in m.body for m in plan.messages)


def test_a_persons_words_of_before_the_end_are_no_news_when_the_fault_returns():
    story = Story(inventory(count=4))
    story.open("c0")
    story.note(WORDS)
    story.now += 7200
    assert all(WORDS not in m.body for m in story.resolve().messages)
    story.now += 300
    plan = story.reopen("c0", "c1")
    assert all(WORDS not in m.body for m in plan.messages)
    assert WORDS not in texts_of_page(plan)


# --- the wall clock


def test_texts_tell_the_time_on_the_wall_and_deadlines_stay_on_the_timeline():
    story = Story(inventory(count=2))
    story.conditions = Conditions(wall_step_s=3600.0)
    plan = story.open("c0")
    body = body_for(plan, "c0")
    assert "15:04" in body  # began 14:04:10 on the timeline, one hour later on the wall
    assert "15:35" in body
    assert "15:04" in texts_of_page(plan)
    assert plan.promises[0].due_at == START + 1800
    assert next(m for m in plan.messages if m.recipient == "c0").expires_at == START + SETTINGS.opened_expiry_s


def test_whose_end_was_held_back_until_it_was_stale_hears_the_end_of_the_whole():
    """On hold for longer than an end is kept: he was told of the outage, so he is told when it is over."""
    story = Story(inventory(count=3))
    story.open("c0", "c1", "c2")
    story.now += 600
    story.restore("c0", "c1")
    story.now += 90_000
    story.conditions = replace(story.conditions, lapsed=frozenset({("i1", "c0"), ("i2", "c1"), ("i1", "c9")}))
    assert story.customers(story.resolve()) == {"c0": Phase.RESOLVED, "c2": Phase.RESOLVED}
