"""The poller over many loopback devices for some seconds: `DEVICES SECONDS`."""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import sys

from bench.icmp_worker import addresses
from bench.measuring import own_cpu_s
from netwatch.clock import SystemClock
from netwatch.inventory.model import Device, Inventory, Link, Monitor, Port
from netwatch.polling.model import IcmpObservation
from netwatch.polling.poller import Poller
from netwatch.polling.settings import PollingSettings, SnmpSettings


async def main(count: int, seconds: float) -> dict:
    names = [f"d{number}" for number in range(count)]
    devices = {name: Device(name, name, address=place) for name, place in zip(names, addresses(count), strict=True)}
    links = {a: Link(a, Port(a, "up"), Port(b, "down")) for a, b in itertools.pairwise(names)}
    inventory = Inventory(devices=devices, links=links, monitor=Monitor((names[-1],)))
    silent = set(names[: count // 20])
    wrong = {"falsely_lost": 0, "falsely_alive": 0}

    def note(observation):
        if isinstance(observation, IcmpObservation):
            wrong["falsely_lost"] += not observation.received and observation.device not in silent
            wrong["falsely_alive"] += observation.received and observation.device in silent

    poller = Poller(inventory, PollingSettings(), SnmpSettings(), SystemClock(), note)
    task = asyncio.create_task(poller.run())
    await asyncio.sleep(12)  # the first cycle, with its suspicions, is not the steady state
    before = own_cpu_s()
    await asyncio.sleep(seconds)
    spent = own_cpu_s() - before
    latest_s = poller.statistics().lateness.worst_s
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"core_percent": spent / seconds * 100, "memory_mb": memory_mb, "latest_ms": latest_s * 1e3, **wrong}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))))
