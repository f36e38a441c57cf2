"""Faults of every scope, one after another, seen by one netwatch that runs all the time."""

import time

import pytest

from tests.lab.namespaces.lab import Lab, moment
from tests.lab.namespaces.provider import STAFF, customers
from tests.lab.settings import QUICK

SEEN_S = 60
OVER_S = 60


@pytest.fixture(scope="module")
def running(network, tmp_path_factory):
    made = Lab(network, tmp_path_factory.mktemp("outages"), customers(), QUICK)
    try:
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


@pytest.fixture
def lab(running):
    """Nothing is wrong before a test; the previous one mended what it broke."""
    running.network.wait_all_answer()
    assert not running.daemon.ask("/v1/incidents")["incidents"], running.report()
    return running


def cause(incident):
    return incident["scope"], incident["root_causes"], incident["devices_down"], incident["devices_unreachable"]


def test_a_ring_trunk_cut_costs_redundancy_and_no_customer_is_mailed(lab):
    cut_at = time.time()
    lab.network.cables.cut("ring-1-ring-2")
    try:
        incident = lab.incident("the ring's cut is seen", cut_at, SEEN_S)
        assert cause(incident) == ("redundancy", ["link:ring-1-ring-2"], 0, 0), lab.report()
    finally:
        lab.network.cables.mend("ring-1-ring-2")
    lab.wait_over(incident["id"], OVER_S)
    lab.nobody_told(cut_at)
    assert lab.mailbox.to([STAFF], cut_at), "on-call knows"


def test_an_access_device_that_hangs_with_its_ports_up_is_the_cause_and_its_children_are_unreachable(lab):
    hit = lab.behind("acc-1", "child-1", "child-2")
    dead_at = time.time()
    lab.network.hang("acc-1")
    try:
        lab.wait_told(hit, dead_at, SEEN_S)
        incident = lab.incident("the dead device is seen", dead_at, 1)
        assert cause(incident) == ("regional", ["device:acc-1"], 1, 2), lab.report()
    finally:
        woken_at = time.time()
        lab.network.wake("acc-1")
    lab.wait_told(hit, woken_at, OVER_S)
    lab.wait_over(incident["id"], OVER_S)
    lab.only_once(hit, dead_at, woken_at)
    lab.only_once(hit, woken_at)


def test_a_dual_homed_access_device_without_power_is_the_cause_though_both_its_trunks_are_dark(lab):
    hit = lab.behind("acc-2", "child-3")
    dead_at = time.time()
    lab.network.power_off("acc-2")
    try:
        lab.wait_told(hit, dead_at, SEEN_S)
        incident = lab.incident("the dead device is seen", dead_at, 1)
        assert cause(incident) == ("regional", ["device:acc-2"], 1, 1), lab.report()
    finally:
        back_at = time.time()
        lab.network.power_on("acc-2")
    lab.wait_told(hit, back_at, OVER_S)
    lab.wait_over(incident["id"], OVER_S)
    lab.only_once(hit, dead_at, back_at)
    lab.only_once(hit, back_at)


def test_when_the_monitors_own_uplink_is_cut_it_knows_that_it_is_blind_and_mails_no_customer(lab):
    before = {one["id"] for one in lab.daemon.told()}
    cut_at = time.time()
    lab.network.cables.cut("noc-core-1")
    try:
        incident = lab.incident("netwatch sees that it is cut off", cut_at, SEEN_S)
        assert cause(incident)[:2] == ("monitoring", ["monitor"]), lab.report()
        assert lab.daemon.ask("/v1/status")["isolated"]
    finally:
        lab.network.cables.mend("noc-core-1")
    lab.wait_over(incident["id"], OVER_S)
    lab.nobody_told(cut_at)
    assert {one["id"] for one in lab.daemon.told()} - before == {incident["id"]}


def test_after_kill_9_in_mid_incident_the_same_incident_goes_on_and_nobody_is_told_twice(lab):
    hit = lab.behind("child-1")
    cut_at = time.time()
    lab.network.cables.cut("acc-1-child-1")
    try:
        lab.wait_told(hit, cut_at, SEEN_S)
        before = lab.incident("the cut is seen", cut_at, 1)
        lab.daemon.kill_9()
        lab.daemon.start()
        lab.daemon.wait_warm()
        after = lab.incident("it goes on", cut_at, 1)
        assert after["id"] == before["id"]
        assert moment(after["opened_at"]) == pytest.approx(moment(before["opened_at"]), abs=1.0)
    finally:
        mended_at = time.time()
        lab.network.cables.mend("acc-1-child-1")
    lab.wait_told(hit, mended_at, OVER_S)
    lab.wait_over(before["id"], OVER_S)
    lab.only_once(hit, cut_at, mended_at)
    lab.only_once(hit, mended_at)
