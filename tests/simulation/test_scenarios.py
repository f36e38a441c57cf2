"""Rehearsed faults on a provider of sixty devices: cause, scope, exact customers, number of incidents, seconds."""

from dataclasses import replace

import pytest

from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import ChangeKind, Command, Order, Status
from netwatch.inventory.model import Maintenance
from netwatch.simulation.noise import USUAL, Noise
from netwatch.simulation.scenario import Scenario

#: Seconds from fault to publication that are left of the 180 after veto window and mailing.
PROMISE_S = 45


def told(scenario):
    return [change.kind for change in scenario.log.changes if change.kind is not ChangeKind.INTERNAL]


def all_closed(scenario):
    return all(incident.status is Status.RESOLVED for incident in scenario.published())


def customers_told(scenario):
    return frozenset().union(*(change.newly_affected for change in scenario.log.changes), frozenset())


def test_when_a_tree_trunk_is_cut_all_behind_it_are_told_within_the_promise(provider, places):
    _, trunk = places.tree_parent()
    story = Scenario(provider)
    story.at(60).cut(trunk).mended_after(200)
    incident = story.within(PROMISE_S).expect(roots=[f"link:{trunk}"], scope=Scope.REGIONAL)
    assert incident.affected.out
    assert told(story) == [ChangeKind.OPENED, ChangeKind.RESOLVED]
    assert all_closed(story)


def test_when_a_ring_trunk_is_cut_only_redundancy_is_lost_and_no_customer_is_told(provider):
    story = Scenario(provider)
    story.at(60).cut("trunk-1-3").mended_after(200)
    story.within(PROMISE_S).expect(roots=["link:trunk-1-3"], scope="redundancy", out=())
    assert customers_told(story) == frozenset()
    assert all_closed(story)


def test_when_an_access_device_dies_those_behind_it_are_unreachable_and_not_down(provider, places):
    device, trunk = places.tree_parent()
    story = Scenario(provider)
    story.at(60).down(device).mended_after(200)
    incident = story.published()[0]
    assert set(incident.roots) <= {f"device:{device}", f"link:{trunk}"}, "both leave the same traces"
    story.within(PROMISE_S).expect(roots=incident.roots, scope="regional")
    assert all_closed(story)


def test_when_an_aggregation_device_dies_it_is_the_cause(provider):
    story = Scenario(provider)
    story.at(60).down("agg-1-2").mended_after(200)
    incident = story.within(PROMISE_S).expect(roots=["device:agg-1-2"], scope="regional")
    assert "agg-1-2" in incident.down
    assert not {name for name in incident.down if name.startswith("acc")}


def test_when_a_core_device_in_a_ring_dies_no_customer_is_told(provider):
    story = Scenario(provider)
    story.at(60).down("core-3").mended_after(200)
    story.within(PROMISE_S).expect(roots=["device:core-3"], scope="redundancy", out=())


def test_when_a_duct_with_several_trunks_is_cut_the_duct_is_the_cause(provider, places):
    duct, links = places.shared_duct()
    assert len(links) > 1
    story = Scenario(provider)
    story.at(60).cut(duct).mended_after(200)
    story.within(PROMISE_S).expect(roots=[f"duct:{duct}"], scope="regional")


def test_when_a_feed_fails_the_devices_without_battery_are_one_incident(provider):
    feed = next(
        site.power_feed for site in provider.sites.values()
        if site.power_feed and site.power_feed.startswith("feed-agg")
        and sum(s.power_feed == site.power_feed and s.battery_minutes == 0 for s in provider.sites.values()) > 3
    )  # fmt: skip
    story = Scenario(provider)
    story.at(60).breaks(f"power {feed}").mended_after(240)
    story.within(60).expect(roots=[f"feed:{feed}"], scope="regional")


def test_when_netwatch_is_isolated_there_is_one_monitoring_incident_and_no_customer_is_told(provider):
    story = Scenario(provider)
    story.at(60).breaks("isolate").mended_after(200)
    story.within(PROMISE_S).expect(roots=["monitor"], scope="monitoring", out=())
    assert customers_told(story) == frozenset()
    assert all_closed(story)


def test_when_a_witness_falls_silent_nothing_is_told(provider):
    story = Scenario(provider)
    story.at(60).breaks("blind w1")
    assert story.published() == []


def test_a_flapping_trunk_is_one_incident(provider, places):
    _, trunk = places.tree_parent()
    story = Scenario(provider, duration_s=900)
    story.at(60).breaks(f"flap {trunk}").mended_after(300)
    assert len(story.published()) == 1
    assert told(story).count(ChangeKind.OPENED) == 1


def test_when_one_business_port_fails_only_that_customer_is_told(provider, places):
    customer = places.business()
    port = provider.customers[customer][0].primary
    story = Scenario(provider, duration_s=700)
    story.at(60).breaks(f"access {customer}").mended_after(300)
    story.within(120).expect(roots=[f"port:{port}"], scope="customer", out=[customer])


def test_when_a_pon_fails_its_port_group_is_the_cause(provider):
    story = Scenario(provider, duration_s=700)
    story.at(60).cut("olt-1-1/pon0").mended_after(300)
    story.within(120).expect(roots=["port_group:olt-1-1/pon0"], scope="regional")


def test_when_a_ring_is_cut_twice_the_part_between_is_told(provider):
    story = Scenario(provider, duration_s=900)
    story.at(60).cut("trunk-1-1").mended_after(440)
    story.at(200).cut("trunk-1-5").mended_after(200)
    hit = story.log.network.affected(story.log.warmup_s + 300).out
    assert hit
    assert customers_told(story) == hit
    first = next(c for c in story.log.changes if c.newly_affected)
    assert first.incident.scope is Scope.REGIONAL
    assert first.at - story.log.warmup_s - 200 <= PROMISE_S
    assert all_closed(story)


