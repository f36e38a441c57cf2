"""Announced work, unknown places, combined faults, recoveries in stages."""

from __future__ import annotations

import pytest

from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Feedback, Scenario, Scope
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Maintenance, Region, Site
from netwatch.polling.model import IcmpObservation, InterfaceObservation, PowerObservation, TrapObservation

from .world import World, device, inventory, link, service, small_isp


def test_announced_work_is_planned_and_its_overrun_is_a_fault_of_its_own():
    window = Maintenance("m-1", ("link:core1--aggt",), 110.0, 200.0)
    found = World(small_isp(maintenance=[window]))
    found.run(115)
    found.cut.add("core1--aggt")
    found.run(190)
    one = found.one()
    assert (one.planned, one.scenario) == ("m-1", Scenario.MAINTENANCE)
    assert one.unreachable == {"aggt", "acct1", "acct2"}
    found.run(215)
    late = found.one()
    assert late.planned is None
    assert late.key != one.key
    assert (late.roots, late.scenario, late.last_good_at) == (("link:core1--aggt",), Scenario.MAINTENANCE, 200.0)


def test_a_fault_beside_announced_work_is_still_found():
    window = Maintenance("m-1", ("link:core1--aggt",), 90.0, 900.0)
    found = World(small_isp(maintenance=[window]))
    found.run(100)
    found.cut.add("core1--aggt")
    found.dead.add("acc11")
    seen = found.run(140)
    assert [one.planned for one in seen.explanations] == ["m-1", None]
    assert seen.explanations[1].roots == ("device:acc11",)


def test_three_devices_without_links_or_a_place_for_the_monitor_are_judged_one_by_one():
    lone = inventory([device("a"), device("b"), device("c")], [], [service("x", "b"), service("y", "b")])
    found = World(Inventory(devices=lone.devices, customers=lone.customers))
    found.reachable = lambda: set(found.inventory.devices) - found.dead
    found.run(100)
    found.dead.add("b")
    found.run(140)
    assert (found.one().roots, found.one().affected.out) == (("device:b",), {"x", "y"})
    found.dead.update({"a", "c"})
    assert found.run(200).isolated


def test_a_customer_whose_legs_lie_behind_two_faults_is_out():
    found = World(small_isp())
    found.run(100)
    found.dead.add("acct1")
    found.run(200)
    assert found.one().affected.at_risk == {"c-both"}
    found.dead.add("acc11")
    seen = found.run(240)
    assert ["c-both" in one.affected.out for one in seen.explanations] == [False, True]


def test_while_a_trunk_returns_no_new_fault_appears_for_the_late():
    found = World(small_isp())
    found.run(100)
    found.cut.add("core1--aggt")
    found.run(160)
    key = found.one().key
    found.cut.clear()
    while found.now < 220:
        seen = found.run(found.now + 1)
        assert {one.key for one in seen.explanations} <= {key}
    assert seen.explanations == ()


def test_a_child_that_stays_dead_after_the_trunk_returned_is_a_fault_of_its_own():
    found = World(small_isp())
    found.run(100)
    found.cut.add("core1--aggt")
    found.dead.add("acct2")
    found.run(160)
    found.cut.clear()
    found.run(230)
    assert found.one().roots == ("device:acct2",)
    assert found.one().affected.out == {"c-acct2-1", "c-acct2-2"}


def test_a_trap_alone_opens_nothing():
    found = World(small_isp())
    found.run(100)
    found.engine.observe(TrapObservation(100.0, "agg1", "linkDown", "to-agg2"))
    assert found.run(103).explanations == ()


def test_a_port_switched_off_by_hand_is_no_cable_fault():
    found = World(small_isp())
    found.run(100)
    found.engine.observe(InterfaceObservation(100.5, "agg1", "to-agg2", "down", "down"))
    found.seen = found.engine.step(100.9, Feedback())
    assert (found.one().scenario, found.one().scope) == (Scenario.UNKNOWN, Scope.REDUNDANCY)


def test_a_device_that_nobody_polls_is_blamed_when_all_behind_it_fall_silent():
    devices = [device("core", "core"), device("mid", "aggregation", icmp=False), device("x"), device("y")]
    links = [link("core", "mid"), link("mid", "x"), link("mid", "y")]
    found = World(inventory(devices, links, [service("cx", "x"), service("cy", "y")]))
    found.no_snmp.add("mid")
    found.next_snmp["mid"] = 1e9
    found.run(100)
    found.dead.add("mid")
    found.run(150)
    assert found.one().roots in {("device:mid",), ("link:core--mid",)}
    assert found.one().affected.out == {"cx", "cy"}


