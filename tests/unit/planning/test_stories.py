"""Outages from fault to end: who reads what, once, in which order."""

from __future__ import annotations

from dataclasses import replace

from netwatch.communication.model import ApprovalKind, Conditions, Phase
from netwatch.communication.planning import CommunicationState
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import ChangeKind, Status
from netwatch.inventory.model import Segment

from .story import PEOPLE, SETTINGS, START, Story, incident, inventory, service


def test_an_outage_from_opening_over_growth_and_partial_recovery_to_its_end():
    story = Story(inventory(count=6))
    story.open("c0", "c1")
    story.now += 40
    story.grow("c2", reason="1 customer more affected.")
    story.now += 300
    story.restore("c0")
    story.now += 300
    story.resolve()
    assert story.read_by("c0") == [Phase.OPENED, Phase.PARTLY_RESTORED]
    assert story.read_by("c1") == [Phase.OPENED, Phase.RESOLVED]
    assert story.read_by("c2") == [Phase.OPENED, Phase.RESOLVED]
    assert story.read_by("c3") == []
    assert story.read_by("anna") == [Phase.OPENED, Phase.UPDATE, Phase.PARTLY_RESTORED, Phase.RESOLVED]


def test_colleagues_get_alert_mail_and_webhook_and_each_person_one_mail():
    plan = Story(inventory(count=2)).open("c0")
    internal = [(m.audience, m.channel, m.recipient) for m in plan.messages if m.audience != "customer"]
    assert internal == [
        ("oncall", "email", "anna"),
        ("oncall", "webhook", "oncall"),
        ("helpdesk", "email", "bob"),
        ("staff", "email", "cas"),
    ]


def test_colleagues_are_sent_to_before_critical_customers_and_those_before_the_others():
    known = inventory(
        service("home", priority=1),
        service("shop", segment=Segment.BUSINESS),
        service("hospital", segment=Segment.CRITICAL, priority=2),
        service("fire", segment=Segment.CRITICAL, priority=1),
        service("reseller", segment=Segment.WHOLESALE),
    )
    plan = Story(known).open("home", "shop", "hospital", "fire", "reseller")
    ordered = [m.recipient for m in sorted(plan.messages, key=lambda m: m.priority) if "@example.net" in m.address]
    assert ordered == ["anna", "bob", "cas", "fire", "hospital", "reseller", "shop", "home"]


def test_a_customer_with_several_services_is_told_once_in_his_own_language():
    known = inventory(service("x", language="pl"), service("x", language="pl", line=3), service("y", language="de"))
    plan = Story(known).open("x", "y")
    told = [m for m in plan.messages if m.audience == "customer"]
    assert sorted((m.recipient, m.language) for m in told) == [("x", "pl"), ("y", "en")]
    assert "Szanowni Państwo" in next(m.body for m in told if m.recipient == "x")


def test_a_customer_without_mail_in_notify_is_not_mailed_but_on_call_knows_how_many():
    known = inventory(service("silent", notify=("call",)), service("loud"))
    plan = Story(known).open("silent", "loud")
    assert Story(known).customers(plan) == {"loud": Phase.OPENED}
    alert = next(m for m in plan.messages if m.recipient == "oncall")
    assert "1 affected customer can't be reached" in alert.body


def test_critical_customers_read_their_own_number():
    known = inventory(service("hospital", segment=Segment.CRITICAL, language="en"), service("home", language="en"))
    plan = Story(known).open("hospital", "home")
    by_name = {m.recipient: m.body for m in plan.messages if m.audience in {"critical", "customer"}}
    assert "+44 1632 960911" in by_name["hospital"]
    assert "+44 1632 960911" not in by_name["home"]


def test_redundancy_and_monitoring_and_announced_work_reach_no_customer_and_no_page():
    for more in ({"scope": Scope.REDUNDANCY}, {"scope": Scope.MONITORING}, {"planned": "m-12"}):
        story = Story(inventory(count=3))
        plan = story.open("c0", "c1", **more)
        assert story.customers(plan) == {}
        assert plan.page == ()
        assert plan.approvals == ()
        assert plan.promises == ()
        assert "anna" in {m.recipient for m in plan.messages}


