"""Where devices were asked before a restart: that one was well at another address says nothing about the one of now."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.model import Plan
from netwatch.daemon.reloading import InForce
from netwatch.errors import StorageError
from netwatch.inventory.model import Inventory
from netwatch.storage import Store

_log = logging.getLogger(__name__)

#: Name under which the store keeps the addresses.
DOCUMENT: Final = "addresses"
#: Between two looks. What is forgotten of a device that moved is in the store long before.
_EVERY_S: Final = 120.0


class Whereabouts:
    """Keeps the addresses in force, once they have been for two looks."""

    def __init__(self, store: Store, clock: Clock, in_force: Callable[[], InForce]) -> None:
        self._store = store
        self._clock = clock
        self._in_force = in_force
        self._seen_at = self._kept_at = float("-inf")

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            now = self._in_force()
            if now.read_at == self._seen_at != self._kept_at:
                await self._keep(now)
            self._seen_at = now.read_at
            del now  # it may leave meanwhile
            await self._clock.sleep_until(self._clock.now() + _EVERY_S)

    async def _keep(self, now: InForce) -> None:
        document = json.dumps(_addresses(now.inventory), sort_keys=True)
        try:
            await self._store.save((), Plan(), documents={DOCUMENT: document})
        except StorageError as error:
            _log.warning("the addresses of the devices can't be kept: %s", error)
        else:
            self._kept_at = now.read_at


def moved_since(documents: Mapping[str, str], inventory: Inventory) -> frozenset[str]:
    """Devices that `inventory` has at another address than the one kept in `documents`."""
    before = json.loads(documents.get(DOCUMENT, "{}"))
    now = _addresses(inventory)
    return frozenset(device for device, address in before.items() if now.get(device, address) != address)


def _addresses(inventory: Inventory) -> dict[str, str]:
    return {device: entry.address for device, entry in inventory.devices.items() if entry.address}
