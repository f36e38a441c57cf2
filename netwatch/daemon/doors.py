"""What the daemon offers at its doors: answers from its book and store, orders to both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import netwatch
from netwatch.clock import Clock
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.release import missing
from netwatch.communication.page.copying import Copies
from netwatch.daemon.devices import Scene, device_view
from netwatch.daemon.errands import ErrandDoors
from netwatch.daemon.figures import Figures, resting_routes
from netwatch.daemon.firstlook import FirstLook
from netwatch.daemon.pages import Pages
from netwatch.daemon.reloading import Reloader
from netwatch.daemon.saving import Saver
from netwatch.daemon.sightings import Sightings
from netwatch.daemon.standing import Standing
from netwatch.daemon.thinker import Thinker
from netwatch.daemon.wishes import WishDoors
from netwatch.inventory.model import Inventory
from netwatch.polling.poller import Poller
from netwatch.storage import Store
from netwatch.web.calllist import CallListView, call_list
from netwatch.web.device import DeviceView
from netwatch.web.lookup import find, lookup_view
from netwatch.web.measures import MetricsSnapshot
from netwatch.web.model import (
    ApprovalView,
    Check,
    Done,
    Health,
    HoldView,
    IncidentView,
    LookupView,
    MessageTally,
    PageCopyView,
    RefusedError,
    ReloadView,
    StatusView,
    UnknownDeviceError,
    WhyView,
)
from netwatch.web.views import (
    OPEN,
    Milestones,
    Picture,
    approval_views,
    incident_of,
    incident_view,
    incident_views,
    status_view,
)
from netwatch.web.why import why_view

#: A step later than this means that the daemon does not do its work.
_STEP_LATE_S = 15.0


class DaemonDoors(ErrandDoors, WishDoors):
    """Implements `netwatch.web.offer.Doors`."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        thinker: Thinker,
        saver: Saver,
        standing: Standing,
        figures: Figures,
        pages: Pages,
        copies: Copies,
        dispatcher: Dispatcher,
        poller: Poller,
        reloader: Reloader,
        sightings: Sightings,
        first_look: FirstLook,
    ) -> None:
        super().__init__(clock=clock, thinker=thinker, reloader=reloader, figures=figures)
        self._store = store
        self._saver = saver
        self._standing = standing
        self._pages = pages
        self._copies = copies
        self._dispatcher = dispatcher
        self._poller = poller
        self._sightings = sightings
        self._first_look = first_look

    @property
    def _inventory(self) -> Inventory:
        return self._reloader.now.inventory

    async def _picture(self, only: Iterable[str]) -> Picture:
        """Everything that answers about the incidents `only` are made from."""
        told, tallies, milestones = {}, {}, {}
        for incident in only:
            recipients = await self._store.told_recipients(incident)
            told[incident] = frozenset(r for r in recipients if r in self._inventory.customers)
            counts = Counter[tuple[str, str]]()
            for tally in await self._store.tally(incident):
                counts[tally.channel, tally.state.value] += tally.count
            tallies[incident] = tuple(MessageTally(*key, count) for key, count in sorted(counts.items()))
            marks = await self._store.milestones(incident)
            milestones[incident] = Milestones(
                marks.first_internal_at, marks.page_verified_at, marks.first_customer_at, marks.all_accepted_at
            )
        cases = await self._store.approvals_pending()
        return Picture(
            at=self._clock.now(),
            inventory=self._inventory,
            incidents=self._thinker.book.incidents,
            conditions=self._standing.conditions(),
            approvals=tuple(case.approval for case in cases),
            promises=await self._store.promises(),
            page=self._pages.entries,
            told=told,
            tallies=tallies,
            milestones=milestones,
            waiting={case.approval.incident: case.customers for case in cases},
            tasks=self._thinker.communication.tasks.tasks,
            calls=self._thinker.communication.calls.owed,
            language=self._reloader.now.config.communication.default_language,
        )

    def glance(self) -> Picture:
        """What memory alone knows of now: inventory, incidents, conditions, page."""
        return Picture(
            at=self._clock.now(),
            inventory=self._inventory,
            incidents=self._thinker.book.incidents,
            conditions=self._standing.conditions(),
            page=self._pages.entries,
        )

    def _open(self) -> tuple[str, ...]:
        return tuple(i.id for i in self._thinker.book.incidents.values() if i.status in OPEN)

    def opened_ones(self) -> dict[str, bool]:
        """The ids of incidents at hand that were opened, and whether each goes on."""
        return {i.id: i.status in OPEN for i in self._thinker.book.incidents.values() if i.opened_at is not None}

    async def status(self) -> StatusView:
        hold = self._standing.hold
        view = status_view(
            await self._picture(self._open()),
            self._clock.utc,
            version=netwatch.__version__,
            started_at=self._figures.started_at,
            health=self.health(),
            devices=self._figures.devices(),
            hold=HoldView(hold.on, hold.by, None if hold.since_at is None else self._clock.utc(hold.since_at)),
            page=self._reloader.now.config.communication.page_url,
        )
        hints, reload = self._figures.hints(self._sightings.never_answered), self._reloader.view
        return replace(
            view, hints=hints, reload=reload, first_look=self._first_look.view(), page_copies=self._page_copies()
        )

    def _page_copies(self) -> tuple[PageCopyView, ...]:
        def when(at: float | None) -> datetime | None:
            return None if at is None else self._clock.utc(at)

        return tuple(
            PageCopyView(state.name, when(state.verified_at), when(state.behind_since_at), state.error)
            for state in self._copies.states()
        )

    async def incidents(self, *, closed: bool) -> tuple[IncidentView, ...]:
        wanted = tuple(self._thinker.book.incidents) if closed else self._open()
        return incident_views(await self._picture(wanted), self._clock.utc, closed=closed)

    async def incident(self, incident: str) -> IncidentView:
        picture = await self._picture((incident,))
        return incident_view(picture, incident_of(picture, incident), self._clock.utc)

    async def why(self, incident: str) -> WhyView:
        promises = await self._store.promises(owed_only=False)
        picture = replace(await self._picture((incident,)), promises=promises)
        return why_view(picture, incident, self._clock.utc)

    async def call_list(self, incident: str) -> CallListView:
        return call_list(await self._picture((incident,)), incident, self._clock.utc)

    async def lookup(self, query: str) -> LookupView:
        found, more = await find(self._inventory, query)
        concerned = set(found)
        related = [
            i.id
            for i in self._thinker.book.incidents.values()
            if concerned & (i.ever_affected | i.affected.out | i.affected.degraded)
        ]
        return lookup_view(await self._picture(related), query, found, more, self._clock.utc)

    async def approvals(self) -> tuple[ApprovalView, ...]:
        return approval_views(await self._picture(()), self._clock.utc)

    def _announced(self) -> frozenset[str]:
        """Ids of work that is or was announced, of which notices may wait like those of an incident."""
        tellings = self._thinker.communication.tellings
        told = (name for name, telling in tellings.items() if telling.work is not None)
        return frozenset(window.id for window in self._inventory.maintenance).union(told)

    async def approve(self, incident: str, by: str, up_to: int | None = None) -> Done:
        if incident not in self._announced():
            self._known(incident)
        given = await self._store.approve(incident, by, up_to)
        if not given:
            shown = "" if up_to is None else f" up to update {up_to}"
            raise RefusedError(f"nothing of incident {incident}{shown} waits for approval", "see: netwatch status")
        await self._standing.refresh()
        more = max(missing(approval) for approval in given)
        return Done(f"approved by {by}" + (f"; {more} more person must approve" if more else "; notices go out"))

    async def veto(self, incident: str, by: str) -> Done:
        if incident not in self._announced():
            self._known(incident)
        stopped = await self._store.veto(incident, by)
        if not stopped:
            raise RefusedError(
                f"no notice of incident {incident} is unsent", "what has been sent can't be taken back; send an update"
            )
        await self._standing.refresh()
        return Done(f"vetoed by {by}: no customer gets the pending notices of {incident}")

    async def hold(self, *, on: bool, by: str) -> Done:
        self._standing.hold = await self._store.set_hold(on=on, by=by)
        return Done("HOLD is on: no customer is told anything" if on else "HOLD is off: notices may go")

    async def device(self, device: str) -> DeviceView:
        now = self._reloader.now
        found = now.inventory.devices.get(device)
        if found is None:
            raise UnknownDeviceError(f"no device {device!r} in the inventory in force", "see: netwatch check")
        scene = Scene(
            now=self._clock.now(),
            utc=self._clock.utc,
            inventory=now.inventory,
            polled=now.polled,
            diagnosis=self._thinker.diagnosis,
            book=self._thinker.book,
            sighting=self._sightings.of,
            ports=self._thinker.ports_of,
            loads=self._poller.loads_of,
        )
        pings = self._poller.pings.statistics_of(device, scene.now)
        return device_view(scene, found, pings, self._poller.missing_ports().get(device, ()))

    async def reload(self, by: str, *, confirmed: bool) -> ReloadView:
        return await self._reloader.reload(by, confirmed=confirmed)

    def page(self) -> Path | None:
        return self._pages.directory

    def health(self) -> Health:
        now, thinker, behind = self._clock.now(), self._thinker, tuple(self._copies.behind())
        resting = resting_routes(self._dispatcher.statistics())
        late_s = now - (thinker.stepped_at or self._figures.started_at)
        return Health(
            live=(Check("steps", late_s < _STEP_LATE_S, f"the last one {late_s:.0f} s ago"),),
            ready=(
                Check("warm", thinker.diagnosis.warm, "" if thinker.diagnosis.warm else "learning the network"),
                Check("view", not thinker.diagnosis.isolated, "cut off" if thinker.diagnosis.isolated else ""),
                Check("store", not self._saver.error, self._saver.error),
                Check("page", not self._pages.error, self._pages.error),
                Check("page copies", not behind, "; ".join(behind)),
                Check("relays", not resting, f"no answer from {', '.join(resting)}" if resting else ""),
            ),
        )

    def metrics(self) -> MetricsSnapshot:
        return self._figures.snapshot()
