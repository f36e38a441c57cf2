"""Whose number is it? All numbers of the inventory, sorted: 12 bytes a number, found in microseconds."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import Final

from netwatch.communication.channels.numbers import international
from netwatch.inventory.model import Inventory

_LOOK_S: Final = 1.0
_LONGEST: Final = 100
_RUN: Final = 5000
_PLACE_BITS: Final = 32
_PLACE_MASK: Final = (1 << _PLACE_BITS) - 1


def _plain(caller: str) -> str:
    """The number in what exchanges hand over: +31612345678, tel:+31612345678, sip:31612345678@host;user=phone."""
    scheme, colon, rest = caller.strip().partition(":")
    inner = rest if colon and scheme.lower() in {"sip", "sips", "tel"} else caller.strip()
    return inner.partition("@")[0].partition(";")[0]


class Numbers:
    """The numbers of one inventory. `country_code` is that of numbers written without one, as in 31."""

    def __init__(self, inventory: Inventory, country_code: str) -> None:
        self._country_code = country_code
        self._customers = tuple(inventory.customers)
        self._numbers = array("Q")
        self._places = array("I")
        everyone = iter(self._packed(inventory))
        # Sorted in short runs: one long sort would keep the loop waiting, whatever thread it is done in.
        runs = list(iter(lambda: sorted(islice(everyone, _RUN)), []))
        for packed in merge(*runs):
            self._numbers.append(packed >> _PLACE_BITS)
            self._places.append(packed & _PLACE_MASK)

    def _packed(self, inventory: Inventory) -> Iterator[int]:
        """Each number with its customer's place, as one integer that sorts by number."""
        for place, services in enumerate(inventory.customers.values()):
            written = {number for one in services for number in (one.mobile, one.phone) if number}
            # 0: written in a way that no caller has.
            yield from (number << _PLACE_BITS | place for number in {self._read(one) for one in written} if number)

    def _read(self, written: str) -> int:
        """A number as an integer, country code first; 0 = it is none."""
        whole = international(written.strip(), self._country_code)
        return int(whole[1:]) if whole else 0

    def whose(self, caller: str) -> tuple[str, ...]:
        """The customers who have this number, however it is written; () for nobody, or a number that is withheld."""
        written = _plain(caller[:_LONGEST])
        found = self._owners(self._read(written))
        if not found and self._country_code and written.startswith(self._country_code):
            found = self._owners(self._read(f"+{written}"))
        return found

    def _owners(self, number: int) -> tuple[str, ...]:
        place = bisect_left(self._numbers, number)
        owners = []
        while place < len(self._numbers) and self._numbers[place] == number:
            owners.append(self._customers[self._places[place]])
            place += 1
        return tuple(owners)


class Phonebook:
    """The numbers of the inventory in force. Made anew beside the loop when another one comes into force."""

    def __init__(self, inventory: Callable[[], Inventory], country_code: str) -> None:
        self._inventory = inventory
        self._country_code = country_code
        self._held: Inventory | None = None
        self._numbers: Numbers | None = None

    async def run(self) -> None:
        """Follow the inventory until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(_LOOK_S)

    async def refresh(self) -> None:
        """Be up to date. Till then callers are looked for among the numbers of before."""
        now = self._inventory()
        if now is not self._held:
            self._numbers = await asyncio.to_thread(Numbers, now, self._country_code)
            self._held = now

    @property
    def ready(self) -> bool:
        """Whether the first inventory is read."""
        return self._numbers is not None

    def whose(self, caller: str) -> tuple[str, ...]:
        """The customers who have this number; () before the first inventory is read."""
        return self._numbers.whose(caller) if self._numbers is not None else ()
