"""Single faults on a small provider: the right cause, scope and customers, and nothing left after the mend."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Feedback, Scenario, Scope
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Port, PortGroup, Region, Segment, Site, Upstream
from netwatch.polling.model import IcmpObservation, PowerObservation, SnmpObservation

from .world import World, device, inventory, link, service, small_isp


def world(**more) -> World:
    found = World(small_isp(), **more)
    found.run(100)
    assert found.seen.explanations == ()
    return found


def mended(found: World, until: float) -> None:
    for truth in (found.dead, found.cut, found.mute, found.no_icmp, found.no_snmp, found.dead_ports, found.silent_cut):
        truth.clear()
    assert found.run(until).explanations == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_cut_tree_trunk_is_the_cause_and_what_is_behind_is_unreachable_not_down(seed):
    found = world(seed=seed)
    found.cut.add("core1--aggt")
    found.run(130)
    one = found.one()
    assert one.roots == ("link:core1--aggt",)
    assert (one.scope, one.scenario) == (Scope.REGIONAL, Scenario.CABLE)
    assert one.down == frozenset()
    assert one.unreachable == {"aggt", "acct1", "acct2"}
    assert one.affected.out == {"c-acct1-1", "c-acct1-2", "c-acct2-1", "c-acct2-2"}
    assert one.affected.at_risk == {"c-both"}
    assert one.strong
    assert one.settled
    assert one.last_good_at <= 100.0 <= one.onset_at
    mended(found, 170)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dead_device_in_a_ring_is_the_cause_and_its_children_are_unreachable(seed):
    found = world(seed=seed)
    found.dead.add("agg1")
    found.run(130)
    one = found.one()
    assert one.roots == ("device:agg1",)
    assert one.down == {"agg1"}
    assert one.unreachable == {"acc11", "acc12"}
    assert one.scenario == Scenario.EQUIPMENT
    assert one.confidence > 0.95
    mended(found, 170)


def test_when_the_port_before_a_silent_device_stays_up_the_device_is_dead():
    found = world()
    found.ports_stay_up.add("aggt")
    found.dead.add("aggt")
    found.run(130)
    assert found.one().roots == ("device:aggt",)
    assert any("still up" in reason for reason in found.one().reasons)


def test_a_cut_ring_trunk_is_redundancy_and_nobody_is_out():
    found = world()
    found.cut.add("agg1--agg2")
    found.run(130)
    one = found.one()
    assert (one.roots, one.scope) == (("link:agg1--agg2",), Scope.REDUNDANCY)
    assert not one.affected.out
    mended(found, 170)


def test_a_ring_cut_twice_is_one_event_with_both_trunks():
    found = world()
    found.cut.update({"core1--agg1", "agg3--core2"})
    found.run(130)
    one = found.one()
    assert one.roots == ("link:agg3--core2", "link:core1--agg1")
    assert {"agg1", "agg2", "agg3", "dual"} <= one.unreachable
    mended(found, 170)


def with_batteries(inventory):
    """Each device on a site of its own in one region, with a battery for four hours."""
    devices = {name: replace(d, site=f"at-{name}", battery_minutes=240.0) for name, d in inventory.devices.items()}
    sites = {f"at-{name}": Site(f"at-{name}", name, "all", battery_minutes=240.0) for name in devices}
    return replace(inventory, devices=devices, sites=sites, regions={"all": Region("all", "All")})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_ring_cut_twice_is_no_power_failure_where_batteries_would_have_held(seed):
    found = World(with_batteries(small_isp()), seed=seed)
    found.run(100)
    found.cut.update({"core1--agg1", "agg3--core2"})
    found.run(130)
    assert found.one().roots == ("link:agg3--core2", "link:core1--agg1")


def test_a_second_cut_long_after_the_first_is_an_event_of_its_own():
    found = world()
    found.cut.add("core1--agg1")
    found.run(230)
    first = found.one()
    found.cut.add("agg3--core2")
    seen = found.run(280)
    assert [one.roots for one in seen.explanations] == [("link:core1--agg1",), ("link:agg3--core2",)]
    assert seen.explanations[0].key == first.key
    assert seen.explanations[0].affected.out == frozenset()
    assert "c-acc11-1" in seen.explanations[1].affected.out


def test_an_isolated_monitor_says_so_and_nothing_else():
    found = world()
    found.isolated = True
    found.run(160)
    one = found.one()
    assert found.seen.isolated
    assert (one.roots, one.scope, one.affected.out) == (("monitor",), Scope.MONITORING, frozenset())
    found.isolated = False
    found.run(176)
    assert not found.seen.isolated
    assert found.run(220).explanations == ()


def test_what_failed_before_an_isolation_stays_and_what_failed_while_blind_is_found_after_it():
    found = world()
    found.dead.add("acc21")
    found.run(140)
    before = found.one()
    found.isolated = True
    found.run(170)
    found.cut.add("core1--aggt")
    found.run(200)
    assert [one.roots for one in found.seen.explanations] == [("monitor",), before.roots]
    found.isolated = False
    found.run(240)
    assert [one.roots for one in found.seen.explanations] == [before.roots, ("link:core1--aggt",)]
    assert found.seen.explanations[0].key == before.key


def test_a_socket_that_refuses_is_isolation_at_once():
    found = world()
    found.isolated = True
    found.run(103)
    found.local(ok=False)
    assert found.run(104).isolated


def test_a_device_that_answers_snmp_but_no_ping_is_filtered_and_no_news():
    found = world()
    found.no_icmp.add("acc21")
    assert found.run(220).explanations == ()


def test_a_device_whose_agent_hangs_is_no_news():
    found = world()
    found.no_snmp.add("acc21")
    assert found.run(220).explanations == ()


def test_a_mute_device_that_forwards_cuts_nobody_off():
    found = world()
    found.mute.add("aggt")
    found.run(150)
    one = found.one()
    assert (one.roots, one.scope) == (("device:aggt",), Scope.REDUNDANCY)
    assert one.unreachable == frozenset()
    assert one.affected.out == frozenset()


def icmp(at, name, *, ok):
    return IcmpObservation(at, name, 1, int(ok), 1.0 if ok else None)


@pytest.mark.parametrize("lag", [-3.0, -0.5, 0.2, 0.7, 3.0])
def test_a_mute_device_is_known_as_one_wherever_the_turns_of_those_behind_it_fall(lag):
    """A failed ping is told a second after it was sent: the answer from behind may always be the newer one."""
    links = [link("core", "agg"), link("agg", "acc")]
    devices = [device("core", "core"), device("agg"), device("acc")]
    engine = Engine(Topology(inventory(devices, links, [service("c", "agg")])))
    turns = [10.0 * turn for turn in range(14)]
    seen = [icmp(at, "core", ok=True) for at in turns]
    seen += [icmp(at + 5.0 + lag, "acc", ok=True) for at in turns]
    seen += [icmp(at + 5.0, "agg", ok=at < 100.0) for at in turns]
    seen += [icmp(105.0 + quick, "agg", ok=False) for quick in (0.5, 1.0, 1.5)]
    seen += [SnmpObservation(at, "agg", ok=at < 100.0) for at in (*turns, 106.0, 107.0)]
    told = sorted(seen, key=told_at)
    for second in range(140):
        while told and told_at(told[0]) <= second:
            engine.observe(told.pop(0))
        found = engine.step(float(second), Feedback()).explanations
        assert not any(one.scope is Scope.REGIONAL and (one.settled or one.strong) for one in found)
    (one,) = found
    assert (one.roots, one.scope) == (("device:agg",), Scope.REDUNDANCY)


def told_at(seen):
    return seen.at + (isinstance(seen, IcmpObservation) and not seen.received)


def test_devices_without_icmp_are_judged_by_snmp_alone():
    devices = [device("core", "core", icmp=False), device("agg", "aggregation", icmp=False)]
    devices += [device(f"acc{n}", icmp=False) for n in (1, 2, 3)]
    links = [link("core", "agg", "d1"), *(link("agg", f"acc{n}") for n in (1, 2)), link("core", "acc3")]
    services = [service(f"c{n}", f"acc{n}") for n in (1, 2, 3)]
    found = World(inventory(devices, links, services), snmp_s=10.0)
    found.run(100)
    found.cut.add("core--agg")
    found.run(140)
    assert found.one().roots == ("link:core--agg",)
    assert found.one().affected.out == {"c1", "c2"}


def test_two_trunks_of_one_duct_are_the_duct_and_a_third_that_lives_speaks_against_it():
    devices = [device("core", "core"), *(device(f"agg{n}", "aggregation") for n in (1, 2, 3))]
    links = [link("core", f"agg{n}", "duct-a") for n in (1, 2, 3)]
    services = [service(f"c{n}", f"agg{n}") for n in (1, 2, 3)]
    found = World(inventory(devices, links, services))
    found.run(100)
    found.cut.update({"core--agg1", "core--agg2", "core--agg3"})
    found.run(130)
    assert found.one().roots == ("duct:duct-a",)
    assert found.one().affected.out == {"c1", "c2", "c3"}
    found.cut.clear()
    found.run(170)
    found.cut.update({"core--agg1"})
    found.run(200)
    assert found.one().roots == ("link:core--agg1",)


def powered(*batteries: float | None) -> World:
    sites = [Site("s0", "S0"), Site("s1", "S1", None, "feed-1"), Site("s2", "S2", None, "feed-1")]
    devices = [device("core", "core", site="s0"), device("other", "core", site="s0")]
    devices += [device(f"d{n}", site="s1", battery_minutes=b) for n, b in enumerate(batteries)]
    devices += [device("e", site="s2", battery_minutes=0)]
    links = [link("core", d.id) for d in devices[1:]] + [link("other", d.id) for d in devices[2:]]
    services = [service(f"c-{d.id}", d.id) for d in devices[2:]]
    found = World(inventory(devices, links, services, sites=sites))
    found.run(100)
    return found


def test_all_devices_of_a_site_without_battery_silent_at_once_is_the_sites_power():
    found = powered(0, 0, 0)
    found.dead.update({"d0", "d1", "d2"})
    found.run(130)
    assert (found.one().roots, found.one().scenario) == (("site:s1",), Scenario.POWER)


def test_a_whole_site_silent_at_once_is_its_power_though_it_has_a_battery():
    found = powered(240, 240, 240)
    found.dead.update({"d0", "d1", "d2"})
    found.run(130)
    assert found.one().roots == ("site:s1",)


def test_two_sites_of_one_feed_silent_at_once_is_the_feed():
    found = powered(0, 0)
    found.dead.update({"d0", "d1", "e"})
    found.run(130)
    assert found.one().roots == ("feed:feed-1",)


def test_one_device_of_a_site_silent_while_another_without_battery_answers_is_the_device():
    found = powered(0, 0)
    found.dead.add("d0")
    found.run(130)
    assert found.one().roots == ("device:d0",)


def test_a_device_that_reported_battery_before_it_fell_silent_lost_its_power():
    found = powered(60)
    found.engine.observe(PowerObservation(99.0, "d0", "battery", 1.0))
    found.dead.add("d0")
    found.run(130)
    assert (found.one().roots, found.one().scenario) == (("site:s1",), Scenario.POWER)


def upstreams(count: int) -> World:
    devices = [device("core", "core"), device("edge", "core"), device("acc")]
    links = [link("core", "edge"), link("core", "acc")]
    ways = [Upstream(f"t{n}", "edge", f"up{n}") for n in range(count)]
    found = World(inventory(devices, links, [service("c", "acc")], upstreams=ways, witnesses=("w1", "w2")))
    found.run(100)
    return found


def test_all_witnesses_silent_while_the_own_network_answers_is_the_upstream_and_everyone_is_out():
    found = upstreams(1)
    found.witnesses_fail = True
    found.run(130)
    one = found.one()
    assert (one.roots, one.scope, one.scenario) == (("upstream:t0",), Scope.REGIONAL, Scenario.UPSTREAM)
    assert one.affected.out == {"c"}
    found.witnesses_fail = False
    assert found.run(140).explanations == ()


def test_one_way_out_of_several_lost_is_redundancy():
    found = upstreams(2)
    found.dead_ports.add(Port("edge", "up1"))
    found.run(135)
    assert (found.one().roots, found.one().scope) == (("upstream:t1",), Scope.REDUNDANCY)
    found.dead_ports.add(Port("edge", "up0"))
    found.run(170)
    assert (found.one().roots, found.one().scope) == (("upstream:t0", "upstream:t1"), Scope.REGIONAL)


def ports(segment: Segment) -> World:
    devices = [device("core", "core"), device("olt")]
    names = [f"pon0/{n}" for n in range(1, 9)]
    services = [service(f"c{n}", f"olt:{name}", segment=segment) for n, name in enumerate(names)]
    groups = [PortGroup("olt/pon0", "olt", tuple(names))]
    found = World(inventory(devices, [link("core", "olt")], services, groups=groups))
    found.run(100)
    return found


def test_most_ports_of_a_group_dead_within_a_minute_is_the_group():
    found = ports(Segment.RESIDENTIAL)
    found.dead_ports.update(Port("olt", f"pon0/{n}") for n in range(1, 7))
    found.run(140)
    one = found.one()
    assert (one.roots, one.scope) == (("port_group:olt/pon0",), Scope.REGIONAL)
    assert one.affected.out == {f"c{n}" for n in range(6)}


def test_a_single_business_port_is_that_customers_fault_after_a_while():
    found = ports(Segment.BUSINESS)
    found.dead_ports.add(Port("olt", "pon0/3"))
    found.run(155)
    one = found.one()
    assert (one.roots, one.scope, one.affected.out) == (("port:olt:pon0/3",), Scope.CUSTOMER, {"c2"})


def test_a_single_residential_port_is_no_news():
    found = ports(Segment.RESIDENTIAL)
    found.dead_ports.add(Port("olt", "pon0/3"))
    assert found.run(200).explanations == ()


@pytest.mark.parametrize("background", [0.0, 0.04])
def test_a_lossy_trunk_degrades_those_behind_it_and_background_loss_alone_nobody(background):
    found = World(small_isp(), seed=5, loss=background)
    found.run(250)
    assert found.seen.explanations == ()
    found.lossy["aggt"] = 0.4
    found.run(350)
    assert [one.roots for one in found.seen.explanations if one.degraded] == [("link:core1--aggt",)]
    assert found.seen.explanations[0].affected.degraded == {f"c-acct{n}-{m}" for n in (1, 2) for m in (1, 2)}
    found.lossy.clear()
    assert found.run(450).explanations == ()


def test_a_device_never_heard_is_unknown_and_no_news():
    found = World(small_isp())
    found.dead.add("acc21")
    assert found.run(200).explanations == ()


def test_a_device_known_from_before_the_restart_is_news_when_it_stays_silent():
    first = world()
    second = World(small_isp())
    second.engine.recall(first.engine.remember())
    second.dead.add("acc21")
    second.run(60)
    assert second.one().roots == ("device:acc21",)


def test_an_open_fault_keeps_its_key_over_a_restart():
    first = world()
    first.dead.add("agg1")
    first.run(140)
    before = first.one()
    second = World(small_isp(), now=140.0)
    second.engine.recall(first.engine.remember())
    second.published[before.key] = before.roots
    second.dead.add("agg1")
    second.next_icmp = {name: at + 140.0 for name, at in second.next_icmp.items()}
    second.next_snmp = {name: at + 140.0 for name, at in second.next_snmp.items()}
    second.run(200)
    assert (second.one().key, second.one().roots) == (before.key, before.roots)


def test_one_pollers_failing_view_is_not_the_devices_death():
    found = world()
    for at in range(100, 140):
        found.engine.observe(IcmpObservation(float(at), "acc21", 1, 0, None, "far"))
    assert found.run(150).explanations == ()


def test_a_port_that_was_down_from_the_start_is_a_ghost_and_no_news():
    found = World(small_isp())
    found.cut.add("agg1--agg2")
    assert found.run(150).explanations == ()
    found.cut.add("core1--agg1")
    found.run(200)
    assert found.one().roots == ("link:core1--agg1",)
    assert found.one().scope == Scope.REDUNDANCY


def test_reasons_name_times_and_counts():
    found = world()
    found.cut.add("core1--aggt")
    found.run(130)
    text = "\n".join(found.one().reasons)
    assert "no answer from aggt since t+10" in text
    assert "port to-aggt of core1 toward it is down" in text
    assert "3 devices behind it cannot be reached" in text


def test_when_trunk_and_device_leave_the_same_traces_the_cause_is_unsure_but_who_is_hit_is_not():
    found = World(
        inventory([device("core1", "core"), device("acc1")], [link("core1", "acc1")], [service("c-1", "acc1")])
    )
    found.run(100)
    found.cut.add("core1--acc1")
    found.run(130)
    one = found.one()
    assert one.affected.out == {"c-1"}
    assert one.confidence < 0.7
    assert one.impact_confidence > 0.85


def test_that_an_incident_is_open_makes_its_cause_no_surer():
    found = World(
        inventory([device("core1", "core"), device("acc1")], [link("core1", "acc1")], [service("c-1", "acc1")])
    )
    found.run(100)
    found.cut.add("core1--acc1")
    found.run(130)
    before = found.one()
    found.published = {before.key: before.roots}
    found.run(160)
    after = found.one()
    assert after.roots == before.roots
    assert after.confidence == before.confidence
