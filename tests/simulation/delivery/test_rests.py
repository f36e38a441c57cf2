"""The judge's book of a route's rests, beside the product's own."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.delivery.routes import Routes
from tests.simulation.delivery.kills import Kills
from tests.simulation.delivery.loop import VirtualClock, VirtualLoop
from tests.simulation.delivery.office import DELIVERY
from tests.simulation.delivery.relays import Peers, Route
from tests.simulation.delivery.rests import REST_S, Rests

#: What the simulated peers can say of a route, besides that it fails.
OTHERS = sorted(set(Outcome) - {Outcome.CONTENT, Outcome.RECIPIENT_PERMANENT, Outcome.REFUSED_BY_US})


def route_of(loop: VirtualLoop) -> Route:
    return Route("sms/one", "sms", Peers(Random(0)), Kills(), VirtualClock(loop, 0.0), idempotent=False)


def failed(book: Rests, times: int, now_s: float, outcome: Outcome = Outcome.CHANNEL_TEMPORARY) -> None:
    for _ in range(times):
        book.ends(outcome, now_s)


def test_the_fifth_failure_in_a_row_needs_a_rest_and_a_lost_reply_is_a_failure():
    book = Rests()
    failed(book, 1, 0.0, Outcome.UNKNOWN)
    failed(book, 3, 1.0)
    assert book.begins(1.0)
    failed(book, 1, 2.0)
    assert not book.begins(2.1)
    assert not book.begins(2.0 + REST_S - 0.1)
    assert book.begins(2.0 + REST_S)


def test_what_was_on_its_way_when_the_rest_began_makes_it_no_longer():
    book = Rests()
    failed(book, 5, 0.0)
    failed(book, 5, 1.0)
    assert book.begins(REST_S)


def test_one_message_probes_a_route_and_its_failure_begins_the_next_rest():
    book = Rests()
    failed(book, 5, 0.0)
    assert book.begins(4.0)
    assert not book.begins(4.1)
    failed(book, 1, 5.0)
    assert not book.begins(5.1)
    assert book.begins(5.0 + REST_S)
    book.ends(Outcome.ACCEPTED, 9.0)
    assert book.begins(9.0)
    assert book.begins(9.0)


def test_a_refused_login_and_half_of_the_last_twenty_need_a_rest_too():
    book, other = Rests(), Rests()
    book.ends(Outcome.CONFIGURATION, 0.0)
    assert not book.begins(0.1)
    for number in range(10):
        assert other.begins(number)
        other.ends(Outcome.CHANNEL_TEMPORARY, number)
        other.ends(Outcome.ACCEPTED, number)
    assert not other.begins(10)


@given(st.integers(0, 2**32), st.sampled_from([0.4, 0.6, 0.8]), st.sampled_from([0.01, 0.2]))
def test_netwatch_gives_every_rest_that_the_book_asks_for(seed, failing, odd):
    random, loop = Random(seed), VirtualLoop()
    route, book, now, in_flight = route_of(loop), Rests(), 0.0, 0
    routes = Routes([route], DELIVERY)
    for _ in range(300):
        now += random.choice([0.0, 0.1, 0.5, 2.0])
        if in_flight < 4 and random.random() < 0.6:
            if routes.next(frozenset(), frozenset(), now) is not None:
                assert book.begins(now)
                in_flight += 1
        elif in_flight:
            others = OTHERS if random.random() < odd else [Outcome.ACCEPTED]
            outcome = random.choice(
                [Outcome.CHANNEL_TEMPORARY, Outcome.UNKNOWN] if random.random() < failing else others
            )
            routes.after(route, outcome, now)
            book.ends(outcome, now)
            in_flight -= 1
    loop.close()
