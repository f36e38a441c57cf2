"""Announced work: whom it cuts off, and who is told of it beforehand, how often and after whose approval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import ApprovalKind, Conditions, Phase
from netwatch.communication.planning import CommunicationState
from netwatch.communication.planning.requests import CallOff, refusal
from netwatch.communication.planning.works import Works, withdrawn
from netwatch.inventory.model import Maintenance, Monitor, Port, PortGroup, Region

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


def test_work_on_a_region_concerns_those_in_the_regions_within_it():
    known = network("region:overijssel")
    regions = {"overijssel": Region("overijssel", "Overijssel"), "salland": Region("salland", "Salland", "overijssel")}
    known = replace(known, regions={**known.regions, **regions})
    assert Works(known).concerned(known.maintenance[0]) == {"c0", "c1", "c2"}


def bodies(story: Story) -> list[str]:
    return [m.body for m in story.step().messages if m.recipient == "c0"]


def test_the_times_of_work_are_the_walls_whatever_the_wall_clock_did_before():
    plain, stepped = (Story(network("link:trunk-17"), AHEAD) for _ in range(2))
    stepped.conditions = Conditions(wall_step_s=3600.0)
    stepped.now -= 3600.0
    assert bodies(stepped) == bodies(plain)
    notice = next(m for m in stepped.messages if m.recipient == "c0")
    assert notice.expires_at == START + DAY_S - 3600.0
    early = Story(network("link:trunk-17", start_at=START + 3 * DAY_S), AHEAD)
    early.conditions = Conditions(wall_step_s=DAY_S)
    assert early.customers(early.step())


@pytest.mark.parametrize("blind", [{"warm": False}, {"isolated": True}, {"hold": True}])
def test_nothing_is_announced_before_netwatch_sees_the_network_nor_on_hold(blind):
    story = Story(network("link:trunk-17"), AHEAD)
    story.conditions = Conditions(**blind)
    assert story.step().messages == ()
    story.conditions = Conditions()
    plan = story.wait(120)
    assert [approval.kind for approval in plan.approvals] == [ApprovalKind.AUTO]
    assert set(story.customers(plan)) == {"c0", "c1", "c2"}


def reload(story: Story, *elements: str, start_at: float = START + DAY_S) -> None:
    story.planner = Story(network(*elements, start_at=start_at), AHEAD).planner


def test_work_that_is_called_off_leaves_nothing_to_send_and_on_call_hears_of_it_until_it_is_told():
    story = Story(network("link:trunk-17"), AHEAD)
    story.step()
    reload(story)
    plan = story.wait(60)
    (superseded,) = plan.supersede
    assert superseded == ("m-12", story.state.tellings["m-12"].next_update)
    assert not story.wait(60)
    (sentence,) = withdrawn(story.state.tellings, story.now)
    assert "m-12" in sentence
    assert "3 customers" in sentence
    assert list(withdrawn(story.state.tellings, START + DAY_S)) == []


def test_a_person_takes_back_work_that_was_called_off_with_those_who_were_told():
    story = Story(network("link:trunk-17"), AHEAD)
    story.step()
    take_back = CallOff(story.now, "m-12", "anna", "the contractor is ill", frozenset())
    assert refusal(take_back, story.state, {}, ()) is not None
    reload(story)
    story.wait(60)
    assert refusal(replace(take_back, customers=frozenset({"near"})), story.state, {}, ()) is not None
    plan = story.step(requests=[take_back])
    assert story.customers(plan) == {"c0": Phase.CORRECTION, "c1": Phase.CORRECTION, "c2": Phase.CORRECTION}
    body = next(m.body for m in plan.messages if m.recipient == "c0")
    assert "werk" in body
    assert "storing" not in body.lower().replace("storingsnummer", "")
    assert list(withdrawn(story.state.tellings, story.now)) == []
    assert refusal(take_back, story.state, {}, ()) is not None
    reload(story, "link:trunk-17")
    assert set(story.customers(story.wait(1).messages and story.plan)) == {"c0", "c1", "c2"}
    assert len({m.id for m in story.messages}) == len(story.messages)


def test_those_told_hear_at_once_of_another_time_also_when_it_is_far_off():
    story = Story(network("link:trunk-17"), AHEAD)
    story.step()
    reload(story, "link:trunk-17", start_at=START + 8 * DAY_S)
    plan = story.wait(60)
    assert story.customers(plan) == {"c0": Phase.PLANNED, "c1": Phase.PLANNED, "c2": Phase.PLANNED}
    assert plan.supersede
    assert list(withdrawn(story.state.tellings, story.now)) == []
    assert [m for _ in range(200) for m in story.wait(3600).messages] == []


def test_work_that_grows_is_told_to_those_whom_it_cuts_off_now_and_to_nobody_twice():
    story = Story(network("link:trunk-17"), AHEAD)
    story.step()
    reload(story, "device:acc-1")
    assert set(story.customers(story.wait(60))) == {"near", "double", "port"}
    assert not story.wait(60)
