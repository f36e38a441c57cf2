"""The lab itself: what it claims of cables, ring and cleaning up holds."""

import pytest

from tests.lab.namespaces import plan, shell
from tests.lab.namespaces.cables import carrier
from tests.lab.namespaces.shell import Namespace


@pytest.mark.parametrize("trunk", ["core-1-ring-1", "ring-1-ring-2", "ring-2-ring-3", "core-1-ring-3"])
def test_the_ring_survives_any_one_cut_and_both_ends_lose_carrier(network, trunk):
    a, b = plan.CABLES[trunk]
    network.cables.cut(trunk)
    try:
        assert not carrier(network.end(a, b))
        assert not carrier(network.end(b, a))
        assert all(network.answers(router) for router in plan.ROUTERS)
    finally:
        network.cables.mend(trunk)
    network.wait_all_answer()


@pytest.mark.usefixtures("root")
def test_what_a_killed_run_left_behind_is_found_and_removed():
    # Process 4194304 can't be: it is above the largest pid_max. Source: proc(5).
    left = Namespace(f"{shell.PREFIX}4194304-left")
    shell.run("ip", "netns", "add", left.name)
    assert left.name in shell.remove_leftovers()
    assert left.name not in shell.names()


def test_a_hung_device_keeps_its_neighbours_ports_up_and_answers_nothing(network):
    network.hang("acc-1")
    try:
        assert carrier(network.end("agg-1", "acc-1"))
        assert [router for router in plan.ROUTERS if not network.answers(router)] == ["acc-1", "child-1", "child-2"]
    finally:
        network.wake("acc-1")
    network.wait_all_answer()


def test_a_device_without_power_takes_the_carrier_of_all_its_neighbours_with_it(network):
    network.power_off("acc-2")
    try:
        assert not any(carrier(network.end(neighbour, "acc-2")) for neighbour in ("ring-2", "ring-3", "child-3"))
        assert [router for router in plan.ROUTERS if not network.answers(router)] == ["acc-2", "child-3"]
    finally:
        network.power_on("acc-2")
    network.wait_all_answer()


def test_a_muted_cable_keeps_its_carrier_and_passes_nothing(network):
    network.cables.mute("agg-1-acc-1")
    try:
        assert carrier(network.end("agg-1", "acc-1"))
        assert not network.answers("acc-1")
    finally:
        network.cables.unmute("agg-1-acc-1")
    network.wait_all_answer()
