"""What waits goes to the addresses that the inventory in force has: looked at again at a start and after each reload."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.planning.recipients import Directory
from netwatch.errors import StorageError
from netwatch.inventory.model import Inventory
from netwatch.storage import Store

_log = logging.getLogger(__name__)

_RETRY_S: Final = 5.0


class Addressing:
    """Hands the store each inventory that comes into force, until it took it."""

    def __init__(self, store: Store, clock: Clock, inventory: Inventory) -> None:
        self._store = store
        self._clock = clock
        self._waiting: Inventory | None = inventory
        self._asked = asyncio.Event()
        self._asked.set()

    def follow(self, inventory: Inventory) -> None:
        """`inventory` is in force from now on."""
        self._waiting = inventory
        self._asked.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            inventory = self._waiting
            if inventory is None:
                continue
            try:
                moved, stopped = await self._store.readdress(addresses_of(inventory))
            except StorageError:
                # Who writes to the store tells of it.
                self._asked.set()
                await self._clock.sleep_until(self._clock.now() + _RETRY_S)
                continue
            if self._waiting is inventory:
                self._waiting = None
            del inventory
            if moved or stopped:
                _log.warning(
                    "by the inventory %d waiting messages go elsewhere, %d go nowhere any more", moved, stopped
                )


def addresses_of(inventory: Inventory) -> Callable[[str, str], str]:
    """Where a customer is told on a channel: (customer, channel) -> address; "" = not there, or he did not agree to it."""
    directory = Directory(inventory, ())

    def address_of(customer: str, channel: str) -> str:
        found = directory.customer(customer)
        return "" if found is None else found.addresses.get(channel, "")

    return address_of
