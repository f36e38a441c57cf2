"""Opt-outs, addresses that refuse, quiet hours, and messages in doubt whose peer can be asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.communication.model import Audience, Extent, Phase, Plan, Quiet, Refusal, State
from netwatch.incidents.model import Status
from netwatch.storage import Store


async def test_who_does_without_a_channel_is_told_nothing_by_it_and_by_others_as_before(desk):
    await desk.store.opt_out("c-1", "sms", Extent.EVERYTHING, "anna")
    await desk.plan(desk.message(), desk.message(channel="sms"), desk.message("c-2", channel="sms"))
    sent = [(item.message.recipient, item.message.channel) for item in await desk.claim()]
    assert sent == [("c-1", "email"), ("c-2", "sms")]
    assert (await desk.states())["c-1", "opened", "sms"] == "suppressed"


async def test_a_wish_stops_what_waits_already(desk):
    await desk.plan(desk.message(), desk.message(phase=Phase.OPENED, channel="sms"), desk.message("c-2"))
    assert await desk.store.opt_out("c-1", "", Extent.EVERYTHING, "anna") == 2
    assert sorted((await desk.states()).values()) == ["held", "suppressed", "suppressed"]
    assert [item.message.recipient for item in await desk.claim()] == ["c-2"]


async def test_the_claim_itself_looks_at_wishes(desk):
    """What comes back from a relay after the wish was written down isn't tried again."""
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.store.opt_out("c-1", "email", Extent.EVERYTHING, "anna")
    await desk.settle(item, State.READY, desk.clock.now() + 30)
    desk.clock.at += 60
    assert await desk.claim() == ()
    assert set((await desk.states()).values()) == {"suppressed"}


async def test_who_does_without_all_but_the_end_hears_the_end_of_what_he_was_told_and_no_beginning(desk):
    await desk.plan(desk.message())
    await desk.deliver()
    await desk.store.opt_out("c-1", "", Extent.ALL_BUT_THE_END, "anna")
    await desk.plan(desk.message(phase=Phase.UPDATE, update=1), desk.message(incident="i-2"))
    assert await desk.claim(gap_s=0) == ()
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=2), status=Status.RESOLVED)
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1, incident="i-2"), status=Status.RESOLVED)
    assert [(item.message.incident, item.message.phase) for item in await desk.claim()] == [("i-1", Phase.RESOLVED)]


async def test_colleagues_have_no_wishes(desk):
    await desk.store.opt_out("anna", "", Extent.EVERYTHING, "anna")
    await desk.plan(desk.message("anna", audience=Audience.ONCALL))
    assert len(await desk.claim()) == 1


async def test_a_wish_survives_a_restart_and_can_be_taken_back(store, desk, desk_of, crash, settings, clock):
    await store.opt_out("c-1", "email", Extent.EVERYTHING, " anna ")
    await crash(store)
    again = await Store.open(settings, clock)
    (wish,) = await again.optouts()
    assert (wish.recipient, wish.channel, wish.extent, wish.by) == ("c-1", "email", Extent.EVERYTHING, "anna")
    assert not await again.opt_in("c-1", "sms")
    assert await again.opt_in("c-1", "email")
    desk = desk_of(again)
    await desk.plan(desk.message())
    assert len(await desk.claim()) == 1
    await again.close()


async def test_a_refused_address_is_to_be_mended_and_another_way_to_be_found_once(desk):
    message = desk.message()
    await desk.plan(message)
    (item,) = await desk.claim()
    await desk.settle(item, State.FAILED, refused=True)
    (address,) = await desk.store.refused_addresses()
    assert (address.recipient, address.channel, address.address) == ("c-1", "email", "c-1@example.net")
    known = await desk.store.known()
    assert known.refusals == (Refusal(message.id, "i-1", Phase.OPENED, 0, "c-1", "email"),)
    assert known.unread == {("i-1", "c-1")}
    assert not known.unreachable
    await desk.store.save([], Plan(dealt_with=(message.id,)))
    known = await desk.store.known()
    assert known.refusals == ()
    assert known.unreachable == {("i-1", "c-1")}


async def test_a_customer_told_by_the_other_channel_hears_the_end_by_it(desk):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.settle(item, State.FAILED, refused=True)
    await desk.store.save([], Plan(messages=(desk.message(channel="sms"),), dealt_with=(item.message.id,)))
    assert not (await desk.store.known()).unreachable
    (other,) = await desk.claim()
    assert other.message.channel == "sms"
    await desk.settle(other, State.ACCEPTED)
    assert not (await desk.store.known()).unreachable
    ends = [desk.message(phase=Phase.RESOLVED, update=1, channel=channel) for channel in ("email", "sms")]
    await desk.plan(*ends, status=Status.RESOLVED)
    assert [item.message.channel for item in await desk.claim()] == ["sms"]


