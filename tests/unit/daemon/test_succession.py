"""When the diagnosis of a new inventory may take over, and that nothing is lost in between."""

from dataclasses import replace

import pytest

from netwatch.communication.planning.state import Telling
from netwatch.daemon.succession import Heir, Succession, departed, obstacle, orphaned
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Affected, Diagnosis, Explanation, Feedback, Scenario, Scope
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.incidents.book import Book
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port, Segment, Service
from netwatch.polling.model import IcmpObservation, SnmpObservation

SETTINGS = DiagnosisSettings(learning_s=30.0)
ALL = ("core-1", "agg-1", "acc-1", "acc-2")


def network(*names: str, customers: tuple[Service, ...] = ()) -> Inventory:
    """A star around core-1."""
    return Inventory(
        devices={name: Device(name, name, address=f"127.0.0.{n}") for n, name in enumerate(names, 1)},
        links={f"l-{name}": Link(f"l-{name}", Port("core-1", f"to-{name}"), Port(name, "up")) for name in names[1:]},
        monitor=Monitor(("core-1",)),
        customers={service.customer: (service,) for service in customers},
    )


def customer(name: str, device: str) -> Service:
    return Service(
        name, name, Segment.BUSINESS, "en", "", "", "", "", Port(device, ""), None, 3, ("email",), 2
    )  # fmt: skip


def incident(**more) -> Incident:
    usual = Incident(
        "nw-1", "k", Status.OPEN, Scope.CUSTOMER, Scenario.EQUIPMENT, ("device:acc-1",), 0.0, 0.0,
        down=frozenset({"acc-1"}), announced=frozenset({"c-1"}), affected=Affected(out=frozenset({"c-1"})),
    )  # fmt: skip
    return replace(usual, **more)


def explanation(**more) -> Explanation:
    return Explanation(
        "k", ("device:acc-1",), Scope.CUSTOMER, Scenario.EQUIPMENT, 0.0, 0.0, 0.0, 1.0, strong=True, **more
    )


def seen(*, unheard: tuple[str, ...] = (), down: tuple[str, ...] = (), **more) -> Diagnosis:
    found = (explanation(down=frozenset(down)),) if down else ()
    return Diagnosis(0.0, found, unheard=frozenset(unheard), **more)


EMPTY = Book()
OPEN = Book.of([incident()])


@pytest.mark.parametrize(
    ("present", "fresh", "inventory", "book", "words"),
    [
        (seen(), seen(), network(*ALL), EMPTY, ""),
        (seen(), seen(warm=False), network(*ALL), EMPTY, "is being looked at"),
        (seen(), seen(isolated=True), network(*ALL), EMPTY, "cut off"),
        (seen(), seen(blind_until_at=9.0), network(*ALL), EMPTY, "cut off"),
        (seen(isolated=True), seen(), network(*ALL), EMPTY, ""),  # the new files say where netwatch really stands
        (seen(), seen(unheard=("acc-1", "acc-2")), network(*ALL), EMPTY, "no answer yet from acc-1, acc-2"),
        (seen(), seen(unheard=("acc-1",), down=("acc-1",)), network(*ALL), EMPTY, ""),
        (seen(unheard=("acc-1",)), seen(unheard=("acc-1",)), network(*ALL), EMPTY, ""),  # it never answered
        (seen(down=("acc-1",)), seen(), network("core-1", "acc-2", customers=(customer("c-1", "acc-2"),)), OPEN, ""),
        (seen(down=("acc-1",)), seen(), network("core-1", "acc-2"), OPEN, ""),  # the customer left too
        (
            seen(unheard=("acc-2",), down=("acc-1",)),
            seen(unheard=("acc-2",)),
            network("core-1", "acc-2", customers=(customer("c-1", "acc-2"),)),
            OPEN,
            "incident nw-1: customers cut off hang on acc-2 now",
        ),
        (
            seen(down=("acc-1",)),
            seen(),
            network("core-1", "acc-2", customers=(customer("c-1", ""),)),
            OPEN,
            "customer c-1 is cut off, and hangs nowhere now",
        ),
    ],
)
def test_it_takes_over_when_it_knows_as_much_and_nobody_would_be_told_what_was_not_seen(
    present, fresh, inventory, book, words
):
    found = obstacle(present, fresh, 0.0, inventory=inventory, polled=inventory.devices, book=book)
    assert (words in found) if words else not found


def test_a_device_that_is_not_polled_any_more_is_not_waited_for():
    assert not obstacle(
        seen(), seen(unheard=("acc-1",)), 0.0, inventory=network(*ALL), polled={"core-1", "acc-2"}, book=EMPTY
    )


def test_an_open_incident_must_be_seen_too_but_not_for_ever():
    present, fresh = seen(down=("acc-1",)), seen()

    def said(warm_s: float, inventory: Inventory, now_seen: Diagnosis = present) -> str:
        return obstacle(now_seen, fresh, warm_s, inventory=inventory, polled=inventory.devices, book=OPEN)

    assert "nw-1: what is wrong is not seen yet" in said(299.0, network(*ALL))
    assert not said(300.0, network(*ALL)), "the new files may well say otherwise, and rightly so"
    assert not said(0.0, network("core-1", "acc-2")), "the device left"
    assert said(0.0, network(*ALL), seen()), "it may come back before its stable period is over"


