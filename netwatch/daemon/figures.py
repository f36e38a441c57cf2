"""Figures of the running daemon: a copy of the store's counts, and the snapshot that a scrape reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import chain
from typing import Final

import netwatch
from netwatch.clock import Clock
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.delivery.breaker import BreakerState
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.statistics import DeliveryStatistics
from netwatch.communication.page.copying import Copies
from netwatch.daemon.hints import hints
from netwatch.daemon.recording import Recorder
from netwatch.daemon.reloading import Reloader
from netwatch.daemon.saving import Saver
from netwatch.daemon.standing import Standing
from netwatch.daemon.thinker import Thinker
from netwatch.diagnosis.model import Diagnosis
from netwatch.errors import StorageError
from netwatch.polling.poller import Poller
from netwatch.storage import Store
from netwatch.storage.stored import Milestones, PromiseCounts
from netwatch.web.measures import ACKNOWLEDGE_BOUNDS_S, PROMISES, STAGE_BOUNDS_S, STAGES, Measure, MetricsSnapshot

_REFRESH_S: Final = 5.0


class Figures:
    """Refreshes every few seconds what only the store knows, so that a scrape reads memory alone."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        thinker: Thinker,
        saver: Saver,
        poller: Poller,
        dispatcher: Dispatcher,
        standing: Standing,
        reloader: Reloader,
        recorder: Recorder,
        copies: Copies,
        receipts: Receipts,
    ) -> None:
        self._store = store
        self._clock = clock
        self._thinker = thinker
        self._saver = saver
        self._poller = poller
        self._dispatcher = dispatcher
        self._standing = standing
        self._reloader = reloader
        self._recorder = recorder
        self._copies = copies
        self._receipts = receipts
        self._messages: Counter[tuple[str, str]] = Counter()
        self._pending = 0
        self._promises = {kind: PromiseCounts() for kind in PROMISES}
        self._acknowledging = Measure(ACKNOWLEDGE_BOUNDS_S)
        self._stages = {stage: Measure(STAGE_BOUNDS_S) for stage in STAGES}
        self._passed: set[tuple[str, str]] = set()
        self._opened: Counter[str] = Counter()
        self.started_at = clock.now()

    async def run(self) -> None:
        """Refresh until cancelled."""
        while True:
            # What the store refuses is told by who writes to it; figures just grow old.
            with suppress(StorageError):
                await self.refresh()
            await self._clock.sleep_until(self._clock.now() + _REFRESH_S)

    async def refresh(self) -> None:
        """Read the store's counts again."""
        await self._standing.refresh()
        messages: Counter[tuple[str, str]] = Counter()
        for tally in await self._store.tally():
            messages[tally.channel, tally.state.value] += tally.count
        self._messages = messages
        self._pending = len(await self._store.approvals_pending())
        self._promises = {kind: await self._store.promise_counts(kind) for kind in PROMISES}
        at_hand = self._thinker.book.incidents
        self._passed = {passed for passed in self._passed if passed[0] in at_hand}
        for incident in tuple(at_hand.values()):
            told = (incident.id, STAGES[-1]) in self._passed
            if not told and incident.opened_at is not None and incident.opened_at >= self.started_at:
                self._pass(incident.id, incident.scope.value, await self._store.milestones(incident.id))

    def _pass(self, incident: str, scope: str, marks: Milestones) -> None:
        """Note each stage once, when it is first seen passed."""
        if (incident, "") not in self._passed:
            self._passed.add((incident, ""))
            self._opened[scope] += 1
        for stage, read in _MARKS.items():
            at = read(marks)
            if at is not None and marks.last_good_at is not None and (incident, stage) not in self._passed:
                self._passed.add((incident, stage))
                self._stages[stage].add(max(0.0, at - marks.last_good_at))

    def acknowledged(self, seconds: float) -> None:
        """Somebody took a task so long after it was handed out."""
        self._acknowledging.add(seconds)

    def devices(self) -> Mapping[str, int]:
        """Devices by believed state, as of the last step."""
        return count_devices(self._thinker.diagnosis, self._poller.statistics().devices)

    def hints(self, never_answered: tuple[str, ...]) -> tuple[str, ...]:
        """What polling found to be mended. `never_answered`: the devices whose agent never did."""
        poller, seen = self._poller, self._thinker.diagnosis
        unheard = unknown_devices(seen) if seen.warm else frozenset()
        return tuple(hints(never_answered, poller.missing_ports(), self._thinker.doubts, poller.refusals(), unheard))

    def snapshot(self) -> MetricsSnapshot:
        """All figures as of now, from memory."""
        thinker, polling = self._thinker, self._poller.statistics()
        incidents = Counter((i.scope.value, i.status.value) for i in thinker.book.incidents.values())
        breakers, copies, now = self._dispatcher.statistics().breakers, self._copies.states(), self._clock.now()
        tasks = chain.from_iterable(thinker.communication.tasks.tasks.values())
        waiting = [task for task in tasks if not task.acknowledged_by]
        return MetricsSnapshot(
            version=netwatch.__version__,
            started_at=self._clock.utc(self.started_at).timestamp(),
            devices=self.devices(),
            customers=len(self._reloader.now.inventory.customers),
            probes=polling.icmp.sent,
            replies=polling.icmp.received,
            lost=polling.icmp.lost,
            unmatched=polling.icmp.rejected,
            send_errors=sum(polling.icmp.local_errors.values()) + polling.snmp.local_errors,
            snmp_requests=polling.snmp.requests,
            snmp_timeouts=polling.snmp.timeouts,
            receive_buffer_bytes=polling.icmp.buffer_bytes or None,
            polling=polling,
            observations=thinker.observed,
            step=thinker.step_time.distribution(),
            commit=self._saver.commit_time.distribution(),
            stages={stage: measure.distribution() for stage, measure in self._stages.items()},
            incidents=dict(incidents),
            incidents_opened=dict(self._opened),
            messages=dict(self._messages),
            routes={name: state is BreakerState.CLOSED for name, state in breakers.items()},
            receipts=self._receipts.counts,
            copies_behind_s={c.name: 0.0 if c.behind_since_at is None else now - c.behind_since_at for c in copies},
            copies_verified_at={
                c.name: self._clock.utc(c.verified_at).timestamp() for c in copies if c.verified_at is not None
            },
            approvals_pending=self._pending,
            promises_owed={kind: counts.owed for kind, counts in self._promises.items()},
            promises_kept={kind: counts.kept for kind, counts in self._promises.items()},
            promises_missed={kind: counts.missed for kind, counts in self._promises.items()},
            tasks_open=len(waiting),
            tasks_overdue=sum(task.overdue(now) for task in waiting),
            acknowledging=self._acknowledging.distribution(),
            isolated=thinker.diagnosis.isolated,
            hold=self._standing.hold.on,
            warm=thinker.diagnosis.warm,
            loop_lag_s=thinker.lag_s,
            last_inventory_at=self._clock.utc(self._reloader.now.read_at).timestamp(),
            last_reload_ok=self._reloader.good,
            last_reload_at=self._clock.utc(self._reloader.good_at).timestamp(),
            record_dropped=self._recorder.dropped,
            last_step_at=None if thinker.stepped_at is None else self._clock.utc(thinker.stepped_at).timestamp(),
        )


