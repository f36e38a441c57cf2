"""Approval, veto, brakes and the ceiling."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from netwatch.communication.delivery.model import Brake
from netwatch.communication.model import Approval, ApprovalKind, Audience, Phase, Plan, State
from netwatch.incidents.model import Status
from netwatch.storage import Store


def manual(needed: int, update: int = 0) -> Approval:
    return Approval("i-1", update, ApprovalKind.MANUAL, 0.0, needed, "over half")


async def test_a_veto_window_holds_customers_until_it_ends_and_says_when(desk):
    ends_at = desk.clock.now() + 30
    await desk.plan(desk.message(), approval=Approval("i-1", 0, ApprovalKind.VETO, ends_at, 0, "8 %"))
    turn = await desk.turn()
    assert turn.claimed == ()
    assert turn.next_at == ends_at
    desk.clock.at = ends_at
    assert len(await desk.claim()) == 1


async def test_staff_do_not_wait_for_an_approval(desk):
    await desk.plan(desk.message(), desk.message("anna", audience=Audience.ONCALL), approval=manual(1))
    assert [item.message.recipient for item in await desk.claim()] == ["anna"]


async def test_a_person_may_end_the_veto_window_early(desk):
    await desk.plan(desk.message(), approval=Approval("i-1", 0, ApprovalKind.VETO, desk.clock.now() + 30, 0, "8 %"))
    await desk.store.approve("i-1", "anna")
    assert len(await desk.claim()) == 1


async def test_two_people_must_be_two(desk):
    await desk.plan(desk.message(), approval=manual(2))
    await desk.store.approve("i-1", "anna")
    await desk.store.approve("i-1", " Anna ")
    assert await desk.claim() == ()
    (given,) = await desk.store.approve("i-1", "bram")
    assert {"anna", "bram"} <= set(given.approved_by)
    assert len(await desk.claim()) == 1
    assert await desk.store.approve("i-1", "bram") == ()


async def test_a_veto_ends_what_is_unsent_and_further_notices_need_a_person(desk):
    await desk.plan(desk.message(), approval=Approval("i-1", 0, ApprovalKind.VETO, desk.clock.now() + 30, 0, "8 %"))
    (vetoed,) = await desk.store.veto("i-1", "anna")
    assert vetoed.vetoed_by == "anna"
    desk.clock.at += 60
    assert await desk.claim() == ()
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    assert await desk.claim() == ()
    (case,) = await desk.store.approvals_pending()
    assert (case.approval.kind, case.customers) == (ApprovalKind.MANUAL, 1)
    await desk.store.approve("i-1", "bram")
    assert len(await desk.claim()) == 1


async def test_a_veto_in_the_middle_of_a_mailing_stops_the_rest_and_the_told_still_hear_the_end(desk):
    await desk.plan(desk.message("a", priority=1), desk.message("b"))
    (first,) = await desk.claim(free=1)
    await desk.settle(first, State.ACCEPTED)
    await desk.store.veto("i-1", "anna")
    assert await desk.claim() == ()
    await desk.plan(desk.message("a", Phase.RESOLVED, 1), desk.message("b", Phase.RESOLVED, 1), status=Status.RESOLVED)
    assert [item.message.recipient for item in await desk.claim()] == ["a"]


async def test_a_customers_message_without_an_approval_never_goes(desk):
    await desk.store.save([desk.change()], Plan(messages=(desk.message(),)))
    assert await desk.claim() == ()


async def test_a_customers_message_of_an_unknown_incident_never_goes(desk):
    approval = Approval("i-9", 0, ApprovalKind.AUTO, 0.0, 0, "small")
    await desk.store.save([], Plan(messages=(desk.message(incident="i-9"),), approvals=(approval,)))
    assert await desk.claim() == ()


@pytest.mark.parametrize(
    ("conditions", "brake"),
    [
        ({"isolated": True}, Brake.ISOLATED),
        ({"warm": False}, Brake.NOT_WARM),
        ({"hold": True}, Brake.HOLD),
        ({"clock_stepped": True}, Brake.CLOCK_STEPPED),
        ({"config_young": True}, Brake.CONFIG_YOUNG),
    ],
)
async def test_a_brake_holds_customers_and_lets_staff_through(desk, conditions, brake):
    await desk.plan(desk.message(), desk.message("anna", audience=Audience.STAFF))
    turn = await desk.turn(**conditions)
    assert [item.message.recipient for item in turn.claimed] == ["anna"]
    assert turn.brake is brake
    assert len(await desk.claim()) == 1


async def test_the_hold_survives_a_claim_that_does_not_know_of_it(desk):
    await desk.plan(desk.message())
    await desk.store.set_hold(on=True, by="anna", reason="looks odd")
    assert await desk.claim() == ()
    assert (await desk.store.hold()).by == "anna"
    await desk.store.set_hold(on=False, by="anna")
    assert len(await desk.claim()) == 1


async def test_above_the_ceiling_a_person_must_agree(desk):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(6)))
    assert await desk.claim(told_limit=5) == ()
    (case,) = await desk.store.approvals_pending()
    assert case.over_ceiling
    assert case.customers == 6
    await desk.store.approve("i-1", "anna")
    assert len(await desk.claim(told_limit=5)) == 6


async def test_the_ceiling_counts_all_incidents_of_the_last_hour_and_each_customer_once(desk):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(4)))
    for item in await desk.claim(told_limit=5):
        await desk.settle(item, State.ACCEPTED)
    await desk.store.save([desk.change(Status.RESOLVED)], Plan())
    await desk.plan(*(desk.message(f"c-{n}", incident="i-2") for n in range(4)))
    assert len(await desk.claim(told_limit=5)) == 4
    await desk.plan(*(desk.message(f"d-{n}", incident="i-3") for n in range(2)))
    assert await desk.claim(told_limit=5) == ()
    assert await desk.store.told_recently() == 4
    desk.clock.at += 3601
    assert len(await desk.claim(told_limit=5)) == 2


async def test_those_who_were_told_hear_the_end_whatever_the_ceiling(desk):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(4)))
    await desk.deliver()
    desk.clock.at += 7200
    await desk.plan(*(desk.message(f"c-{n}", Phase.RESOLVED, 1) for n in range(4)), status=Status.RESOLVED)
    assert len(await desk.claim(told_limit=1)) == 4


async def test_a_veto_leaves_the_end_to_those_who_were_told(desk):
    await desk.plan(desk.message("a", priority=1), desk.message("b"))
    (first,) = await desk.claim(free=1)
    await desk.settle(first, State.ACCEPTED)
    await desk.plan(desk.message("a", Phase.PARTLY_RESTORED, 1))
    (vetoed,) = await desk.store.veto("i-1", "anna")
    assert vetoed.update == 0
    assert [(item.message.recipient, item.message.phase) for item in await desk.claim()] == [("a", "partly_restored")]
    assert await desk.store.veto("i-1", "anna") == ()


async def test_a_veto_of_an_update_that_begins_for_some_and_ends_for_others_stops_the_beginning_only(desk):
    await desk.plan(desk.message("a"))
    await desk.deliver()
    await desk.plan(desk.message("a", Phase.PARTLY_RESTORED, 1), desk.message("b", update=1))
    await desk.store.set_hold(on=True, by="anna")
    assert len(await desk.store.veto("i-1", "anna")) == 1
    states = await desk.states()
    assert states["b", "opened", "email"] == "suppressed"
    await desk.store.set_hold(on=False, by="anna")
    assert [item.message.recipient for item in await desk.claim()] == ["a"]


async def test_a_veto_leaves_the_new_number_to_those_who_were_told_of_what_is_a_part_of_it_now(desk):
    await desk.plan(desk.message("a"))
    await desk.deliver()
    await desk.plan(replace(desk.message("a", Phase.UPDATE, 0, incident="i-2"), told_as="i-1"))
    await desk.plan(desk.message("b", Phase.OPENED, 1, incident="i-2"))
    assert [approval.update for approval in await desk.store.veto("i-2", "anna")] == [1]
    assert [item.message.recipient for item in await desk.claim(gap_s=0)] == ["a"]


async def test_a_veto_stops_a_post_also_when_it_says_that_it_is_over(desk):
    await desk.plan(desk.message("post", audience=Audience.POST))
    await desk.deliver()
    await desk.plan(desk.message("post", Phase.RESOLVED, 1, Audience.POST), approval=manual(1, update=1))
    assert len(await desk.store.veto("i-1", "anna")) == 1
    assert (await desk.states())["post", "resolved", "email"] == "suppressed"


async def test_who_was_told_before_a_veto_is_known_to_be_told(desk):
    await desk.plan(desk.message("a", priority=1), desk.message("b"))
    (first,) = await desk.claim(free=1)
    await desk.settle(first, State.ACCEPTED)
    await desk.store.veto("i-1", "anna")
    known = await desk.store.known()
    assert known.read == {("i-1", "a")}
    assert known.unread == {("i-1", "b")}


@pytest.mark.parametrize("veto_first", [True, False])
async def test_of_a_veto_and_a_claim_at_the_same_time_one_comes_first(desk, veto_first):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(5)))
    orders = [desk.store.veto("i-1", "anna"), desk.claim(free=3)]
    done = await asyncio.gather(*(orders if veto_first else reversed(orders)))
    claimed = done[1] if veto_first else done[0]
    assert len(claimed) == (0 if veto_first else 3)
    assert await desk.claim() == ()
    states = list((await desk.states()).values())
    assert states.count("suppressed") == 5 - len(claimed)


async def test_a_hold_between_two_claims_lets_only_what_is_in_flight_arrive(desk):
    await desk.plan(*(desk.message(f"c-{n}") for n in range(5)))
    claimed = await desk.claim(free=2)
    await desk.store.set_hold(on=True, by="anna")
    for item in claimed:
        await desk.settle(item, State.ACCEPTED)
    assert await desk.claim() == ()
    assert list((await desk.states()).values()).count("ready") == 3


async def test_two_incidents_that_both_wait_are_released_one_by_one_and_count_together(desk):
    for incident in ("i-1", "i-2"):
        messages = [desk.message(f"{incident}-{n}", incident=incident) for n in range(4)]
        await desk.plan(*messages, approval=replace(manual(1), incident=incident))
    assert [(case.approval.incident, case.customers) for case in await desk.store.approvals_pending()] == [
        ("i-1", 4),
        ("i-2", 4),
    ]
    await desk.store.approve("i-1", "anna")
    assert {item.message.incident for item in await desk.claim()} == {"i-1"}
    assert await desk.store.told_recently() == 4
    await desk.plan(*(desk.message(f"d-{n}", incident="i-3") for n in range(3)))
    assert await desk.claim(told_limit=6) == ()


async def test_an_approval_that_comes_after_the_end_releases_nothing(desk):
    await desk.plan(desk.message(), approval=manual(1))
    await desk.store.save([desk.change(Status.RESOLVED)], Plan())
    assert await desk.store.approve("i-1", "anna") == ()
    assert await desk.claim() == ()


async def test_an_approval_given_is_not_asked_for_again_when_its_plan_is_saved_again(desk):
    """After a store that refused for a moment the same step is saved once more."""
    await desk.plan(desk.message(), approval=manual(2))
    await desk.store.approve("i-1", "anna")
    await desk.plan(desk.message(), approval=manual(2))
    (given,) = await desk.store.approve("i-1", "bram")
    assert set(given.approved_by) == {"anna", "bram"}
    assert len(await desk.claim()) == 1


async def test_what_two_people_approved_of_one_update_does_not_count_for_the_next(desk):
    await desk.plan(desk.message(), approval=manual(2))
    await desk.store.approve("i-1", "anna")
    await desk.plan(desk.message(update=1), approval=manual(2, update=1))
    await desk.store.approve("i-1", "bram")
    assert await desk.claim() == ()


async def test_an_approval_covers_what_was_shown_and_nothing_that_was_planned_since(desk):
    await desk.plan(desk.message("a"), approval=manual(1))
    await desk.plan(desk.message("b", update=1), approval=manual(1, update=1))
    (given,) = await desk.store.approve("i-1", "anna", up_to=0)
    assert given.update == 0
    assert [item.message.recipient for item in await desk.claim()] == ["a"]
    assert await desk.store.approve("i-1", "anna", up_to=0) == ()
    await desk.store.approve("i-1", "anna", up_to=1)
    assert [item.message.recipient for item in await desk.claim()] == ["b"]


async def test_a_notice_in_flight_when_it_is_vetoed_is_not_sent_a_second_time(desk, desk_of, crash, settings, clock):
    await desk.plan(desk.message("a"), desk.message("b"), desk.message("anna", audience=Audience.ONCALL))
    items = {item.message.recipient: item for item in await desk.claim()}
    assert len(await desk.store.veto("i-1", "bram")) == 1
    await desk.settle(items["a"], State.READY, clock.now())
    assert await desk.claim() == ()
    assert (await desk.states())["a", "opened", "email"] == "suppressed"
    await crash(desk.store)
    again = await Store.open(settings, clock)
    assert [item.message.recipient for item in await desk_of(again).claim()] == ["anna"]
    await again.close()


async def test_ends_questions_and_announced_work_leave_the_ceiling_to_outages(desk):
    await desk.plan(desk.message())
    await desk.deliver()
    assert await desk.store.told_recently() == 1
    desk.clock.at += 4000
    work = desk.message("c-3", Phase.PLANNED, incident="m-1")
    await desk.store.save([], Plan((work,), (desk.automatic(0, "m-1"),)))
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1), status=Status.RESOLVED)
    assert len(await desk.deliver()) == 2
    desk.clock.at += 601
    await desk.plan(desk.message(phase=Phase.FEEDBACK, update=2), status=Status.RESOLVED)
    assert len(await desk.deliver()) == 1
    assert await desk.store.told_recently() == 0