def test_an_incident_about_a_device_that_left_is_named_and_others_are_not():
    other = incident(id="nw-2", roots=("link:l-acc-2",), down=frozenset(), unreachable=frozenset({"acc-2"}))
    (said,) = orphaned(Book.of([incident(), other]), network("core-1", "acc-2"))
    assert said.startswith("incident nw-1: acc-1 left the inventory")


def test_customers_who_were_told_and_left_the_inventory_are_named_until_they_heard_the_end():
    told = Telling("nw-1", told={"c-1": 0, "c-2": 0, "c-3": 0}, ended=frozenset({"c-3"}))
    left = network(*ALL, customers=(customer("c-1", "acc-1"),))
    (said,) = departed(OPEN, {"nw-1": told}, left)
    assert said.startswith("incident nw-1: c-2 may have been told of it and left the inventory")
    assert list(departed(OPEN, {}, left)) == []


class Played:
    """A succession that is fed and stepped second by second."""

    def __init__(self, inventory: Inventory) -> None:
        self.now = 1000.0
        self.stage = Succession(Engine(Topology(inventory), SETTINGS))
        self.polled = tuple(inventory.devices)
        self.taken_over_at: list[float] = []
        self.failures: list[Exception] = []

    def offer(self, inventory: Inventory) -> None:
        self.polled = tuple(inventory.devices)

        def hinders(present: Diagnosis, fresh: Diagnosis, warm_s: float) -> str:
            return obstacle(present, fresh, warm_s, inventory=inventory, polled=inventory.devices, book=EMPTY)

        heir = Heir(
            Engine(Topology(inventory), SETTINGS),
            hinders,
            lambda: self.taken_over_at.append(self.now),
            self.failures.append,
        )
        self.stage.offer(heir)

    def run(self, seconds: int, silent: tuple[str, ...] = ()) -> list[Diagnosis]:
        found = []
        for _ in range(seconds):
            self.now += 1.0
            if self.now % 5 == 0:
                for device in self.polled:
                    well = device not in silent
                    self.stage.observe(IcmpObservation(self.now, device, 3, 3 * well, 1.0 if well else None))
                    self.stage.observe(SnmpObservation(self.now, device, ok=well))
            found.append(self.stage.step(self.now, Feedback()))
        return found


def test_a_new_inventory_costs_no_learning_time_and_no_fault_that_begins_in_the_middle_of_it():
    play = Played(network("core-1", "agg-1", "acc-1"))
    assert play.run(60)[-1].warm
    play.offer(network("core-1", "agg-1", "acc-1", "acc-2"))
    assert "being looked at" in play.stage.waits_for
    during = play.run(20, silent=("acc-1",))
    assert not play.taken_over_at
    assert all(one.warm for one in during)
    key = during[-1].explanations[0].key
    after = play.run(40, silent=("acc-1",))
    assert play.taken_over_at == [1000.0 + 60 + SETTINGS.learning_s + 1]
    assert all(one.warm for one in after)
    assert {one.explanations[0].key for one in after} == {key}
    assert play.stage.waits_for == ""


def test_a_device_that_was_down_before_stays_down_across_the_change_without_a_gap():
    play = Played(network(*ALL))
    play.run(60)
    before = play.run(60, silent=("acc-1",))[-1]
    play.offer(network("core-1", "acc-1", "acc-2"))
    after = play.run(60, silent=("acc-1",))
    assert play.taken_over_at
    assert {frozenset().union(*(e.down | e.unreachable for e in one.explanations)) for one in after} == {
        frozenset({"acc-1"})
    }
    assert after[-1].explanations[0].last_good_at == before.explanations[0].last_good_at


def test_a_later_inventory_replaces_one_that_still_learns():
    play = Played(network("core-1", "acc-1"))
    play.run(60)
    play.offer(network("core-1", "acc-1", "acc-2"))
    play.run(20)
    play.offer(network("core-1", "acc-1", "agg-1"))
    play.run(60)
    assert len(play.taken_over_at) == 1
    assert not play.failures
    assert not {memory.ref for memory in play.stage.remember()} & {"device:acc-2"}


@pytest.mark.parametrize("method", ["observe", "step"])
def test_a_defect_of_the_heir_costs_the_heir_alone(method, monkeypatch):
    play = Played(network("core-1", "acc-1"))
    play.run(60)
    play.offer(network("core-1", "acc-1", "acc-2"))
    monkeypatch.setattr(play.stage._heir.engine, method, lambda *_: 1 // 0)
    after = play.run(60, silent=("acc-1",))
    assert [type(error) for error in play.failures] == [ZeroDivisionError]
    assert after[-1].explanations, "the present diagnosis goes on"
    assert not play.taken_over_at
