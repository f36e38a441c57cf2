"""A machine that has nothing more to open: what polls goes on, and says nothing that it does not know."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import asynccontextmanager

import pytest

from netwatch.errors import OperatingError
from netwatch.inventory.model import Device, Inventory, Monitor
from netwatch.polling.local import LocalWatch, is_running
from netwatch.polling.model import LocalObservation
from netwatch.polling.poller import Poller
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.polling.snmp import ber, dialogue
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.client import Client
from netwatch.polling.snmp.codec import V2C, Status
from netwatch.polling.snmp.session import Community
from netwatch.simulation.clock import SimulatedClock

SETTINGS = PollingSettings(icmp="off", local_interval_s=2.0)


def network(**addresses):
    devices = {name: Device(name, name, address=address, snmp="default") for name, address in addresses.items()}
    return Inventory(devices=devices, monitor=Monitor(tuple(addresses)[:1]))


@asynccontextmanager
async def polling(inventory):
    clock, seen = SimulatedClock(1_000.0), []
    poller = Poller(inventory, SETTINGS, SnmpSettings(), clock, seen.append)
    running = asyncio.create_task(poller.run())
    await clock.advance(1.0)
    yield poller, clock, seen, running
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_an_interface_that_can_not_be_asked_about_is_neither_up_nor_down(no_descriptors):
    assert is_running("lo") is True
    assert is_running("none") is False
    with no_descriptors():
        assert is_running("lo") is None
        assert is_running("none") is None


def test_what_was_said_of_an_interface_stays_said_while_nothing_can_be_opened(no_descriptors):
    watch = LocalWatch(2.0)
    watch.look_at(["127.0.0.1"])
    assert watch.check(100.0, 0, 0) == [LocalObservation(100.0, "lo", ok=True)]
    with no_descriptors():
        told = [found for step in range(1, 11) for found in watch.check(100.0 + step, 0, 0)]
    assert {(found.interface, found.ok) for found in told} == {("lo", True)}
    assert len(told) == 5


def test_of_an_interface_that_was_never_seen_nothing_is_said(no_descriptors):
    watch = LocalWatch(2.0)
    watch.look_at(["127.0.0.1"])
    with no_descriptors():
        assert watch.check(100.0, 0, 0) == []
    assert [found for step in range(1, 7) for found in watch.check(100.0 + step, 0, 0)]


async def test_polling_goes_on_without_a_free_descriptor(no_descriptors):
    async with polling(network(a="127.0.0.1")) as (_, clock, seen, running):
        with no_descriptors():
            await clock.advance(20.0)
        assert not running.done()
        assert {found.ok for found in seen if isinstance(found, LocalObservation) and found.interface} == {True}


async def test_a_reload_that_needs_a_socket_which_is_not_to_be_had_is_refused_in_time(no_descriptors):
    async with polling(network(a="127.0.0.1")) as (poller, clock, _, running):
        with no_descriptors():
            with pytest.raises(OperatingError, match="no IPv6 socket for SNMP"):
                await poller.reload(network(a="127.0.0.1", b="::1"))
            await poller.reload(network(a="127.0.0.1"))
            await clock.advance(5.0)
        assert not running.done()
        await poller.reload(network(a="127.0.0.1", b="::1"))
        await clock.advance(5.0)
        assert not running.done()


async def test_a_question_for_which_no_socket_is_to_be_had_is_not_sent_and_the_next_one_is(no_descriptors):
    clock = SimulatedClock(1_000.0)
    client, found = Client(clock, 1000.0, 65_536, random.Random(1)), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        agent.settimeout(0)
        asked = Agent("d", "127.0.0.1", agent.getsockname()[1], Community(V2C, b"public"), 1.0, 0, 0.0)
        question = [ber.oid("1.3.6.1.2.1.1.5.0")]
        client.converse(asked, dialogue.one(dialogue.get(question)), found.append)
        with no_descriptors():
            client.tick(1_000.0)
        assert [answer.status for answer in found] == [Status.NOT_SENT]
        assert client.statistics().local_errors == 1
        client.converse(asked, dialogue.one(dialogue.get(question)), found.append)
        client.tick(1_001.0)
        assert agent.recv(2000)
    client.close()
