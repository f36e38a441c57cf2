"""While something is wrong the same network is loaded again: nobody hears of it, whatever kind of fault it is."""

from collections.abc import Callable

import pytest

from netwatch.communication.model import Conditions
from netwatch.communication.planning.state import CommunicationState
from netwatch.daemon.succession import Heir, Succession, obstacle
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.incidents.model import ChangeKind, Scope, Status
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port, Segment, Service
from netwatch.pipeline import Pipeline
from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation

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
            if (second + number) % 10 == 0 or (dead and second % 3 == 0) or (lossy and second % 3 == 0):
                answered = not dead and not lost
                found.append(IcmpObservation(now, device, 1, int(answered), 2.0 if answered else None))
            if (second + number) % 30 == 0:
                found.append(SnmpObservation(now, device, ok=not dead, uptime_s=None if dead else 1e6 + second))
                if not dead:
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


@pytest.mark.parametrize("fault", [ring_cut, tree_cut, dead_device, access_port, brown_out])
def test_a_reload_in_the_middle_of_a_fault_is_told_to_nobody_and_its_end_is_told_once(fault: Callable[[World], None]):
    world, now, second = World(), 1_000_000.0, 0
    succession = Succession(Engine(Topology(network()), SETTINGS))
    pipeline = Pipeline(succession, IncidentSettings(), None, CommunicationState())
    heard = []
    taken_over = []

    def run(seconds: int) -> list[ChangeKind]:
        nonlocal now, second
        kinds = []
        for _ in range(seconds):
            now, second = now + 1.0, second + 1
            for observation in world.seen(now, second):
                pipeline.observe(observation)
            step = pipeline.step(now, (), Conditions())
            heard.extend(step.changes)
            kinds += [change.kind for change in step.changes if change.kind is not ChangeKind.INTERNAL]
        return kinds

    assert run(150) == []
    fault(world)
    assert run(240) == [ChangeKind.OPENED]
    (before,) = pipeline.book.live()
    fresh = network()
    succession.offer(
        Heir(
            Engine(Topology(fresh), SETTINGS),
            lambda present, new, warm_s: obstacle(
                present, new, warm_s, inventory=fresh, polled=fresh.devices, book=pipeline.book
            ),
            lambda: taken_over.append(now),
            pytest.fail,
        )
    )
    assert run(240) == []
    assert len(taken_over) == 1
    (after,) = pipeline.book.live()
    assert (after.id, after.status, after.roots, after.scope) == (before.id, Status.OPEN, before.roots, before.scope)
    assert after.announced == before.announced
    assert (after.affected.out, after.affected.degraded) == (before.affected.out, before.affected.degraded)
    assert bool(after.announced) == (after.scope is not Scope.REDUNDANCY)
    world.silent.clear()
    world.down_ports.clear()
    world.lossy.clear()
    assert run(400) == [ChangeKind.RESOLVED]
