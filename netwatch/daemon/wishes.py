"""What customers want not to be told, and which of their addresses are to be mended: asked and told at the doors."""

from __future__ import annotations

from netwatch.clock import Clock
from netwatch.communication.model import Extent
from netwatch.daemon.reloading import Reloader
from netwatch.inventory.model import Service
from netwatch.storage import Store
from netwatch.web.model import Done, RefusedError
from netwatch.web.wishes import Addresses, AddressView, OptOuts, OptOutView


class WishDoors:
    """The part of the doors for single customers' wishes and addresses."""

    _store: Store
    _clock: Clock
    _reloader: Reloader

    async def optouts(self) -> OptOuts:
        return OptOuts(
            tuple(
                OptOutView(
                    wish.recipient,
                    self._name(wish.recipient),
                    wish.channel,
                    wish.extent is Extent.ALL_BUT_THE_END,
                    wish.by,
                    self._clock.utc(wish.at),
                )
                for wish in await self._store.optouts()
            )
        )

    async def opt_out(self, customer: str, channel: str, by: str, *, but_ends: bool) -> Done:
        if not self._services(customer):
            raise RefusedError(f"no customer {customer!r} is in the inventory", "find the id with: netwatch lookup")
        extent = Extent.ALL_BUT_THE_END if but_ends else Extent.EVERYTHING
        stopped = await self._store.opt_out(customer, channel, extent, by)
        what = "the end of outages they were told of, and nothing else" if but_ends else "nothing"
        where = f" by {channel}" if channel else ""
        waiting = f"; {stopped} waiting notices never go" if stopped else ""
        return Done(f"{customer} is told {what}{where} from now on{waiting}")

    async def opt_in(self, customer: str, channel: str) -> Done:
        if not await self._store.opt_in(customer, channel):
            where = f" by {channel}" if channel else ""
            raise RefusedError(f"{customer} has not opted out{where}", "see: netwatch optout")
        return Done(f"{customer} is told again as the inventory says")

    async def addresses(self) -> Addresses:
        found = await self._store.refused_addresses()
        refused = {(one.channel, one.address) for one in found}
        views = []
        for one in found:
            services = self._services(one.recipient)
            others = [
                channel
                for service in services
                for channel, address in (("email", service.email), ("sms", service.mobile))
                if address and channel in service.notify and (channel, address) not in refused
            ]
            phone = next((s.phone or s.mobile for s in services if s.phone or s.mobile), "")
            views.append(
                AddressView(
                    one.recipient, self._name(one.recipient), one.channel, one.address, one.reason,
                    self._clock.utc(one.since_at), self._clock.utc(one.last_at), next(iter(others), ""), phone,
                )
            )  # fmt: skip
        return Addresses(tuple(views))

    async def mended(self, customer: str) -> Done:
        count = await self._store.forget_refusals_of(customer)
        if not count:
            raise RefusedError(f"no address of {customer!r} is to be mended", "see: netwatch addresses")
        return Done(f"the addresses of {customer} are used again")

    def _services(self, customer: str) -> tuple[Service, ...]:
        return self._reloader.now.inventory.customers.get(customer, ())

    def _name(self, customer: str) -> str:
        return next((service.name for service in self._services(customer)), "")