def test_one_customers_fault_is_never_on_the_page_and_names_the_workaround_first():
    story = Story(inventory(service("x", language="en", segment=Segment.BUSINESS)))
    plan = story.open("x", scope=Scope.CUSTOMER)
    body = next(m.body for m in plan.messages if m.recipient == "x")
    assert plan.page == ()
    assert body.index("stay reachable") < body.index("What we do")
    assert plan.promises[0].due_at > START


def test_a_fault_that_comes_back_is_an_update_to_those_told_and_first_to_the_others():
    story = Story(inventory(count=4))
    story.open("c0", "c1")
    story.now += 600
    story.resolve()
    story.now += 100
    plan = story.reopen("c0", "c2")
    assert story.customers(plan) == {"c0": Phase.UPDATE, "c2": Phase.OPENED}
    assert "niet standgehouden" in next(m.body for m in plan.messages if m.recipient == "c0")
    story.now += 100
    story.resolve()
    assert story.read_by("c0") == [Phase.OPENED, Phase.RESOLVED, Phase.UPDATE, Phase.RESOLVED]
    assert story.read_by("c1") == [Phase.OPENED, Phase.RESOLVED]


def test_who_is_hit_again_after_being_told_restored_reads_an_update():
    story = Story(inventory(count=3))
    story.open("c0", "c1")
    story.restore("c0")
    story.grow("c0")
    story.resolve()
    assert story.read_by("c0") == [Phase.OPENED, Phase.PARTLY_RESTORED, Phase.UPDATE, Phase.RESOLVED]


def test_a_persons_words_go_to_all_who_were_told_and_promise_anew():
    story = Story(inventory(count=3))
    first = story.open("c0", "c1").promises[0]
    story.now += 900
    plan = story.note("De monteur is ter plaatse.")
    assert story.customers(plan) == {"c0": Phase.UPDATE, "c1": Phase.UPDATE}
    assert all("De monteur is ter plaatse." in m.body for m in plan.messages if m.recipient == "c0")
    kept, new = plan.promises
    assert (kept.update, kept.kept_at) == (first.update, story.now)
    assert new.due_at >= story.now + SETTINGS.later_update_s
    assert plan.page[0].next_update_at == new.due_at


def test_a_promise_that_comes_due_without_news_is_kept_by_itself_also_after_a_restart():
    story = Story(inventory(count=2))
    due_at = story.open("c0").promises[0].due_at
    assert story.wait(due_at - story.now - SETTINGS.promise_lead_s - 1) == type(story.plan)()
    plan = story.wait(1)
    assert story.customers(plan) == {"c0": Phase.NO_NEWS}
    assert [p.kept_at for p in plan.promises] == [story.now, None]
    assert story.wait(1).messages == ()


def test_after_a_long_stop_one_no_news_text_goes_not_one_for_each_promise_missed():
    story = Story(inventory(count=2))
    story.open("c0")
    plan = story.wait(86_400)
    assert story.customers(plan) == {"c0": Phase.NO_NEWS}
    assert story.wait(1).messages == ()


def test_while_it_recovers_no_news_waits_for_the_promised_minute_itself():
    story = Story(inventory(count=2))
    due_at = story.open("c0").promises[0].due_at
    story.incidents["i1"] = replace(story.incidents["i1"], status=Status.RECOVERING)
    assert story.wait(due_at - story.now - 1).messages == ()
    assert story.customers(story.wait(1)) == {"c0": Phase.NO_NEWS}


def test_who_is_told_shortly_before_a_promise_reads_the_one_after_it_and_is_spared_the_first():
    story = Story(inventory(count=2))
    due_at = story.open("c0").promises[0].due_at
    story.now = due_at - 120
    late = next(m for m in story.grow("c1").messages if m.recipient == "c1")
    assert "15:35" in late.body  # the promise was 14:35
    plan = story.wait(100)
    assert story.customers(plan) == {"c0": Phase.NO_NEWS}


def test_a_cause_that_reads_differently_is_told_and_one_that_does_not_is_not():
    story = Story(inventory(count=2))
    story.open("c0", scenario=Scenario.UNKNOWN)
    silent = story.step(story.change(ChangeKind.CAUSE_CHANGED, roots=("device:acc-1",)))
    assert story.customers(silent) == {}
    loud = story.step(story.change(ChangeKind.CAUSE_CHANGED, scenario=Scenario.POWER))
    assert story.customers(loud) == {"c0": Phase.UPDATE}
    assert "stroom" in next(m.body for m in loud.messages if m.recipient == "c0")
    again = story.step(story.change(ChangeKind.CAUSE_CHANGED, scenario=Scenario.POWER, roots=("site:s1",)))
    assert story.customers(again) == {}


