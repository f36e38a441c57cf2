"""The machine's own interfaces, as the kernel tells them."""

from __future__ import annotations

import subprocess
import time

import pytest

from netwatch.polling.local import LocalWatch, egress, is_running
from netwatch.polling.model import LocalObservation

pytestmark = pytest.mark.usefixtures("loopback")


def ip(words):
    subprocess.run(["ip", *words.split()], check=True)


def cut(number):
    """Take the carrier away; the kernel notices within a second."""
    ip(f"link set far{number} down")
    end = time.monotonic() + 5
    while is_running(f"up{number}") and time.monotonic() < end:
        time.sleep(0.02)


@pytest.fixture
def uplinks(loopback):  # noqa: ARG001 -- a fixture can't say usefixtures
    for number in (1, 2):
        ip(f"link add up{number} type veth peer name far{number}")
        ip(f"addr add 10.{number}.0.1/24 dev up{number}")
        ip(f"-6 addr add fd00:{number}::1/64 dev up{number} nodad")
        ip(f"link set up{number} up")
        ip(f"link set far{number} up")


def test_the_way_out_is_found_for_both_families(uplinks):
    del uplinks
    assert egress("127.0.0.9") == "lo"
    assert egress("::1") == "lo"
    assert egress("10.1.0.7") == "up1"
    assert egress("10.2.0.7") == "up2"
    assert egress("fd00:2::7") == "up2"
    assert egress("192.0.2.1") == ""
    assert egress("nonsense") == ""


def test_an_interface_runs_only_with_carrier(uplinks):
    del uplinks
    assert is_running("up1")
    cut(1)
    assert not is_running("up1")
    assert not is_running("none")


def test_a_change_is_told_at_once_and_the_state_again_after_the_interval(uplinks):
    del uplinks
    watch = LocalWatch(30.0)
    watch.look_at(["10.1.0.7"])
    assert watch.check(100.0, 0, 0) == [LocalObservation(100.0, "up1", ok=True)]
    assert watch.check(101.0, 0, 0) == []
    cut(1)
    assert watch.check(102.0, 0, 0) == [LocalObservation(102.0, "up1", ok=False)]
    assert watch.check(103.0, 0, 0) == []
    assert watch.check(132.0, 0, 0) == [LocalObservation(132.0, "up1", ok=False)]


def test_an_uplink_that_routing_has_left_is_not_missed(uplinks):
    del uplinks
    ip("route add 10.9.0.0/24 via 10.1.0.2 dev up1")
    watch = LocalWatch(30.0)
    watch.look_at(["10.9.0.1"])
    watch.check(100.0, 0, 0)
    cut(1)
    assert LocalObservation(101.0, "up1", ok=False) in watch.check(101.0, 0, 0)
    ip("route replace 10.9.0.0/24 via 10.2.0.2 dev up2")
    told = [found for step in range(6) for found in watch.check(102.0 + step, 0, 0)]
    assert {(found.interface, found.ok) for found in told} == {("up1", True), ("up2", True)}


def test_sending_is_broken_when_half_of_it_is_refused_and_not_for_one_target():
    watch = LocalWatch(30.0)
    assert watch.check(1.0, 100, 0) == [LocalObservation(1.0, "", ok=True)]
    assert watch.check(2.0, 200, 10) == []
    assert watch.check(3.0, 200, 110) == [LocalObservation(3.0, "", ok=False)]
    assert watch.check(4.0, 200, 110) == []  # nothing was tried: nothing new is known
    assert watch.check(5.0, 300, 110) == [LocalObservation(5.0, "", ok=True)]
