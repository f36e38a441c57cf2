from __future__ import annotations

from pathlib import Path

import pytest

from netwatch.inventory import load
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Port

SAMPLE = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="module")
def topology():
    return Topology(load([SAMPLE / "network.yaml", SAMPLE / "customers.csv"]))


def test_neighbours_are_sorted_and_stand_once(topology):
    assert topology.neighbours("ens-core-1") == ("dev-core-1", "ens-core-2", "hgl-agg-1")


def test_an_edge_knows_both_ports(topology):
    edge = next(edge for edge in topology.edges["hgl-agg-1"] if edge.link == "trunk-17")
    assert (edge.neighbour, edge.own_interface, edge.far_interface) == ("ens-core-1", "ge-0/0/1", "xe-0/2/0")
    assert topology.link_of_port[Port("hgl-agg-1", "ge-0/0/1")] == "trunk-17"


def test_services_stand_at_their_primary_and_their_backup(topology):
    assert [service.customer for service in topology.services_at["raa-acc-2"]] == [
        "c-1010",
        "c-1010",
        "c-1013",
        "c-1014",
    ]


def test_everything_is_reached_and_a_cut_in_a_ring_changes_nothing(topology):
    assert topology.reachable(["ens-core-1"]) == set(topology.inventory.devices)
    assert topology.reachable(["ens-core-1"], without_links=["ring-1"]) == set(topology.inventory.devices)


def test_a_cut_trunk_hides_what_hangs_on_it(topology):
    hidden = set(topology.inventory.devices) - topology.reachable(["ens-core-1"], without_links=["trunk-17"])
    assert hidden == {"hgl-agg-1", "hgl-acc-1", "hgl-olt-1", "bor-acc-1", "bor-acc-2", "bakery-cpe"}


def test_a_dead_device_hides_itself_and_what_is_behind(topology):
    hidden = set(topology.inventory.devices) - topology.reachable(["ens-core-1"], without_devices=["bor-acc-1"])
    assert hidden == {"bor-acc-1", "bor-acc-2", "bakery-cpe"}


def test_a_device_that_does_not_forward_is_reached_but_not_passed(topology):
    assert topology.reachable(["bakery-cpe"]) == set(topology.inventory.devices)
    assert "bakery-cpe" in topology.reachable(["ens-core-1"])