async def test_an_address_that_refused_is_not_tried_again_that_day_and_is_the_day_after(desk):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.settle(item, State.FAILED, refused=True)
    await desk.plan(desk.message(incident="i-2"))
    assert await desk.claim() == ()
    assert {refusal.incident for refusal in (await desk.store.known()).refusals} == {"i-1", "i-2"}
    desk.clock.at += 86_401
    await desk.plan(desk.message(incident="i-3"))
    (item,) = await desk.claim()
    await desk.settle(item, State.ACCEPTED)
    assert await desk.store.refused_addresses() == ()


async def test_a_mended_address_is_used_at_once(desk):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.settle(item, State.FAILED, refused=True)
    assert await desk.store.forget_refusals_of("c-1") == 1
    await desk.plan(desk.message(incident="i-2"))
    assert len(await desk.claim()) == 1


async def test_a_colleagues_address_is_always_tried(desk):
    await desk.plan(desk.message("anna", audience=Audience.ONCALL))
    (item,) = await desk.claim()
    await desk.settle(item, State.FAILED, refused=True)
    assert await desk.store.refused_addresses() == ()
    await desk.plan(desk.message("anna", Phase.UPDATE, 1, Audience.ONCALL))
    assert len(await desk.claim()) == 1


def night(desk, hours: float = 8.0, *segments: str) -> tuple[Quiet, ...]:
    return (Quiet("sms", frozenset(segments or {"residential"}), desk.clock.now() + hours * 3600),)


async def test_in_quiet_hours_sms_to_homes_wait_and_all_else_goes(desk):
    await desk.plan(
        desk.message("home", channel="sms", segment="residential", expires_s=40_000),
        desk.message("home", segment="residential"),
        desk.message("shop", channel="sms", segment="business"),
        desk.message("anna", channel="sms", audience=Audience.ONCALL),
    )
    quiet = night(desk)
    sent = {(item.message.recipient, item.message.channel) for item in await desk.claim(quiet=quiet)}
    assert sent == {("home", "email"), ("shop", "sms"), ("anna", "sms")}
    desk.clock.at += 7 * 3600
    assert await desk.claim(quiet=quiet) == ()
    desk.clock.at += 3600
    assert [item.message.recipient for item in await desk.claim(quiet=quiet)] == ["home"]


async def test_what_waits_for_the_morning_is_dropped_when_the_outage_is_over_before(desk):
    await desk.plan(desk.message(channel="sms", segment="residential"))
    assert await desk.claim(quiet=night(desk)) == ()
    end = desk.message(phase=Phase.RESOLVED, update=1, channel="sms", segment="residential")
    await desk.plan(end, status=Status.RESOLVED)
    desk.clock.at += 8 * 3600
    assert await desk.claim() == ()
    assert sorted((await desk.states()).values()) == ["superseded", "suppressed"]


async def test_quiet_hours_that_are_taken_back_or_moved_with_the_clock_hold_nobody_for_longer_than_a_minute(desk):
    await desk.plan(desk.message(channel="sms", segment="residential"))
    assert await desk.claim(quiet=night(desk)) == ()
    desk.clock.at += 60
    assert len(await desk.claim()) == 1


async def test_after_a_crash_a_peer_that_can_be_asked_is_asked_for_routine_news_too(
    store, desk, desk_of, crash, settings, clock
):
    await desk.plan(desk.message(phase=Phase.UPDATE, channel="sms"), desk.message(phase=Phase.UPDATE))
    assert len(await desk.claim()) == 2
    await crash(store)
    again = await Store.open(settings, clock)
    desk = desk_of(again)
    (item,) = await desk.claim()
    assert (item.message.channel, item.unknowns) == ("sms", 1)
    await desk.settle(item, State.UNSURE, clock.now() + 60, asked=True)
    clock.at += 60
    (item,) = await desk.claim()
    assert item.unknowns == 1
    await desk.settle(item, State.ACCEPTED, asked=True)
    assert (await desk.states())["c-1", "update", "sms"] == "accepted"
    await again.close()


@pytest.mark.parametrize("phase", [Phase.OPENED, Phase.UPDATE])
async def test_two_outages_never_begin_for_one_customer_at_once(desk, phase):
    """Both waited for the same person. The second is told when the first ends for the customer, or not at all."""
    await desk.plan(desk.message(), desk.message(incident="i-2"))
    (first,) = await desk.claim()
    await desk.settle(first, State.ACCEPTED)
    desk.clock.at += 31
    assert await desk.claim() == ()
    other = "i-2" if first.message.incident == "i-1" else "i-1"
    assert (other, "c-1") in (await desk.store.known()).unread
    handed = replace(desk.message(phase=phase, update=1, incident=other), told_as=first.message.incident)
    await desk.store.save([desk.change(Status.RESOLVED, first.message.incident)], Plan())
    await desk.plan(handed)
    (second,) = await desk.claim(gap_s=0)
    assert second.message == handed