def test_late_answers_take_back_what_they_disprove():
    engine = Engine(Topology(small_isp()))
    for at in (1.0, 11.0, 21.0):
        for name in ("core1", "agg1", "acc11"):
            engine.observe(IcmpObservation(at, name, 1, 1, 2.0))
        engine.step(at + 1.0, Feedback())
    engine.observe(IcmpObservation(30.0, "acc11", 3, 0))
    engine.observe(IcmpObservation(33.0, "acc11", 1, 1, 2.0))
    engine.observe(IcmpObservation(31.5, "acc11", 1, 0))
    engine.observe(IcmpObservation(32.0, "core1", 1, 1, 2.0))
    engine.observe(IcmpObservation(32.0, "agg1", 1, 1, 2.0))
    assert engine.step(34.0, Feedback()).explanations == ()


def test_it_is_warm_only_after_two_cycles():
    found = World(small_isp())
    assert not found.run(50).warm
    assert found.run(70).warm


def two_sites() -> World:
    """A core and an access device on one site, another access device on a second; one region, batteries unknown."""
    found = World(
        inventory(
            [device("core1", "core", site="ens"), device("acc1", site="hgl"), device("acc2", site="ens")],
            [link("core1", "acc1"), link("core1", "acc2")],
            [service("c-1", "acc1"), service("c-2", "acc2")],
            sites=[Site("hgl", "Hengelo", "twente"), Site("ens", "Enschede", "twente")],
            regions=[Region("twente", "Twente")],
        )
    )
    found.run(100)
    return found


@pytest.mark.parametrize("apart_s", [0, 83])
def test_two_dead_devices_are_no_power_failure_of_the_region_while_one_beside_them_lives(apart_s):
    found = two_sites()
    found.dead.add("acc2")
    found.run(130 + apart_s)
    found.dead.add("acc1")
    found.run(190 + apart_s)
    roots = {root for one in found.seen.explanations for root in one.roots}
    assert not any(root.startswith("region:") for root in roots)
    assert {name for one in found.seen.explanations for name in one.affected.out} == {"c-1", "c-2"}


def test_an_agent_that_never_answered_is_no_second_kind_of_evidence():
    found = World(
        inventory([device("core1", "core"), device("acc1")], [link("core1", "acc1")], [service("c-1", "acc1")])
    )
    found.no_snmp |= {"core1", "acc1"}
    found.run(130)
    found.dead.add("acc1")
    found.run(190)
    one = found.one()
    assert not one.strong
    assert not any("SNMP" in reason for reason in one.reasons)


def test_what_splits_off_a_published_fault_while_it_recovers_stays_with_it():
    devices = [device("core", "core"), *(device(f"d{n}", site="s1", battery_minutes=0) for n in range(7))]
    links = [link("core", f"d{n}", "duct-a" if n < 2 else f"duct-{n}") for n in range(7)]
    sites = [Site("s1", "S1", None, "feed-1")]
    found = World(inventory(devices, links, [service(f"c{n}", f"d{n}") for n in range(7)], sites=sites))
    found.run(100)
    found.dead.update(f"d{n}" for n in range(7))
    found.run(130)
    one = found.one()
    assert one.roots == ("site:s1",)
    found.published[one.key] = one.roots
    found.dead -= {"d2", "d3", "d5", "d6"}
    for second in range(131, 190):
        assert {seen.key for seen in found.run(second).explanations} == {one.key}
    assert found.one().affected.out == {"c0", "c1", "c4"}


def test_a_feed_that_was_told_stays_the_cause_when_the_last_battery_runs_empty_and_hides_the_others():
    sites = [Site("s0", "S0"), *(Site(f"s{n}", f"S{n}", None, "feed-1") for n in (1, 2, 3))]
    devices = [device("core", "core", site="s0"), device("agg", "aggregation", site="s1", battery_minutes=1)]
    devices += [device(f"acc{n}", site=f"s{n}", battery_minutes=0) for n in (2, 3)]
    links = [link("core", "agg"), link("agg", "acc2"), link("agg", "acc3")]
    found = World(inventory(devices, links, [service("c2", "acc2"), service("c3", "acc3")], sites=sites))
    found.run(100)
    found.engine.observe(PowerObservation(100.0, "agg", "battery"))
    found.dead.update({"acc2", "acc3"})
    found.run(130)
    told = found.one()
    assert told.roots == ("feed:feed-1",)
    found.published = {told.key: told.roots}
    found.dead.add("agg")
    found.run(200)
    assert (found.one().key, found.one().roots) == (told.key, told.roots)
    assert found.one().affected.out == {"c2", "c3"}


def test_a_monitor_that_never_saw_anything_is_cut_off_from_the_first_failure_on_and_can_be_written_down():
    world = World(small_isp(), isolated=True)
    world.now = 1.0
    world.local(ok=False)
    one = world.run(until=5.0).explanations[0]
    assert one.scope is Scope.MONITORING
    assert one.last_good_at == one.onset_at == 1.0