def resting_routes(delivery: DeliveryStatistics) -> tuple[str, ...]:
    """Names of the routes that failed so often that they are given a rest."""
    return tuple(name for name, state in sorted(delivery.breakers.items()) if state is not BreakerState.CLOSED)


def count_devices(diagnosis: Diagnosis, total: int) -> dict[str, int]:
    """Devices by believed state. Unknown are those never heard, and before the diagnosis is warm all that is not bad."""
    down: set[str] = set()
    unreachable: set[str] = set()
    degraded: set[str] = set()
    for explanation in diagnosis.explanations:
        down |= explanation.down
        unreachable |= explanation.unreachable
        degraded |= explanation.degraded
    unreachable -= down
    degraded -= down | unreachable
    unheard = len(unknown_devices(diagnosis))
    rest = total - len(down) - len(unreachable) - len(degraded) - unheard
    counts = dict.fromkeys(("up", "degraded", "down", "unreachable", "unknown"), 0)
    counts |= {"down": len(down), "unreachable": len(unreachable), "degraded": len(degraded), "unknown": unheard}
    counts["up" if diagnosis.warm else "unknown"] += rest
    return counts


def unknown_devices(diagnosis: Diagnosis) -> frozenset[str]:
    """Those never heard, of which nothing is concluded either."""
    concluded = (e.down | e.unreachable | e.degraded for e in diagnosis.explanations)
    return diagnosis.unheard.difference(*concluded)


_MARKS: Final[Mapping[str, Callable[[Milestones], float | None]]] = {
    "detect": lambda marks: marks.onset_at,
    "confirm": lambda marks: marks.confirmed_at,
    "open": lambda marks: marks.opened_at,
    "internal": lambda marks: marks.first_internal_at,
    "page": lambda marks: marks.page_verified_at,
    "first_customer": lambda marks: marks.first_customer_at,
    "all_customers": lambda marks: marks.all_accepted_at,
}