def test_an_unsure_diagnosis_names_no_cause_to_customers():
    story = Story(inventory(service("x", language="en")))
    plan = story.open("x", confidence=0.7)
    body = next(m.body for m in plan.messages if m.recipient == "x")
    assert "cable" not in body
    assert "still looking for the cause" in body


def test_a_merger_gives_those_told_the_new_number_and_no_second_first_notice():
    story = Story(inventory(count=5))
    story.open("c0", "c1", name="small")
    story.now += 60
    merged = story.change(ChangeKind.MERGED, "small", status=Status.MERGED, merged_into="large")
    opened = story.change(ChangeKind.OPENED, "large", newly=("c0", "c1", "c2"))
    plan = story.step(opened, merged)
    assert story.customers(plan) == {"c0": Phase.UPDATE, "c1": Phase.UPDATE, "c2": Phase.OPENED}
    moved = next(m for m in plan.messages if m.recipient == "c0")
    assert (moved.incident, moved.told_as) == ("large", "small")
    assert "small" in moved.body
    assert "large" in moved.body
    assert [entry.incident for entry in plan.page if entry.withdrawn] == ["small"]
    assert [name for name, _ in plan.supersede] == ["small"]
    story.now += 600
    assert story.customers(story.resolve("large")) == dict.fromkeys(("c0", "c1", "c2"), Phase.RESOLVED)


def test_who_is_out_by_two_incidents_reads_all_clear_only_when_both_are_over():
    story = Story(inventory(count=3))
    story.open("c0", "c1", name="i1")
    story.now += 700
    second = story.open("c0", name="i2")
    assert story.customers(second) == {"c0": Phase.UPDATE}
    story.now += 100
    assert story.customers(story.resolve("i1")) == {"c1": Phase.RESOLVED}
    story.now += 100
    assert story.customers(story.resolve("i2")) == {"c0": Phase.RESOLVED}


def test_the_end_passes_a_customer_on_who_is_still_out_by_an_older_incident():
    story = Story(inventory(count=3))
    story.open("c0", name="i1")
    story.now += 700
    story.open("c0", "c1", name="i2")
    story.now += 100
    plan = story.resolve("i2")
    assert story.customers(plan) == {"c0": Phase.UPDATE, "c1": Phase.RESOLVED}
    assert next(m.incident for m in plan.messages if m.recipient == "c0") == "i1"


def test_notices_stopped_by_a_person_are_not_followed_by_updates():
    story = Story(inventory(count=3))
    story.open("c0")
    story.conditions = Conditions(vetoed=frozenset({("i1", 0)}))
    story.now += 60
    assert story.customers(story.note("words")) == {}
    grown = story.grow("c1")
    assert grown.approvals[0].kind is ApprovalKind.MANUAL
    assert "stopped" in grown.approvals[0].reason


def test_updates_of_notices_that_still_wait_for_a_person_wait_too_and_do_not_hold_the_others():
    story = Story(inventory(count=4))
    story.open("c0")
    story.conditions = Conditions(hold=True)
    story.grow("c1")
    story.conditions = Conditions()
    story.now += 900
    plan = story.note("words")
    kinds = {approval.update: approval.kind for approval in plan.approvals}
    by_customer = {m.recipient: kinds[m.update] for m in plan.messages if m.audience == "customer"}
    assert by_customer == {"c0": ApprovalKind.AUTO, "c1": ApprovalKind.MANUAL}


def test_texts_expire_when_they_are_stale():
    story = Story(inventory(count=2))
    opened = next(m for m in story.open("c0").messages if m.recipient == "c0")
    assert opened.expires_at == START + 7200
    story.now += 60
    noted = story.note("words")
    assert next(m for m in noted.messages if m.recipient == "c0").expires_at == noted.promises[-1].due_at
    assert next(m for m in story.resolve().messages if m.recipient == "c0").expires_at == story.now + 86_400


