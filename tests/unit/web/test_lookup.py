"""The helpdesk's question."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from netwatch.communication.model import Conditions
from netwatch.diagnosis.model import Affected
from netwatch.incidents.model import Status
from netwatch.web import sample
from netwatch.web.lookup import find, lookup_view
from netwatch.web.model import RefusedError


def utc(at):
    return datetime.fromtimestamp(at, tz=UTC)


async def asked(query, picture=None):
    picture = picture or sample.picture()
    found, more = await find(picture.inventory, query)
    return lookup_view(picture, query, found, more, utc)


def with_incident(**changes):
    changed = replace(sample.incident(), **changes)
    return replace(sample.picture(), incidents={changed.id: changed})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("c-1", {"c-1"}),
        ("C-1", {"c-1"}),
        ("jansen", {"c-1"}),
        ("JANSEN bak", {"c-1"}),
        ("wisniewska", {"c-2"}),
        ("Wiśniewska", {"c-2"}),
        ("lucja", {"c-2"}),
        ("neill", {"c-4"}),
        ("C-3@Example.net", {"c-3"}),
        ("07700-900123", {"c-1"}),
        ("+44 7700 900 123", {"c-1"}),
        ("00447700900123", {"c-1"}),
        ("7700 900 456", {"c-2"}),
        ("7551 ab", {"c-1", "c-4"}),
        ("7551AB", {"c-1", "c-4"}),
        ("7551", {"c-1", "c-2", "c-4"}),
        ("7500", set()),
        ("nobody", set()),
        ("@example.net", set()),
        ("700900123", {"c-1"}),
        ("900123", set()),
    ],
)
async def test_a_customer_is_found_as_callers_name_themselves(query, expected):
    assert {customer.id for customer in (await asked(query)).customers} == expected


@pytest.mark.parametrize("query", ["", " ", "x", "x" * 201])
async def test_a_question_that_could_mean_anyone_is_refused(query):
    with pytest.raises(RefusedError, match="give an id, a name"):
        await asked(query)


async def test_a_customer_in_the_outage_gets_the_published_text_in_their_language():
    (view,) = (await asked("c-1")).customers
    (outage,) = view.outages
    assert (view.state, outage.say_title) == ("out", "Storing in Hengelo")
    assert outage.since_at == utc(sample.FAULT_AT + 6)
    assert outage.next_update_at == utc(sample.FAULT_AT + 1800)
    assert not outage.told
    (polish,) = (await asked("c-2")).customers
    assert polish.outages[0].say_title == "Outage in Hengelo"


async def test_where_no_text_is_published_the_agent_is_told_so():
    (view,) = (await asked("c-1", replace(sample.picture(), page=()))).customers
    assert view.state == "out"
    assert view.advice.startswith("Known trouble, and it is being worked on.")


async def test_a_customer_elsewhere_has_no_known_outage():
    (view,) = (await asked("c-5")).customers
    assert (view.state, view.outages) == ("ok", ())
    assert view.advice.startswith("No known outage.")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": Status.SETTLING}, "settling"),
        ({"affected": Affected(degraded=frozenset({"c-1"}))}, "degraded"),
        ({"affected": Affected(at_risk=frozenset({"c-1"}))}, "at_risk"),
        ({"affected": Affected()}, "restored"),
        ({"status": Status.RESOLVED, "resolved_at": sample.FAULT_AT + 40}, "restored"),
        ({"status": Status.RESOLVED, "resolved_at": sample.FAULT_AT - 100_000}, "ok"),
        ({"status": Status.MERGED}, "ok"),
        ({"status": Status.DISMISSED}, "ok"),
    ],
)
async def test_the_state_follows_the_incident(changes, state):
    (view,) = (await asked("c-1", with_incident(**changes))).customers
    assert view.state == state


async def test_those_who_are_out_come_first():
    views = (await asked("7551", with_incident(affected=Affected(out=frozenset({"c-4"}))))).customers
    assert views[0].id == "c-4"


async def test_a_long_list_is_cut_and_says_how_many_are_left():
    found, more = await find(sample.inventory(), "7551", most=2)
    assert (found, more) == (("c-1", "c-2"), 1)


async def test_an_isolated_or_cold_netwatch_warns_of_its_own_answer():
    picture = sample.picture()
    isolated = replace(picture, conditions=Conditions(isolated=True))
    assert "cut off" in (await asked("c-5", isolated)).caution
    assert "just started" in (await asked("c-5", replace(picture, conditions=Conditions(warm=False)))).caution
    assert (await asked("c-5")).caution == ""


async def test_a_search_gives_way_to_the_loop():
    one = sample.inventory().customers["c-1"]
    inventory = replace(sample.inventory(), customers={f"x-{n}": one for n in range(5000)})
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    found, more = await find(inventory, "jansen")
    counting.cancel()
    assert (len(found), more) == (20, 4980)
    assert turns >= 10
