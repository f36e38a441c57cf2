"""Real net-snmp agents that renumber, stall, tell only a part, or answer from another address."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import pytest

from netwatch.clock import SystemClock
from netwatch.polling.snmp import mib
from netwatch.polling.snmp.codec import Status
from tests.lab.polling.conftest import SnmpAgent, nft
from tests.lab.polling.test_snmp_client import agent_at, client, get, reader_of, ready

pytestmark = pytest.mark.usefixtures("loopback")


def ip(*words: str) -> None:
    subprocess.run(["ip", "link", *words], check=True)


def pair(name: str, *, up: bool) -> None:
    """A cable: `name` here, `name`-far at the other end; without carrier when not `up`."""
    ip("add", name, "type", "veth", "peer", "name", f"{name}-far")
    ip("set", name, "up")
    if up:
        ip("set", f"{name}-far", "up")


async def states(reader, names, wanted):
    """Read until the ports are as wanted."""
    async with asyncio.timeout(30):
        while True:
            reading = await reader.read(names)
            found = {name: port.oper for name, port in reading.ports.items()}
            if found == wanted:
                return reading


async def test_a_restart_with_other_indexes_never_shows_one_port_as_the_other(snmpd):
    pair("trunk-a", up=True)
    pair("trunk-b", up=False)
    async with client() as asker:
        agent = agent_at(snmpd.port, timeout_s=0.5, retries=0)
        await ready(asker, agent)
        reader = reader_of(asker, agent, "trunk-a", "trunk-b")
        await states(reader, ["trunk-a", "trunk-b"], {"trunk-a": "up", "trunk-b": "down"})
        before = dict(reader.reader.index_of)
        snmpd.stop()
        ip("del", "trunk-a")
        ip("del", "trunk-b")
        pair("trunk-b", up=False)
        pair("trunk-a", up=True)
        snmpd.start()
        seen = set()
        async with asyncio.timeout(30):
            while len(seen) < 2:
                reading = await reader.read(["trunk-a", "trunk-b"])
                assert reading.status in {Status.TIMEOUT, Status.NO_ERROR}
                for name, port in reading.ports.items():
                    assert port.oper == {"trunk-a": "up", "trunk-b": "down"}[name]
                    seen.add(name)
        assert reader.reader.index_of["trunk-a"] != before["trunk-a"]


async def test_an_agent_that_stalls_for_longer_than_a_time_out_is_heard_in_the_end(snmpd):
    async with client() as asker:
        agent = agent_at(snmpd.port, timeout_s=1.0)
        await ready(asker, agent)
        slow = agent_at(snmpd.port, timeout_s=0.3, retries=3)
        os.kill(snmpd.process.pid, signal.SIGSTOP)
        try:
            asked_at = SystemClock().now()
            waiting = asyncio.create_task(asker.talk(slow, get(mib.SYS_UP_TIME)))
            async with asyncio.timeout(10):
                while asker.statistics().retries == 0:
                    await asyncio.sleep(0.01)
        finally:
            os.kill(snmpd.process.pid, signal.SIGCONT)
        answer = await waiting
        assert answer.status is Status.NO_ERROR
        assert answer.at == pytest.approx(asked_at, abs=0.25)  # it is the first try's answer that came first


async def test_an_agent_that_shows_only_a_part_is_read_as_far_as_it_goes(loopback, tmp_path):
    assert loopback is None
    view = "com2sec r default public\ngroup r v2c r\nview part included .1.3.6.1.2.1.1\n"
    view += "".join(f"view part included .1.3.6.1.2.1.2.2.1.{column}\n" for column in (2, 7, 8))
    snmpd = SnmpAgent(tmp_path / "part", extra=f'{view}access r "" any noauth exact part none none')
    snmpd.community = ""
    snmpd.start()
    try:
        async with client() as asker:
            agent = agent_at(snmpd.port, timeout_s=1.0)
            await ready(asker, agent)
            reader = reader_of(asker, agent, "lo")  # by ifDescr: there is no ifName, no last change
            reading = await reader.read(["lo"])
            assert reading.status is Status.NO_ERROR
            assert reading.uptime_s is not None
            assert (reading.ports["lo"].admin, reading.ports["lo"].oper) == ("up", "up")
    finally:
        snmpd.stop()


async def test_a_real_agent_that_answers_from_another_address_is_not_believed(snmpd):
    async with client() as asker:
        agent = agent_at(snmpd.port, timeout_s=0.4, retries=0)
        await ready(asker, agent)
        rejected = asker.statistics().rejected
        nft(
            "table ip other { chain out { type filter hook output priority -300;"
            f" udp sport {snmpd.port} ip saddr set 127.0.0.9; }}; }}"
        )
        assert (await asker.talk(agent, get(mib.SYS_UP_TIME))).status is Status.TIMEOUT
        assert asker.statistics().rejected == rejected + 1
        nft("delete table ip other")
        assert (await asker.talk(agent, get(mib.SYS_UP_TIME))).status is Status.NO_ERROR
