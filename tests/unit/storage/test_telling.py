"""Who is told what: the rules that the outbox keeps."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from netwatch.communication.delivery.model import ClaimRequest, Lane
from netwatch.communication.model import Approval, ApprovalKind, Audience, Conditions, Phase, Plan, State
from netwatch.incidents.model import Status
from netwatch.storage import Entry


async def test_a_message_is_saved_once_however_often_its_plan_is_saved(desk):
    message = desk.message()
    assert await desk.plan(message) == 1
    assert await desk.plan(message) == 0
    assert len(await desk.claim()) == 1
    assert await desk.plan(message) == 0
    assert await desk.claim() == ()


async def test_the_end_is_told_to_those_who_were_told_and_to_nobody_else(desk):
    await desk.plan(desk.message("told"), desk.message("failed"), desk.message("unsure"))
    for item in await desk.claim():
        state = {"told": State.ACCEPTED, "failed": State.FAILED, "unsure": State.UNSURE}[item.message.recipient]
        await desk.settle(item, state)
    recipients = ("told", "failed", "unsure", "stranger")
    await desk.plan(*(desk.message(r, Phase.RESOLVED, 1) for r in recipients), status=Status.RESOLVED)
    assert sorted(item.message.recipient for item in await desk.claim()) == ["told", "unsure"]
    states = await desk.states()
    assert states["failed", "resolved", "email"] == states["stranger", "resolved", "email"] == "suppressed"


async def test_the_end_waits_for_a_notice_in_flight_and_follows_when_it_arrived(desk):
    await desk.plan(desk.message())
    (opened,) = await desk.claim()
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1), status=Status.RESOLVED)
    assert await desk.claim() == ()
    assert (await desk.states())["c-1", "resolved", "email"] == "blocked"
    await desk.settle(opened, State.ACCEPTED)
    assert [item.message.phase for item in await desk.claim()] == [Phase.RESOLVED]


async def test_the_end_is_not_told_when_the_notice_in_flight_did_not_arrive(desk):
    await desk.plan(desk.message())
    (opened,) = await desk.claim()
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1), status=Status.RESOLVED)
    await desk.settle(opened, State.READY, desk.clock.now() + 30)
    desk.clock.at += 60
    assert await desk.claim() == ()
    assert await desk.states() == {("c-1", "opened", "email"): "superseded", ("c-1", "resolved", "email"): "suppressed"}


async def test_an_outage_that_was_over_before_it_could_be_saved_is_told_to_no_customer(desk):
    opened = Plan((desk.message(), desk.message("anna", audience=Audience.ONCALL)), (desk.automatic(),))
    resolved = Plan(
        (desk.message(phase=Phase.RESOLVED, update=1), desk.message("anna", Phase.RESOLVED, 1, Audience.ONCALL)),
        (desk.automatic(1),),
    )
    entries = (
        Entry((desk.change(),), opened, '{"n": 1}'),
        Entry((desk.change(Status.RESOLVED),), resolved, '{"n": 2}'),
    )
    saved, claimed = await asyncio.gather(desk.store.save_all(entries), desk.claim())
    assert saved == 4
    assert [(item.message.recipient, item.message.phase) for item in claimed] == [("anna", Phase.RESOLVED)]
    assert (await desk.store.load()).communication == '{"n": 2}'
    assert [line.number for line in await desk.store.journal("i-1")] == [1, 2]


async def test_an_unsent_notice_is_overtaken_by_the_next_update_which_then_is_the_first(desk):
    await desk.plan(desk.message())
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    assert [item.message.phase for item in await desk.claim()] == [Phase.UPDATE]
    assert (await desk.states())["c-1", "opened", "email"] == "superseded"


async def test_an_update_for_late_joiners_overtakes_nobody_else(desk):
    await desk.plan(desk.message("early"))
    await desk.plan(desk.message("late", update=1))
    assert sorted(item.message.recipient for item in await desk.claim()) == ["early", "late"]


async def test_a_plan_overtakes_all_unsent_below_the_update_that_it_names(desk):
    await desk.plan(desk.message("a"), desk.message("b"))
    await desk.plan(desk.message("a", Phase.UPDATE, 1), supersede=(("i-1", 1),))
    assert (await desk.states())["b", "opened", "email"] == "superseded"


async def test_an_older_update_that_comes_late_is_not_sent_after_a_newer_one(desk):
    await desk.plan(desk.message(phase=Phase.UPDATE, update=2))
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    assert [item.message.update for item in await desk.claim()] == [2]


async def test_no_first_notice_leaves_once_the_incident_is_over(desk):
    await desk.plan(desk.message())
    await desk.store.save([desk.change(Status.RESOLVED)], Plan())
    assert await desk.claim() == ()
    assert set((await desk.states()).values()) == {"superseded"}


async def test_first_notices_of_what_turns_out_to_be_announced_work_do_not_leave(desk):
    await desk.plan(desk.message(), desk.message("anna", audience=Audience.ONCALL))
    change = desk.change()
    await desk.store.save([replace(change, incident=replace(change.incident, planned="m-12"))], Plan())
    assert [item.message.recipient for item in await desk.claim()] == ["anna"]
    assert (await desk.states())["c-1", "opened", "email"] == "superseded"


async def test_a_first_notice_waits_while_the_incident_recovers_and_goes_when_it_is_back(desk):
    await desk.plan(desk.message())
    await desk.plan(desk.message("staff", audience=Audience.STAFF), status=Status.RECOVERING)
    assert [item.message.recipient for item in await desk.claim()] == ["staff"]
    await desk.plan(desk.message("x", audience=Audience.STAFF), status=Status.OPEN)
    assert "c-1" in [item.message.recipient for item in await desk.claim()]


async def test_a_first_notice_goes_while_the_incident_recovers_in_part_and_customers_are_still_out(desk):
    await desk.plan(desk.message())
    await desk.store.save([desk.change(Status.RECOVERING, out=frozenset({"c-1"}))], Plan())
    assert [item.message.phase for item in await desk.claim()] == [Phase.OPENED]


async def test_a_first_notice_waits_once_nothing_is_seen_wrong_any_more(desk):
    await desk.plan(desk.message())
    gone = desk.change(Status.RECOVERING, out=frozenset({"c-1"}), restored_at=desk.clock.now())
    await desk.store.save([gone], Plan())
    assert await desk.claim() == ()


async def test_an_end_that_could_not_leave_yet_is_told_though_the_incident_is_over_since(desk):
    await desk.plan(desk.message("a"), desk.message("b"))
    await desk.deliver()
    await desk.plan(desk.message("a", Phase.PARTLY_RESTORED, 1))
    assert await desk.claim(hold=True) == ()
    await desk.plan(desk.message("b", Phase.RESOLVED, 2), status=Status.RESOLVED, supersede=(("i-1", 2),))
    assert sorted((item.message.recipient, item.message.phase) for item in await desk.claim()) == [
        ("a", Phase.PARTLY_RESTORED),
        ("b", Phase.RESOLVED),
    ]


async def test_an_end_for_a_part_is_overtaken_when_its_recipient_is_out_again(desk):
    await desk.plan(desk.message())
    await desk.deliver()
    await desk.plan(desk.message(phase=Phase.PARTLY_RESTORED, update=1))
    await desk.plan(desk.message(phase=Phase.UPDATE, update=2))
    assert [item.message.phase for item in await desk.claim(gap_s=0)] == [Phase.UPDATE]


async def test_staff_hear_of_the_end_even_when_their_first_alert_could_not_leave(desk):
    await desk.plan(desk.message("anna", audience=Audience.ONCALL))
    await desk.plan(desk.message("anna", Phase.RESOLVED, 1, Audience.ONCALL), status=Status.RESOLVED)
    assert [item.message.phase for item in await desk.claim()] == [Phase.RESOLVED]


async def test_one_person_has_one_message_of_an_incident_in_flight_on_a_channel(desk):
    await desk.plan(desk.message())
    (first,) = await desk.claim()
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    assert await desk.claim(gap_s=0) == ()
    await desk.settle(first, State.ACCEPTED)
    assert len(await desk.claim(gap_s=0)) == 1


async def test_routine_updates_keep_their_distance_but_the_end_does_not_wait(desk):
    await desk.plan(desk.message())
    await desk.deliver()
    desk.clock.at += 60
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    turn = await desk.turn()
    assert turn.claimed == ()
    assert turn.next_at == desk.clock.at - 60 + 600
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=2), status=Status.RESOLVED)
    assert [item.message.phase for item in await desk.claim()] == [Phase.RESOLVED]
    assert (await desk.states())["c-1", "update", "email"] == "superseded"


async def test_the_distance_is_kept_from_when_a_notice_in_doubt_was_accepted(desk):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.settle(item, State.UNSURE, desk.clock.now() + 60)
    desk.clock.at += 60
    (item,) = await desk.claim()
    await desk.settle(item, State.ACCEPTED)
    accepted_at = desk.clock.at
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    desk.clock.at = accepted_at + 599
    assert await desk.claim() == ()
    desk.clock.at = accepted_at + 600
    assert len(await desk.claim()) == 1


async def test_what_is_too_stale_expires_instead_of_being_sent(desk):
    await desk.plan(desk.message(expires_s=100))
    desk.clock.at += 100
    assert await desk.claim() == ()
    assert set((await desk.states()).values()) == {"expired"}


async def test_internal_goes_before_customers_and_the_hardest_hit_before_others(desk):
    await desk.plan(
        desk.message("c-late", priority=9),
        desk.message("c-hard", priority=2),
        desk.message("anna", audience=Audience.ONCALL, priority=5),
    )
    assert [item.message.recipient for item in await desk.claim()] == ["anna", "c-hard", "c-late"]


async def test_within_a_priority_the_newest_goes_first(desk):
    await desk.plan(desk.message("old", incident="i-1"))
    desk.clock.at += 10
    await desk.plan(desk.message("new", incident="i-2"))
    assert [item.message.recipient for item in await desk.claim(free=1)] == ["new"]


async def test_an_outcome_counts_once(desk):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.settle(item, State.ACCEPTED)
    await desk.settle(item, State.FAILED)
    assert set((await desk.states()).values()) == {"accepted"}


async def test_who_was_told_of_a_merged_incident_is_told_the_end_of_the_one_it_became_part_of(desk):
    await desk.plan(desk.message("told"), desk.message("stranger", incident="i-3"))
    (told, stranger) = sorted(await desk.claim(), key=lambda item: item.message.incident)
    await desk.settle(told, State.ACCEPTED)
    await desk.settle(stranger, State.FAILED)
    handed = [
        replace(desk.message("told", Phase.UPDATE, incident="i-2"), told_as="i-1"),
        replace(desk.message("stranger", Phase.UPDATE, incident="i-2"), told_as="i-3"),
    ]
    await desk.plan(*handed)
    ends = [desk.message(name, Phase.RESOLVED, 1, incident="i-2") for name in ("told", "stranger")]
    await desk.plan(*ends, status=Status.RESOLVED)
    assert [(item.message.recipient, item.message.phase) for item in await desk.claim()] == [("told", Phase.RESOLVED)]


async def test_the_end_waits_for_a_notice_of_the_merged_incident_in_flight(desk):
    await desk.plan(desk.message())
    (opened,) = await desk.claim()
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, incident="i-2"), told_as="i-1"))
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1, incident="i-2"), status=Status.RESOLVED)
    assert await desk.claim() == ()
    await desk.settle(opened, State.ACCEPTED)
    assert [item.message.phase for item in await desk.claim()] == [Phase.RESOLVED]


async def test_an_end_that_was_held_back_too_long_is_known_while_its_outage_goes_on(desk):
    await desk.plan(desk.message("held"), desk.message("mailed"), desk.message("mailed", channel="sms"))
    await desk.deliver()
    ends = [("held", "email"), ("mailed", "email"), ("mailed", "sms")]
    await desk.plan(
        *(desk.message(who, Phase.PARTLY_RESTORED, 1, channel=channel, expires_s=60) for who, channel in ends)
    )
    sms = await desk.store.turn((), ClaimRequest(desk.clock.now(), (Lane("sms", 5, 5),), Conditions()))
    for item in sms.claimed:
        await desk.settle(item, State.ACCEPTED)
    assert (await desk.store.known()).lapsed == frozenset()
    desk.clock.at += 61
    assert await desk.claim() == ()
    assert (await desk.store.known()).lapsed == {("i-1", "held")}
    await desk.plan(desk.message("held", Phase.RESOLVED, 2), status=Status.RESOLVED)
    assert [item.message.phase for item in await desk.claim()] == [Phase.RESOLVED]
    assert (await desk.store.known()).lapsed == frozenset()


async def test_the_end_of_the_whole_leaves_a_correction_for_some_that_could_not_leave_yet(desk):
    await desk.plan(desk.message("a"), desk.message("b"))
    await desk.deliver()
    await desk.plan(desk.message("a", Phase.CORRECTION, 1))
    await desk.plan(desk.message("b", Phase.RESOLVED, 2), status=Status.RESOLVED, supersede=(("i-1", 2),))
    told = {item.message.recipient: item.message.phase for item in await desk.claim()}
    assert told == {"a": Phase.CORRECTION, "b": Phase.RESOLVED}


async def test_who_read_that_his_other_outage_is_over_for_him_is_told_of_a_new_one_while_the_first_goes_on(desk):
    await desk.plan(desk.message(incident="a"), desk.message("c-2", incident="a"))
    await desk.deliver()
    desk.clock.at += 900
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, incident="b"), told_as="a"))
    await desk.deliver()
    await desk.plan(desk.message(incident="c"))
    assert await desk.claim() == ()
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1, incident="b"), status=Status.RESOLVED)
    await desk.deliver()
    desk.clock.at += 60
    assert [(item.message.incident, item.message.phase) for item in await desk.claim()] == [("c", Phase.OPENED)]


async def test_who_was_handed_back_knows_of_the_first_outage_again(desk):
    await desk.plan(desk.message(incident="a"))
    await desk.deliver()
    for number, (incident, before) in enumerate((("b", "a"), ("a", "b")), 1):
        desk.clock.at += 900
        await desk.plan(replace(desk.message(phase=Phase.UPDATE, update=number, incident=incident), told_as=before))
        await desk.deliver()
    await desk.plan(desk.message(incident="c"))
    assert await desk.claim() == ()


async def test_what_still_waits_of_an_outage_never_reaches_whoever_passed_to_another_one(desk):
    await desk.plan(desk.message(), desk.message("stays"))
    await desk.deliver()
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1), desk.message("stays", Phase.UPDATE, 1))
    assert await desk.claim() == ()  # too soon after the first notice
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, incident="i-2"), told_as="i-1"))
    await desk.plan(desk.message(phase=Phase.PARTLY_RESTORED, update=1, incident="i-2"))
    assert [item.message.phase for item in await desk.deliver()] == [Phase.PARTLY_RESTORED]
    desk.clock.at += 900
    assert [(item.message.recipient, item.message.incident) for item in await desk.claim()] == [("stays", "i-1")]


async def test_whoever_passes_on_before_he_read_anything_reads_of_the_other_outage_only(desk):
    waiting = desk.message()
    await desk.plan(waiting, approval=Approval("i-1", 0, ApprovalKind.MANUAL, desk.clock.now(), 1, "large"))
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, incident="i-2"), told_as="i-1"))
    await desk.store.approve("i-1", "anna")
    assert [(item.message.incident, item.message.phase) for item in await desk.deliver()] == [("i-2", Phase.UPDATE)]
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1, incident="i-2"), status=Status.RESOLVED)
    assert [item.message.phase for item in await desk.deliver()] == [Phase.RESOLVED]
    desk.clock.at += 900
    assert await desk.claim() == ()


async def test_what_was_in_flight_when_its_reader_passed_to_another_outage_is_not_tried_again(desk):
    await desk.plan(desk.message())
    await desk.deliver()
    desk.clock.at += 900
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1))
    (news,) = await desk.claim()
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, incident="i-2"), told_as="i-1"))
    await desk.settle(news, State.READY, ready_at=desk.clock.now() + 5)
    desk.clock.at += 5
    assert [(item.message.incident, item.message.phase) for item in await desk.deliver()] == [("i-2", Phase.UPDATE)]
    desk.clock.at += 900
    assert await desk.claim() == ()


async def test_whoever_passed_back_reads_the_news_of_the_first_outage_and_of_the_other_one_none(desk):
    await desk.plan(desk.message(incident="a"))
    await desk.deliver()
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, incident="b"), told_as="a"))
    await desk.plan(replace(desk.message(phase=Phase.UPDATE, update=1, incident="a"), told_as="b"))
    await desk.plan(desk.message("c-2", incident="b"))
    desk.clock.at += 900
    assert {(item.message.recipient, item.message.incident) for item in await desk.claim()} == {
        ("c-1", "a"),
        ("c-2", "b"),
    }


async def test_a_correction_of_announced_work_reaches_those_told_and_nobody_else(desk):
    await desk.store.save([], Plan((desk.message(phase=Phase.PLANNED, incident="m-1"),), (desk.automatic(0, "m-1"),)))
    await desk.deliver()
    taken_back = tuple(desk.message(name, Phase.CORRECTION, 1, incident="m-1") for name in ("c-1", "c-2"))
    await desk.store.save([], Plan(taken_back, (desk.automatic(1, "m-1"),)))
    assert [(item.message.recipient, item.message.phase) for item in await desk.claim()] == [("c-1", Phase.CORRECTION)]
