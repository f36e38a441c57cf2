"""How often what is asked of whom."""

from __future__ import annotations

from dataclasses import fields

import pytest

from netwatch.inventory.model import Device, Inventory
from netwatch.polling.plan import Intervals, intervals, plan
from netwatch.polling.settings import PollingSettings, RoleSettings

DEVICES = Inventory(
    devices={
        name: Device(name, name, role=role, address=f"10.0.0.{number}")
        for number, (name, role) in enumerate([("c1", "core"), ("c2", "core"), ("a1", "access"), ("h1", "cpe")], 1)
    }
)


def test_without_roles_the_general_intervals_apply_to_all():
    plans = plan(DEVICES, PollingSettings(icmp_interval_s=7.0, power_interval_s=0.0))
    assert {one.intervals for one in plans.values()} == {Intervals(icmp_interval_s=7.0, power_interval_s=0.0)}
    assert {one.intervals for one in plan(DEVICES).values()} == {Intervals()}


def test_a_role_changes_what_it_names_and_only_that():
    settings = PollingSettings(
        snmp_interval_s=20.0,
        roles={"core": RoleSettings(traffic_interval_s=60.0), "access": RoleSettings(snmp_interval_s=45.0)},
    )
    plans = plan(DEVICES, settings)
    assert plans["c1"].intervals == Intervals(snmp_interval_s=20.0, traffic_interval_s=60.0)
    assert plans["a1"].intervals == Intervals(snmp_interval_s=45.0)
    assert plans["h1"].intervals == Intervals(snmp_interval_s=20.0)
    assert plans["c1"].intervals is plans["c2"].intervals


def test_a_role_that_is_never_pinged_is_not_pinged():
    plans = plan(DEVICES, PollingSettings(roles={"cpe": RoleSettings(icmp_interval_s=0.0)}))
    assert [name for name, one in plans.items() if not one.icmp] == ["h1"]


@pytest.mark.parametrize("interval", [interval.name for interval in fields(Intervals)])
def test_every_interval_has_a_general_value_and_one_of_the_role(interval):
    settings = PollingSettings(roles={"core": RoleSettings(**{interval: 123.0})})
    assert getattr(intervals(settings, "core"), interval) == 123.0
    assert getattr(intervals(settings, "cpe"), interval) == getattr(settings, interval)


def test_the_fields_of_a_role_are_those_of_a_plan():
    assert [one.name for one in fields(RoleSettings)] == [one.name for one in fields(Intervals)]
