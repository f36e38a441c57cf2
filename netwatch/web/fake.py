"""A `Doors` without a daemon, for tests of the doors and for trying the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from netwatch.web.calllist import CallListView, call_list
from netwatch.web.device import DeviceView
from netwatch.web.errands import Span
from netwatch.web.lookup import find, lookup_view
from netwatch.web.measures import MetricsSnapshot
from netwatch.web.model import (
    ApprovalView,
    Done,
    FirstLookView,
    Health,
    HoldView,
    IncidentView,
    LookupView,
    PageCopyView,
    RefusedError,
    ReloadView,
    StatusView,
    UnknownDeviceError,
    WhyView,
)
from netwatch.web.views import Picture, approval_views, incident_of, incident_view, incident_views, status_view
from netwatch.web.why import why_view
from netwatch.web.wishes import Addresses, AddressView, OptOuts, OptOutView


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, tz=UTC)


def _no_devices() -> Mapping[str, int]:
    return MappingProxyType({})


def _nothing_seen() -> Mapping[str, DeviceView]:
    return MappingProxyType({})


@dataclass
class FakeDoors:
    """Answers from `picture`, which a test may replace at any time. `orders` keeps what was commanded, in order.

    `reloaded` is the answer to a reload, and shown in the status once one was asked for.
    """

    picture: Picture
    condition: Health = field(default_factory=Health)
    figures: MetricsSnapshot = field(default_factory=MetricsSnapshot)
    devices: Mapping[str, int] = field(default_factory=_no_devices)
    directory: Path | None = None
    version: str = "0"
    held: HoldView = field(default_factory=HoldView)
    orders: list[tuple[str, ...]] = field(default_factory=list)
    wishes: tuple[OptOutView, ...] = ()
    refused: tuple[AddressView, ...] = ()
    seen: Mapping[str, DeviceView] = field(default_factory=_nothing_seen)
    reloaded: ReloadView = field(default_factory=lambda: ReloadView(_utc(0), "in_force", ""))
    first_look: FirstLookView | None = None
    copies: tuple[PageCopyView, ...] = ()
    utc: Callable[[float], datetime] = _utc

    async def status(self) -> StatusView:
        view = status_view(
            self.picture,
            self.utc,
            version=self.version,
            started_at=self.picture.at - 277_000,
            health=self.condition,
            devices=self.devices,
            hold=self.held,
            page=str(self.directory or ""),
        )
        reloaded = self.reloaded if self.reloaded.by else None
        return replace(view, reload=reloaded, page_copies=self.copies, first_look=self.first_look)

    async def incidents(self, *, closed: bool) -> tuple[IncidentView, ...]:
        return incident_views(self.picture, self.utc, closed=closed)

    async def incident(self, incident: str) -> IncidentView:
        return incident_view(self.picture, incident_of(self.picture, incident), self.utc)

    async def why(self, incident: str) -> WhyView:
        return why_view(self.picture, incident, self.utc)

    async def call_list(self, incident: str) -> CallListView:
        return call_list(self.picture, incident, self.utc)

    async def lookup(self, query: str) -> LookupView:
        found, more = await find(self.picture.inventory, query)
        return lookup_view(self.picture, query, found, more, self.utc)

    async def approvals(self) -> tuple[ApprovalView, ...]:
        return approval_views(self.picture, self.utc)

    async def approve(self, incident: str, by: str, up_to: int | None = None) -> Done:
        self._pending(incident)
        return self._ordered("approve", incident, *([] if up_to is None else [f"up to {up_to}"]), by)

    async def veto(self, incident: str, by: str) -> Done:
        self._pending(incident)
        return self._ordered("veto", incident, by)

    async def update(self, incident: str, text: str, by: str) -> Done:
        return self._ordered("update", incident, text, by)

    async def estimate(self, incident: str, span: Span, by: str, text: str = "") -> Done:
        until = "" if span.until_at is None else span.until_at.isoformat()
        return self._ordered("estimate", incident, until, text, by)

    async def correct(self, incident: str, text: str, customers: tuple[str, ...], by: str) -> Done:
        return self._ordered("correct", incident, text, ",".join(customers), by)

    async def acknowledge(self, incident: str, task: str, person: str, by: str) -> Done:
        if not incident:
            held = [one for tasks in self.picture.tasks.values() for one in tasks if one.code == task.upper()]
            if not held:
                raise RefusedError(f"no open task has the code {task!r}", "see: netwatch status")
            incident = held[0].incident
        return self._ordered("ack", incident, task, person, by)

    async def promise(self, customer: str, due_at: datetime, incident: str, by: str) -> Done:
        self.orders.append(("promise", customer, due_at.isoformat(), incident, by))
        return Done(f"{by} rings {customer}")

    async def called(self, customer: str, by: str) -> Done:
        self.orders.append(("called", customer, by))
        return Done(f"{customer} was rung")

    async def scenario(self, incident: str, scenario: str, by: str) -> Done:
        return self._ordered("scenario", incident, scenario, by)

    async def resolve(self, incident: str, reason: str, by: str) -> Done:
        return self._ordered("resolve", incident, reason, by)

    async def hold(self, *, on: bool, by: str) -> Done:
        self.held = HoldView(on=on, by=by, since_at=self.utc(self.picture.at))
        self.picture = replace(self.picture, conditions=replace(self.picture.conditions, hold=on))
        self.orders.append(("hold", str(on), by))
        return Done(f"HOLD is {'on' if on else 'off'}")

    async def optouts(self) -> OptOuts:
        return OptOuts(self.wishes)

    async def opt_out(self, customer: str, channel: str, by: str, *, but_ends: bool) -> Done:
        self.orders.append(("opt_out", customer, channel, str(but_ends), by))
        return Done(f"{customer} is told nothing")

    async def opt_in(self, customer: str, channel: str) -> Done:
        self.orders.append(("opt_in", customer, channel))
        return Done(f"{customer} is told again")

    async def addresses(self) -> Addresses:
        return Addresses(self.refused)

    async def mended(self, customer: str) -> Done:
        self.orders.append(("mended", customer))
        return Done(f"the addresses of {customer} are used again")

    async def device(self, device: str) -> DeviceView:
        if device not in self.seen:
            raise UnknownDeviceError(f"no device {device!r}", "see the inventory")
        return self.seen[device]

    async def reload(self, by: str, *, confirmed: bool) -> ReloadView:
        self.orders.append(("reload", by, "confirmed") if confirmed else ("reload", by))
        self.reloaded = replace(self.reloaded, by=by)
        return self.reloaded

    def page(self) -> Path | None:
        return self.directory

    def health(self) -> Health:
        return self.condition

    def metrics(self) -> MetricsSnapshot:
        return self.figures

    def _pending(self, incident: str) -> None:
        incident_of(self.picture, incident)
        if all(approval.incident != incident for approval in self.picture.approvals):
            raise RefusedError(f"nothing of incident {incident} waits for approval", "see: netwatch status")

    def _ordered(self, order: str, incident: str, *words: str) -> Done:
        incident_of(self.picture, incident)
        self.orders.append((order, incident, *words))
        return Done(f"{order} of {incident} taken")