def test_the_page_waits_while_a_brake_holds_and_appears_when_it_is_off():
    story = Story(inventory(count=2))
    story.conditions = Conditions(warm=False)
    assert story.open("c0").page == ()
    assert story.wait(1).page == ()
    story.conditions = Conditions()
    entry = story.wait(1).page[0]
    assert entry.regions == ("Twente",)
    assert {language for language, _, _ in entry.texts} == {"en", "nl", "pl"}
    assert story.wait(1).page == ()


def test_the_page_names_regions_and_nothing_of_the_network_or_of_customers():
    story = Story(inventory(count=2))
    entry = story.open("c0").page[0]
    words = " ".join(f"{title} {body}" for _, title, body in (*entry.texts, *entry.phone))
    assert "Twente" in words
    for secret in ("trunk-17", "acc-1", "FibreCo", "Klant", "c0"):
        assert secret not in words


def test_on_call_reads_names_confidence_commands_and_whom_to_ring():
    known = inventory(service("hospital", segment=Segment.CRITICAL, phone="+441632960199"))
    story = Story(known, people=())
    plan = story.open("hospital", reasons=("both ends report the port down",), confidence=0.93)
    body = next(m.body for m in plan.messages if m.channel == "webhook")
    for words in (
        "link trunk-17 (acc-1 - Tower (acc-2))", "93 % sure", "netwatch why i1", "netwatch veto i1", "F-2210",
        "Klant hospital, +441632960199", "both ends report the port down",
    ):  # fmt: skip
        assert words in body


def test_with_no_one_on_duty_everybody_is_alerted():
    people = (replace(PEOPLE[2], id="only"),)
    plan = Story(inventory(count=1), people=people).open("c0")
    assert {m.audience for m in plan.messages if m.recipient == "only"} == {"oncall"}


def test_channels_that_are_not_set_up_get_no_message():
    plan = Story(inventory(count=1), channels={"email"}).open("c0")
    assert {m.channel for m in plan.messages} == {"email"}
    assert len(plan.page) == 1


def test_nothing_new_returns_the_very_same_state():
    story = Story(inventory(count=1))
    story.open("c0")
    state, plan = story.planner.step(story.state, (), story.incidents, Conditions(), story.now + 1)
    assert state is story.state
    assert not plan


def test_an_internal_change_and_an_unknown_end_tell_nobody():
    story = Story(inventory(count=1))
    assert not story.step(story.change(ChangeKind.INTERNAL))
    assert not story.step(story.change(ChangeKind.RESOLVED, status=Status.RESOLVED))


def test_identity_is_the_same_for_the_same_facts_and_unique_in_a_story():
    def run() -> list[str]:
        story = Story(inventory(count=5))
        story.open("c0", "c1")
        story.note("words")
        story.grow("c2")
        story.resolve()
        return [m.id for m in story.messages]

    ids = run()
    assert ids == run()
    assert len(set(ids)) == len(ids)


def test_each_of_ten_thousand_customers_is_planned_once():
    known = inventory(count=10_000)
    story = Story(known)
    everyone = [f"c{i}" for i in range(10_000)]
    change = story.change(ChangeKind.OPENED, newly=everyone)
    _, plan = story.planner.step(CommunicationState(), (change,), story.incidents, Conditions(), START)
    assert sorted(m.recipient for m in plan.messages if m.audience == "customer") == sorted(everyone)


def test_old_tellings_are_forgotten_a_day_after_their_end():
    story = Story(inventory(count=1))
    story.open("c0")
    story.resolve()
    story.wait(86_401)
    assert story.state.tellings == {}


def test_an_incident_that_lost_its_redundancy_first_and_then_cut_customers_off_tells_them():
    story = Story(inventory(count=2))
    story.open(scope=Scope.REDUNDANCY)
    plan = story.grow("c0", scope=Scope.REGIONAL)
    assert story.customers(plan) == {"c0": Phase.OPENED}
    assert len(plan.promises) == 1
    assert len(plan.page) == 1


def test_those_told_hear_the_end_also_when_the_scope_shrank_meanwhile():
    story = Story(inventory(count=2))
    story.open("c0", "c1")
    story.restore("c0", "c1", scope=Scope.REDUNDANCY)
    assert story.customers() == {"c0": Phase.PARTLY_RESTORED, "c1": Phase.PARTLY_RESTORED}
    plan = story.resolve()
    assert plan.page[0].resolved_at == story.now
    assert incident().scope is Scope.REGIONAL
