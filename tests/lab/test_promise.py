"""The promise, with nothing shortened: netwatch's default settings, real routers, real mail."""

import time

import pytest

from tests.lab.namespaces.lab import Lab
from tests.lab.namespaces.provider import STAFF, customers


@pytest.fixture
def lab(network, tmp_path):
    made = Lab(network, tmp_path / "lab", customers(), {})
    try:
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


def test_when_a_tree_trunk_is_cut_its_customers_and_only_they_are_told_within_60_s(lab, record_property):
    hit = lab.behind("acc-1", "child-1", "child-2")
    cut_at = time.time()
    lab.network.cables.cut("agg-1-acc-1")
    try:
        record_property("seconds_from_cut_to_last_customer", lab.wait_told(hit, cut_at, within_s=60))
        incident = lab.incident("an incident opens", cut_at, within_s=1)
        assert (incident["scope"], incident["root_causes"]) == ("regional", ["link:agg-1-acc-1"]), lab.report()
        assert (incident["devices_down"], incident["devices_unreachable"]) == (0, 3), lab.report()
        assert incident["customers_at_risk"] == 1, "the customer with a second line at ring-1 is at risk only"
        assert lab.mailbox.to([STAFF], cut_at), "on-call is told too"
        assert "agg-1" in lab.daemon.command("why", incident["id"])
    finally:
        mended_at = time.time()
        lab.network.cables.mend("agg-1-acc-1")
    lab.wait_told(hit, mended_at, within_s=120)
    lab.wait_over(incident["id"], within_s=60)
    lab.only_once(hit, cut_at, mended_at)
    lab.only_once(hit, mended_at)
    assert len(lab.daemon.told()) == 1, lab.report()
