"""The polling stage as a whole, on a network namespace of its own."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
from contextlib import asynccontextmanager

import pytest

from netwatch.clock import SystemClock
from netwatch.errors import OperatingError, Place
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port, Witness
from netwatch.polling.asked import Otherwise
from netwatch.polling.icmp.engine import TICK_S
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    LocalObservation,
    SnmpObservation,
    TrapObservation,
    WitnessObservation,
)
from netwatch.polling.poller import Poller
from netwatch.polling.record import from_json, to_json
from netwatch.polling.settings import PollingSettings, SnmpProfile, SnmpSettings
from tests.lab.polling.scripted_agent import ScriptedAgent

pytestmark = pytest.mark.usefixtures("loopback")
SETTINGS = PollingSettings(
    icmp_interval_s=1.0, icmp_timeout_s=0.2, snmp_interval_s=2.0, interface_interval_s=2.0, witness_interval_s=0.5,
    snmp_timeout_s=0.2, snmp_retries=1, confirm_spacing_s=0.2,
)  # fmt: skip
NEVER = PollingSettings(icmp_interval_s=3000, snmp_interval_s=3000, interface_interval_s=3000, witness_interval_s=3000)


class Seen:
    """What was emitted, and a way to wait for some of it."""

    def __init__(self):
        self.all = []
        self._more = asyncio.Event()

    def __call__(self, observation):
        assert from_json(to_json(observation), Place("x", 1)) == observation
        self.all.append(observation)
        self._more.set()

    def of(self, kind, **fields):
        return [
            found
            for found in self.all
            if isinstance(found, kind) and all(getattr(found, name) == value for name, value in fields.items())
        ]

    async def wait(self, kind, count=1, **fields):
        async with asyncio.timeout(8):
            while len(self.of(kind, **fields)) < count:
                self._more.clear()
                await self._more.wait()
        return self.of(kind, **fields)


def inventory(*names, monitor=("a",), snmp="default"):
    devices = {name: Device(name, name, address=f"127.0.7.{place}", snmp=snmp) for place, name in enumerate(names, 1)}
    links = {f"{a}{b}": Link(f"{a}{b}", Port(a, f"to-{b}"), Port(b, f"to-{a}")) for a, b in itertools.pairwise(names)}
    return Inventory(devices=devices, links=links, monitor=Monitor(monitor, (Witness("w", "127.0.9.9"),)))


@asynccontextmanager
async def polled(known, settings=SETTINGS, port=16199):
    seen = Seen()
    poller = Poller(known, settings, SnmpSettings({"default": SnmpProfile(port=port)}), SystemClock(), seen)
    task = asyncio.create_task(poller.run())
    try:
        yield poller, seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def agents(**ports):
    """One agent a device, by its address's last number: its port names."""
    made = {}
    for place, (name, interfaces) in enumerate(ports.items(), 1):
        made[name] = await ScriptedAgent(list(enumerate(interfaces, 1))).listen(f"127.0.7.{place}", 16199)
    try:
        yield made
    finally:
        for agent in made.values():
            agent.close()


async def test_all_that_the_inventory_names_is_observed():
    async with agents(a=["to-b"], b=["to-a"]), polled(inventory("a", "b")) as (poller, seen):
        for name in ("a", "b"):
            assert (await seen.wait(IcmpObservation, device=name))[0].received == 1
            assert (await seen.wait(SnmpObservation, device=name))[0].uptime_s == 1000.0
        (port, *_) = await seen.wait(InterfaceObservation, device="a", interface="to-b")
        assert (port.admin, port.oper) == ("up", "up")
        assert (await seen.wait(WitnessObservation, witness="w"))[0].ok
        assert (await seen.wait(LocalObservation, interface="lo"))[0].ok
        assert (await seen.wait(LocalObservation, interface=""))[0].ok
        statistics = poller.statistics()
        assert statistics.icmp.lost == 0
        assert statistics.reads.ports_missing == 0
        assert statistics.observations == len(seen.all)


