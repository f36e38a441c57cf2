"""Who passes to another incident, who hears the end, and what an approval, a call and a promise are worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import ApprovalKind, Conditions, Phase, Refusal
from netwatch.communication.planning import Playbook
from netwatch.communication.planning.approval import planned_recently
from netwatch.communication.planning.playbook import Channel, Procedure, Reader, Step, When
from netwatch.communication.planning.requests import Called, PromiseCall
from netwatch.diagnosis.model import Affected, Scope
from netwatch.incidents.model import ChangeKind, Status

from .story import SETTINGS, Story, incident, inventory, service

WEAK = {"confidence": 0.3, "strong": False}
#: Three customers need a person.
MANUAL = replace(SETTINGS, auto_customers=0, auto_share=0.0, max_share=0.1)


def read(story, customer):
    return [(m.incident, m.phase) for m in story.messages if m.recipient == customer]


# --- an incident that nobody is sure of


def test_whoever_was_told_of_a_real_outage_does_not_pass_to_a_weak_one_that_nobody_approved():
    story = Story(inventory(count=20))
    story.open("c0", "c1", name="a")
    story.now += 900
    plan = story.open("c0", "c1", "c2", name="b", **WEAK)
    assert {approval.kind for approval in plan.approvals} == {ApprovalKind.MANUAL}
    assert set(story.customers(plan).values()) == {Phase.OPENED}


def _over_beside(vetoed=frozenset(), **other):
    story = Story(inventory(count=20))
    story.conditions = Conditions(hold=True)
    story.open("c0", "c1", name="b", **other)
    story.conditions = Conditions(vetoed=vetoed)
    story.now += 3700
    story.open("c0", "c1", name="a")
    story.now += 900
    story.resolve("a")
    return story


def _ends(story):
    return {
        (m.incident, m.recipient) for m in story.plan.messages if m.phase is Phase.RESOLVED and m.recipient[0] == "c"
    }


BOTH = {("a", "c0"), ("a", "c1")}


def test_a_real_outage_ends_at_once_for_those_whom_a_weak_incident_hits_too_that_a_person_stopped():
    assert _ends(_over_beside(frozenset({("b", 0)}), **WEAK)) & BOTH == BOTH


def test_a_real_outage_ends_within_the_time_of_an_update_for_those_whom_a_weak_incident_hits_that_nobody_answers_for():
    story = _over_beside(**WEAK)
    assert not _ends(story) & BOTH
    story.wait(SETTINGS.next_update_s + 1)
    assert _ends(story) == BOTH
    story.wait(1)
    assert not _ends(story)


def test_a_real_outage_ends_at_once_when_a_person_stops_the_weak_incident_that_it_waited_for():
    story = _over_beside(**WEAK)
    story.conditions = Conditions(vetoed=frozenset({("b", 0)}))
    story.wait(1)
    assert _ends(story) == BOTH


def test_nobody_reads_that_it_works_while_a_certain_outage_whose_notices_a_person_stopped_keeps_him_out():
    story = _over_beside(frozenset({("b", 0)}))
    story.wait(SETTINGS.next_update_s + 1)
    assert not _ends(story) & BOTH
    story.now += 60
    story.resolve("b")
    assert _ends(story) & BOTH == BOTH


def test_whoever_read_of_a_weak_incident_that_a_person_approved_passes_to_it():
    story = Story(inventory(count=20))
    story.open("c0", "c1", name="b", **WEAK)
    story.conditions = Conditions(approved=frozenset({("b", 0)}))
    story.now += 3700
    story.open("c0", name="a")
    story.now += 900
    story.resolve("a")
    assert Phase.RESOLVED not in story.read_by("c0")


def test_a_hold_gives_nobody_an_end_whom_another_outage_that_was_told_keeps_out():
    story = Story(inventory(count=20))
    story.open("c0", name="a")
    story.now += 900
    story.open("c0", "c1", name="b")
    story.conditions = Conditions(hold=True)
    story.now += 900
    story.resolve("a")
    assert Phase.RESOLVED not in story.read_by("c0")


@pytest.mark.parametrize("again", ["reopens", "grows"])
def test_whoever_passes_to_an_incident_that_comes_back_to_him_reads_that_and_no_first_notice_besides(again):
    story = Story(inventory(count=20))
    story.open("c0", "c5", name="a")
    story.now += 900
    story.open("c1", name="b")
    if again == "reopens":
        story.now += 900
        story.resolve("b")
    story.now += 60
    plan = story.reopen("c0", "c1", name="b") if again == "reopens" else story.grow("c0", name="b", roots=("duct:d1",))
    assert [(m.incident, m.phase, m.told_as) for m in plan.messages if m.recipient == "c0"] == [
        ("b", Phase.UPDATE, "a")
    ]


# --- one fault ends while the next is not told yet


def test_whoever_has_service_again_from_one_fault_but_not_from_one_that_settles_does_not_read_that_it_works():
    story = Story(inventory(count=4))
    story.open("c0", "c1", "c2", name="a")
    story.now += 600
    story.incidents["b"] = incident("b", status=Status.SETTLING, affected=Affected(frozenset({"c0"})), opened_at=None)
    assert story.customers(story.restore("c0", "c1", name="a")) == {"c1": Phase.PARTLY_RESTORED}
    story.now += 30
    plan = story.open("c0", name="b", status=Status.OPEN)
    assert [(m.recipient, m.told_as) for m in plan.messages if m.recipient == "c0"] == [("c0", "a")]


def test_whom_a_fault_that_settled_into_nothing_held_up_hears_the_end_with_the_others():
    story = Story(inventory(count=4))
    story.open("c0", "c1", name="a")
    story.incidents["b"] = incident("b", status=Status.SETTLING, affected=Affected(frozenset({"c0"})), opened_at=None)
    story.now += 600
    story.restore("c0", name="a")
    story.incidents["b"] = replace(story.incidents["b"], status=Status.DISMISSED)
    story.now += 600
    assert story.customers(story.resolve("a")) == {"c0": Phase.RESOLVED, "c1": Phase.RESOLVED}


@pytest.mark.parametrize("kind", [ChangeKind.PARTLY_RESTORED, ChangeKind.RESOLVED])
def test_whoever_passes_from_one_outage_to_another_in_one_moment_reads_that_and_no_end(kind):
    story = Story(inventory(count=4))
    story.open("c0", "c1", name="a")
    story.now += 600
    over = {"status": Status.RESOLVED, "resolved_at": story.now} if kind is ChangeKind.RESOLVED else {}
    end = story.change(kind, "a", restored=("c0",), **over)
    plan = story.step(end, story.change(ChangeKind.OPENED, "b", newly=("c0",)))
    assert [(m.incident, m.phase, m.told_as) for m in plan.messages if m.recipient == "c0"] == [
        ("b", Phase.UPDATE, "a")
    ]


def test_changes_of_one_incident_keep_their_order():
    story = Story(inventory(count=4))
    story.open("c0")
    story.now += 60
    story.resolve()
    over = story.change(ChangeKind.CORRECTED)
    back = story.change(ChangeKind.REOPENED, newly=("c0",), status=Status.OPEN, resolved_at=None)
    story.step(over, back)
    assert story.state.tellings["i1"].closed_at is None


# --- what counts towards the share of customers


def test_what_a_person_stopped_or_nobody_approved_counts_for_nobody_and_makes_no_other_outage_wait():
    for vetoed in (frozenset(), frozenset({("false", 0)})):
        story = Story(inventory(count=300))
        story.open(*[f"c{i}" for i in range(220)], name="false", **WEAK)
        story.conditions = Conditions(vetoed=vetoed)
        story.now += 600
        plan = story.open("c250", name="real", scope=Scope.CUSTOMER)
        assert [(a.kind, a.reason) for a in plan.approvals if a.incident == "real"] == [
            (ApprovalKind.AUTO, "1 of 300 customers (0.3%)")
        ]


def test_what_was_approved_or_is_about_to_go_counts():
    story = Story(inventory(count=300), replace(SETTINGS, auto_customers=0))
    story.open(*[f"c{i}" for i in range(220)], name="a", **WEAK)
    approved = Conditions(approved=frozenset({("a", 0)}))
    assert planned_recently(story.state.tellings.values(), approved, story.now) == 220
    story.open(*[f"c{i}" for i in range(220, 255)], name="b")
    assert story.plan.approvals[0].kind is ApprovalKind.VETO
    assert planned_recently(story.state.tellings.values(), Conditions(), story.now) == 35


# --- a procedure that doesn't reach those who were told

_ALERT = Step(Reader.ONCALL, (Channel.EMAIL,))
_ALL = Procedure("all", When(scope=(Scope.REGIONAL,)), (_ALERT, Step(Reader.CUSTOMER, (Channel.EMAIL,))))
_LARGE = replace(_ALL, name="large", when=When(scope=(Scope.REGIONAL,), customers_at_least=2))
_CRITICAL = Procedure("critical", When(), (_ALERT, Step(Reader.CRITICAL, (Channel.EMAIL,))))


def test_whoever_was_told_hears_the_end_though_the_procedure_of_the_end_means_only_others():
    story = Story(inventory(count=4), playbook=Playbook((_LARGE, _CRITICAL)))
    story.open("c0", "c1")
    story.now += 300
    assert story.customers(story.resolve()) == {"c0": Phase.RESOLVED, "c1": Phase.RESOLVED}


def test_whoever_was_told_hears_the_correction_though_the_playbook_has_no_procedure_left():
    story = Story(inventory(service("x", mobile="+31600000001", notify=("email", "sms")), count=1))
    story.open("x", "c0")
    story.planner = Story(inventory(service("x", mobile="+31600000001", notify=("email", "sms")), count=1), playbook=Playbook(()), channels={"email"}).planner  # fmt: skip
    plan = story.step(story.change(ChangeKind.CORRECTED))
    assert [(m.recipient, m.channel, m.phase) for m in plan.messages] == [
        ("c0", "email", Phase.CORRECTION),
        ("x", "email", Phase.CORRECTION),
    ]


def test_whoever_passes_to_an_outage_whose_procedure_does_not_mean_him_reads_its_number_and_its_end():
    only = replace(_CRITICAL, when=When(scope=(Scope.CUSTOMER,)))
    story = Story(inventory(count=4), playbook=Playbook((only, _ALL)))
    story.open("c0", "c1", name="a")
    story.now += 900
    story.open("c0", name="b", scope=Scope.CUSTOMER)
    story.now += 900
    story.resolve("a")
    story.now += 900
    story.resolve("b")
    assert read(story, "c0") == [("a", Phase.OPENED), ("b", Phase.UPDATE), ("b", Phase.RESOLVED)]


# --- what people approved


def _approved_and_half_read(**conditions):
    story = Story(inventory(count=10), MANUAL)
    story.open("c0", "c1")
    story.conditions = Conditions(approved=frozenset({("i1", 0)}), unread=frozenset({("i1", "c1")}), **conditions)
    return story


def test_what_people_approved_and_has_not_left_yet_is_not_replaced_because_there_is_no_news():
    story = _approved_and_half_read()
    story.now = story.state.tellings["i1"].due_at - 30
    plan = story.step()
    assert story.customers(plan) == {"c0": Phase.NO_NEWS}
    assert [approval.kind for approval in plan.approvals] == [ApprovalKind.AUTO]
    assert story.state.tellings["i1"].told["c1"] == 0


def test_what_people_approved_is_written_anew_before_it_grows_stale():
    story = _approved_and_half_read()
    found = []
    while not found and story.now < story.state.tellings["i1"].releases[0].at + SETTINGS.opened_expiry_s:
        found = [m for m in story.wait(60).messages if m.recipient == "c1"]
    assert [m.phase for m in found] == [Phase.OPENED]


def test_a_persons_new_words_to_whoever_has_read_nothing_yet_wait_for_approval_again():
    story = _approved_and_half_read()
    plan = story.note("The cable is found.")
    assert story.customers(plan) == {"c0": Phase.UPDATE, "c1": Phase.OPENED}
    assert {a.kind for a in plan.approvals if a.update == story.state.tellings["i1"].told["c1"]} == {
        ApprovalKind.MANUAL
    }


def test_notices_that_nobody_approved_are_still_renewed_when_there_is_no_news():
    story = _approved_and_half_read()
    story.conditions = Conditions(unread=frozenset({("i1", "c0"), ("i1", "c1")}))
    story.now = story.state.tellings["i1"].due_at - 30
    assert story.customers(story.step()) == {"c0": Phase.OPENED, "c1": Phase.OPENED}


# --- addresses that refuse


def test_whoever_has_service_again_reads_no_first_notice_by_another_way():
    step = Step(Reader.CUSTOMER, (Channel.EMAIL,))
    known = inventory(service("x", mobile="+31600000001", notify=("email", "sms")), count=2)
    story = Story(known, playbook=Playbook((Procedure("p", When(), (_ALERT, step)),)))
    story.open("x", "c0")
    first = next(m for m in story.messages if m.recipient == "x")
    refusal = Refusal(first.id, "i1", Phase.OPENED, first.update, "x", "email")
    story.now += 10
    story.restore("x")
    story.conditions = Conditions(refusals=(refusal,))
    assert story.customers(story.wait(1)) == {}
    assert story.plan.dealt_with == (first.id,)


# --- estimates and promises


def test_an_estimate_given_before_anybody_was_told_stands_in_the_first_notice_and_is_known_from_then_on():
    story = Story(inventory(count=2))
    until_at = story.now + 5400
    story.open("c0", estimate_until_at=until_at)
    assert story.state.tellings["i1"].estimate_until_at >= until_at
    told = next(m.body for m in story.messages if m.recipient == "c0")
    later = Story(inventory(count=2))
    later.open("c0")
    assert told != next(m.body for m in later.messages if m.recipient == "c0")


def test_an_estimate_that_has_passed_when_the_first_notice_goes_is_none():
    story = Story(inventory(count=2))
    story.open("c0", estimate_until_at=story.now - 7200)
    assert story.state.tellings["i1"].estimate_until_at is None
    assert story.customers() == {"c0": Phase.OPENED}


def test_whoever_passes_to_an_outage_whose_promise_is_near_is_promised_the_one_after_it():
    story = Story(inventory(count=4))
    due_at = story.open("c1", name="h").promises[0].due_at
    story.now = due_at - 400
    story.open("c0", name="a")
    story.now += 60
    part = story.change(ChangeKind.MERGED, "a", status=Status.MERGED, merged_into="h")
    plan = story.step(part, story.change(ChangeKind.GREW, "h", newly=("c0",)))
    (mail,) = [m for m in plan.messages if m.recipient == "c0"]
    assert mail.expires_at >= due_at + SETTINGS.later_update_s


# --- calls

_RUNG = inventory(service("r", phone="+441632960001"), count=2)


def _with_a_call():
    story = Story(_RUNG)
    story.open("r", "c0", name="a")
    story.step(requests=[PromiseCall(story.now, "r", story.now + 600, "bob", "a")])
    return story


def test_whoever_was_rung_up_is_rung_back_at_the_end_of_the_incident_that_his_became_part_of():
    story = _with_a_call()
    story.step(requests=[Called(story.now + 1, "r", "bob")])
    story.now += 60
    home = story.change(ChangeKind.OPENED, "h", newly=("r", "c0", "c1"))
    story.step(story.change(ChangeKind.MERGED, "a", status=Status.MERGED, merged_into="h"), home)
    story.now += 600
    story.resolve("h")
    assert [(call.customer, call.incident, call.after) for call in story.state.calls.owed] == [("r", "h", True)]


def test_a_promised_call_that_was_missed_does_not_stand_for_the_call_at_the_end():
    story = _with_a_call()
    for _ in range(15):
        story.wait(60)
    assert [call.missed for call in story.state.calls.owed] == [True]
    story.resolve("a")
    assert [call.after for call in story.state.calls.owed] == [False, True]


# --- the whole end while the next fault is not told yet


def _over_while_another_settles():
    story = Story(inventory(count=4))
    story.open("c0", "c1", name="a")
    story.now += 600
    story.incidents["b"] = incident("b", status=Status.SETTLING, affected=Affected(frozenset({"c0"})), opened_at=None)
    assert story.customers(story.resolve("a")) == {"c1": Phase.RESOLVED}
    assert story.customers(story.wait(20)) == {}
    return story


def test_whom_a_settling_fault_keeps_out_at_the_end_reads_of_that_one_and_of_no_end():
    story = _over_while_another_settles()
    story.open("c0", name="b", status=Status.OPEN)
    assert {m.incident for m in story.plan.messages if m.recipient == "c0"} == {"b"}
    assert story.customers(story.wait(600)) == {}


def test_whom_a_settling_fault_kept_out_hears_the_end_once_it_is_none():
    story = _over_while_another_settles()
    story.incidents["b"] = replace(story.incidents["b"], status=Status.DISMISSED)
    assert story.customers(story.wait(1)) == {"c0": Phase.RESOLVED}
    assert story.customers(story.wait(1)) == {}


def test_an_end_does_not_wait_for_ever_for_a_weak_fault_that_never_settles():
    story = _over_while_another_settles()
    story.incidents["b"] = replace(story.incidents["b"], strong=False)
    assert story.customers(story.wait(SETTINGS.next_update_s - 60)) == {}
    assert story.customers(story.wait(60)) == {"c0": Phase.RESOLVED}
