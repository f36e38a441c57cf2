"""The store knows where devices were asked, so that a restart with another address is no outage."""

import asyncio
from pathlib import Path

from netwatch.config import Config
from netwatch.daemon.reloading import InForce
from netwatch.daemon.whereabouts import Whereabouts, moved_since
from netwatch.inventory.model import Device, Inventory

CONFIG = Config(inventory=Path("network.yaml"), path=Path("netwatch.yaml"))


def network(**addresses: str) -> Inventory:
    return Inventory(devices={name: Device(name, name, address=address) for name, address in addresses.items()})


async def test_addresses_are_kept_once_they_were_in_force_for_a_while(store, clock):
    in_force = [InForce(CONFIG, network(a="127.0.0.1", b="127.0.0.2"), frozenset(), clock.now())]
    running = asyncio.create_task(Whereabouts(store, clock, lambda: in_force[0]).run())

    async def moved(**addresses: str) -> frozenset[str]:
        return moved_since((await store.load()).documents, network(**addresses))

    await clock.advance(1.0)
    assert await moved(a="127.0.0.9") == frozenset(), "nothing is known yet"
    await clock.advance(130.0)
    async with asyncio.timeout(10):
        while not (await store.load()).documents:
            await asyncio.sleep(0.001)
    assert await moved(a="127.0.0.9", b="127.0.0.2", c="127.0.0.3") == {"a"}
    assert await moved(b="127.0.0.2") == frozenset(), "what left moved nowhere"
    in_force[0] = InForce(CONFIG, network(a="127.0.0.9"), frozenset(), clock.now())
    await clock.advance(110.0)
    assert await moved(a="127.0.0.9") == {"a"}, "what is forgotten of it may not be in the store yet"
    await clock.advance(240.0)
    async with asyncio.timeout(10):
        while await moved(a="127.0.0.9"):
            await asyncio.sleep(0.001)
    running.cancel()