async def test_a_first_lost_ping_is_confirmed_at_once_and_the_neighbours_are_asked(silence):
    async with (
        agents(a=["to-b"], b=["to-a", "to-c"], c=["to-b"]) as asked,
        polled(inventory("a", "b", "c"), PollingSettings(
            icmp_interval_s=4.0, icmp_timeout_s=0.2, confirm_spacing_s=0.2, interface_interval_s=3000, snmp_interval_s=3000,
            witness_interval_s=3000, snmp_timeout_s=0.2)) as (_, seen),
    ):  # fmt: skip
        await seen.wait(IcmpObservation, device="b", received=1)
        silence("127.0.7.2")
        asked["b"].drop = 1000
        lost = await seen.wait(IcmpObservation, 4, device="b", received=0)
        assert lost[-1].at - lost[0].at < 1.5
        for name in ("a", "c"):
            found = await seen.wait(InterfaceObservation, device=name, interface="to-b")
            assert found[0].at > lost[0].at
            assert any(ping.at > lost[0].at for ping in await seen.wait(IcmpObservation, device=name))
        assert await seen.wait(SnmpObservation, device="b", ok=False)


async def test_a_trap_is_a_hint_that_has_both_ends_asked_at_once():
    known = inventory("a", "b")
    async with agents(a=["to-b"], b=["to-a"]):
        seen = Seen()
        profiles = SnmpSettings({"default": SnmpProfile(port=16199)}, trap_port=16162)
        poller = Poller(known, NEVER, profiles, SystemClock(), seen)
        task = asyncio.create_task(poller.run())
        try:
            await seen.wait(LocalObservation, interface="lo")
            words = ["snmptrap", "-v2c", "-cpublic", "127.0.0.1:16162", "", "1.3.6.1.6.3.1.1.5.3"]
            words += ["1.3.6.1.2.1.31.1.1.1.1.1", "s", "to-b", "1.3.6.1.6.3.18.1.3.0", "a", "127.0.7.1"]
            subprocess.run(words, env={**os.environ, "MIBS": ""}, check=True)
            (trap,) = await seen.wait(TrapObservation, device="a")
            assert (trap.trap, trap.interface) == ("linkDown", "to-b")
            await seen.wait(InterfaceObservation, device="a", interface="to-b")
            await seen.wait(InterfaceObservation, device="b", interface="to-a")
            await seen.wait(IcmpObservation, device="b", received=1)
            assert poller.statistics().traps.received == 1
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_port_read_as_down_has_the_far_end_probed():
    async with agents(a=["to-b"], b=["to-a"]) as asked, polled(inventory("a", "b"), NEVER) as (poller, seen):
        asked["a"].interface(1, "to-b", oper=2)
        await asyncio.sleep(0)  # the poller's first step
        poller.probe_soon(["a", "unknown"])
        assert await seen.wait(InterfaceObservation, device="a", interface="to-b", oper="down")
        assert await seen.wait(InterfaceObservation, device="b", interface="to-a", oper="up")
        assert await seen.wait(IcmpObservation, device="b", received=1)


async def test_an_uplink_without_carrier_is_the_monitors_own_state():
    for command in (
        "ip link add m0 type veth peer name w0",
        "ip addr add 10.9.0.1/24 dev m0",
        "ip link set m0 up",
        "ip link set w0 up",
    ):
        subprocess.run(command.split(), check=True)
    known = Inventory(
        devices={"a": Device("a", "a", address="10.9.0.2")},
        monitor=Monitor(("a",), ()),
    )
    async with polled(known) as (poller, seen):
        await seen.wait(LocalObservation, interface="m0", ok=True)
        subprocess.run(["ip", "link", "set", "w0", "down"], check=True)
        await seen.wait(LocalObservation, interface="m0", ok=False)
        subprocess.run(["ip", "addr", "flush", "dev", "m0"], check=True)
        await seen.wait(LocalObservation, interface="", ok=False)
        lost = len(seen.of(IcmpObservation, received=0))
        refused = sum(poller.statistics().icmp.local_errors.values())
        async with asyncio.timeout(20):
            while sum(poller.statistics().icmp.local_errors.values()) < refused + 3:
                await asyncio.sleep(TICK_S)
        assert len(seen.of(IcmpObservation, received=0)) <= lost + 1  # nothing that could not be sent is a loss
        subprocess.run(["ip", "addr", "add", "10.9.0.1/24", "dev", "m0"], check=True)
        subprocess.run(["ip", "link", "set", "w0", "up"], check=True)
        await seen.wait(LocalObservation, 2, interface="m0", ok=True)
        await seen.wait(LocalObservation, interface="", ok=True)


