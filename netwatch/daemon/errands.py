"""What people tell netwatch at its doors: orders about incidents, tasks taken, calls promised and made."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from netwatch.clock import Clock
from netwatch.communication.planning.duties.tasks import Handed
from netwatch.communication.planning.requests import Acknowledge, Called, CallOff, PromiseCall, Request, refusal
from netwatch.daemon.figures import Figures
from netwatch.daemon.reloading import Reloader
from netwatch.daemon.thinker import Thinker
from netwatch.errors import OperatingError
from netwatch.incidents import orders
from netwatch.incidents.model import Command, Order
from netwatch.web.errands import Span
from netwatch.web.model import Done, RefusedError, UnknownIncidentError
from netwatch.web.names import counted

#: Within this time an order is carried out and in the store, or the person hears that it is not.
_ORDER_S: Final = 8.0


class ErrandDoors:
    """The part of the doors that takes orders. Each is answered once its outcome is in the store."""

    def __init__(self, *, clock: Clock, thinker: Thinker, reloader: Reloader, figures: Figures) -> None:
        self._clock = clock
        self._thinker = thinker
        self._reloader = reloader
        self._figures = figures

    # --- incidents

    async def update(self, incident: str, text: str, by: str) -> Done:
        await self._command(incident, Order.NOTE, text, by)
        gap_s = self._reloader.now.config.communication.recipient_gap_s
        return Done(
            "kept: colleagues and the page have it within seconds; customers who were told get it with the next notice,"
            f" at the earliest {gap_s / 60:.0f} minutes after the one before"
        )

    async def estimate(self, incident: str, span: Span, by: str, text: str = "") -> Done:
        before = self._thinker.communication.tellings.get(incident)
        command = Command(
            self._clock.now(),
            incident,
            Order.ESTIMATE,
            by,
            text,
            from_at=self._on_timeline(span.from_at),
            until_at=self._on_timeline(span.until_at),
        )
        await self._carry_out(command)
        after = self._thinker.communication.tellings.get(incident)
        if before is not None and after is not None and before.estimate_until_at == after.estimate_until_at:
            return Done("kept; customers read no other time: it is the same, or too little earlier to be told")
        return Done("kept: colleagues, the page and customers who were told read it now")

    async def correct(self, incident: str, text: str, customers: tuple[str, ...], by: str) -> Done:
        telling = self._thinker.communication.tellings.get(incident)
        if telling is not None and telling.work is not None:
            await self._request(CallOff(self._clock.now(), incident, by, text, frozenset(customers)))
            count = counted(len(customers or telling.told), "customer")
            return Done(f"called off: {count} who may have been told of {incident} read it; nobody else hears of it")
        self._known(incident)
        told = frozenset(telling.told) if telling is not None else frozenset[str]()
        strangers = sorted(set(customers) - told)
        if strangers or not told:
            who = ", ".join(strangers) or "nobody"
            what = f"{who} was not told of {incident}" if strangers else f"nobody was told of {incident}"
            raise RefusedError(what, "a correction goes only to those who were told: see netwatch why")
        command = Command(
            self._clock.now(), incident, Order.CORRECT, by, text, customers=frozenset(customers)
        )  # fmt: skip
        await self._carry_out(command)
        count = counted(len(customers or told), "customer")
        return Done(f"corrected: {count} who may have been told read that it was a mistake; nobody else hears of it")

    async def scenario(self, incident: str, scenario: str, by: str) -> Done:
        await self._command(incident, Order.SCENARIO, scenario, by)
        return Done(f"scenario of {incident} is now {scenario}; diagnosis leaves it so")

    async def resolve(self, incident: str, reason: str, by: str) -> Done:
        await self._command(incident, Order.RESOLVE, reason, by)
        return Done(f"{incident} is being resolved; the all-clear goes to those who were told")

    # --- tasks

    async def acknowledge(self, incident: str, task: str, person: str, by: str) -> Done:
        people = {one.id for one in self._reloader.now.config.people}
        if person and person not in people:
            raise RefusedError(f"nobody under people has the id {person}", f"it is one of {', '.join(sorted(people))}")
        incident, number = self._meant(incident, task)
        request = Acknowledge(self._clock.now(), incident, person or by, by, number)
        await self._request(request)
        taken = [one for one in self._thinker.communication.tasks.of(incident) if _just_taken(one, request)]
        if not taken:
            raise RefusedError("somebody else has just said so", "see: netwatch status")
        for one in taken:
            self._figures.acknowledged((one.acknowledged_at or one.opened_at) - one.opened_at)
        numbers = " and ".join(str(one.number + 1) for one in taken)
        return Done(f"{request.person} has task {numbers} of {incident}; nobody else is asked")

    def _meant(self, incident: str, task: str) -> tuple[str, int | None]:
        """The incident, and the task's number from 0; None = all that wait for whoever speaks."""
        book = self._thinker.communication.tasks
        if incident:
            self._known(incident)
        if not task:
            if not incident:
                raise RefusedError("which task?", "name its incident or its code")
            return incident, None
        if task.isascii() and task.isdigit() and incident and len(task) < 4:
            return incident, int(task) - 1
        held = book.by_code(task)
        if held is None or (incident and held.incident != incident):
            raise RefusedError(f"no open task has the code {task.upper()!r}", "see: netwatch status")
        return held.incident, held.number

    # --- calls

    async def promise(self, customer: str, due_at: datetime, incident: str, by: str) -> Done:
        if incident:
            self._known(incident)
        at = due_at.timestamp() - self._clock.wall_step_s()
        await self._request(PromiseCall(self._clock.now(), customer, at, by, incident))
        return Done(
            f"kept: {by} rings {customer} in time, or the lead hears of it; afterwards: netwatch called {customer}"
        )

    async def called(self, customer: str, by: str) -> Done:
        await self._request(Called(self._clock.now(), customer, by))
        return Done(f"kept: {customer} was rung by {by}")

    # --- carrying out

    def _on_timeline(self, wall: datetime | None) -> float | None:
        return None if wall is None else wall.timestamp() - self._clock.wall_step_s()

    def _known(self, incident: str) -> None:
        """Raises `UnknownIncidentError`."""
        if incident not in self._thinker.book.incidents:
            raise UnknownIncidentError(f"no incident {incident!r}", "see them with: netwatch incidents --all")

    async def _command(self, incident: str, order: Order, text: str, by: str) -> None:
        await self._carry_out(Command(self._clock.now(), incident, order, by, text))

    async def _carry_out(self, command: Command) -> None:
        self._known(command.incident)
        why_not = orders.refusal(command, self._thinker.book)
        if why_not is not None:
            raise RefusedError(why_not)
        await self._ordered(command)

    async def _request(self, request: Request) -> None:
        customers = self._reloader.now.inventory.customers
        why_not = refusal(request, self._thinker.communication, self._thinker.book.incidents, customers.keys())
        if why_not is not None:
            raise RefusedError(why_not.what, why_not.mend)
        await self._ordered(request)

    async def _ordered(self, order: Command | Request) -> None:
        """Raises `OperatingError` when the order could not be kept in time; it is still tried."""
        try:
            async with asyncio.timeout(_ORDER_S):
                await self._thinker.order(order)
        except TimeoutError:
            raise OperatingError(
                "the order is taken, but not yet kept by the store", "look again with: netwatch status"
            ) from None


def _just_taken(task: Handed, request: Acknowledge) -> bool:
    meant = request.number is None or task.number == request.number
    at = task.acknowledged_at
    return meant and task.acknowledged_by == request.person and at is not None and at >= request.at
