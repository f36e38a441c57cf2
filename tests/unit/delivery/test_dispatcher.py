"""The dispatcher with a real store and scripted routes; time leaps."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from netwatch.communication.delivery.breaker import BreakerState
from netwatch.communication.delivery.model import Claimed, ClaimRequest, Settlement, Turn
from netwatch.communication.delivery.outcome import Outcome, Result, Step, of_reply
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.model import Audience, Phase
from netwatch.errors import StorageError


async def test_everybody_gets_one_and_the_hardest_hit_first(post, scripted):
    channel = scripted("email/a", limit=1)
    await post.plan(*(post.message(f"c-{n}", priority=9 - n) for n in range(8)))
    dispatcher = post.dispatcher(channel)
    states = await post.run(dispatcher)
    assert set(states.values()) == {"accepted"}
    assert [message.recipient for message in channel.taken] == [f"c-{n}" for n in range(7, -1, -1)]
    assert dispatcher.statistics().settled == {("email", "accepted"): 8}
    assert channel.closed


async def test_a_route_that_fails_is_followed_by_the_next_at_once_and_no_attempt_is_used(post, scripted):
    first = scripted("email/a", *[Outcome.CHANNEL_TEMPORARY] * 50)
    second = scripted("email/b")
    await post.plan(*(post.message(f"c-{n}") for n in range(20)))
    dispatcher = post.dispatcher(first, second)
    assert set((await post.run(dispatcher)).values()) == {"accepted"}
    assert len(second.taken) == 20
    assert len(first.taken) < 20
    assert dispatcher.statistics().breakers["email/a"] is BreakerState.OPEN
    assert any("email/a fails and rests" in alarm for alarm in post.alarms)


async def test_when_every_route_rests_messages_wait_for_the_probe_and_then_all_arrive(post, scripted):
    channel = scripted("email/a", *[Outcome.CHANNEL_TEMPORARY] * 9)
    await post.plan(*(post.message(f"c-{n}") for n in range(20)))
    assert set((await post.run(post.dispatcher(channel))).values()) == {"accepted"}
    assert post.clock.now() >= 10_010.0


async def test_greylisting_is_waited_out(post, scripted):
    channel = scripted("email/a", *[Outcome.RECIPIENT_TEMPORARY] * 3)
    await post.plan(post.message())
    assert await post.run(post.dispatcher(channel)) == {"c-1": "accepted"}
    assert len(channel.taken) == 4
    assert post.clock.now() >= 10_000 + 30 + 60 + 120


async def test_a_first_notice_in_doubt_is_sent_once_more_and_never_a_third_time(post, scripted):
    channel = scripted("email/a", Outcome.UNKNOWN, Outcome.UNKNOWN)
    await post.plan(post.message())

    async def twice() -> bool:
        return (
            len(channel.taken) == 2 and await post.store.messages_of("i-1") and (await post.states())["c-1"] == "unsure"
        )

    assert await post.run(post.dispatcher(channel), twice) == {"c-1": "unsure"}
    assert len(channel.taken) == 2
    assert channel.taken[0].id == channel.taken[1].id


async def test_a_defect_costs_its_own_message_only_and_is_given_up(post, scripted):
    channel = scripted("email/a", *[KeyError("jan@example.net")] * 3, limit=1)
    await post.plan(post.message("c-1", priority=1), post.message("c-2", priority=2))
    states = await post.run(post.dispatcher(channel))
    assert sorted(states.values()) in (["accepted", "failed"], ["accepted", "accepted"])
    assert channel.most_together == 1


async def test_an_internal_alert_tries_every_route_and_tells_when_none_takes_it(post, scripted):
    first = scripted("email/a", Outcome.RECIPIENT_PERMANENT)
    second = scripted("email/b", Outcome.RECIPIENT_PERMANENT)
    await post.plan(post.message("anna", Audience.ONCALL))
    assert await post.run(post.dispatcher(first, second)) == {"anna": "failed"}
    assert any("anna" in alarm for alarm in post.alarms)
    assert len(first.taken) == len(second.taken) == 1


async def test_an_internal_alert_arrives_by_the_second_route_when_the_first_refuses_it(post, scripted):
    first = scripted("email/a", Outcome.RECIPIENT_PERMANENT)
    await post.plan(post.message("anna", Audience.ONCALL))
    assert await post.run(post.dispatcher(first, scripted("email/b"))) == {"anna": "accepted"}
    assert post.alarms == []


async def test_a_route_that_depends_on_what_is_down_goes_last(post, scripted):
    first, second = scripted("email/a"), scripted("email/b")
    first.depends_on = "site:hgl-1"
    post.failed = frozenset({"site:hgl-1"})
    await post.plan(post.message())
    await post.run(post.dispatcher(first, second))
    assert (len(first.taken), len(second.taken)) == (0, 1)


async def test_customers_wait_for_a_brake_and_go_when_it_is_gone(post, scripted):
    channel = scripted("email/a")
    post.conditions = replace(post.conditions, isolated=True)
    await post.plan(post.message(), post.message("anna", Audience.STAFF))
    dispatcher = post.dispatcher(channel)

    async def staff_told() -> bool:
        return (await post.states())["anna"] == "accepted" and dispatcher.statistics().brake is not None

    async def then_free() -> bool:
        if await staff_told():
            post.conditions = replace(post.conditions, isolated=False)
        return (await post.states())["c-1"] == "accepted"

    await post.run(dispatcher, then_free)
    assert [message.recipient for message in channel.taken] == ["anna", "c-1"]


async def test_never_more_in_flight_than_the_settings_allow(post, scripted):
    channel = scripted("email/a", limit=20)
    await post.plan(*(post.message(f"c-{n}") for n in range(60)))
    await post.run(post.dispatcher(channel, settings=DeliverySettings(at_once_least=3, at_once_most=3)))
    assert channel.most_together <= 3


async def test_a_route_that_hangs_is_cut_off(post, scripted):
    class Hanging(scripted):
        async def send(self, message):
            self.taken.append(message)
            await asyncio.Event().wait()

    channel = Hanging("email/a")
    await post.plan(post.message())

    async def unsure() -> bool:
        return (await post.states())["c-1"] == "unsure"

    dispatcher = post.dispatcher(channel, settings=DeliverySettings(send_timeout_s=0.05))
    assert await post.run(dispatcher, unsure) == {"c-1": "unsure"}


class RefusingOutbox:
    """Refuses some turns, as a full disk does; then it is an outbox with nothing in it."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.turns = 0

    async def turn(self, settlements: list[Settlement], request: ClaimRequest) -> Turn:  # noqa: ARG002 - the protocol's
        self.turns += 1
        if self.turns <= self.refusals:
            raise StorageError("the disk is full", "free space")
        return Turn()

    def on_work(self, wake) -> None:
        pass