async def test_with_pings_off_snmp_alone_is_observed():
    settings = PollingSettings(icmp="off", snmp_interval_s=0.5, interface_interval_s=0.5)
    async with agents(a=["to-b"], b=["to-a"]), polled(inventory("a", "b"), settings) as (_, seen):
        await seen.wait(SnmpObservation, 3, device="a", ok=True)
        await seen.wait(InterfaceObservation, device="b")
        assert not seen.of(IcmpObservation)
        assert not seen.of(WitnessObservation)


async def test_a_reload_adds_and_removes_without_disturbing_the_rest():
    async with agents(a=["to-b"], b=["to-a", "to-c"], c=["to-b"]), polled(inventory("a", "b")) as (poller, seen):
        await seen.wait(IcmpObservation, 2, device="a")
        before = seen.of(IcmpObservation, device="a")[0].at
        assert not await poller.reload(inventory("a", "c"))
        seen.all.clear()
        (kept, *_) = await seen.wait(IcmpObservation, device="a", received=1)
        assert (kept.at - before) % 1.0 == pytest.approx(0.0, abs=0.15) or (kept.at - before) % 1.0 > 0.85
        await seen.wait(
            IcmpObservation, 3, device="a", received=1
        )  # two more rounds, in which b would have had its turn
        assert not seen.of(SnmpObservation, device="b")
        assert not seen.of(IcmpObservation, device="b")
        assert not seen.of(IcmpObservation, received=0)


async def test_a_changed_profile_is_in_force_after_a_reload():
    agent = await ScriptedAgent([(1, "to-b")]).listen("127.0.7.1", 16200)
    try:
        async with polled(inventory("a"), SETTINGS) as (poller, seen):
            await seen.wait(SnmpObservation, device="a", ok=False)  # nobody answers at the old port
            changed = await poller.reload(inventory("a"), SnmpSettings({"default": SnmpProfile(port=16200)}))
            assert changed == Otherwise(asked=frozenset({"a"}))
            assert (await seen.wait(SnmpObservation, device="a", ok=True))[0].uptime_s == 1000.0
    finally:
        agent.close()


async def test_a_profile_that_does_not_exist_is_refused_with_its_name():
    poller = Poller(inventory("a", snmp="cisco"), SETTINGS, SnmpSettings(), SystemClock(), Seen())
    with pytest.raises(OperatingError, match='names the SNMP profile "cisco"'):
        await poller.run()


async def test_a_community_comes_from_its_file(tmp_path):
    secret = tmp_path / "community"
    secret.write_text("s3cret\nmore\n")
    known = inventory("a")
    async with agents(a=[]) as asked:
        seen = Seen()
        profile = SnmpProfile(port=16199, community_file=secret)
        poller = Poller(known, SETTINGS, SnmpSettings({"default": profile}), SystemClock(), seen)
        task = asyncio.create_task(poller.run())
        await seen.wait(SnmpObservation, device="a", ok=True)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert {message.community for message in asked["a"].asked} == {b"s3cret"}
    secret.unlink()
    with pytest.raises(OperatingError, match="can't be read"):
        await Poller(known, SETTINGS, SnmpSettings({"default": profile}), SystemClock(), Seen()).run()
