"""Announced work: whom it cuts off, and who is told of it beforehand, how often and after whose approval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import ApprovalKind, Phase
from netwatch.communication.planning import CommunicationState
from netwatch.communication.planning.works import Works
from netwatch.inventory.model import Maintenance, Monitor, Port, PortGroup

from .story import SETTINGS, START, Story, inventory, service

DAY_S = 86_400.0
AHEAD = replace(SETTINGS, planned_ahead_s=2 * DAY_S)


def network(*elements: str, start_at: float = START + DAY_S, customers: int = 3):
    """Two access devices joined by trunk-17; netwatch stands at acc-1, the customers at acc-2."""
    known = inventory(
        *(service(f"c{i}", "acc-2") for i in range(customers)),
        service("near", "acc-1"),
        service("double", "acc-2", backup=Port("acc-1", "p9")),
        service("port", primary=Port("acc-1", "p3")),
    )
    return replace(
        known,
        monitor=Monitor(("acc-1",)),
        port_groups={"pon": PortGroup("pon", "acc-1", ("p3", "p4"))},
        maintenance=(Maintenance("m-12", elements, start_at, start_at + 4 * 3600),) if elements else (),
    )


@pytest.mark.parametrize(("ref", "found"), [
    ("link:trunk-17", {"c0", "c1", "c2"}),
    ("duct:d1", {"c0", "c1", "c2"}),
    ("provider:fibreco", {"c0", "c1", "c2"}),
    ("device:acc-2", {"c0", "c1", "c2"}),
    ("site:s2", {"c0", "c1", "c2"}),
    ("region:salland", {"c0", "c1", "c2"}),
    ("device:acc-1", {"c0", "c1", "c2", "near", "double", "port"}),
    ("port:acc-1:p3", {"port"}),
    ("port_group:pon", {"port"}),
    ("port:acc-1:p9", set()),
    ("link:other", set()),
])  # fmt: skip
def test_work_concerns_whom_it_leaves_no_way_out(ref, found):
    known = network(ref)
    assert Works(known).concerned(known.maintenance[0]) == found


def test_nobody_is_told_unless_the_operator_wants_it():
    story = Story(network("link:trunk-17"))
    assert story.step().messages == ()


def test_those_concerned_are_told_once_when_it_is_near_also_over_a_restart():
    story = Story(network("link:trunk-17", start_at=START + 3 * DAY_S), AHEAD)
    assert story.step().messages == ()
    plan = story.wait(DAY_S)
    assert story.customers(plan) == {"c0": Phase.PLANNED, "c1": Phase.PLANNED, "c2": Phase.PLANNED}
    (approval,) = plan.approvals
    assert (approval.incident, approval.kind) == ("m-12", ApprovalKind.AUTO)
    notice = next(m for m in plan.messages if m.recipient == "c0")
    assert "25 november 2026" in notice.body or "25 november" in notice.body
    assert notice.expires_at == START + 3 * DAY_S
    assert "anna" in {m.recipient for m in plan.messages}
    story.state = CommunicationState.from_json(story.state.to_json())
    assert [m for _ in range(10) for m in story.wait(3600).messages] == []
    assert plan.page == ()


def test_a_moved_window_is_told_anew_and_one_that_has_begun_is_not():
    story = Story(network("link:trunk-17"), AHEAD)
    first = {m.id for m in story.step().messages}
    story.planner = Story(network("link:trunk-17", start_at=START + DAY_S + 3600), AHEAD).planner
    plan = story.wait(60)
    assert set(story.customers(plan)) == {"c0", "c1", "c2"}
    assert not first & {m.id for m in plan.messages}
    late = Story(network("link:trunk-17", start_at=START - 1), AHEAD)
    assert late.step().messages == ()


def test_an_id_that_is_used_again_next_year_is_news():
    messages = []
    for years in (0, 1):
        story = Story(network("link:trunk-17", start_at=START + years * 365 * DAY_S + DAY_S), AHEAD)
        story.now += years * 365 * DAY_S
        messages += [m.id for m in story.step().messages]
    assert len(set(messages)) == len(messages)


def test_many_customers_need_a_person_as_with_an_outage():
    story = Story(network("link:trunk-17"), replace(AHEAD, auto_customers=0, auto_share=0.0))
    (approval,) = story.step().approvals
    assert approval.kind is ApprovalKind.MANUAL


def test_work_without_anybody_concerned_is_told_to_nobody():
    story = Story(network("link:other"), AHEAD)
    assert story.step().messages == ()
