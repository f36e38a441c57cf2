"""The network is loaded again while something is wrong, or with wrong addresses: nobody hears of it because of that."""

from collections.abc import Callable

import pytest

from netwatch.communication.model import Conditions
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon.succession import Heir, Succession, obstacle
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Diagnosis
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.incidents.model import ChangeKind, Scope, Status
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port, Segment, Service
from netwatch.pipeline import Pipeline
from netwatch.polling.asked import Otherwise
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    Observation,
    SnmpObservation,
    WitnessObservation,
)

RING = ("core-1", "ring-1", "ring-2", "ring-3")
LEAVES = {"acc-1": "ring-1", "acc-2": "ring-2", "leaf-1": "acc-1"}
SETTINGS = DiagnosisSettings()


def service(name: str, device: str, interface: str = "") -> Service:
    port = Port(device, interface)
    return Service(name, name, Segment.BUSINESS, "en", "", "", "", "", port, None, 3, ("email",), 2)


def network() -> Inventory:
    """A ring of four with three devices behind it; built anew each time, as a reload does."""
    pairs = [*zip(RING, (*RING[1:], RING[0]), strict=True), *((up, leaf) for leaf, up in LEAVES.items())]
    services = [service(f"c-{device}", device) for device in LEAVES] + [service("c-port", "acc-2", "ge-1")]
    return Inventory(
        devices={name: Device(name, name, address="127.0.0.1", snmp="default") for name in (*RING, *LEAVES)},
        links={f"{a}-{b}": Link(f"{a}-{b}", Port(a, f"to-{b}"), Port(b, f"to-{a}")) for a, b in pairs},
        monitor=Monitor(("core-1",)),
        customers={one.customer: (one,) for one in services},
    )


class World:
    """What the poller would see every ten seconds, with the faults of a test."""

    def __init__(self) -> None:
        self.silent: set[str] = set()
        self.down_ports: set[tuple[str, str]] = set()
        self.lossy: set[str] = set()
        self.without_ping: set[str] = set()
        self.without_agent: set[str] = set()

    def cut(self, link: str, *behind: str) -> None:
        for port in (network().links[link].a, network().links[link].b):
            if port.device not in behind:
                self.down_ports.add((port.device, port.interface))
        self.silent.update(behind)

    def seen(self, now: float, second: int) -> list[Observation]:
        found: list[Observation] = []
        inventory = network()
        for number, device in enumerate(inventory.devices):
            dead = device in self.silent
            lossy = device in self.lossy
            lost = lossy and second // 3 % 3 == 0
            if device in self.without_ping:
                pass
            elif (second + number) % 10 == 0 or (dead and second % 3 == 0) or (lossy and second % 3 == 0):
                answered = not dead and not lost
                found.append(IcmpObservation(now, device, 1, int(answered), 2.0 if answered else None))
            if (second + number) % 30 == 0:
                mute = dead or device in self.without_agent
                found.append(SnmpObservation(now, device, ok=not mute, uptime_s=None if mute else 1e6 + second))
                if not mute:
                    found += self._ports(inventory, device, now)
        return found

    def _ports(self, inventory: Inventory, device: str, now: float) -> list[Observation]:
        ends = [end for link in inventory.links.values() for end in (link.a, link.b) if end.device == device]
        names = [end.interface for end in ends] + ["ge-1"] * (device == "acc-2")
        return [
            InterfaceObservation(now, device, name, "up", "down" if (device, name) in self.down_ports else "up")
            for name in names
        ]


def ring_cut(world: World) -> None:
    world.cut("ring-1-ring-2")


def tree_cut(world: World) -> None:
    world.cut("ring-1-acc-1", "acc-1", "leaf-1")


def dead_device(world: World) -> None:
    world.silent.add("acc-2")


def access_port(world: World) -> None:
    world.down_ports.add(("acc-2", "ge-1"))


