"""The daemon's own parts: what they do when the store, the disk or a person gets in the way."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from netwatch.communication.delivery.outcome import Outcome, Result
from netwatch.communication.model import Audience, Conditions, Message, PageEntry, Phase, Plan
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.state import CommunicationState
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts.sms import size
from netwatch.daemon import alarms as alarms_module
from netwatch.daemon.alarms import Alarms
from netwatch.daemon.figures import count_devices, unknown_devices
from netwatch.daemon.hints import hints
from netwatch.daemon.pages import Pages
from netwatch.daemon.saving import Saver
from netwatch.daemon.sightings import Sightings
from netwatch.daemon.standing import Standing
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Diagnosis, Explanation, InventoryDoubt, Scenario, Scope
from netwatch.errors import StorageError
from netwatch.incidents.model import Command, Order
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port
from netwatch.pipeline import Pipeline
from netwatch.polling.model import IcmpObservation, SnmpObservation
from netwatch.simulation.clock import SimulatedClock
from netwatch.storage import Entry, Finding, Store
from netwatch.storage.settings import StorageSettings
from netwatch.storage.stored import FindingKind, Known

INVENTORY = Inventory(
    devices={name: Device(name, name) for name in ("core-1", "acc-1")},
    links={"t1": Link("t1", Port("core-1", "p1"), Port("acc-1", "p1"))},
    monitor=Monitor(("core-1",)),
)
ANNA = Person("anna", "Anna", "anna@example.com", duties=(Duty.ONCALL,))


class RefusingStore:
    """Stands before a real store and refuses while `broken`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.broken = False

    async def save_all(self, entries) -> int:
        if self.broken:
            raise StorageError("the disk is full", "make room")
        return await self.store.save_all(entries)


def saver_on(store, clock, unkept=lambda _: None) -> Saver:
    return Saver(store, clock, saved=lambda _: None, unkept=unkept)


def thinker_on(saver, clock) -> Thinker:
    pipeline = Pipeline(Engine(Topology(INVENTORY)), IncidentSettings(), None, CommunicationState())
    return Thinker(pipeline=pipeline, saver=saver, clock=clock, conditions=Conditions, worked=lambda _: None)


async def play(thinker: Thinker, clock: SimulatedClock, seconds: int, silent: frozenset[str] = frozenset()) -> None:
    """Every device is pinged and asked every ten seconds, and each second is thought about."""
    for second in range(seconds):
        if second % 10 == 0:
            for device in INVENTORY.devices:
                well = device not in silent
                thinker.observe(IcmpObservation(clock.now(), device, 4, 4 if well else 0, 1.0 if well else None))
                thinker.observe(SnmpObservation(clock.now(), device, ok=well))
        before = thinker.stepped_at
        await clock.advance(1.0)
        async with asyncio.timeout(20):
            while thinker.stepped_at == before:  # the step runs in a thread of its own
                await asyncio.sleep(0.001)


async def test_what_the_store_refuses_is_saved_when_it_takes_again(store, clock):
    refusing = RefusingStore(store)
    saver = saver_on(refusing, clock)
    thinker = thinker_on(saver, clock)
    running = asyncio.create_task(thinker.run())
    await play(thinker, clock, 120)
    assert thinker.diagnosis.warm
    refusing.broken = True
    await play(thinker, clock, 60, silent=frozenset({"acc-1"}))
    assert "the disk is full" in saver.error
    assert [i.roots for i in thinker.book.incidents.values()], "conclusions go on without the store"
    assert (await store.load()).incidents == ()
    refusing.broken = False
    await play(thinker, clock, 10, silent=frozenset({"acc-1"}))
    assert not saver.error
    kept = (await store.load()).incidents
    assert {i.id: i.roots for i in kept} == {i.id: i.roots for i in thinker.book.incidents.values()}
    running.cancel()


async def test_an_order_is_answered_when_its_outcome_is_in_the_store(store, clock):
    refusing = RefusingStore(store)
    thinker = thinker_on(saver_on(refusing, clock), clock)
    running = asyncio.create_task(thinker.run())
    await play(thinker, clock, 120)
    await play(thinker, clock, 60, silent=frozenset({"acc-1"}))
    (incident,) = thinker.book.incidents
    refusing.broken = True
    order = thinker.order(Command(clock.now(), incident, Order.NOTE, "anna", "A crew is on its way."))
    await play(thinker, clock, 3, silent=frozenset({"acc-1"}))
    assert not order.done()
    refusing.broken = False
    order = thinker.order(Command(clock.now(), incident, Order.NOTE, "anna", "A crew is there."))
    await play(thinker, clock, 1, silent=frozenset({"acc-1"}))
    assert order.done()
    (kept,) = (await store.load()).incidents
    assert kept.note == "A crew is there."
    running.cancel()