def test_a_ring_cut_twice_and_mended_in_steps_is_over_once_for_customers_and_names_what_is_left(provider):
    story = Scenario(provider, duration_s=1000)
    story.at(60).cut("trunk-1-1").mended_after(340)
    story.at(200).cut("trunk-1-5").mended_after(400)
    hit = story.log.network.affected(story.log.warmup_s + 300).out
    assert customers_told(story) == hit
    first, outage, rest = sorted(story.published(), key=lambda incident: incident.opened_at)
    assert (first.roots, first.scope) == (("link:trunk-1-1",), Scope.REDUNDANCY)
    assert (outage.roots, outage.scope) == (("link:trunk-1-5",), Scope.REGIONAL)
    assert (rest.roots, rest.scope, rest.ever_affected) == (("link:trunk-1-5",), Scope.REDUNDANCY, frozenset())
    (over,) = [c for c in story.log.changes if c.kind is ChangeKind.RESOLVED and c.incident.id == outage.id]
    assert over.restored == hit
    assert over.at - story.log.warmup_s < 400 + 90, "customers do not wait for the second mending"
    assert "link:trunk-1-5 is still missing" in over.reason
    assert all_closed(story)


def test_when_a_device_answers_nothing_and_forwards_no_customer_is_told(provider, places):
    device, _ = places.tree_parent()
    story = Scenario(provider, duration_s=700)
    story.at(60).breaks(f"mute {device}").breaks(f"hang {device}").mended_after(200)
    story.within(PROMISE_S).expect(roots=[f"device:{device}"], scope="redundancy", out=())
    assert told(story) == [ChangeKind.OPENED, ChangeKind.RESOLVED]
    assert customers_told(story) == frozenset()
    assert all_closed(story)


def test_when_one_of_two_trunks_is_mended_only_those_behind_it_are_told_so(provider, places):
    duct, links = places.shared_duct()
    story = Scenario(provider, duration_s=900)
    for link in links:
        story.at(60).cut(link)
    story.faults[:] = [
        replace(fault, for_s=200.0 if number == 0 else 500.0) for number, fault in enumerate(story.faults)
    ]
    (incident,) = story.published()
    (partly,) = [c for c in story.log.changes if c.kind is ChangeKind.PARTLY_RESTORED]
    (resolved,) = [c for c in story.log.changes if c.kind is ChangeKind.RESOLVED]
    assert partly.restored
    assert not partly.restored & resolved.restored
    assert partly.restored | resolved.restored == incident.ever_affected
    assert incident.roots == (f"duct:{duct}",)


@pytest.mark.parametrize("restart_s", [61, 75, 150, 262, 290])
def test_a_restart_in_mid_incident_tells_nobody_twice_and_forgets_nobody(provider, places, restart_s):
    _, trunk = places.tree_parent()
    story = Scenario(provider, duration_s=800)
    story.at(60).cut(trunk).mended_after(200)
    story.restart_at(restart_s)
    assert told(story) == [ChangeKind.OPENED, ChangeKind.RESOLVED], story.log.text()
    assert customers_told(story) == story.log.network.affected(story.log.warmup_s + 100).out


def test_announced_maintenance_is_told_to_nobody_until_it_overruns(provider, places):
    _, trunk = places.tree_parent()
    window = Maintenance("m-1", (f"link:{trunk}",), 30.0, 300.0)
    planned = replace(provider, maintenance=(window,))
    in_time = Scenario(planned)
    in_time.at(60).cut(trunk).mended_after(200)
    assert in_time.published() == []
    late = Scenario(planned)
    late.at(60).cut(trunk).mended_after(400)
    (incident,) = late.published()
    assert 300 <= incident.opened_at - late.log.warmup_s <= 345
    assert incident.roots == (f"link:{trunk}",)


def test_a_quiet_day_with_two_per_cent_loss_tells_nothing(provider):
    story = Scenario(provider, noise=USUAL, duration_s=3 * 3600)
    assert story.published() == []


def test_a_quiet_hour_with_four_per_cent_loss_everywhere_tells_nothing(provider):
    story = Scenario(provider, noise=Noise(loss_ratio=0.04), duration_s=3600)
    assert story.published() == []


def test_when_every_way_out_is_lost_all_customers_are_told(provider):
    story = Scenario(provider)
    story.at(60).cut("transit-1", "transit-2").mended_after(200)
    incident = story.within(60).expect(roots=["upstream:transit-1", "upstream:transit-2"], scope="regional")
    assert incident.affected.out == frozenset(provider.customers)


def test_a_note_of_a_person_reaches_the_incident_in_its_course(provider, places):
    _, trunk = places.tree_parent()
    plain = Scenario(provider)
    plain.at(60).cut(trunk).mended_after(200)
    (incident,) = plain.published()
    story = Scenario(provider)
    story.at(60).cut(trunk).mended_after(200)
    story.commands.append(Command(120.0, incident.id, Order.NOTE, "anna", "splicing"))
    assert told(story) == [ChangeKind.OPENED, ChangeKind.NOTED, ChangeKind.RESOLVED]


def test_two_faults_far_apart_are_two_incidents(provider, places):
    _, trunk = places.tree_parent()
    other = "trunk-olt-1-4"
    story = Scenario(provider)
    story.at(60).cut(trunk, other).mended_after(200)
    assert len(story.published()) == 2
    assert customers_told(story) == story.log.network.affected(story.log.warmup_s + 100).out