def brown_out(world: World) -> None:
    world.lossy.update({"acc-1", "leaf-1"})


class Seeing(Engine):
    """Notes what it is shown."""

    def __init__(self) -> None:
        super().__init__(Topology(network()), SETTINGS)
        self.seen: list[Observation] = []

    def observe(self, seen: Observation) -> None:
        self.seen.append(seen)


class Played:
    """Diagnosis and life cycle over a world, second by second."""

    def __init__(self, world: World, moved: frozenset[str] = frozenset()) -> None:
        self.world, self.now, self.second = world, 1_000_000.0, 0
        self.succession = Succession(Engine(Topology(network()), SETTINGS), moved)
        self.pipeline = Pipeline(self.succession, IncidentSettings(), None, CommunicationState())
        self.taken_over: list[float] = []

    def run(self, seconds: int) -> list[ChangeKind]:
        """Play on; what was told of meanwhile."""
        kinds = []
        for _ in range(seconds):
            self.now, self.second = self.now + 1.0, self.second + 1
            for observation in self.world.seen(self.now, self.second):
                self.pipeline.observe(observation)
            step = self.pipeline.step(self.now, (), Conditions())
            kinds += [change.kind for change in step.changes if change.kind is not ChangeKind.INTERNAL]
        return kinds

    def reload(self, changed: Otherwise | None = None) -> None:
        """The same network once more, of which this is asked otherwise from now on."""
        if changed is not None:
            self.succession.withhold(changed, self.now)
        fresh = network()

        def hinders(present: Diagnosis, new: Diagnosis, warm_s: float) -> str:
            return obstacle(
                present, new, warm_s, inventory=fresh, polled=fresh.devices, book=self.pipeline.book,
                strangers=self.succession.strangers,
            )  # fmt: skip

        engine = Engine(Topology(fresh), SETTINGS)
        self.succession.offer(Heir(engine, hinders, lambda: self.taken_over.append(self.now), pytest.fail))


@pytest.mark.parametrize("fault", [ring_cut, tree_cut, dead_device, access_port, brown_out])
def test_a_reload_in_the_middle_of_a_fault_is_told_to_nobody_and_its_end_is_told_once(fault: Callable[[World], None]):
    world = World()
    play = Played(world)
    assert play.run(150) == []
    fault(world)
    assert play.run(240) == [ChangeKind.OPENED]
    (before,) = play.pipeline.book.live()
    play.reload()
    assert play.run(240) == []
    assert len(play.taken_over) == 1
    (after,) = play.pipeline.book.live()
    assert (after.id, after.status, after.roots, after.scope) == (before.id, Status.OPEN, before.roots, before.scope)
    assert after.announced == before.announced
    assert (after.affected.out, after.affected.degraded) == (before.affected.out, before.affected.degraded)
    assert bool(after.announced) == (after.scope is not Scope.REDUNDANCY)
    world.silent.clear()
    world.down_ports.clear()
    world.lossy.clear()
    assert play.run(400) == [ChangeKind.RESOLVED]


def wrong_address(world: World) -> Otherwise:
    world.silent.update({"acc-1", "acc-2", "leaf-1"})
    return Otherwise(moved=frozenset({"acc-1", "acc-2", "leaf-1"}))


def wrong_community(world: World) -> Otherwise:
    world.without_agent.update({"acc-1", "acc-2", "leaf-1"})
    return Otherwise(asked=frozenset(LEAVES))


def wrong_community_then_wrong_address(world: World) -> Otherwise:
    return wrong_community(world) | wrong_address(world)