def alert(name: str, audience: Audience) -> Message:
    return Message(
        id=name, incident="nw-1", phase=Phase.OPENED, update=0, audience=audience, channel="email", recipient=name,
        address=f"{name}@example.com", language="en", subject="Outage", body="It is down.", priority=0,
        planned_at=1_000_000.0, expires_at=1_007_200.0,
    )  # fmt: skip


async def test_on_call_hears_of_an_outage_that_the_store_refuses_once_and_customers_do_not(store, clock):
    refusing, told = RefusingStore(store), []
    refusing.broken = True
    saver = saver_on(refusing, clock, unkept=told.extend)
    plan = Plan(messages=(alert("anna", Audience.ONCALL), alert("c-1", Audience.CUSTOMER)))
    saver.put(Entry((), plan))
    for _ in range(20):
        await saver.save()
        await clock.advance(1.0)
    saver.put(Entry((), Plan(messages=(alert("bob", Audience.HELPDESK),))))
    await saver.save()
    assert [message.recipient for message in told] == ["anna", "bob"]


def entry(incident: str, *, withdrawn: bool = False) -> PageEntry:
    texts = (("en", "Outage", "We are working on it."),)
    return PageEntry(incident, "cable", 1_000_000.0, 1_000_000.0, None, None, ("Twente",), texts, withdrawn=withdrawn)


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_withdrawn_entry_leaves_the_page_and_the_rest_stays(tmp_path, store, clock):
    pages = Pages(tmp_path / "page", CommunicationSettings(), store, clock, entries=[entry("nw-1")], sees=lambda: True)
    running = asyncio.create_task(pages.run())
    shown = tmp_path / "page" / "outages.json"

    def ids() -> set[str]:
        return {one["id"] for one in json.loads(shown.read_text())["outages"]} if shown.exists() else set()

    await until(lambda: ids() == {"nw-1"})
    pages.put([entry("nw-2")])
    await until(lambda: ids() == {"nw-1", "nw-2"})
    pages.put([entry("nw-1", withdrawn=True)])
    await until(lambda: ids() == {"nw-2"})
    running.cancel()


async def test_the_page_does_not_say_that_all_is_well_before_netwatch_sees(tmp_path, store, clock):
    sees: list[bool] = []
    pages = Pages(tmp_path / "page", CommunicationSettings(), store, clock, entries=[], sees=lambda: bool(sees))
    running = asyncio.create_task(pages.run())
    for _ in range(50):
        await asyncio.sleep(0.005)
    assert not (tmp_path / "page").exists()
    sees.append(True)
    pages.put([])
    await until((tmp_path / "page" / "index.html").exists)
    running.cancel()


async def test_a_page_directory_that_refuses_is_told_and_harms_nothing_else(tmp_path, store, clock):
    (tmp_path / "page").write_text("a file stands in the way")
    pages = Pages(tmp_path / "page", CommunicationSettings(), store, clock, entries=[], sees=lambda: True)
    running = asyncio.create_task(pages.run())
    await until(lambda: pages.error)
    assert not running.done()
    running.cancel()


class Office:
    """Takes what the alarms send directly; `outcome` is what every relay answers, save those that `hangs` names."""

    def __init__(self, outcome: Outcome, hangs: str = "") -> None:
        self.outcome = outcome
        self.hangs = hangs
        self.sent: list[Message] = []

    async def send_directly(self, messages):
        if any(message.channel == self.hangs for message in messages):
            await asyncio.Event().wait()
        self.sent += messages
        return tuple(Result(self.outcome) for _ in messages)


async def test_a_state_that_lasts_is_told_to_on_call_once_an_hour(clock):
    office = Office(Outcome.ACCEPTED)
    alarms = Alarms(lambda _: [ANNA], clock, services={"webhook"})
    alarms.watch(lambda: ["the disk is full", ""])
    running = asyncio.create_task(alarms.run(office))
    await clock.advance(60.0)
    assert [(m.channel, m.recipient) for m in office.sent] == [("email", "anna"), ("webhook", "oncall")]
    await clock.advance(3600.0)
    assert len(office.sent) == 4
    assert len({m.id for m in office.sent}) == 4
    running.cancel()


