"""What colleagues are asked for in an outage: tasks, words, calls; who is told, how often, and what stops it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import Audience, Phase
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import CommunicationState, Playbook, default_playbook
from netwatch.communication.planning.duties.model import Roster, TaskPlan
from netwatch.communication.planning.playbook import Channel, Reader
from netwatch.communication.planning.requests import Acknowledge, Called, PromiseCall, refusal
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import ChangeKind
from netwatch.inventory.model import Segment

from .story import SETTINGS, START, Story, inventory, service

PEOPLE = (
    Person("anna", "Anna", "anna@example.net", language="nl", duties=(Duty.ONCALL, Duty.LEAD)),
    Person("bob", "Bob", "bob@example.net", "+447700900002", "en", (Duty.FIELD,)),
    Person("cas", "Cas", "", "+447700900003", "pl", (Duty.COMMUNICATION,)),
)
LEAD = TaskPlan(Duty.LEAD, {"en": "Take the lead.", "nl": "Neem de leiding."}, minute=1, acknowledge_within_s=60.0)
GO = TaskPlan(Duty.FIELD, {"en": "Get ready."}, minute=3, acknowledge_within_s=120.0, escalate_to=(Duty.LEAD,))


def playbook(*tasks: TaskPlan, by: tuple[Channel, ...] = (Channel.EMAIL, Channel.SMS)) -> Playbook:
    """The shipped one with these tasks in every procedure, on-call alerted by these channels."""

    def changed(one):
        steps = tuple(replace(step, by=by) if step.tell is Reader.ONCALL else step for step in one.steps)
        return replace(one, tasks=tasks, steps=steps)

    return Playbook(tuple(changed(one) for one in default_playbook().procedures), Roster())


def story(*tasks: TaskPlan, settings=SETTINGS, known=None, **more) -> Story:
    return Story(known or inventory(count=3), settings, PEOPLE, playbook=playbook(*tasks, **more))


def asked(plan, key: str = "tasks") -> list[tuple[str, str]]:
    """Who is asked by which channel, without the alerts of the outage."""
    found = [(m.recipient, m.channel) for m in plan.messages if m.recipient.startswith(f"{key}:")]
    return [(recipient.partition(":")[2], channel) for recipient, channel in found]


def handed(told: Story):
    return told.state.tasks.of("i1")


def test_who_gets_the_alert_reads_of_his_tasks_there_and_everybody_else_gets_them_by_themselves():
    told = story(LEAD, GO)
    told.open("c0")
    codes = [task.code for task in handed(told)]
    (alert,) = [m for m in told.plan.messages if m.recipient == "anna" and m.channel == "email"]
    assert f"Neem de leiding. (code {codes[0]})" in alert.body
    assert f"(code {codes[1]})" in alert.body
    assert asked(told.plan) == [("bob", "email"), ("bob", "sms")]
    (mail,) = [m for m in told.plan.messages if m.recipient == "tasks:bob" and m.channel == "email"]
    assert mail.audience is Audience.ONCALL
    assert "Get ready." in mail.body
    assert f"Code {codes[1]}" in mail.body
    assert "netwatch ack i1" in mail.body
    assert "Take the lead" not in mail.body


def test_what_nobody_answers_goes_along_the_roster_each_step_told_once_and_with_an_identity_of_its_own():
    told = story(GO)
    told.open("c0")
    first = {m.id for m in told.messages}
    assert asked(told.wait(119)) == []
    assert asked(told.wait(1)) == [("anna", "email")]
    (mail,) = [m for m in told.plan.messages if m.recipient == "tasks:anna"]
    assert "geen antwoord van Bob" in mail.body
    assert mail.id not in first
    assert asked(told.wait(1)) == []
    assert {who for who, _ in asked(told.wait(119))} == {"anna", "bob", "cas"}
    assert asked(told.wait(1)) == []
    assert asked(told.wait(36_000)) == []
    assert len({m.id for m in told.messages}) == len(told.messages)


def test_i_have_it_stops_the_asking_and_only_reminds_when_the_minute_comes():
    told = story(GO)
    told.open("c0")
    told.now += 30
    told.step(requests=[Acknowledge(told.now, "i1", "bob", "bob")])
    assert [(task.acknowledged_by, task.acknowledged_at) for task in handed(told)] == [("bob", START + 30)]
    assert asked(told.wait(149), "due1") == []
    assert asked(told.wait(1), "due1") == [("bob", "email"), ("bob", "sms")]
    assert [m for _ in range(50) for m in told.wait(10).messages if m.recipient.startswith("tasks:")] == []


def test_a_task_may_be_taken_by_someone_who_was_not_asked_and_a_second_answer_is_refused():
    told = story(GO)
    told.open("c0")
    told.step(requests=[Acknowledge(told.now, "i1", "cas", "desk", number=0)])
    late = Acknowledge(told.now, "i1", "bob", "bob", number=0)
    assert "cas has task 1 already" in str(refusal(late, told.state, told.incidents, {}))
    told.step(requests=[late])
    assert handed(told)[0].acknowledged_by == "cas"


@pytest.mark.parametrize(("request_", "words"), [
    (Acknowledge(START, "i2", "bob", "bob"), "has no tasks"),
    (Acknowledge(START, "i1", "cas", "cas"), "no task of i1 waits for cas"),
    (Acknowledge(START, "i1", "bob", "bob", number=7), "has no task 8"),
    (PromiseCall(START, "nobody", START + 60, "bob"), 'no customer "nobody"'),
    (PromiseCall(START, "c0", START, "bob"), "has passed"),
    (PromiseCall(START, "c0", START + 60, "bob", "i9"), "i9 is over"),
    (Called(START, "c0", "bob"), "no call is owed to c0"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_reason(request_, words):
    told = story(GO)
    told.open("c0")
    found = refusal(request_, told.state, told.incidents, {"c0"})
    assert found is not None
    assert words in found.what
    before = told.state
    told.step(requests=[request_])
    assert told.state == before


@pytest.mark.parametrize("end", ["resolve", "merge"])
def test_the_end_of_an_incident_asks_nobody_any_more(end):
    told = story(GO, LEAD)
    told.open("c0")
    if end == "resolve":
        told.resolve()
    else:
        told.open("c1", name="i2")
        told.step(told.change(ChangeKind.MERGED, "i1", merged_into="i2"))
    assert told.state.tasks.of("i1") == ()
    mine = [
        m for _ in range(20) for m in told.wait(60).messages if m.recipient.startswith("tasks:") and m.incident == "i1"
    ]
    assert mine == []


def test_a_restart_asks_nobody_twice_and_forgets_nobody():
    told = story(GO, LEAD)
    told.open("c0")
    told.state = CommunicationState.from_json(told.state.to_json())
    assert asked(told.wait(30)) == []
    assert "anna" not in {who for who, _ in asked(told.wait(29))}
    assert {who for who, _ in asked(told.wait(61))} >= {"anna"}


def test_a_clock_that_was_ahead_before_a_restart_does_not_silence_the_asking():
    told = story(GO)
    told.open("c0")
    told.now -= 86_400
    assert asked(told.step()) == []
    assert asked(told.wait(119)) == []
    assert asked(told.wait(1)) == [("anna", "email")]


def test_a_changed_roster_asks_whoever_has_the_duty_then():
    told = story(GO)
    told.open("c0")
    people = (replace(PEOPLE[0], duties=(Duty.STAFF,)), PEOPLE[1], replace(PEOPLE[2], duties=(Duty.LEAD,)))
    told.planner = Story(inventory(count=3), SETTINGS, people, playbook=playbook(GO)).planner
    assert asked(told.wait(120)) == [("cas", "sms")]


def test_an_incident_that_returns_hands_its_tasks_out_again():
    told = story(GO)
    told.open("c0")
    told.resolve()
    told.now += 60
    told.reopen("c0")
    assert asked(told.plan) == [("bob", "email"), ("bob", "sms")]


def test_codes_are_short_differ_and_cannot_be_reckoned_from_the_incidents_number():
    told, other = story(GO, LEAD), story(GO, LEAD)
    other.state = replace(other.state, salt="secret")
    told.open("c0")
    other.open("c0")
    codes = [task.code for one in (told, other) for task in handed(one)]
    assert len(set(codes)) == 4
    assert all(len(code) == 4 and not set(code) & set("0OI1LS5") for code in codes)
    assert told.state.tasks.by_code(f" {codes[0].lower()} ") == handed(told)[0]


def test_a_missing_update_is_asked_for_before_no_news_goes_by_itself_and_once():
    told = story(settings=replace(SETTINGS, promise_reminder_s=300.0))
    due_at = told.open("c0").promises[0].due_at
    told.now = due_at - 361
    assert asked(told.step(), "words") == []
    assert asked(told.wait(1), "words") == [("cas", "sms")]
    assert [m for _ in range(290) for m in told.wait(1).messages] == []
    told.note("The engineer is there.")
    told.now = due_at - 10
    assert asked(told.step(), "words") == []


# --- calls


def critical(name: str = "c9"):
    return service(name, segment=Segment.CRITICAL, phone="+44 1632 960199")


def test_a_promised_call_is_reminded_of_kept_by_the_call_and_told_to_the_lead_when_missed():
    told = story(known=inventory(critical(), count=1))
    told.step(requests=[PromiseCall(START, "c9", START + 3600, "bob")])
    (owed,) = told.plan.promises
    assert (owed.customer, owed.by, owed.due_at, owed.kept_at) == ("c9", "bob", START + 3600, None)
    assert told.wait(2999).messages == ()
    reminder = told.wait(1).messages
    assert [(m.recipient, m.channel) for m in reminder] == [("call0:bob", "email")]
    assert "Klant c9 (c9), +44 1632 960199" in reminder[0].body
    assert told.wait(599).messages == ()
    missed = told.wait(1).messages
    assert {m.recipient for m in missed} == {"call0:bob", "call0:anna"}
    assert all(m.id not in {r.id for r in reminder} for m in missed)
    assert [m for _ in range(100) for m in told.wait(60).messages] == []
    told.step(requests=[Called(told.now, "c9", "anna")])
    assert [(p.customer, p.kept_at) for p in told.plan.promises] == [("c9", told.now)]
    assert told.state.calls.owed == ()


def test_a_call_that_was_made_in_time_is_told_to_nobody():
    told = story(known=inventory(critical()))
    told.step(requests=[PromiseCall(START, "c9", START + 3600, "bob")])
    told.now += 60
    told.step(requests=[Called(told.now, "c9", "bob")])
    assert [m for _ in range(100) for m in told.wait(60).messages] == []


def test_a_call_promised_for_soon_is_not_reminded_of_at_once():
    told = story(known=inventory(critical()))
    told.step(requests=[PromiseCall(START, "c9", START + 120, "bob")])
    assert told.wait(1).messages == ()
    assert {m.recipient for m in told.wait(119).messages} == {"call0:bob", "call0:anna"}


def test_at_the_end_those_on_the_call_list_are_to_be_called_back():
    told = story(known=inventory(critical("c9"), critical("c8"), count=1))
    told.open("c9", "c8", "c0")
    told.now += 600
    told.resolve()
    assert [(p.customer, p.due_at) for p in told.plan.promises if p.customer] == [
        ("c8", told.now + 3600), ("c9", told.now + 3600),
    ]  # fmt: skip
    back = [m for m in told.plan.messages if m.recipient.startswith("call")]
    assert [(m.recipient, m.channel) for m in back] == [("call0:cas", "sms")]
    told.step(requests=[Called(told.now, "c9", "cas")])
    assert [call.customer for call in told.state.calls.owed] == ["c8"]


def test_nobody_is_called_back_whom_another_outage_keeps_out():
    told = story(known=inventory(critical("c9"), count=1))
    told.open("c9")
    told.open("c9", name="i2", scope=Scope.CUSTOMER)
    told.resolve()
    assert told.state.calls.owed == ()


def test_calls_survive_a_restart():
    told = story(known=inventory(critical()))
    told.step(requests=[PromiseCall(START, "c9", START + 3600, "bob", "")])
    kept = CommunicationState.from_json(told.state.to_json())
    assert kept == told.state
    assert kept.calls.owed[0].customer == "c9"


# --- estimates and corrections


def estimated(told: Story, until_at: float | None, since_at: float | None = None, note: str = ""):
    return told.step(
        told.change(ChangeKind.ESTIMATED, estimate_until_at=until_at, estimate_from_at=since_at, note=note)
    )


def test_an_estimate_is_told_to_those_who_were_told_late_rather_than_early():
    told = story()
    told.open("c0")
    told.now += 600
    plan = estimated(told, START + 7261, note="The splice has begun.")
    (notice,) = [m for m in plan.messages if m.audience is Audience.CUSTOMER]
    assert notice.phase is Phase.ESTIMATE_CHANGED
    assert "tussen 14:15 en 16:10" in notice.body  # 16:06:01 on whole five minutes
    assert "The splice has begun." in notice.body
    told.grow("c1")
    (late,) = [m for m in told.plan.messages if m.recipient == "c1"]
    assert late.phase is Phase.OPENED
    assert "16:10" in late.body


@pytest.mark.parametrize(("next_at", "news"), [(7100, False), (7300, True), (6000, False), (5000, True), (None, True)])
def test_only_a_real_change_of_an_estimate_is_told(next_at, news):
    told = story()
    told.open("c0")
    estimated(told, START + 7200)
    told.now += 60
    plan = estimated(told, None if next_at is None else START + next_at)
    assert [m.phase for m in plan.messages if m.audience is Audience.CUSTOMER] == [Phase.ESTIMATE_CHANGED] * news
    assert not estimated(told, None if next_at is None else START + next_at).messages


def test_an_estimate_that_passes_is_asked_after_and_then_taken_back_once():
    told = story(settings=replace(SETTINGS, promise_reminder_s=300.0))
    told.open("c0")
    estimated(told, START + 1200)
    told.now = START + 899
    assert asked(told.step(), "estimate") == []
    assert asked(told.wait(1), "estimate") == [("cas", "sms")]
    plan = told.wait(300)
    (notice,) = [m for m in plan.messages if m.audience is Audience.CUSTOMER]
    assert notice.phase is Phase.ESTIMATE_CHANGED
    assert "14:25" in notice.body  # the time that no longer holds is named
    assert [m for _ in range(30) for m in told.wait(10).messages if m.audience is Audience.CUSTOMER] == []


def test_a_correction_goes_to_those_who_were_told_and_ends_the_telling():
    told = story(GO)
    told.open("c0", "c1")
    told.now += 60
    plan = told.step(told.change(ChangeKind.CORRECTED, out=(), status="resolved", resolved_at=told.now))
    assert told.customers(plan) == {"c0": Phase.CORRECTION, "c1": Phase.CORRECTION}
    assert all(entry.resolved_at is not None for entry in plan.page)
    assert told.state.tellings["i1"].closed_at == told.now
    assert told.state.tasks.of("i1") == ()
    told.wait(3600)
    assert told.customers(told.plan) == {}
    told.reopen("c0")
    assert told.customers(told.plan) == {"c0": Phase.OPENED}


def test_a_correction_for_some_leaves_the_others_as_they_are():
    told = story()
    told.open("c0", "c1")
    told.now += 60
    plan = told.step(told.change(ChangeKind.CORRECTED, restored=("c1",)))
    assert told.customers(plan) == {"c1": Phase.CORRECTION}
    told.resolve()
    assert told.customers(told.plan) == {"c0": Phase.RESOLVED}


def test_a_correction_for_some_of_what_is_over_promises_nothing_and_leaves_the_page_as_it_is():
    told = story(GO)
    told.open("c0", "c1")
    told.now += 60
    told.resolve()
    told.now += 60
    over = {"status": "resolved", "resolved_at": told.now - 60}
    plan = told.step(told.change(ChangeKind.CORRECTED, restored=("c1",), reason="not so", **over))
    assert told.customers(plan) == {"c1": Phase.CORRECTION}
    assert plan.promises == ()
    assert plan.page == ()
    assert told.state.tellings["i1"].due_at is None
    assert told.state.tasks.of("i1") == ()
    assert {m.phase for m in plan.messages if m.recipient == "anna"} == {Phase.RESOLVED}


def test_whom_another_outage_keeps_out_passes_to_that_one_when_his_own_was_a_mistake():
    """That his connection was not disturbed would be the next mistake; and he is owed an end."""
    told = story()
    told.open("c0", "c2")
    told.now += 60
    told.open("c0", "c1", name="i2")
    assert told.read_by("c0", "i2") == [Phase.UPDATE]
    told.now += 60
    plan = told.step(told.change(ChangeKind.CORRECTED, "i2", out=(), status="resolved", resolved_at=told.now))
    assert {(m.recipient, m.incident): m.phase for m in plan.messages if m.audience is Audience.CUSTOMER} == {
        ("c0", "i1"): Phase.UPDATE,
        ("c1", "i2"): Phase.CORRECTION,
    }
    told.resolve()
    assert told.customers(told.plan) == {"c0": Phase.RESOLVED, "c2": Phase.RESOLVED}
