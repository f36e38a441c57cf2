"""Light, load and sessions: two kinds of evidence name the scenario, one alone names nothing."""

from dataclasses import replace

import pytest

from netwatch.diagnosis.model import Scenario, Scope
from netwatch.diagnosis.signals import Signals
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Upstream
from netwatch.polling.model import NeighbourObservation, OpticalObservation, TrafficObservation
from tests.unit.diagnosis.world import World, device, inventory, link, service, small_isp

DARK, LIT = -40.0, -7.5


def lit(world, at, port, rx_dbm):
    name, _, interface = port.partition(":")
    world.engine.observe(OpticalObservation(at, name, interface, rx_dbm, -2.0))


def ring(both_usual=True):
    """A ring whose trunk agg1--agg2 has transceivers that tell their light."""
    world = World(small_isp())
    world.run(90)
    if both_usual:
        for at in (40.0, 80.0):
            lit(world, at, "agg1:to-agg2", LIT)
            lit(world, at, "agg2:to-agg1", LIT)
    return world


@pytest.mark.parametrize(
    ("one", "other", "scenario", "word"),
    [
        (DARK, DARK, Scenario.CABLE, "neither agg1:to-agg2 nor agg2:to-agg1 receives light"),
        (LIT, LIT, Scenario.EQUIPMENT, "light arrives at agg1:to-agg2 and agg2:to-agg1 as usual"),
        (DARK, LIT, Scenario.CABLE, "agg1:to-agg2 receives no light while agg2:to-agg1 does"),
        (DARK, None, Scenario.CABLE, "agg1:to-agg2 receives no light"),
        (None, LIT, Scenario.CABLE, "light arrives at agg2:to-agg1 as usual"),
    ],
)
def test_a_link_that_is_down_is_judged_by_the_light_at_both_ends(one, other, scenario, word):
    world = ring()
    world.cut.add("agg1--agg2")
    world.run(150)
    for port, rx_dbm in (("agg1:to-agg2", one), ("agg2:to-agg1", other)):
        if rx_dbm is not None:
            lit(world, 149.0, port, rx_dbm)
    world.run(155)
    found = world.one()
    assert (found.roots, found.scope) == (("link:agg1--agg2",), Scope.REDUNDANCY)
    assert found.scenario is scenario
    assert word in " | ".join(found.reasons)


def test_light_gone_at_both_ends_of_a_link_that_carries_raises_nothing():
    world = ring()
    lit(world, 95.0, "agg1:to-agg2", DARK)
    lit(world, 95.0, "agg2:to-agg1", DARK)
    assert world.run(140).explanations == ()


def test_a_receiver_that_was_never_seen_lit_says_nothing():
    world = ring(both_usual=False)
    world.cut.add("agg1--agg2")
    world.run(150)
    lit(world, 149.0, "agg1:to-agg2", DARK)
    lit(world, 149.0, "agg2:to-agg1", DARK)
    world.run(155)
    assert "light" not in " ".join(world.one().reasons)


def lossy_tree():
    devices = [device("core1", "core"), device("agg1", "aggregation"), device("agg2", "aggregation")]
    devices += [device(f"a{n}") for n in range(8)] + [device(f"b{n}") for n in range(12)]
    links = [link("core1", "agg1"), link("core1", "agg2")]
    links += [link("agg1", f"a{n}") for n in range(8)] + [link("agg2", f"b{n}") for n in range(12)]
    services = [service(f"c{n}", f"a{n}", line=n) for n in range(8)]
    world = World(inventory(devices, links, services))
    world.run(100)
    return world


def full(world, share, *, damaged=0.0):
    world.engine.observe(
        TrafficObservation(world.now, "core1", "to-agg1", 30.0, 1e9, 1e6, share * 1e9, damaged, 0.0, 0.0, 250.0)
    )


@pytest.mark.parametrize(("share", "scenario"), [(0.99, Scenario.OVERLOAD), (0.4, Scenario.UNKNOWN)])
def test_loss_behind_a_full_port_is_overload(share, scenario):
    world = lossy_tree()
    world.lossy["agg1"] = 0.3
    for until in (130, 160, 190):
        full(world, share)
        world.run(until)
    found = world.one()
    assert found.roots == ("link:core1--agg1",)
    assert found.scenario is scenario
    assert ("full" in " ".join(found.reasons)) is (scenario is Scenario.OVERLOAD)