async def test_a_finding_is_told_once_and_for_all(clock):
    office = Office(Outcome.ACCEPTED)
    found = (Finding(FindingKind.CRASHED, "netwatch did not stop in order"),)
    alarms = Alarms(lambda _: [ANNA], clock, services=())
    alarms.follow(lambda: found)
    running = asyncio.create_task(alarms.run(office))
    await clock.advance(10_000.0)
    assert len(office.sent) == 1
    running.cancel()


async def test_a_back_up_that_goes_on_failing_is_told_daily_and_one_that_fails_anew_weeks_later_too(
    clock, tmp_path, monkeypatch
):
    monkeypatch.setattr(alarms_module, "_LOOK_S", 600.0)  # it is played for weeks
    (tmp_path / "in-the-way").write_text("no directory")
    settings = StorageSettings(directory="store", ballast_mib=0, backups=str(tmp_path / "in-the-way"))
    store, office = await Store.open(settings, clock, tmp_path), Office(Outcome.ACCEPTED)
    alarms = Alarms(lambda _: [ANNA], clock, services=())
    alarms.follow(lambda: store.findings)
    running = asyncio.create_task(alarms.run(office))

    async def fail(hours: int) -> int:
        before = len(office.sent)
        for _ in range(hours):
            assert await store.back_up() is None
            await clock.advance(3600.0)
        return len(office.sent) - before

    assert await fail(1) == 1
    assert await fail(23) == 0, "on-call knows"
    assert await fail(24) == 1
    await clock.advance(20 * 86_400.0)
    assert await fail(1) == 1
    assert len(store.findings) == 1
    running.cancel()
    await store.close()


async def test_an_alarm_reaches_the_phone_on_call_while_the_mail_relay_is_dead(clock):
    office = Office(Outcome.ACCEPTED, hangs="email")
    anna = replace(ANNA, mobile="+447700900123")
    alarms = Alarms(lambda _: [anna], clock, services=(), texts=True)
    alarms.tell("email/relay-1 fails and rests: Zażółć «gęślą» jaźń, " + 20 * "connection refused, ")
    running = asyncio.create_task(alarms.run(office))
    await clock.advance(10.0)
    (text,) = office.sent
    assert (text.channel, text.recipient, text.address) == ("sms", "anna", "+447700900123")
    assert size(text.body).segments == 1
    assert text.body.startswith("netwatch itself, 13:46 UTC: email/relay-1 fails and rests: Zazolc ?gesla? jazn, con")
    assert text.body.endswith("...")
    alarms.tell("the disk is full")
    await clock.advance(10.0)
    assert [one.body[28:] for one in office.sent[1:]] == ["the disk is full"], "later ones don't wait for the relay"
    running.cancel()


async def test_without_a_way_for_texts_or_a_phone_none_is_tried(clock):
    for person, texts in ((ANNA, True), (replace(ANNA, mobile="+447700900123"), False)):
        office = Office(Outcome.ACCEPTED)
        alarms = Alarms(lambda _, one=person: [one], clock, services=(), texts=texts)
        alarms.tell("the disk is full")
        running = asyncio.create_task(alarms.run(office))
        await clock.advance(10.0)
        assert [one.channel for one in office.sent] == ["email"]
        running.cancel()


async def test_an_alarm_that_no_relay_takes_is_tried_until_one_does(clock):
    office = Office(Outcome.CHANNEL_TEMPORARY)
    alarms = Alarms(lambda _: [ANNA], clock, services=())
    alarms.tell("email/relay-1 fails and rests")
    running = asyncio.create_task(alarms.run(office))
    await clock.advance(100.0)
    assert len(office.sent) > 1
    assert len({m.id for m in office.sent}) == 1
    office.outcome = Outcome.ACCEPTED
    await clock.advance(60.0)
    tries = len(office.sent)
    await clock.advance(600.0)
    assert len(office.sent) == tries
    running.cancel()


async def test_a_hold_and_the_ceiling_reach_whoever_plans(store, clock):
    settings = CommunicationSettings(max_share=0.2, auto_customers=10)
    standing = Standing(store, clock, settings, customers=1000, known=Known())
    assert standing.conditions() == Conditions(warm=False, told_limit=200)
    standing.follow(lambda: Diagnosis(clock.now(), (), isolated=True, warm=True))
    await store.set_hold(on=True, by="anna")
    await standing.refresh()
    clock.step_wall(-30.0)
    assert standing.conditions() == Conditions(
        isolated=True, warm=True, hold=True, told_limit=200, wall_step_s=-30.0, clock_stepped=True
    )


