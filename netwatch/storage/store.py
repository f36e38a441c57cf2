"""The store as the daemon, the dispatcher and the doors use it. Every method is one transaction in the store's thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from netwatch.clock import Clock
from netwatch.communication.delivery.model import ClaimRequest, Settlement, Turn
from netwatch.communication.model import Approval, Extent, Message, Plan, Promise, State
from netwatch.diagnosis.model import Memory
from netwatch.errors import StorageError
from netwatch.incidents.model import Change
from netwatch.storage import approvals, journal, outbox, queries, reach
from netwatch.storage.backup import copy_store, drop_ballast, finish
from netwatch.storage.claims import claim
from netwatch.storage.database import Database
from netwatch.storage.known import known
from netwatch.storage.opening import Opened, open_store
from netwatch.storage.recovery import note_stop
from netwatch.storage.sentlog import SentLog
from netwatch.storage.settings import StorageSettings
from netwatch.storage.step import Entry, write_step
from netwatch.storage.stored import (
    ApprovalCase,
    Finding,
    FindingKind,
    Hold,
    JournalLine,
    Known,
    Milestones,
    OptOut,
    PromiseCounts,
    RefusedAddress,
    Stored,
    Tally,
)

_DAY_S = 86400.0


class Store:
    """What must survive. Made by `Store.open`; `findings` is what on-call should hear of the start and since."""

    def __init__(self, settings: StorageSettings, base: Path, clock: Clock, opened: Opened) -> None:
        self._settings = settings
        self._base = base
        self._clock = clock
        self._log: SentLog = opened.log
        self._wakes: list[Callable[[], None]] = []
        self.findings: tuple[Finding, ...] = opened.findings
        self._database = Database(
            opened.connection,
            settings.database_path(base),
            before_commit=opened.log.flush,
            rolled_back=opened.log.forget,
            make_room=self._make_room,
        )

    @classmethod
    async def open(cls, settings: StorageSettings, clock: Clock, base: Path = Path()) -> Store:
        """Open, check, mend and migrate. Relative paths of the settings start at `base`.

        Raises:
            StorageError: another netwatch holds the store, a newer one wrote it, or the directory can't be used.
        """
        opened = await asyncio.to_thread(open_store, settings, base, clock.now())
        return cls(settings, base, clock, opened)

    async def close(self, *, orderly: bool = True) -> None:
        """Close; what was asked before is on the disk. Twice does no harm.

        `orderly` False: an exception ended the process. The next start counts it as a crash.
        """
        if self._database.closed:
            return
        try:
            if orderly:
                await self._database.run(note_stop)
        finally:
            await self._database.close()
            self._log.close()

    async def run(self) -> None:
        """Back up and forget what is too old, again and again. Ends only by cancellation: what refuses is a finding."""
        due_at = self._clock.now() + self._settings.backup_every_s
        while True:
            await self._clock.sleep_until(due_at)
            due_at = self._clock.now() + self._settings.backup_every_s
            try:
                await self.forget_old()
            except StorageError as error:
                self._find(Finding(FindingKind.UPKEEP_FAILED, f"what is too old can't be forgotten: {error.what}"))
            await self.back_up()

    # --- a step of the pipeline ---

    async def load(self) -> Stored:
        """Everything that a start goes on with."""
        now = self._clock.now()

        def work(connection: sqlite3.Connection) -> Stored:
            return Stored(
                incidents=journal.read_incidents(connection),
                communication=journal.read_kept(connection, "communication"),
                memories=journal.read_memories(connection),
                page=journal.read_page(connection),
                promises=journal.read_promises(connection, owed_only=False),
                known=known(connection, now),
                documents=journal.read_documents(connection),
            )

        return await self._database.run(work)

    async def save(
        self,
        changes: Sequence[Change],
        plan: Plan,
        communication: str | None = None,
        memories: Sequence[Memory] | None = None,
        documents: Mapping[str, str] | None = None,
    ) -> int:
        """`save_all` of one step; `documents` are texts under names of the caller's."""
        return await self.save_all((Entry(changes, plan, communication, memories, documents or {}),))

    async def save_all(self, entries: Sequence[Entry]) -> int:
        """One transaction for all that several steps decided, in their order: never the first without the last.

        What is overtaken by a later entry was never claimable. `communication` is the JSON of communication's state;
        what is None stays unchanged. Saving the same plan again adds nothing. Returns how many messages were new.
        """
        now = self._clock.now()
        steps = tuple(entries)
        entered = await self._database.run(lambda c: sum(write_step(c, step, now) for step in steps))
        if any(step.changes or step.plan for step in steps):
            self._wake()
        return entered

    # --- the outbox ---

    def on_work(self, wake: Callable[[], None]) -> None:
        """Call `wake` on the event loop whenever something may have become claimable."""
        self._wakes.append(wake)

    async def turn(self, settlements: Sequence[Settlement], request: ClaimRequest) -> Turn:
        """Write down what became of messages and claim the next ones, in one transaction."""

        def work(connection: sqlite3.Connection) -> Turn:
            for settlement in settlements:
                outbox.settle(connection, settlement, self._log)
            return claim(connection, request, self._log)

        return await self._database.run(work)

    async def release_quarantined(self, message: str) -> bool:
        """A person sends a quarantined message again. False: it isn't quarantined, or was overtaken meanwhile."""
        now = self._clock.now()

        def work(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(
                "UPDATE messages AS m SET state='unsure', ready_at=?, settled_at=NULL, crashes=1"
                " WHERE id=? AND state='quarantined' AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.incident=m.incident"
                " AND n.recipient=m.recipient AND n.channel=m.channel AND n.number>m.number)",
                (now, message),
            )
            return cursor.rowcount == 1

        released = await self._database.run(work)
        self._wake()
        return released

    # --- people ---

    async def approve(self, incident: str, by: str, up_to: int | None = None) -> tuple[Approval, ...]:
        """`by` agrees to what waits of `incident`, up to the update `up_to`. Returns those approvals as they are then;
        () = nothing waited.
        """
        now = self._clock.now()
        given = await self._database.run(lambda connection: approvals.approve(connection, incident, by, now, up_to))
        self._wake()
        return given

    async def veto(self, incident: str, by: str) -> tuple[Approval, ...]:
        """Customers' unsent messages of `incident` never go. Returns the vetoed approvals; () = nothing was unsent."""
        now = self._clock.now()
        return await self._database.run(lambda connection: approvals.veto(connection, incident, by, now))

    async def set_hold(self, *, on: bool, by: str, reason: str = "") -> Hold:
        """Set or release the global hold, which every claim reads."""
        hold = Hold(on=on, by=by, reason=reason, since_at=self._clock.now())
        await self._database.run(lambda connection: approvals.write_hold(connection, hold))
        self._wake()
        return hold

    async def hold(self) -> Hold:
        return await self._database.run(approvals.read_hold)

    async def approvals_pending(self, incident: str = "") -> tuple[ApprovalCase, ...]:
        """What waits for time or people, of one incident or of all; first to be released first."""
        return await self._database.run(lambda connection: approvals.pending(connection, incident))

    async def approvals(self, incident: str = "") -> tuple[Approval, ...]:
        """Every approval of one incident, or of all that go on or ended within the last day, with who agreed or vetoed."""
        if incident:
            return await self._database.run(lambda connection: approvals.read_approvals(connection, incident))
        over_since = self._clock.now() - _DAY_S
        return await self._database.run(lambda connection: approvals.recent_approvals(connection, over_since))

    async def told_recently(self) -> int:
        """Distinct customers told within the last 60 minutes, over all incidents."""
        now = self._clock.now()
        return await self._database.run(lambda connection: approvals.told_recently(connection, now))

    # --- customers' wishes and addresses ---

    async def opt_out(self, recipient: str, channel: str, extent: Extent, by: str) -> int:
        """A customer does without `channel` ("" = all of them). Returns how many waiting messages never go by that."""
        wish = OptOut(recipient, channel, extent, by.strip(), self._clock.now())
        return await self._database.run(lambda connection: reach.opt_out(connection, wish))

    async def opt_in(self, recipient: str, channel: str) -> bool:
        """Forget that wish. False: there was none."""
        return await self._database.run(lambda connection: reach.opt_in(connection, recipient, channel))

    async def readdress(self, address_of: Callable[[str, str], str]) -> tuple[int, int]:
        """Customers' waiting messages go where `address_of` (recipient, channel) says now; "" = nowhere any more.

        It is called in the store's thread. Returns how many messages were changed, and how many never go by that.
        """
        now = self._clock.now()
        return await self._database.run(lambda connection: reach.readdress(connection, address_of, now))

    async def optouts(self) -> tuple[OptOut, ...]:
        """Every wish, newest first."""
        return await self._database.run(reach.optouts)

    async def refused_addresses(self) -> tuple[RefusedAddress, ...]:
        """The addresses to mend, the latest first."""
        return await self._database.run(reach.refused_addresses)

    async def forget_refusals_of(self, recipient: str) -> int:
        """A customer's addresses were mended: they are used again. Returns how many there were."""
        return await self._database.run(lambda connection: reach.forget_refusals_of(connection, recipient))

    # --- answers ---

    async def known(self) -> Known:
        """What planning has to know of approvals and deliveries, as of one instant."""
        now = self._clock.now()
        return await self._database.run(lambda connection: known(connection, now))

    async def tally(self, incident: str = "") -> tuple[Tally, ...]:
        """Messages counted by audience, channel and state, of one incident or of all."""
        return await self._database.run(lambda connection: queries.tally(connection, incident))

    async def unfinished(self, incident: str = "") -> int:
        """Messages that are in flight or may still leave, of one incident or of all."""
        return await self._database.run(lambda connection: queries.unfinished(connection, incident))

    async def told_counts(self) -> dict[str, int]:
        """Distinct customers told, by incident."""
        return await self._database.run(queries.told_counts)

    async def told_of(self, recipient: str) -> frozenset[str]:
        """The incidents of which a customer or person was told."""
        return await self._database.run(lambda connection: queries.told_of(connection, recipient))

    async def told_recipients(self, incident: str) -> frozenset[str]:
        """Everybody, customers and staff, who was told of `incident`."""
        return await self._database.run(lambda connection: queries.told_recipients(connection, incident))

    async def journal(self, incident: str) -> tuple[JournalLine, ...]:
        """The incident's changes in the order in which they were saved."""
        return await self._database.run(lambda connection: journal.read_journal(connection, incident))

    async def broken_link(self) -> int | None:
        """Number of the first journal line that was altered; None = the chain is whole."""
        return await self._database.run(journal.broken_link)

    async def milestones(self, incident: str) -> Milestones:
        """When the incident's telling reached its marks."""
        return await self._database.run(lambda connection: queries.milestones(connection, incident))

    async def note_page_verified(self, incident: str, at: float) -> None:
        """The public page was read back with this incident on it, first at `at`."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE incidents SET page_verified_at=? WHERE id=? AND page_verified_at IS NULL", (at, incident)
            )

        await self._database.run(work)

    async def promises(self, *, owed_only: bool = True) -> tuple[Promise, ...]:
        """Promised updates and calls, first due first."""
        return await self._database.run(lambda connection: journal.read_promises(connection, owed_only=owed_only))

    async def promise_counts(self, kind: str = "update") -> PromiseCounts:
        """How many promises of a kind (update, call) are owed, were kept, and were missed."""
        now = self._clock.now()
        return await self._database.run(lambda connection: journal.count_promises(connection, kind, now))

    async def messages_of(self, incident: str) -> tuple[tuple[Message, State], ...]:
        """Every message of `incident` with its state, in the order of planning."""
        return await self._database.run(lambda connection: queries.messages_of(connection, incident))

    async def messages_in(self, state: State, limit: int = 1000) -> tuple[tuple[Message, str], ...]:
        """Messages in `state` with the reason, newest first; of failed ones, the addresses to mend."""
        return await self._database.run(lambda connection: queries.messages_in(connection, state, limit))

    # --- upkeep ---

    async def back_up(self) -> Path | None:
        """Make a back-up now and begin a new part of the sent log. None: the disk refused; a finding tells."""
        directory, kept, now = self._settings.backups_path(self._base), self._settings.backups_kept, self._clock.now()
        between = self._database.serve_meanwhile
        try:
            half = await self._database.run(lambda c: copy_store(c, directory, now, between), alone=True)
            backup = await asyncio.to_thread(finish, half, kept)
            # Only now: what was noted since the copy must be in a part that is kept as long as the copy.
            await self._database.run(lambda _: self._log.rotate(kept), alone=True)
        except (StorageError, OSError) as error:
            reason = error.what if isinstance(error, StorageError) else str(error)
            self._find(Finding(FindingKind.BACKUP_FAILED, f"no back-up could be made: {reason}"))
            return None
        return backup

    async def forget_old(self) -> None:
        """Forget closed incidents and settled messages beyond the time that they are kept.

        Raises:
            StorageError: the disk refuses.
        """
        now = self._clock.now()
        closed_before = now - self._settings.history_days * _DAY_S
        addresses_before = now - self._settings.address_days * _DAY_S
        await self._database.run(lambda connection: queries.purge(connection, closed_before, addresses_before))

    def _make_room(self) -> bool:
        """Runs in the store's thread when the disk is full."""
        if drop_ballast(self._settings.ballast_path(self._base)):
            self._find(Finding(FindingKind.DISK_FULL, "the store's disk is full; its reserve was released"))
            return True
        return False

    def _find(self, finding: Finding) -> None:
        """What is found anew takes its earlier place: a disk that refuses for weeks fills no memory."""
        self.findings = (*(known for known in self.findings if known != finding), finding)

    def _wake(self) -> None:
        for wake in self._wakes:
            wake()