def test_a_reading_that_comes_after_a_newer_one_of_its_port_fills_nothing():
    world = lossy_tree()
    signals, trunk = Signals(Topology(world.inventory)), world.inventory.links["core1--agg1"]

    def read(at, share):
        return signals.traffic(TrafficObservation(at, "core1", "to-agg1", 30.0, 1e9, 1e6, share * 1e9))

    assert not read(160.0, 0.2)
    assert not read(129.0, 1.0)
    assert signals.full_end(trunk, 165.0) is None
    assert read(190.0, 1.0)
    assert signals.full_end(trunk, 195.0)[0].device == "core1"
    assert read(220.0, 0.2)
    assert signals.full_end(trunk, 225.0) is None


def test_a_full_port_without_loss_raises_nothing():
    world = lossy_tree()
    for until in (130, 160, 190):
        full(world, 1.0)
        assert world.run(until).explanations == ()


def test_damaged_frames_on_the_lossy_link_are_named():
    world = lossy_tree()
    world.lossy["agg1"] = 0.3
    for until in (130, 160, 190):
        full(world, 0.2, damaged=40.0)
        world.run(until)
    assert "core1:to-agg1 receives 40 damaged frames a second" in " ".join(world.one().reasons)


def exits(*upstreams, witnesses=("w1", "w2")):
    found = small_isp(upstreams=list(upstreams), witnesses=witnesses)
    found = replace(
        found,
        devices={name: replace(one, address=f"192.0.2.{n}") for n, (name, one) in enumerate(found.devices.items())},
    )
    world = World(found)
    for upstream in upstreams:
        world.engine.observe(session(10.0, upstream.device, up=True))
    world.run(100)
    return world


def session(at, name, *, up, neighbour="203.0.113.1", enabled=True):
    state = "established" if up else "idle"
    return NeighbourObservation(at, name, "bgp", neighbour, state, up, enabled, "64500")


ONE = Upstream("transit-1", "core1", "et-1")
TWO = Upstream("transit-2", "core2", "et-2")


def test_a_lost_session_of_the_only_upstream_with_silent_witnesses_cuts_everyone_off():
    world = exits(ONE)
    world.witnesses_fail = True
    world.engine.observe(session(101.0, "core1", up=False))
    world.run(140)
    found = world.one()
    assert (found.roots, found.scope, found.scenario) == (("upstream:transit-1",), Scope.REGIONAL, Scenario.UPSTREAM)
    assert found.affected.out == frozenset(world.inventory.customers)
    assert found.strong
    assert "no BGP session of core1 to upstream transit-1 is up since t+101.0s although its port is up" in found.reasons


def test_a_lost_session_alone_cuts_nobody_off_while_a_witness_answers():
    world = exits(ONE)
    world.engine.observe(session(101.0, "core1", up=False))
    world.run(140)
    found = world.one()
    assert (found.roots, found.scope, found.affected.out) == (("upstream:transit-1",), Scope.REDUNDANCY, frozenset())
    assert not found.strong


def test_a_lost_session_of_one_of_two_upstreams_is_lost_redundancy():
    world = exits(ONE, TWO)
    world.engine.observe(session(101.0, "core2", up=False))
    world.run(140)
    assert (world.one().roots, world.one().scope) == (("upstream:transit-2",), Scope.REDUNDANCY)


@pytest.mark.parametrize(
    "harmless",
    [
        session(101.0, "core1", up=False, enabled=False),
        session(101.0, "agg1", up=False),
        session(101.0, "core1", up=False, neighbour="192.0.2.1"),
        session(101.0, "core1", up=False, neighbour="203.0.113.77"),
    ],
    ids=["stopped by its operator", "not at an upstream", "to an own device", "never seen up"],
)
def test_a_session_that_says_nothing_of_an_upstream_raises_nothing(harmless):
    world = exits(ONE)
    world.engine.observe(harmless)
    assert world.run(140).explanations == ()


def test_a_session_that_is_reset_and_comes_back_raises_nothing():
    world = exits(ONE)
    world.engine.observe(session(101.0, "core1", up=False))
    assert world.run(115).explanations == ()
    world.engine.observe(session(116.0, "core1", up=True))
    assert world.run(150).explanations == ()
