"""`polling.roles`: what `netwatch check` says of it, and what it does to the 180 seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from netwatch import config
from netwatch.config.budget import budget
from netwatch.config.settings import Settings
from netwatch.polling.settings import PollingSettings, RoleSettings

NETWORK = """
devices:
  - {id: core-1, role: core, address: 192.0.2.1, snmp: default}
  - {id: home-1, role: cpe, address: 192.0.2.2}
links: [{id: l1, a: "core-1:x1", b: "home-1:up"}]
"""


@pytest.fixture
def faults_of(tmp_path):
    (tmp_path / "network.yaml").write_text(NETWORK, encoding="utf-8")

    def check(polling):
        path = tmp_path / "netwatch.yaml"
        path.write_text(f"inventory: [network.yaml]\npolling:\n{polling}", encoding="utf-8")
        return [(fault.where.line, fault.where.key, str(fault)) for fault in config.check(path).faults]

    return check


def test_known_roles_with_any_of_the_keys_are_good(faults_of):
    assert (
        faults_of("  roles:\n    core: {traffic_interval_s: 60}\n    cpe: {snmp_interval_s: 0, optics_interval_s: 0}\n")
        == []
    )


def test_an_unknown_role_is_a_fault_at_its_line_with_the_word_that_was_meant(faults_of):
    ((line, key, text),) = faults_of("  roles:\n    core: {}\n    acess: {traffic_interval_s: 60}\n")
    assert (line, key) == (5, "polling.roles.acess")
    assert 'unknown role "acess"' in text
    assert 'Did you mean "access"' in text


def test_devices_that_a_role_leaves_unasked_are_a_fault(faults_of):
    ((_, key, text),) = faults_of("  roles:\n    cpe: {icmp_interval_s: 0}\n")
    assert key == "polling.roles.cpe"
    assert "1 device of the role" in text
    assert faults_of("  roles:\n    core: {snmp_interval_s: 0}\n") == []


@pytest.mark.parametrize("value", ["-1", "often", "1e9"])
def test_an_interval_that_is_none_is_a_fault(faults_of, value):
    ((_, key, _),) = faults_of(f"  roles:\n    core: {{power_interval_s: {value}}}\n")
    assert key == "polling.roles.core.power_interval_s"


def spent(**roles):
    return budget(Settings(inventory=(Path("n.yaml"),), polling=PollingSettings(roles=roles)))


def test_a_role_that_is_pinged_too_rarely_breaks_the_promise_and_is_named():
    slow = spent(access=RoleSettings(icmp_interval_s=60.0))
    assert not slow.kept
    assert "polling.roles.access.icmp_interval_s" in slow.above_default[0].settings
    assert spent(access=RoleSettings(icmp_interval_s=5.0)).kept


def test_routers_at_customers_homes_may_be_pinged_more_rarely_since_few_are_told_of_one():
    assert spent(cpe=RoleSettings(icmp_interval_s=30.0)).kept
    assert not spent(cpe=RoleSettings(icmp_interval_s=120.0)).kept


def test_a_role_that_is_not_pinged_is_known_by_its_snmp_interval():
    slow = spent(core=RoleSettings(icmp_interval_s=0.0))
    assert "polling.roles.core.snmp_interval_s" in slow.above_default[0].settings
    quick = replace(RoleSettings(icmp_interval_s=0.0), snmp_interval_s=5.0)
    assert spent(core=quick).total_s < slow.total_s
