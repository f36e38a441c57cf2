"""What the daemon offers at its doors, as a protocol."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Protocol

from netwatch.web.calllist import CallListView
from netwatch.web.device import DeviceView
from netwatch.web.errands import Span
from netwatch.web.measures import MetricsSnapshot
from netwatch.web.model import (
    ApprovalView,
    Done,
    Health,
    IncidentView,
    LookupView,
    ReloadView,
    StatusView,
    WhyView,
)
from netwatch.web.wishes import Addresses, OptOuts


class Doors(Protocol):
    """What the daemon offers. Every coroutine answers from memory or within a second.

    `incident` is an exact id. `by` is who asks, already established by the door.
    All raise `UnknownIncidentError` for an unknown incident and `RefusedError` when the order does not fit now.
    """

    async def status(self) -> StatusView: ...

    async def incidents(self, *, closed: bool) -> tuple[IncidentView, ...]:
        """The open incidents, gravest first; with `closed` all that are kept, newest first."""
        ...

    async def incident(self, incident: str) -> IncidentView: ...

    async def why(self, incident: str) -> WhyView: ...

    async def call_list(self, incident: str) -> CallListView:
        """Whom to ring up in `incident`, hardest hit first."""
        ...

    async def lookup(self, query: str) -> LookupView: ...

    async def approvals(self) -> tuple[ApprovalView, ...]:
        """What waits for a person or for the end of its veto window, first to be released first."""
        ...

    async def approve(self, incident: str, by: str, up_to: int | None = None) -> Done:
        """One more person agrees to what waits of `incident`; `up_to`: to no update after this one."""
        ...

    async def veto(self, incident: str, by: str) -> Done:
        """The pending update of `incident` goes to no customer."""
        ...

    async def update(self, incident: str, text: str, by: str) -> Done:
        """`text` becomes the note of the incident's next update."""
        ...

    async def estimate(self, incident: str, span: Span, by: str, text: str = "") -> Done:
        """A person says when it may be over; without an end, that nobody can say any more. `text` goes with it."""
        ...

    async def correct(self, incident: str, text: str, customers: tuple[str, ...], by: str) -> Done:
        """Those who were told of it (only `customers`, when some are named) are told that it was a mistake."""
        ...

    async def acknowledge(self, incident: str, task: str, person: str, by: str) -> Done:
        """`person` has a task of `incident`, by its number or code; "" = all that wait for them.

        An incident of "" means the one of the code.
        """
        ...

    async def promise(self, customer: str, due_at: datetime, incident: str, by: str) -> Done:
        """`by` rings `customer` before `due_at`, aware; `incident` "" = it is about none."""
        ...

    async def called(self, customer: str, by: str) -> Done:
        """`by` has rung `customer`."""
        ...

    async def scenario(self, incident: str, scenario: str, by: str) -> Done:
        """A person names the scenario; diagnosis doesn't change it any more."""
        ...

    async def resolve(self, incident: str, reason: str, by: str) -> Done: ...

    async def hold(self, *, on: bool, by: str) -> Done:
        """While on, no customer is told anything by any incident."""
        ...

    async def optouts(self) -> OptOuts:
        """What customers do without."""
        ...

    async def opt_out(self, customer: str, channel: str, by: str, *, but_ends: bool) -> Done:
        """A customer does without `channel` ("" = all); with `but_ends` not without the end of what they were told."""
        ...

    async def opt_in(self, customer: str, channel: str) -> Done:
        """A customer takes that back."""
        ...

    async def addresses(self) -> Addresses:
        """Customers' addresses that refuse."""
        ...

    async def mended(self, customer: str) -> Done:
        """A customer's addresses are used again."""
        ...

    async def device(self, device: str) -> DeviceView:
        """What netwatch believes of one device, and why. Raises `UnknownDeviceError`."""
        ...

    async def reload(self, by: str, *, confirmed: bool) -> ReloadView:
        """Read configuration and inventory again; takes as long as that takes. A large change must be `confirmed`."""
        ...

    def page(self) -> Path | None:
        """The directory with the published page; None = no page is published."""
        ...

    def health(self) -> Health:
        """From memory, at once."""
        ...

    def metrics(self) -> MetricsSnapshot:
        """A snapshot from memory, at once, that nobody changes afterwards."""
        ...
