"""The polling stage while a region's devices all send traps at once."""

from __future__ import annotations

import asyncio
import itertools
import sys

import pytest

from netwatch.clock import SystemClock
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port
from netwatch.polling.model import IcmpObservation, TrapObservation
from netwatch.polling.notifications import Outcome
from netwatch.polling.poller import Poller
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import TRAP_V2, V2C, Message, encode

pytestmark = pytest.mark.usefixtures("loopback")
PORT = 16162
DEVICES = 100
TRAPS = 20_000
SEND = """
import socket, sys, time
raws = [bytes.fromhex(line) for line in sys.stdin]
begun = time.monotonic()
for number in range(1, 101):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((f"127.0.0.{number}", 0))
        for raw in raws:
            sock.sendto(raw, ("127.0.0.1", 16162))
    time.sleep(max(0.0, begun + number / 125 - time.monotonic()))  # all of them within 0.8 s
print(time.monotonic() - begun)
"""


def trap(index):
    varbinds = [
        (mib.SYS_UP_TIME, ber.TIME_TICKS, 5),
        (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.6.3.1.1.5.3")),
        (ber.instance(ber.oid("1.3.6.1.2.1.2.2.1.1"), index), ber.INTEGER, index),
    ]
    return encode(Message(V2C, b"public", TRAP_V2, 99, 0, 0, varbinds))


def ring():
    names = [f"d{number}" for number in range(1, DEVICES + 1)]
    devices = {name: Device(name, name, address=f"127.0.0.{name[1:]}") for name in names}
    links = {
        f"{a}-{b}": Link(f"{a}-{b}", Port(a, f"to-{b}"), Port(b, f"to-{a}"))
        for a, b in itertools.pairwise([*names, names[0]])
    }
    return Inventory(devices=devices, links=links, monitor=Monitor(("d1",), ()))


async def test_20000_traps_in_a_second_delay_no_poll_and_trigger_no_more_than_may_be():
    settings = PollingSettings(icmp_interval_s=1.0, icmp_timeout_s=0.5, trap_rate_per_s=50.0)
    clock, seen = SystemClock(), []
    poller = Poller(ring(), settings, SnmpSettings(trap_port=PORT), clock, seen.append)
    polling = asyncio.create_task(poller.run())
    async with asyncio.timeout(20):
        while poller.statistics().icmp.sent < 2 * DEVICES:
            await asyncio.sleep(0.02)
    pings_before = poller.statistics().icmp
    begun = clock.now()
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SEND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    raws = "\n".join(trap(index).hex() for index in range(1, TRAPS // DEVICES + 1))
    await sender.communicate(raws.encode())
    async with asyncio.timeout(10):
        while (traps := poller.statistics().traps).received + traps.socket_drops < TRAPS:
            await asyncio.sleep(0.02)
        counted_at = clock.now()
        while len({f.device for f in seen if isinstance(f, IcmpObservation) and f.at > counted_at}) < DEVICES:
            await asyncio.sleep(0.1)
    lasted_s = clock.now() - begun
    statistics = poller.statistics()
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)

    assert (traps.received, traps.socket_drops) == (TRAPS, 0)
    assert sum(isinstance(found, TrapObservation) for found in seen) == traps.outcomes[Outcome.HEARD] == TRAPS
    acted_on = TRAPS - statistics.traps_ignored
    assert 50 <= acted_on <= 50 + 50 * lasted_s
    urgent = statistics.icmp.sent - pings_before.sent - DEVICES * (lasted_s + 1)
    assert urgent <= 3 * acted_on
    at = {}
    for found in seen:
        if isinstance(found, IcmpObservation):
            at.setdefault(found.device, []).append(found.at)
    assert len(at) == DEVICES
    for times in at.values():
        gaps = [later - earlier for earlier, later in itertools.pairwise([*sorted(times), begun + lasted_s])]
        assert max(gaps) < 1.0 + 1.0  # the interval, and no poll delayed by more than 1 s
    assert statistics.icmp.lost == 0
