"""The promise is judged on what was really so: each way in which it can be broken is seen."""

from dataclasses import replace

import pytest

from netwatch.communication.model import Approval, ApprovalKind, Audience, Message, Phase, Plan
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Incident, Status
from netwatch.simulation.telling import Fate, follow
from netwatch.simulation.verdict import Hits, judge

INCIDENT = Incident(
    "i", "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, ("link:l",), 99.0, 100.0, opened_at=110.0,
    ever_affected=frozenset({"a", "b"}),
)  # fmt: skip
HITS = Hits({"a": 100.0, "b": 100.0}, frozenset({"a", "b"}), frozenset({"a", "b"}))


def message(recipient, priority=1, audience=Audience.CUSTOMER, update=0):
    return Message(f"m-{recipient}-{update}", "i", Phase.OPENED, update, audience, "email", recipient, "x@example.com", "en",
                   "s", "b", priority, 0.0, 9e9)  # fmt: skip


def plan(*recipients, kind=ApprovalKind.AUTO, release_at=110.0):
    return (
        110.0,
        Plan(messages=tuple(message(r) for r in recipients), approvals=(Approval("i", 0, kind, release_at, 1, "r"),)),
    )


def verdict(*plans, hits=HITS, incidents=(INCIDENT,), **how):
    return judge(hits, incidents, follow(plans, 60.0, **how))


def test_all_told_in_time_is_kept_and_the_slowest_counts():
    found = verdict(plan("a", "b", kind=ApprovalKind.VETO, release_at=140.0))
    assert (found.kept, found.told, found.best_s, found.worst_s) == (True, 2, 40.006, 40.012)


def test_a_notice_after_180_s_is_late():
    assert verdict(plan("a", "b", kind=ApprovalKind.VETO, release_at=290.0)).late == ("a", "b")


def test_who_is_cut_off_and_in_no_incident_is_missed():
    found = verdict(plan("a"), incidents=(replace(INCIDENT, ever_affected=frozenset({"a"})),))
    assert (found.kept, found.missed) == (False, ("b",))


def test_who_is_counted_but_can_not_be_told_is_named_and_does_not_break_the_promise():
    found = verdict(plan("a"))
    assert (found.kept, found.unreachable) == (True, ("b",))


def test_who_is_told_though_nothing_ails_them_breaks_it():
    found = verdict(plan("a", "b", "stranger"))
    assert (found.kept, found.wrong) == (False, ("stranger",))


def test_what_waits_for_a_person_breaks_it_unless_somebody_approves():
    waiting = plan("a", "b", kind=ApprovalKind.MANUAL)
    assert (verdict(waiting).kept, verdict(waiting).waiting) == (False, ("a", "b"))
    assert verdict(waiting, approve_after_s=60.0).kept
    assert verdict(waiting, approve_after_s=200.0).late == ("a", "b")


def test_a_short_outage_that_nobody_was_told_of_is_no_fault():
    assert verdict(hits=replace(HITS, lasting=frozenset()), incidents=()).kept


def test_newer_news_overtakes_what_has_not_left():
    over = (120.0, Plan(supersede=(("i", 1),)))
    told = follow((plan("a", kind=ApprovalKind.VETO, release_at=140.0), over), 60.0)
    assert [one.fate for one in told] == [Fate.OVERTAKEN]
    assert [one.fate for one in follow((plan("a"), over), 60.0)] == [Fate.SENT]


def test_a_mailing_takes_its_time_in_the_order_of_priority():
    mailing = (0.0, Plan(messages=tuple(message(f"c{n}", priority=n % 3) for n in range(300))))
    told = follow((mailing,), 6000.0)
    accepted = sorted((one.accepted_at, one.message.priority) for one in told)
    assert [priority for _, priority in accepted] == sorted(priority for _, priority in accepted)
    assert accepted[-1][0] == pytest.approx(180.0)


def test_a_post_is_no_customer_who_is_told_and_none_who_waits():
    post = Plan(
        messages=(message("mastodon", audience=Audience.POST, update=1),),
        approvals=(Approval("i", 1, ApprovalKind.MANUAL, 110.0, 1, "r"),),
    )
    for how in ({}, {"approve_after_s": 5.0}):
        found = verdict(plan("a", "b"), (110.0, post), **how)
        assert (found.kept, found.told, found.wrong, found.waiting) == (True, 2, (), ())
