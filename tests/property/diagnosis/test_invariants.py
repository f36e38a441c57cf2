"""What must hold for every network and every fault."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netwatch.communication.model import Conditions
from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Diagnosis, Explanation, Feedback
from netwatch.incidents.model import LIVE
from netwatch.incidents.settings import IncidentSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.pipeline import Pipeline
from netwatch.polling.model import InterfaceObservation, Observation
from tests.unit.diagnosis.world import World, device, inventory, link, service

QUICK = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
THOROUGH = settings(QUICK, max_examples=25)


def network(seed: int) -> Inventory:
    """A random connected network with rings, trees, shared ducts and dual-homed customers."""
    rng = random.Random(seed)
    count = rng.randint(5, 12)
    devices = [device("n00", "core")]
    links = []
    for number in range(1, count):
        name = f"n{number:02}"
        devices.append(device(name, rng.choice(["aggregation", "access", "access", "cpe"])))
        above = rng.choice([d.id for d in devices[:-1] if d.transit])
        links.append(link(above, name, f"duct{rng.randint(1, 4)}"))
    for _ in range(rng.randint(0, 3)):
        a, b = rng.sample([d.id for d in devices if d.transit], 2) if sum(d.transit for d in devices) > 1 else ("", "")
        if a and not any({a, b} == {found.a.device, found.b.device} for found in links):
            links.append(link(a, b, f"duct{rng.randint(1, 4)}"))
    names = [d.id for d in devices[1:]]
    services = [
        service(f"c{n}", rng.choice(names), rng.choice(names) if rng.random() < 0.3 else "", line=n) for n in range(15)
    ]
    return inventory(devices, links, services)


def broken(seed: int, until: float = 135.0) -> World:
    """A network with one to three faults at 100 s, watched until `until`."""
    rng = random.Random(seed)
    found = World(network(seed), seed=seed)
    found.run(100)
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.5:
            found.dead.add(rng.choice(sorted(found.inventory.devices)[1:]))
        else:
            found.cut.add(rng.choice(sorted(found.inventory.links)))
    found.run(until)
    return found


def in_order(log: list[Observation]) -> list[Observation]:
    """The log as it is replayed."""
    return sorted(log, key=lambda seen: seen.at)


def in_beats(log: list[Observation]) -> list[Observation]:
    """The log with instants cut down to half seconds, so that many devices are heard of at the same instant."""
    return in_order([replace(seen, at=math.floor(seen.at * 2) / 2) for seen in log])


def replayed(found: Inventory, log: list[Observation], until: int) -> Diagnosis:
    """Step second by second over a recorded log."""
    engine = Engine(Topology(found))
    place, seen = 0, None
    for now in range(1, until + 1):
        while place < len(log) and log[place].at <= now:
            engine.observe(log[place])
            place += 1
        seen = engine.step(float(now), Feedback())
    assert seen is not None
    return seen


@THOROUGH
@given(st.integers(0, 10_000))
def test_the_order_of_inventory_and_of_simultaneous_observations_changes_nothing(seed):
    found = broken(seed)
    rng = random.Random(seed)
    log = in_beats(found.log)

    def mixed(mapping):
        items = list(mapping.items())
        rng.shuffle(items)
        return dict(items)

    other = replace(
        found.inventory,
        devices=mixed(found.inventory.devices),
        links=mixed(found.inventory.links),
        customers=mixed(found.inventory.customers),
    )
    shuffled = sorted(log, key=lambda seen: (seen.at, rng.random()))
    assert replayed(found.inventory, log, 135) == replayed(other, shuffled, 135)


@QUICK
@given(st.integers(0, 10_000))
def test_doubled_observations_change_nothing(seed):
    found = broken(seed)
    log = in_order(found.log)
    doubled = [seen for one in log for seen in (one, one)]
    assert replayed(found.inventory, log, 135) == replayed(found.inventory, doubled, 135)


@THOROUGH
@given(st.integers(0, 10_000))
def test_a_healthy_device_more_changes_nothing(seed):
    found = broken(seed)
    rng = random.Random(seed)
    log = in_order(found.log)
    host = rng.choice(sorted(name for name in found.reachable() if found.inventory.devices[name].transit))
    more = replace(
        found.inventory,
        devices={**found.inventory.devices, "zz": device("zz", rng.choice(["aggregation", "access", "cpe"]))},
        links={**found.inventory.links, f"{host}--zz": link(host, "zz", "duct-zz")},
    )
    asked = [seen for seen in log if getattr(seen, "device", "") == host and not hasattr(seen, "interface")]
    healthy = [replace(seen, device="zz") for seen in asked]
    for seen in asked:
        if getattr(seen, "ok", False):
            healthy.append(InterfaceObservation(seen.at, host, "to-zz", "up", "up"))
            healthy.append(InterfaceObservation(seen.at, "zz", f"to-{host}", "up", "up"))
    both = sorted([*log, *healthy], key=lambda seen: seen.at)
    assert replayed(found.inventory, log, 135).explanations == replayed(more, both, 135).explanations


@THOROUGH
@given(st.integers(0, 10_000))
def test_a_customer_with_a_live_path_is_never_out_and_one_without_is_found(seed):
    found = broken(seed, until=100.0)
    reachable = found.reachable()

    def lives(port):
        return port is not None and port.device in reachable

    out, alive = (
        frozenset(),
        frozenset(
            customer
            for customer, services in found.inventory.customers.items()
            if any(lives(port) for s in services for port in (s.primary, s.backup))
        ),
    )
    for now in range(101, 151):
        out = frozenset().union(*(one.affected.out for one in found.run(now).explanations))
        assert not out & alive
    assert out == found.inventory.customers.keys() - alive


@THOROUGH
@given(st.integers(0, 10_000))
def test_healing_everything_closes_everything(seed):
    found = broken(seed)
    found.dead.clear()
    found.cut.clear()
    assert found.run(215).explanations == ()
    found.run(400)
    pipeline = Pipeline(Engine(found.topology), IncidentSettings(), None, None)
    log, told = iter(in_order(found.log)), set()
    waiting = next(log, None)
    for now in range(1, 401):
        while waiting is not None and waiting.at <= now:
            pipeline.observe(waiting)
            waiting = next(log, None)
        told |= {change.incident.id for change in pipeline.step(float(now), (), Conditions()).changes}
    assert told
    assert not [name for name, incident in pipeline.book.incidents.items() if incident.status in LIVE]


def speaks_for_a_fault(seen):
    """An observation that something does not answer or carry."""
    if isinstance(seen, InterfaceObservation):
        return seen.oper != "up"
    return not getattr(seen, "ok", True) or getattr(seen, "received", 1) == 0


def source(seen):
    """What an observation was made of."""
    return type(seen).__name__, getattr(seen, "device", ""), getattr(seen, "interface", "")


def no_surer(less: Explanation, more: Explanation) -> None:
    """The same cause from less evidence: no surer itself, nor who is hit, nor fit to be told without a person."""
    assert less.confidence <= more.confidence
    assert (less.impact_confidence or 0.0) <= (more.impact_confidence or 0.0)
    assert more.strong or not less.strong


@THOROUGH
@given(st.integers(0, 10_000), st.sampled_from(["whole sources", "single observations"]))
def test_a_subset_of_the_evidence_for_a_fault_never_makes_its_cause_surer(seed, what):
    found = broken(seed)
    log = in_order(found.log)
    rng = random.Random(seed)
    against = [seen for seen in log if speaks_for_a_fault(seen)]
    sources = sorted({source(seen) for seen in against})
    unheard = set(rng.sample(sources, rng.randint(0, len(sources))))

    def kept(seen):
        if not speaks_for_a_fault(seen):
            return True
        return source(seen) not in unheard if what == "whole sources" else rng.random() < 0.6

    full = {one.roots: one for one in replayed(found.inventory, log, 135).explanations}
    for one in replayed(found.inventory, [seen for seen in log if kept(seen)], 135).explanations:
        if one.roots in full:
            no_surer(one, full[one.roots])


@QUICK
@given(st.integers(0, 10_000))
def test_without_readings_of_ports_no_cause_is_surer(seed):
    found = broken(seed)
    log = in_order(found.log)
    full = {one.roots: one for one in replayed(found.inventory, log, 135).explanations}
    for one in replayed(found.inventory, [seen for seen in log if not hasattr(seen, "oper")], 135).explanations:
        assert one.confidence <= 0.9
        assert (one.impact_confidence or 0.0) <= 0.9
        if one.roots in full:
            no_surer(one, full[one.roots])


@QUICK
@given(st.integers(0, 10_000))
def test_keys_are_steady_while_a_fault_lasts(seed):
    found = broken(seed, until=140.0)
    before = {(one.key, one.roots) for one in found.seen.explanations}
    found.run(170)
    assert {(one.key, one.roots) for one in found.seen.explanations} == before
