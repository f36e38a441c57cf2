"""A post leaves the outbox when a person has approved it, and never before."""

from __future__ import annotations

from netwatch.communication.delivery.model import ClaimRequest, Lane
from netwatch.communication.model import Approval, ApprovalKind, Audience, Conditions, Phase, State


def manual(update: int) -> Approval:
    return Approval("i-1", update, ApprovalKind.MANUAL, 0.0, 1, "A post for all the world (mastodon)")


async def claimed(desk, **conditions):
    lane = Lane("mastodon", 5, 5, idempotent=True)
    request = ClaimRequest(desk.clock.now(), (lane,), Conditions(**conditions), 0.0)
    return [one.message for one in (await desk.store.turn((), request)).claimed]


def post(desk, phase=Phase.OPENED, update=1):
    return desk.message("mastodon", phase, update, Audience.POST, "mastodon")


async def test_it_waits_for_a_person_and_not_for_time(desk):
    await desk.plan(post(desk), approval=manual(1))
    desk.clock.at += 3600
    assert await claimed(desk) == []
    await desk.store.approve("i-1", "anna")
    assert [one.recipient for one in await claimed(desk)] == ["mastodon"]


async def test_a_veto_and_the_brakes_stop_it(desk):
    await desk.plan(post(desk), approval=manual(1))
    await desk.store.approve("i-1", "anna")
    for brake in ({"hold": True}, {"isolated": True}, {"warm": False}):
        assert await claimed(desk, **brake) == []
    await desk.store.veto("i-1", "bram")
    assert await claimed(desk) == []


async def test_the_end_is_not_posted_where_the_beginning_never_was(desk):
    await desk.plan(post(desk), approval=manual(1))
    await desk.plan(post(desk, Phase.RESOLVED, 2), approval=manual(2))
    states = {message.phase: state for message, state in await desk.store.messages_of("i-1")}
    assert states[Phase.RESOLVED] is State.SUPPRESSED
    await desk.store.approve("i-1", "anna")
    assert Phase.RESOLVED not in [one.phase for one in await claimed(desk)]