@pytest.mark.parametrize(
    ("customers", "share", "automatic", "most", "limit"),
    [
        (1000, 0.2, 10, None, 200),
        (100, 0.2, 200, None, 200),  # a small provider: up to auto_customers nobody is asked
        (1000, 0.2, 10, 50, 50),
        (100, 0.2, 200, 30, 30),  # an explicit number always wins
    ],
)
async def test_the_ceiling_is_the_smaller_of_share_and_number(store, clock, customers, share, automatic, most, limit):
    settings = CommunicationSettings(max_share=share, auto_customers=automatic, max_customers=most)
    assert Standing(store, clock, settings, customers, Known()).conditions().told_limit == limit


def explanation(**more) -> Explanation:
    return Explanation(
        key="k", roots=("link:t1",), scope=Scope.REGIONAL, scenario=Scenario.CABLE, onset_at=0.0, last_good_at=0.0,
        confirmed_at=0.0, confidence=1.0, strong=True, **more,
    )  # fmt: skip


def test_a_device_counts_once_as_the_worst_that_is_said_of_it():
    seen = Diagnosis(
        0.0,
        (
            explanation(down=frozenset({"a"}), unreachable=frozenset({"b", "c"})),
            explanation(unreachable=frozenset({"a"}), degraded=frozenset({"b", "d"})),
        ),
    )
    counts = {"up": 6, "degraded": 1, "down": 1, "unreachable": 2, "unknown": 0}
    assert count_devices(seen, 10) == counts


def test_before_the_picture_is_warm_nothing_is_called_up():
    assert count_devices(Diagnosis(0.0, (), warm=False), 10)["unknown"] == 10


def test_devices_that_were_never_heard_are_unknown_and_not_up():
    seen = Diagnosis(0.0, (), warm=True, unheard=frozenset({"mux-1", "mux-2"}))
    assert (count_devices(seen, 10)["up"], count_devices(seen, 10)["unknown"]) == (8, 2)


def test_an_agent_that_never_answered_is_named_and_one_that_did_is_not():
    seen = Sightings()
    for second in range(5):
        seen.note(SnmpObservation(float(second), "acc-1", ok=False))
        seen.note(SnmpObservation(float(second), "acc-2", ok=second == 0))
    assert seen.never_answered == ("acc-1",)
    assert [hint.split(":")[0] for hint in hints(seen.never_answered, {"agg-1": {"ge-0/0/9"}})] == [
        "SNMP never answered by acc-1",
        "ports of the inventory that their devices do not have",
    ]
    seen.note(SnmpObservation(9.0, "acc-1", ok=True))
    assert seen.never_answered == ()
    assert list(hints((), {})) == []


def test_devices_that_never_answered_anything_are_named_and_their_agents_not_besides():
    silent = frozenset(f"acc-{number}" for number in range(1, 8))
    cut = Explanation(
        "k", ("link:t",), Scope.REGIONAL, Scenario.CABLE, 5.0, 0.0, 9.0, 0.9, strong=True, down=frozenset({"acc-7"})
    )
    unknown = unknown_devices(Diagnosis(0.0, (cut,), unheard=silent))
    assert unknown == silent - {"acc-7"}
    assert list(hints(("acc-1", "agg-1"), {}, unheard=unknown)) == [
        "never heard: acc-1, acc-2, acc-3, acc-4, acc-5 and 1 more. Is the address right? netwatch probe DEVICE asks one now.",
        "SNMP never answered by agg-1: wrong community, or no agent? Only pings see them.",
    ]


def test_agents_that_refuse_our_user_are_named_with_the_reason():
    reason = "the agent does not know the user; compare `user`"
    told = list(hints((), {}, (), {"b": reason, "a": reason, "c": "another"}))
    assert told == ["SNMP refused by c: another", f"SNMP refused by a, b: {reason}"]


def test_doubts_about_the_inventory_are_told_a_few_at_a_time():
    doubts = [InventoryDoubt(f"link:t{number}", f"trunk t{number} was never up") for number in range(7)]
    told = list(hints((), {}, doubts))
    assert told[:2] == ["trunk t0 was never up", "trunk t1 was never up"]
    assert told[-1] == "and 2 more places where the inventory and the network seem to disagree"
    assert len(told) == 6
