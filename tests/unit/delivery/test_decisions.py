"""The pure decisions of delivery, as tables."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from netwatch.communication.delivery import breaker, concurrency
from netwatch.communication.delivery.backoff import delay_s
from netwatch.communication.delivery.breaker import Breaker, BreakerState
from netwatch.communication.delivery.concurrency import Pace
from netwatch.communication.delivery.model import Claimed
from netwatch.communication.delivery.outcome import Outcome, Result, Step, of_reply, of_silence, of_status
from netwatch.communication.delivery.release import Waiting, agreed, waits_for
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.delivery.settle import next_route, settle, settle_asked
from netwatch.communication.model import Approval, ApprovalKind, Audience, Message, Phase, State

SETTINGS = DeliverySettings()


@pytest.mark.parametrize(
    ("code", "text", "step", "outcome"),
    [
        (250, "2.0.0 OK", Step.CONTENT, Outcome.ACCEPTED),
        (421, "4.3.2 closing", Step.SENDER, Outcome.CHANNEL_TEMPORARY),
        (421, "4.3.2 closing", Step.CONTENT, Outcome.CHANNEL_TEMPORARY),
        (554, "no service here", Step.CONNECT, Outcome.CHANNEL_TEMPORARY),
        (535, "5.7.8 wrong", Step.CONNECT, Outcome.CONFIGURATION),
        (530, "5.7.0 login first", Step.SENDER, Outcome.CONFIGURATION),
        (454, "4.7.0 no TLS now", Step.CONNECT, Outcome.CONFIGURATION),
        (550, "5.7.1 sender not allowed", Step.SENDER, Outcome.CONFIGURATION),
        (451, "4.3.0 later", Step.SENDER, Outcome.CHANNEL_TEMPORARY),
        (450, "4.2.0 greylisted", Step.RECIPIENT, Outcome.RECIPIENT_TEMPORARY),
        (452, "4.2.2 mailbox full", Step.RECIPIENT, Outcome.RECIPIENT_TEMPORARY),
        (451, "4.7.1 later", Step.CONTENT, Outcome.RECIPIENT_TEMPORARY),
        (550, "no such user", Step.RECIPIENT, Outcome.RECIPIENT_PERMANENT),
        (551, "moved", Step.RECIPIENT, Outcome.RECIPIENT_PERMANENT),
        (553, "5.1.3 bad address", Step.RECIPIENT, Outcome.RECIPIENT_PERMANENT),
        (550, "5.1.1 unknown user", Step.CONTENT, Outcome.RECIPIENT_PERMANENT),
        (550, "5.7.1 looks like spam", Step.RECIPIENT, Outcome.CONTENT),
        (552, "5.3.4 too big", Step.CONTENT, Outcome.CONTENT),
        (554, "refused", Step.CONTENT, Outcome.CONTENT),
        (554, "refused", Step.RECIPIENT, Outcome.CONTENT),
    ],
)
def test_a_relays_reply_has_one_meaning(code, text, step, outcome):
    result = of_reply(code, text, step)
    assert result.outcome is outcome
    assert str(code) in result.detail


def test_a_replys_own_words_are_not_kept_for_they_may_name_the_recipient():
    assert of_reply(550, "5.1.1 <jan@example.net> unknown", Step.RECIPIENT).detail == "smtp 550 5.1.1 at recipient"


@pytest.mark.parametrize("step", list(Step))
def test_silence_is_doubt_only_once_the_content_may_have_left(step):
    expected = Outcome.UNKNOWN if step is Step.CONTENT else Outcome.CHANNEL_TEMPORARY
    assert of_silence(step, "time-out").outcome is expected


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (202, Outcome.ACCEPTED),
        (302, Outcome.CONFIGURATION),
        (401, Outcome.CONFIGURATION),
        (403, Outcome.CONFIGURATION),
        (404, Outcome.CONFIGURATION),
        (408, Outcome.THROTTLED),
        (425, Outcome.THROTTLED),
        (429, Outcome.THROTTLED),
        (400, Outcome.CONTENT),
        (422, Outcome.CONTENT),
        (500, Outcome.RECIPIENT_TEMPORARY),
        (503, Outcome.RECIPIENT_TEMPORARY),
    ],
)
def test_a_services_status_has_one_meaning(status, outcome):
    assert of_status(status).outcome is outcome


def test_a_service_that_is_not_idempotent_leaves_doubt_after_its_own_error():
    assert of_status(500, idempotent=False).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("999999", 3600.0),
        ("", None),
        ("-1", None),
        ("\u0667", None),
        ("Sun, 22 Nov 2026", None),
    ],
)
def test_retry_after_is_seconds_or_nothing(header, seconds):
    assert of_status(429, header).retry_after_s == seconds


def test_waits_grow_and_the_last_one_repeats_with_jitter_on_top():
    random = Random(1)
    waits = [delay_s(n, (30.0, 60.0, 120.0, 300.0), 0.2, random) for n in range(6)]
    for wait, base in zip(waits, (30, 60, 120, 300, 300, 300), strict=True):
        assert base <= wait <= base * 1.2


def run(outcomes: list[Outcome], state: Breaker = Breaker(), at: float = 0.0) -> Breaker:  # noqa: B008 - frozen
    for outcome in outcomes:
        state = breaker.after(state, outcome, at, SETTINGS)
    return state


def test_five_failures_in_a_row_give_a_route_a_rest_then_one_probe_decides():
    state = run([Outcome.CHANNEL_TEMPORARY] * 4)
    assert breaker.allows(state, 0.0)
    state = run([Outcome.CHANNEL_TEMPORARY], state)
    assert not breaker.allows(state, 9.9)
    assert breaker.allows(state, 10.0)
    probing = breaker.begin(state, 10.0)
    assert not breaker.allows(probing, 10.0)
    assert run([Outcome.ACCEPTED], probing, 11.0).state is BreakerState.CLOSED
    again = run([Outcome.CHANNEL_TEMPORARY], probing, 11.0)
    assert (again.state, again.open_until_at) == (BreakerState.OPEN, 31.0)


def test_rests_double_up_to_the_longest():
    state = run([Outcome.CHANNEL_TEMPORARY] * 5)
    rests, at = [state.open_s], 0.0
    for _ in range(5):
        at = state.open_until_at
        state = breaker.after(breaker.begin(state, at), Outcome.UNKNOWN, at, SETTINGS)
        rests.append(state.open_s)
    assert rests == [10, 20, 40, 80, 120, 120]


def test_half_of_the_last_twenty_failing_gives_a_rest_too():
    state = run([Outcome.ACCEPTED, Outcome.CHANNEL_TEMPORARY] * 9 + [Outcome.ACCEPTED])
    assert state.state is BreakerState.CLOSED
    assert run([Outcome.CHANNEL_TEMPORARY], state).state is BreakerState.OPEN


def test_a_recipients_fault_is_not_the_routes():
    assert run([Outcome.RECIPIENT_PERMANENT, Outcome.RECIPIENT_TEMPORARY] * 20).state is BreakerState.CLOSED


def test_three_refused_texts_in_a_row_and_a_refused_login_at_once_give_a_rest():
    assert run([Outcome.CONTENT] * 2 + [Outcome.ACCEPTED] + [Outcome.CONTENT] * 2).state is BreakerState.CLOSED
    assert run([Outcome.CONTENT] * 3).state is BreakerState.OPEN
    assert run([Outcome.CONFIGURATION]).state is BreakerState.OPEN


def test_answers_to_what_was_begun_before_the_rest_do_not_end_it():
    state = run([Outcome.CHANNEL_TEMPORARY] * 5)
    assert run([Outcome.ACCEPTED], state).state is BreakerState.OPEN


def test_a_slow_relay_gets_more_at_once_and_never_more_than_twenty():
    slow, fast = Pace(latency_s=0.5, proven=100), Pace(latency_s=0.002, proven=100)
    assert concurrency.at_once(slow, 2000, 60.0, 20, SETTINGS) == 17
    assert concurrency.at_once(slow, 20_000, 60.0, 20, SETTINGS) == 20
    assert concurrency.at_once(slow, 20_000, -5.0, 10, SETTINGS) == 10
    assert concurrency.at_once(fast, 2000, 60.0, 20, SETTINGS) == SETTINGS.at_once_least


def test_too_many_halves_the_rate_and_waits_and_it_grows_back():
    pace = concurrency.throttled(Pace(latency_s=0.5, proven=100), 100.0, 7.0)
    assert pace.until_at == 107.0
    assert concurrency.at_once(pace, 2000, 60.0, 20, SETTINGS) == 8
    for _ in range(50):
        pace = concurrency.after(pace, 0.5)
    assert concurrency.at_once(pace, 2000, 60.0, 20, SETTINGS) == 17


def test_a_mailing_is_to_be_accepted_in_a_sixth_of_its_budget():
    quick = Pace(latency_s=0.015, proven=100)
    left_s = concurrency.left_s(0.0, SETTINGS)
    assert left_s == 10.0
    assert concurrency.at_once(quick, 10_000, left_s, 20, SETTINGS) == 15
    assert concurrency.at_once(quick, 10_000, concurrency.left_s(20.0, SETTINGS), 20, SETTINGS) == 20


def test_a_mailing_begins_with_few_at_once_and_dares_one_more_for_every_second_message():
    pace, seen = Pace(latency_s=1.0), []
    for _ in range(14):
        seen.append(concurrency.at_once(pace, 10_000, 15.0, 10, SETTINGS))
        pace = concurrency.after(pace, 1.0)
    assert seen == [4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10]
    assert concurrency.at_once(concurrency.rested(pace), 10_000, 15.0, 10, SETTINGS) == 4


def test_a_busy_relay_gets_half_as_much_at_once_without_a_pause_and_many_refusals_in_a_moment_are_one():
    pace = Pace(latency_s=1.0, proven=100)
    for at in (100.0, 100.1, 100.9):
        pace = concurrency.eased(pace, at)
    assert concurrency.at_once(pace, 10_000, 15.0, 10, SETTINGS) == 5
    assert pace.until_at <= 100.0
    assert concurrency.at_once(concurrency.eased(pace, 101.0), 10_000, 15.0, 10, SETTINGS) == 2


@pytest.mark.parametrize(
    ("code", "step", "busy"),
    [(421, Step.CONNECT, True), (421, Step.CONTENT, True), (452, Step.SENDER, True), (450, Step.RECIPIENT, False),
     (554, Step.CONNECT, False), (250, Step.CONTENT, False)],
)  # fmt: skip
def test_a_relay_is_busy_when_it_refuses_before_the_recipient_or_closes(code, step, busy):
    assert of_reply(code, "", step).busy is busy


def claimed(audience: Audience = Audience.CUSTOMER, phase: Phase = Phase.OPENED, **known: int) -> Claimed:
    message = Message("id", "i-1", phase, 0, audience, "email", "c", "c@x.nl", "nl", "s", "b", 1, 0.0, 99.0)
    return Claimed(message, **known)


def settled(item: Claimed, outcome: Outcome, *, idempotent: bool = False, retry_after_s: float | None = None) -> tuple:
    result = Result(outcome, "", retry_after_s)
    s = settle(item, result, SETTINGS, Random(1), now=100.0, route="r", route_free_at=110.0, idempotent=idempotent)
    return s.state, s.ready_at is not None, s.attempt_used


@pytest.mark.parametrize(
    ("item", "outcome", "expected"),
    [
        (claimed(), Outcome.ACCEPTED, (State.ACCEPTED, False, False)),
        (claimed(), Outcome.CHANNEL_TEMPORARY, (State.READY, True, False)),
        (claimed(), Outcome.THROTTLED, (State.READY, True, False)),
        (claimed(), Outcome.CONFIGURATION, (State.READY, True, False)),
        (claimed(), Outcome.RECIPIENT_TEMPORARY, (State.READY, True, True)),
        (claimed(), Outcome.RECIPIENT_PERMANENT, (State.FAILED, False, False)),
        (claimed(), Outcome.CONTENT, (State.FAILED, False, False)),
        (claimed(Audience.ONCALL), Outcome.CONTENT, (State.READY, True, True)),
        (claimed(), Outcome.REFUSED_BY_US, (State.FAILED, False, False)),
        (claimed(), Outcome.DEFECT, (State.READY, True, True)),
        (claimed(attempts=2), Outcome.DEFECT, (State.FAILED, False, False)),
        (claimed(), Outcome.UNKNOWN, (State.UNSURE, True, False)),
        (claimed(unknowns=1), Outcome.UNKNOWN, (State.UNSURE, False, False)),
        (claimed(phase=Phase.RESOLVED), Outcome.UNKNOWN, (State.UNSURE, True, False)),
        (claimed(phase=Phase.UPDATE), Outcome.UNKNOWN, (State.UNSURE, False, False)),
        (claimed(phase=Phase.NO_NEWS), Outcome.UNKNOWN, (State.UNSURE, False, False)),
    ],
)
def test_every_outcome_has_its_consequence(item, outcome, expected):
    assert settled(item, outcome) == expected


@pytest.mark.parametrize(
    ("item", "found", "state", "again"),
    [
        (claimed(unknowns=1), Outcome.ACCEPTED, State.ACCEPTED, False),
        (claimed(unknowns=1), Outcome.RECIPIENT_PERMANENT, State.FAILED, False),
        (claimed(unknowns=1), Outcome.CONTENT, State.FAILED, False),
        (claimed(unknowns=1), Outcome.CHANNEL_TEMPORARY, State.UNSURE, True),
        (claimed(unknowns=1), Outcome.UNKNOWN, State.UNSURE, True),
        (claimed(unknowns=1), Outcome.DEFECT, State.UNSURE, True),
        (claimed(unknowns=2), None, State.UNSURE, False),
        (claimed(unknowns=1, phase=Phase.UPDATE), None, State.UNSURE, False),
    ],
)
def test_what_the_peer_says_of_a_message_in_doubt_decides(item, found, state, again):
    result = None if found is None else Result(found, "said")
    settlement = settle_asked(item, result, SETTINGS, now=100.0, route="r")
    assert (settlement.state, settlement.ready_at is not None) == (state, again)
    assert settlement.asked
    assert settlement.refused is (found is Outcome.RECIPIENT_PERMANENT)


@pytest.mark.parametrize("phase", [Phase.OPENED, Phase.RESOLVED, Phase.PARTLY_RESTORED, Phase.CORRECTION])
def test_what_matters_and_no_peer_knows_of_is_sent_once_more(phase):
    assert settle_asked(claimed(unknowns=1, phase=phase), None, SETTINGS, now=100.0, route="") is None


def test_a_row_of_refused_addresses_is_the_routes_fault_until_one_is_taken():
    state = Breaker()
    for _ in range(SETTINGS.breaker_refusals_in_a_row - 1):
        state = breaker.after(state, Outcome.RECIPIENT_PERMANENT, 0.0, SETTINGS)
    assert state.state is BreakerState.CLOSED
    taken = breaker.after(state, Outcome.ACCEPTED, 0.0, SETTINGS)
    assert breaker.after(taken, Outcome.RECIPIENT_PERMANENT, 0.0, SETTINGS).state is BreakerState.CLOSED
    state = breaker.after(state, Outcome.RECIPIENT_PERMANENT, 0.0, SETTINGS)
    assert state.state is BreakerState.OPEN
    probing = breaker.begin(state, state.open_until_at)
    again = breaker.after(probing, Outcome.RECIPIENT_PERMANENT, state.open_until_at, SETTINGS)
    assert (again.state, again.open_s) == (BreakerState.OPEN, state.open_s * 2)
    probing = breaker.begin(again, again.open_until_at)
    assert breaker.after(probing, Outcome.ACCEPTED, again.open_until_at, SETTINGS).state is BreakerState.CLOSED


def test_doubt_on_an_idempotent_channel_is_the_same_id_again():
    assert settled(claimed(unknowns=5), Outcome.UNKNOWN, idempotent=True) == (State.READY, True, True)


def test_what_the_channel_refused_goes_again_when_a_route_is_free():
    s = settle(
        claimed(),
        Result(Outcome.CHANNEL_TEMPORARY),
        SETTINGS,
        Random(1),
        now=100.0,
        route="r",
        route_free_at=110.0,
        idempotent=False,
    )
    assert s.ready_at == 110.0


def test_internal_alerts_try_every_route_and_customers_only_where_it_may_help():
    staff = {outcome for outcome in Outcome if next_route(claimed(Audience.ONCALL), outcome)}
    customers = {outcome for outcome in Outcome if next_route(claimed(), outcome)}
    assert staff - customers == {Outcome.RECIPIENT_TEMPORARY, Outcome.RECIPIENT_PERMANENT, Outcome.DEFECT}
    assert customers == {Outcome.CHANNEL_TEMPORARY, Outcome.THROTTLED, Outcome.CONFIGURATION, Outcome.CONTENT}


def test_no_outcome_in_doubt_tries_another_route():
    assert not next_route(claimed(Audience.ONCALL), Outcome.UNKNOWN)


APPROVAL = Approval("i-1", 0, ApprovalKind.VETO, 30.0, 0, "8 %")


@pytest.mark.parametrize(
    ("approval", "now", "over", "waiting"),
    [
        (None, 99.0, False, Waiting.APPROVAL_MISSING),
        (APPROVAL, 29.9, False, Waiting.VETO_WINDOW),
        (APPROVAL, 30.0, False, None),
        (APPROVAL, 30.0, True, Waiting.CEILING),
        (replace(APPROVAL, approved_by=("anna",)), 0.0, True, None),
        (replace(APPROVAL, vetoed_by="bram", approved_by=("anna",)), 99.0, False, Waiting.VETOED),
        (replace(APPROVAL, kind=ApprovalKind.MANUAL, needed=1), 99.0, False, Waiting.PEOPLE),
        (replace(APPROVAL, kind=ApprovalKind.AUTO, release_at=0.0), 0.0, False, None),
        (replace(APPROVAL, kind=ApprovalKind.AUTO, release_at=0.0), 0.0, True, Waiting.CEILING),
    ],
)
def test_an_update_waits_for_what_its_approval_says(approval, now, over, waiting):
    assert waits_for(approval, over_ceiling=over, now=now) is waiting


def test_one_person_in_two_spellings_is_one():
    two = replace(APPROVAL, kind=ApprovalKind.MANUAL, needed=2)
    assert not agreed(replace(two, approved_by=("anna", " ANNA ")))
    assert agreed(replace(two, approved_by=("anna", "bram")))
