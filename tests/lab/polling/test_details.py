"""What is read beside up and down reaches the observations: from real agents and scripted ones, on schedule and by trap."""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import replace

import pytest

from netwatch.clock import SystemClock
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port
from netwatch.polling.model import LocalObservation, PowerObservation, SnmpObservation, TrafficObservation
from netwatch.polling.poller import Poller
from netwatch.polling.settings import PollingSettings, RoleSettings, SnmpProfile, SnmpSettings
from netwatch.polling.snmp import ber, mib
from tests.lab.polling.test_poller import NEVER, Seen, agents, polled

pytestmark = pytest.mark.usefixtures("loopback")
ON_BATTERY = (5, 2, 0, 42, 80)  # upsOutputSource battery, upsBatteryStatus normal; minutes and charge left


async def test_the_traffic_of_a_real_agents_port_is_told_from_its_counters(snmpd):
    devices = {"r": Device("r", "r", address="127.0.0.1", snmp="default"), "x": Device("x", "x")}
    known = Inventory(devices=devices, links={"l": Link("l", Port("r", "lo"), Port("x", "p"))}, monitor=Monitor(("r",)))
    settings = PollingSettings(icmp_interval_s=0.5, interface_interval_s=1.0, traffic_interval_s=1.0)
    async with polled(known, settings, port=snmpd.port) as (_, seen):
        (first, second, *_) = await seen.wait(TrafficObservation, 2, device="r", interface="lo")
        assert second.at - first.at == pytest.approx(second.interval_s, abs=0.1)
        assert first.in_bps == first.out_bps  # a loopback gets what it sends
        told = await seen.wait(TrafficObservation, 5, device="r", interface="lo")  # the agent keeps counters for 3 s
        assert any(traffic.in_bps > 0 for traffic in told)  # our own questions, at least
        assert first.in_errors_per_s == 0.0


def ups(agent, values):
    names = (mib.UPS_OUTPUT_SOURCE, mib.UPS_BATTERY_STATUS, mib.UPS_SECONDS_ON_BATTERY,
             mib.UPS_ESTIMATED_MINUTES_REMAINING, mib.UPS_ESTIMATED_CHARGE_REMAINING)  # fmt: skip
    agent.objects |= {name: (ber.INTEGER, value) for name, value in zip(names, values, strict=True)}


async def test_a_role_that_is_asked_for_its_supply_tells_battery_and_the_others_are_not_asked():
    devices = {
        "a": Device("a", "a", role="aggregation", address="127.0.7.1", snmp="default"),
        "b": Device("b", "b", role="access", address="127.0.7.2", snmp="default"),
    }
    known = Inventory(devices=devices, monitor=Monitor(("a",)))
    settings = replace(
        NEVER, snmp_interval_s=0.5, power_interval_s=0, roles={"aggregation": RoleSettings(power_interval_s=0.5)}
    )
    async with agents(a=[], b=[]) as asked:
        for agent in asked.values():
            ups(agent, ON_BATTERY)
        async with polled(known, settings) as (_, seen):
            (found, *_) = await seen.wait(PowerObservation, device="a")
            assert (found.source, found.minutes_left) == ("battery", 42)
            await seen.wait(SnmpObservation, 3, device="b")
            assert not seen.of(PowerObservation, device="b")
            assert not any(mib.UPS_OUTPUT_SOURCE in dict.fromkeys(n for n, *_ in m.varbinds) for m in asked["b"].asked)


async def test_a_trap_that_says_battery_has_the_supply_read_at_once():
    known = Inventory(devices={"a": Device("a", "a", address="127.0.7.1", snmp="default")}, monitor=Monitor(("a",)))
    profiles = SnmpSettings({"default": SnmpProfile(port=16199)}, trap_port=16162)
    async with agents(a=[]) as asked:
        ups(asked["a"], ON_BATTERY)
        seen = Seen()
        poller = Poller(known, replace(NEVER, power_interval_s=3600), profiles, SystemClock(), seen)
        task = asyncio.create_task(poller.run())
        try:
            await seen.wait(LocalObservation, interface="lo")
            words = ["snmptrap", "-v2c", "-cpublic", "127.0.0.1:16162", "", "1.3.6.1.2.1.33.2.1"]
            words += ["1.3.6.1.6.3.18.1.3.0", "a", "127.0.7.1"]
            subprocess.run(words, env={**os.environ, "MIBS": ""}, check=True)
            (found,) = await seen.wait(PowerObservation, device="a")
            assert found.source == "battery"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