async def test_a_store_that_refuses_is_told_and_tried_again(post, scripted):
    outbox = RefusingOutbox(3)
    post.store, store = outbox, post.store
    dispatcher = post.dispatcher(scripted("email/a"))

    async def recovered() -> bool:
        return outbox.turns > 3

    post.states = lambda: asyncio.sleep(0, {})
    await post.run(dispatcher, recovered)
    assert dispatcher.statistics().store_failures == 3
    assert "disk is full" in post.alarms[0]
    post.store = store


async def test_while_the_store_refuses_what_is_known_waits_and_the_loop_does_not_run_hot(post, scripted):
    class Refusing(RefusingOutbox):
        """Hands one message out, then refuses."""

        async def turn(self, settlements, request):
            if self.turns:
                return await super().turn(settlements, request)
            self.turns += 1
            return Turn(claimed=(Claimed(post.message("anna", Audience.ONCALL)),))

    outbox = Refusing(6)
    post.store, store = outbox, post.store
    post.states = lambda: asyncio.sleep(0, {})

    async def recovered() -> bool:
        return outbox.turns > 6

    begun_at = post.clock.now()
    await post.run(post.dispatcher(scripted("email/a")), recovered)
    assert 5.0 <= post.clock.now() - begun_at < 60.0
    post.store = store


async def test_an_internal_alert_can_go_without_the_store(post, scripted):
    channel = scripted("email/b")
    dispatcher = post.dispatcher(scripted("email/a", Outcome.CHANNEL_TEMPORARY), channel)
    (result,) = await dispatcher.send_directly([post.message("anna", Audience.ONCALL)])
    assert result.outcome is Outcome.ACCEPTED
    with pytest.raises(AssertionError):
        await dispatcher.send_directly([post.message()])


async def test_a_peer_that_has_the_message_after_all_is_not_sent_it_again(post, asked):
    channel = asked("email/a", Outcome.UNKNOWN)
    channel.known = {"c-1": Outcome.ACCEPTED}
    await post.plan(post.message())

    async def accepted() -> bool:
        return (await post.states())["c-1"] == "accepted"

    assert await post.run(post.dispatcher(channel), accepted) == {"c-1": "accepted"}
    assert (len(channel.taken), channel.asked) == (1, ["c-1"])


