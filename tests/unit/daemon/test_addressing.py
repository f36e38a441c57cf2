"""The inventory's addresses reach the store: at a start, after each reload, and once it takes them."""

from __future__ import annotations

import asyncio

from netwatch.daemon.addressing import Addressing, addresses_of
from netwatch.errors import StorageError
from netwatch.inventory.model import Inventory, Port, Segment, Service
from netwatch.simulation.clock import SimulatedClock


def inventory(email: str, *, notify: tuple[str, ...] = ("email",)) -> Inventory:
    one = Service("c-1", "", Segment.RESIDENTIAL, "nl", email, "", "", "", Port("a"), None, 5, notify, 2)
    return Inventory(customers={"c-1": (one,)})


class Ledger:
    """Takes addresses, unless it refuses."""

    def __init__(self) -> None:
        self.refuses = False
        self.taken: list[str] = []

    async def readdress(self, address_of):
        if self.refuses:
            raise StorageError("the disk is full", "make room")
        self.taken.append(address_of("c-1", "email"))
        return 0, 0


def test_an_address_counts_only_while_the_customer_agrees_to_it():
    assert addresses_of(inventory("a@x.nl"))("c-1", "email") == "a@x.nl"
    assert addresses_of(inventory("a@x.nl", notify=()))("c-1", "email") == ""
    assert addresses_of(inventory("a@x.nl"))("c-1", "sms") == ""
    assert addresses_of(inventory("a@x.nl"))("c-2", "email") == ""


async def test_the_store_gets_each_inventory_once_and_as_soon_as_it_takes_it():
    clock, ledger = SimulatedClock(0.0), Ledger()
    addressing = Addressing(ledger, clock, inventory("a@x.nl"))
    running = asyncio.create_task(addressing.run())
    await clock.advance(60)
    assert ledger.taken == ["a@x.nl"]
    ledger.refuses = True
    addressing.follow(inventory("b@x.nl"))
    await clock.advance(60)
    ledger.refuses = False
    await clock.advance(6)
    assert ledger.taken == ["a@x.nl", "b@x.nl"]
    running.cancel()