@pytest.mark.parametrize("pinged", [True, False])
@pytest.mark.parametrize("mistake", [wrong_address, wrong_community, wrong_community_then_wrong_address])
def test_a_reload_that_asks_devices_where_or_how_they_do_not_answer_is_told_to_nobody(
    mistake: Callable[[World], Otherwise], pinged: bool
):
    world = World()
    world.without_ping.update(() if pinged else LEAVES)
    play = Played(world)
    assert play.run(150) == []
    begun_at = play.now
    play.reload(mistake(world))
    assert play.run(900) == []
    (taken_over_at,) = play.taken_over
    assert taken_over_at - begun_at < SETTINGS.learning_s + 310
    assert not list(play.pipeline.book.live())
    world.silent.clear()
    world.without_agent.clear()
    assert play.run(120) == []
    dead_device(world)
    assert play.run(150) == [ChangeKind.OPENED], "what answered once may fail"


def test_an_answer_from_the_old_address_that_still_waited_at_the_reload_is_none_from_the_new_one():
    world = World()
    play = Played(world)
    play.run(150)
    world.silent.add("acc-1")
    play.reload(Otherwise(moved=frozenset({"acc-1"})))
    play.pipeline.observe(IcmpObservation(play.now - 0.5, "acc-1", 1, 1, 2.0))
    play.pipeline.observe(SnmpObservation(play.now, "acc-1", ok=True, uptime_s=1e6))
    assert play.run(600) == []
    assert play.taken_over


def test_what_fails_elsewhere_while_wrong_addresses_are_looked_at_is_told_as_ever():
    world = World()
    play = Played(world)
    assert play.run(150) == []
    world.silent.add("acc-1")
    play.reload(Otherwise(moved=frozenset({"acc-1"})))
    assert play.run(5) == []
    dead_device(world)
    assert play.run(45) == [ChangeKind.OPENED]
    assert not play.taken_over
    (found,) = play.pipeline.book.live()
    assert found.announced == {"c-acc-2", "c-port"}


def test_an_outage_of_a_device_that_gets_another_address_goes_on_and_ends_when_it_answers_there():
    world = World()
    play = Played(world)
    play.run(150)
    dead_device(world)
    assert play.run(240) == [ChangeKind.OPENED]
    play.reload(Otherwise(moved=frozenset({"acc-2"})))
    assert play.run(600) == []
    assert play.taken_over, "it was down before, so nothing has to be learnt of it"
    world.silent.clear()
    assert play.run(400) == [ChangeKind.RESOLVED]


def test_what_is_forgotten_of_a_moved_device_is_not_remembered_over_a_restart_either():
    world = World()
    play = Played(world)
    play.run(150)
    kept = {memory.ref: memory for memory in play.pipeline.remember_changes()}
    world.silent.add("acc-1")
    play.reload(Otherwise(moved=frozenset({"acc-1"})))
    play.run(600)
    assert play.taken_over
    kept |= {memory.ref: memory for memory in play.pipeline.remember_changes()}
    again = Played(world)
    again.pipeline.restore((), CommunicationState(), tuple(kept.values()))
    assert again.run(300) == []


def test_a_restart_with_another_address_where_nobody_answers_is_told_to_nobody_nor_is_the_next_one():
    world = World()
    play = Played(world)
    play.run(150)
    kept = {memory.ref: memory for memory in play.pipeline.remember_changes()}
    world.silent.add("acc-1")
    for moved in (frozenset({"acc-1"}), frozenset[str]()):
        play = Played(world, moved)
        play.pipeline.restore((), CommunicationState(), tuple(kept.values()))
        assert play.run(300) == []
        kept |= {memory.ref: memory for memory in play.pipeline.remember_changes()}
    world.silent.clear()
    assert play.run(120) == []
    world.silent.add("acc-1")
    assert play.run(120) == [ChangeKind.OPENED]


def test_witnesses_at_another_address_say_nothing_until_they_answered_there():
    engine = Seeing()
    succession = Succession(engine)
    succession.withhold(Otherwise(witnesses=frozenset({"w-1"})), 0.0)
    for witness in ("w-1", "w-2"):
        succession.observe(WitnessObservation(1.0, witness, ok=False))
    assert [seen.witness for seen in engine.seen] == ["w-2"]