async def test_what_the_peer_knows_nothing_of_is_sent_once_more_and_routine_news_never_is(post, asked):
    channel = asked("email/a", Outcome.UNKNOWN, Outcome.UNKNOWN, limit=1)
    await post.plan(post.message("c-1", priority=1), post.message("c-2", priority=2, phase=Phase.UPDATE))

    async def asked_both() -> bool:
        return set(channel.asked) == {"c-1", "c-2"} and (await post.states())["c-1"] == "accepted"

    states = await post.run(post.dispatcher(channel), asked_both)
    assert states == {"c-1": "accepted", "c-2": "unsure"}
    assert sorted(message.recipient for message in channel.taken) == ["c-1", "c-1", "c-2"]


async def test_a_peer_that_cannot_be_asked_now_is_asked_again_before_anything_is_sent(post, asked):
    channel = asked("email/a", Outcome.UNKNOWN)
    channel.known = {"c-1": Outcome.CHANNEL_TEMPORARY}
    await post.plan(post.message())

    async def then_it_answers() -> bool:
        if len(channel.asked) == 3:
            channel.known = {"c-1": Outcome.ACCEPTED}
        return (await post.states())["c-1"] == "accepted"

    await post.run(post.dispatcher(channel), then_it_answers)
    assert (len(channel.taken), len(channel.asked)) == (1, 4)


async def test_where_one_route_cannot_be_asked_none_is(post, asked, scripted):
    first = asked("email/a", Outcome.UNKNOWN)
    first.known = {"c-1": Outcome.ACCEPTED}
    await post.plan(post.message())

    async def sent_again() -> bool:
        return (await post.states())["c-1"] == "accepted"

    await post.run(post.dispatcher(first, scripted("email/b")), sent_again)
    assert (len(first.taken), first.asked) == (2, [])


async def test_a_lookup_with_a_defect_costs_nothing_but_time(post, asked):
    class Defective(asked):
        async def lookup(self, message):
            await super().lookup(message)
            if len(self.asked) < 3:
                raise KeyError("reference")

    channel = Defective("email/a", Outcome.UNKNOWN)
    await post.plan(post.message())

    async def sent_again() -> bool:
        return (await post.states())["c-1"] == "accepted"

    await post.run(post.dispatcher(channel), sent_again)
    assert len(channel.taken) == 2


async def test_a_relay_that_refuses_everybody_is_given_a_rest_before_it_has_refused_all(post, scripted):
    first = scripted("email/a", *[Outcome.RECIPIENT_PERMANENT] * 60, limit=1)
    await post.plan(*(post.message(f"c-{n}") for n in range(40)))
    dispatcher = post.dispatcher(first, scripted("email/b", limit=1))
    states = await post.run(dispatcher)
    assert list(states.values()).count("failed") <= 12
    assert any("email/a fails and rests" in alarm for alarm in post.alarms)
    assert len((await post.store.known()).refusals) == list(states.values()).count("failed")


async def test_each_route_is_exercised_by_itself_without_the_store(post, scripted):
    first, second = scripted("email/a", Outcome.CONFIGURATION), scripted("email/b")
    dispatcher = post.dispatcher(first, second, scripted("webhook/x", kind="webhook"))
    answers = await dispatcher.exercise("email", lambda route: post.message(route, Audience.STAFF))
    assert {route: result.outcome for route, result in answers.items()} == {
        "email/a": Outcome.CONFIGURATION,
        "email/b": Outcome.ACCEPTED,
    }
    assert [message.recipient for message in second.taken] == ["email/b"]
    assert await dispatcher.exercise("sms", lambda route: post.message(route, Audience.STAFF)) == {}


async def test_a_relay_that_allows_fewer_connections_than_its_route_gets_all_mails_and_never_a_rest(post, scripted):
    class Narrow(scripted):
        refused = 0

        async def send(self, message):
            self.together += 1
            try:
                if self.together > 5:
                    self.refused += 1
                    return of_reply(421, "4.7.0 too many connections", Step.CONNECT)
                await asyncio.sleep(0.002)
                self.taken.append(message)
                return Result(Outcome.ACCEPTED)
            finally:
                self.together -= 1

    channel = Narrow("email/a", limit=20)
    await post.plan(*(post.message(f"c-{n}") for n in range(400)))
    # So little time that as many as possible are wanted at once.
    states = await post.run(post.dispatcher(channel, settings=DeliverySettings(mailing_budget_s=0.1)))
    assert set(states.values()) == {"accepted"}
    assert len(channel.taken) == 400
    assert 0 < channel.refused < 40
    assert not post.alarms