async def test_whose_first_notice_is_in_flight_is_not_called_unread(desk):
    await desk.plan(desk.message("a", priority=1), desk.message("b"))
    assert (await desk.store.known()).unread == {("i-1", "a"), ("i-1", "b")}
    (item,) = await desk.claim(free=1)
    assert (await desk.store.known()).unread == {("i-1", "b")}
    await desk.settle(item, State.ACCEPTED)
    assert (await desk.store.known()).unread == {("i-1", "b")}


async def test_a_beginning_is_told_once(desk):
    """A newer first notice was planned for who had not read the one before, which then left after all."""
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.plan(desk.message(update=1))
    assert await desk.claim() == ()
    await desk.settle(item, State.ACCEPTED)
    assert await desk.claim() == ()
    assert sorted((await desk.states()).values()) == ["superseded"]


async def test_news_of_two_outages_to_one_customer_keep_their_distance_too(desk):
    await desk.plan(
        desk.message(phase=Phase.UPDATE, update=1), desk.message(phase=Phase.UPDATE, update=1, incident="i-2")
    )
    (first,) = await desk.claim()
    assert await desk.claim() == ()
    await desk.settle(first, State.ACCEPTED)
    assert await desk.claim() == ()
    desk.clock.at += 600
    assert len(await desk.claim()) == 1


async def test_a_post_is_no_customer(desk):
    """Two outages are two posts, whoever follows them; nobody opts out of a page."""
    await desk.store.opt_out("post", "", Extent.EVERYTHING, "anna")
    posts = [desk.message("post", audience=Audience.POST, incident=incident) for incident in ("i-1", "i-2")]
    await desk.plan(posts[0])
    (first,) = await desk.claim()
    await desk.settle(first, State.ACCEPTED)
    await desk.plan(posts[1])
    (second,) = await desk.claim()
    await desk.settle(second, State.FAILED, refused=True)
    known = await desk.store.known()
    assert (known.refusals, known.unread) == ((), frozenset())


async def test_what_waits_goes_to_the_addresses_that_the_inventory_has_now(desk):
    names = ("moved", "left", "same")
    await desk.plan(*map(desk.message, names), desk.message("anna", audience=Audience.ONCALL))
    now = {"moved": "new@example.net", "same": "same@example.net"}
    assert await desk.store.readdress(lambda recipient, _: now.get(recipient, "")) == (1, 1)
    sent = {item.message.recipient: item.message.address for item in await desk.claim()}
    assert sent == {**now, "anna": "anna@example.net"}
    assert (await desk.states())["left", "opened", "email"] == "suppressed"
    (told,) = await desk.store.messages_in(State.SUPPRESSED)
    assert told[1] == "the inventory has no such address any more"


async def test_what_perhaps_arrived_at_the_old_address_is_not_sent_to_the_new_one(desk):
    await desk.plan(desk.message())
    (item,) = await desk.claim()
    await desk.settle(item, State.UNSURE, desk.clock.now() + 60)
    assert await desk.store.readdress(lambda *_: "new@example.net") == (0, 1)
    desk.clock.at += 60
    assert await desk.claim() == ()
    assert (await desk.states())["c-1", "opened", "email"] == "unsure"
    await desk.plan(desk.message(phase=Phase.RESOLVED, update=1), status=Status.RESOLVED)
    await desk.store.readdress(lambda *_: "new@example.net")
    assert [item.message.address for item in await desk.claim()] == ["new@example.net"]


async def test_an_address_that_was_told_reads_no_second_beginning_under_a_new_id_and_its_end_all_the_same(desk):
    def renamed(phase, update, recipient="C-1", address="c-1@example.net"):
        return replace(desk.message(recipient, phase, update), address=address)

    await desk.plan(desk.message())
    await desk.deliver()
    await desk.plan(renamed(Phase.OPENED, 1), renamed(Phase.OPENED, 1, "c-2", "c-2@example.net"))
    assert [item.message.recipient for item in await desk.deliver()] == ["c-2"]
    assert (await desk.states())["C-1", "opened", "email"] == "suppressed"
    desk.clock.at += 601
    await desk.plan(renamed(Phase.RESOLVED, 2), status=Status.RESOLVED)
    assert [item.message.recipient for item in await desk.claim()] == ["C-1"]


async def test_two_customers_with_one_address_are_both_told_when_they_are_hit_at_once(desk):
    await desk.plan(desk.message(), replace(desk.message("c-2"), address="c-1@example.net"))
    assert len(await desk.deliver()) == 2
