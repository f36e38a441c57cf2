"""What must hold, judged by what really happened: each claim within its transaction, the rest when all is at rest."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netwatch.communication.delivery.model import RESENT, Claimed, Turn
from netwatch.communication.model import (
    ENDING,
    EXTERNAL,
    Approval,
    ApprovalKind,
    Message,
    Phase,
    Plan,
    State,
)
from netwatch.incidents.model import PUBLISHED, Change, ChangeKind
from netwatch.storage.admission import NEVER_ROUTINE, STALE_WHEN_OVER
from netwatch.storage.reach import OPTED_OUT
from netwatch.storage.sentlog import Fact
from tests.simulation.delivery.faults import Truth
from tests.simulation.delivery.relays import Peers
from tests.simulation.delivery.wishes import ENDS, RuleError, Wishes, rule

FINAL = frozenset({"accepted", "failed", "expired", "superseded", "suppressed", "unsure"})
#: Messages in flight on a channel at most: what a crash may double.
IN_FLIGHT = 4
#: A promise may be kept so much too late, besides the time in which netwatch was down.
PROMISE_LATE_S = 60.0
HOUR_S = 3600.0


@dataclass
class Beliefs:
    """What people and the world have really done, as far as it binds netwatch."""

    hold: bool = False
    isolated_since_s: float | None = None
    ceiling: int = 10
    restored: bool = False


class Judge:
    """Keeps its own books: nothing is believed because the store says so."""

    def __init__(
        self,
        peers: Peers,
        truth: Truth,
        now: Callable[[], float],
        loop_s: Callable[[], float],
        wishes: Wishes,
    ) -> None:
        self._peers = peers
        self.wishes = wishes
        self._truth = truth
        self._now = now
        self._loop_s = loop_s
        self.beliefs = Beliefs()
        self.planned: dict[str, Message] = {}
        self.approvals: dict[tuple[str, int], Approval] = {}
        #: Who agreed to an update; and to an incident, of which the answer never came.
        self.approvers: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self.unanswered: defaultdict[str, set[str]] = defaultdict(set)
        self.vetoed: set[tuple[str, int]] = set()
        self.vetoed_incidents: set[str] = set()
        self.in_crashes: Counter[str] = Counter()
        self.freed: set[str] = set()
        #: In flight in two crashes, and overtaken by now: for people to look at, not to be sent.
        self.laid_aside: set[str] = set()
        self.expired: set[str] = set()
        self.released: set[tuple[str, int]] = set()
        self.newest: dict[tuple[str, str, str], int] = {}
        self.unasked: dict[str, float] = {}
        self.down_s: list[tuple[float, float]] = []
        self.planned_s: dict[str, float] = {}
        self.claimed_s: dict[str, float] = {}
        self.open: set[str] = set()
        #: When an incident changed last for people: in the end, when it was over.
        self.over_at: dict[str, float] = {}
        #: Into which incident another one was merged.
        self.home: dict[str, str] = {}
        #: Ends of which the truth says otherwise, for so many seconds. The store may still see to it that none leaves.
        self.untrue: dict[str, float] = {}
        #: Loop seconds in which an end may rightly wait.
        self.troubles_s: list[tuple[float, float]] = []
        self.closed_by_hand: set[str] = set()
        self.broken: RuleError | None = None

    # --- as it goes ---

    def began(self, connection: sqlite3.Connection, *, older: bool) -> None:
        """A process goes on from what the store has; what was only decided never was. `older`: it was restored."""
        kept = set(connection.execute("SELECT incident, number FROM approvals"))
        self.approvals = {key: value for key, value in self.approvals.items() if key in kept}
        ids = {row[0] for row in connection.execute("SELECT id FROM messages")}
        self.untrue = {id_: seconds for id_, seconds in self.untrue.items() if id_ in ids}
        self.wishes.began(connection, older=older)
        if older:
            self.newest.clear()
            kept_vetoes = set(connection.execute("SELECT incident, number FROM approvals WHERE vetoed_by<>''"))
            self.vetoed &= kept_vetoes
            self.vetoed_incidents = {incident for incident, _ in kept_vetoes}

    def decided(self, plan: Plan, changes: Sequence[Change]) -> None:
        """A step decided this; it may never reach the store."""
        for approval in plan.approvals:
            self.approvals.setdefault((approval.incident, approval.update), approval)
        for change in changes:
            (self.open.add if change.incident.status in PUBLISHED else self.open.discard)(change.incident.id)
            if change.kind is not ChangeKind.INTERNAL:
                self.over_at[change.incident.id] = self._now()
            if change.incident.merged_into:
                self.home[change.incident.id] = change.incident.merged_into
        for message in plan.messages:
            parts = (message.incident, message.phase.value, str(message.update), message.channel, message.recipient)
            rule(message.id == hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32], "another identity")
            self.wishes.planned(message)
            if message.audience in EXTERNAL:
                self._rightly_planned(message)
            self.planned[message.id] = message
            self.planned_s[message.id] = self._loop_s()

    def _rightly_planned(self, message: Message) -> None:
        """Against what has been so for a while: a diagnosis may still be on its way to what has just happened."""
        now_s = self._loop_s()
        out_for_s = now_s - self._truth.out_since_s.get(message.recipient, now_s)
        excused = bool(self.closed_by_hand) or self._truth.isolated
        if message.phase in ENDING and out_for_s >= 40 and not excused:
            self.untrue[message.id] = out_for_s

    def claimed(self, connection: sqlite3.Connection, turn: Turn) -> None:
        try:
            for item in turn.claimed:
                self._claim(connection, item)
            self._turn(connection, turn)
        except RuleError as error:
            self.broken = self.broken or error
            raise

    def _turn(self, connection: sqlite3.Connection, turn: Turn) -> None:
        for id_, expires_at in connection.execute("SELECT id, expires_at FROM messages WHERE state='expired'"):
            rule(id_ in self.expired or expires_at <= self._now() + 1, "dropped as stale before its time")
            self.expired.add(id_)
        self.wishes.waiting(connection)
        for kind in {item.message.channel for item in turn.claimed}:
            for external in (False, True):
                fresh = [
                    item.message.priority
                    for item in turn.claimed
                    if item.message.channel == kind
                    and (item.message.audience in EXTERNAL) is external
                    and not self.in_crashes[item.message.id]
                ]
                rule(fresh == sorted(fresh), "not the hardest hit first")

    def _claim(self, connection: sqlite3.Connection, item: Claimed) -> None:
        message, now = item.message, self._now()
        rule(message.expires_at > now - 1, "sent though stale")
        siblings = connection.execute(
            "SELECT COUNT(*) FROM messages WHERE state='sending' AND incident=? AND recipient=? AND channel=?",
            (message.incident, message.recipient, message.channel),
        ).fetchone()[0]
        rule(siblings <= 1, "two tellings to one person at once")
        rule(self.in_crashes[message.id] < 2 or message.id in self.freed, "sent again after two crashes")
        self._doubtful(connection, message)
        self.claimed_s.setdefault(message.id, self._loop_s())
        key = (message.incident, message.recipient, message.channel)
        rule(message.update >= self.newest.get(key, 0), "an older telling after a newer one")
        self.newest[key] = message.update
        self._peers.doubted.discard(message.id)
        if message.phase in STALE_WHEN_OVER:
            self._not_over(connection, message)
        if message.audience in EXTERNAL:
            self._customers(message, now)

    def _doubtful(self, connection: sqlite3.Connection, message: Message) -> None:
        row = connection.execute("SELECT idempotent FROM messages WHERE id=?", (message.id,)).fetchone()
        asked = message.channel in self._peers.asked  # it may be claimed only to be asked for
        if row[0] or message.channel == "webhook" or message.id in self.freed or asked:
            return
        doubts = self._peers.doubts[message.id]
        rule(doubts <= 1, "sent again and again in doubt")
        rule(not doubts or message.phase in RESENT, "routine news sent again in doubt")

    def _not_over(self, connection: sqlite3.Connection, message: Message) -> None:
        row = connection.execute("SELECT status FROM incidents WHERE id=?", (message.incident,)).fetchone()
        rule(row is None or row[0] not in {"resolved", "dismissed"}, "says that it goes on, though it is over")
        if row is not None and row[0] == "merged":
            rule(message.phase is Phase.UPDATE, "a first notice of an incident that is part of another")

    def _customers(self, message: Message, now: float) -> None:
        beliefs = self.beliefs
        rule(not beliefs.hold, "told customers though on hold")
        blind_s = None if beliefs.isolated_since_s is None else self._loop_s() - beliefs.isolated_since_s
        rule(blind_s is None or blind_s < 16, "told customers while isolated")
        rule((message.incident, message.update) not in self.vetoed, "told customers what a person had stopped")
        self._approved(message, now)
        self._gap(message)
        self._first(message)
        self.wishes.claimed(message)
        rule(
            message.id not in self.untrue, f"told that it works, though out for {self.untrue.get(message.id, 0):.0f} s"
        )
        if message.phase in ENDS:
            rule(self._was_told(message), "the all-clear to somebody who was never told")

    def _approved(self, message: Message, now: float) -> None:
        approval = self.approvals.get((message.incident, message.update))
        rule(approval is not None, "told customers without anybody's approval")
        assert approval is not None
        people = self.approvers[message.incident, message.update] | self.unanswered[message.incident]
        agreed = len(people) >= max(1, approval.needed)
        rule(approval.kind is not ApprovalKind.MANUAL or agreed, "told customers before the people agreed")
        # What was released stays so, also when the wall clock and with it the next process' time goes back.
        key = (message.incident, message.update)
        in_window = approval.kind is ApprovalKind.VETO and now < approval.release_at - 0.1 and key not in self.released
        rule(not in_window or agreed, "told customers within the veto window")
        self.released.add(key)
        if message.phase is Phase.OPENED and not agreed:
            rule(message.incident not in self.vetoed_incidents, "told more customers after a veto without a person")
            if not self._agreed_elsewhere(message.recipient):
                self.unasked[message.recipient] = self._loop_s()
            recent = sum(at > self._loop_s() - HOUR_S for at in self.unasked.values())
            rule(recent <= self.beliefs.ceiling, "more customers told in an hour than may be without a person")

    def _first(self, message: Message) -> None:
        """Who has read that he is out gets no second first notice by another incident."""
        read = self._peers.read.get((message.recipient, message.channel))
        if message.phase is Phase.OPENED and read is not None and read.incident != message.incident:
            knows = read.phase not in ENDS and self._whole(read.incident) in self.open
            rule(not knows or self.beliefs.restored, "a second first notice to one who knows already that he is out")

    def _whole(self, incident: str) -> str:
        """What it is part of by now."""
        while incident in self.home:
            incident = self.home[incident]
        return incident

    def _agreed_elsewhere(self, recipient: str) -> bool:
        """Whether people agreed within the hour that this customer reads of an outage, be it another one."""
        return any(
            message.recipient == recipient
            and message.phase is Phase.OPENED
            and self.planned_s[message.id] > self._loop_s() - HOUR_S
            and len(self.approvers[key]) >= max(1, self.approvals[key].needed)
            for message in self.planned.values()
            if (key := (message.incident, message.update)) in self.approvals
        )

    def _gap(self, message: Message) -> None:
        process, at = self._peers.accepted.get((message.recipient, message.channel), (-1, 0.0))
        if message.phase not in NEVER_ROUTINE and process == self._peers.process:
            rule(self._loop_s() - at > 60 - 2, "routine news too soon after the last")

    def _was_told(self, message: Message) -> bool:
        """Whether the recipient really got, or perhaps got, something of the incident or of one that became part of it."""
        names, before = {message.incident, message.told_as}, set[str]()
        mine = [m for m in self.planned.values() if m.recipient == message.recipient]
        while names != before:
            before = set(names)
            names |= {m.told_as for m in mine if m.incident in names}
        return any(
            self._peers.copies[m.id] or self._peers.doubts[m.id]
            for m in mine
            if m.incident in names
            # A restored store counts its updates anew.
            and (m.incident != message.incident or m.update < message.update or self.beliefs.restored)
        )

    def _by_another_number(self, message: Message) -> bool:
        """Whether it was sent before a restore, which counts updates anew."""
        return self.beliefs.restored and any(
            self._peers.copies[m.id]
            for m in self.planned.values()
            if (m.incident, m.recipient, m.channel, m.phase)
            == (message.incident, message.recipient, message.channel, message.phase)
        )

    def died(self, connection: sqlite3.Connection, logged: Mapping[str, Fact]) -> None:
        """The process is no more; `connection` reads what it left, `logged` is its sent log."""
        flying: Counter[str] = Counter()
        rows = connection.execute("SELECT id, channel, claimed_at FROM messages WHERE state='sending'")
        for id_, channel, claimed_at in rows:
            flying[channel] += 1
            rule(id_ in logged, "in flight and not in the sent log")
            if logged[id_].state is State.READY and logged[id_].at >= claimed_at:
                continue  # it came back unsent before
            self._peers.doubts[id_] += id_ not in self._peers.doubted
            self.in_crashes[id_] += 1
        rule(all(count <= IN_FLIGHT for count in flying.values()), f"too many in flight at once: {dict(flying)}")

    # --- at rest ---

    def at_rest(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT id, state, reason, ready_at FROM messages").fetchall()
        states = {row[0]: row[1] for row in rows}
        for id_, state, reason, ready_at in rows:
            message = self.planned[id_]
            rule((state in FINAL and ready_at is None) or id_ in self.laid_aside, f"stuck: {state} ({reason})")
            if state == "accepted":
                rule(self._peers.copies[id_] or self._by_another_number(message), "counted as accepted and never sent")
            if state == "suppressed" and reason == OPTED_OUT:
                rule(self.wishes.may_miss(message), "opted out, though nobody asked for it")
            elif state == "suppressed" and "vetoed" not in reason and not self.beliefs.restored:
                rule(not self._reached_before(message), "told of the outage and not of its end")
            if state == "superseded":
                self._rightly_overtaken(connection, message)
            if state == "failed":
                rule(message.audience in EXTERNAL or "RuntimeError" in reason, "an alert failed")
                ours = "RuntimeError" in reason or message.recipient in self._peers.refuses
                rule(ours, f"given up too early: {reason}")
            if state == "accepted" and message.phase in ENDING and message.audience in EXTERNAL:
                self._at_once(message)
        self._doubles()
        rule(not self._peers.hammered, "a route that needs a rest gets none")
        rule(self._peers.rash <= self.freed, "sent again though the peer knew, or needlessly")
        if not self.beliefs.restored:
            self._all_heard_the_end(states)
            self._promises(connection)

    def _at_once(self, end: Message) -> None:
        """An end waits for nothing but trouble."""
        planned_s = self.planned_s[end.id]
        troubled = any(begin < planned_s + 40 and over > planned_s for begin, over in self.troubles_s)
        quiet_s = self.wishes.quiet_until_s(end.id)
        waited_s = self.claimed_s[end.id] - max(planned_s, quiet_s or 0.0)
        rule(troubled or waited_s < 40 + 60 * (quiet_s is not None), "an end that waited without need")

    def _doubles(self) -> None:
        for id_, copies in self._peers.copies.items():
            freed = id_ in self.freed
            rule(copies <= 1 + self._peers.doubts[id_] + freed, "doubled without doubt")
            rule(copies <= 2 + freed, "sent three times")
        begun: dict[tuple[str, str, str], str] = {}
        for message in (one.message for one in self._peers.taken if one.message.audience in EXTERNAL):
            key = (message.incident, message.recipient, message.channel)
            if message.phase is Phase.OPENED:
                rule(begun.get(key, message.id) == message.id, "two first notices of one incident")
                begun[key] = message.id
            elif message.phase in ENDS:
                begun.pop(key, None)

    def _reached_before(self, end: Message) -> bool:
        return any(
            self._peers.copies[m.id]
            for m in self.planned.values()
            if (m.incident, m.recipient) == (end.incident, end.recipient) and m.update < end.update
        )

    def _rightly_overtaken(self, connection: sqlite3.Connection, message: Message) -> None:
        newer = connection.execute(
            "SELECT 1 FROM messages WHERE incident=? AND recipient=? AND channel=? AND number>?",
            (message.incident, message.recipient, message.channel, message.update),
        ).fetchone()
        over = connection.execute(
            "SELECT 1 FROM incidents WHERE id=? AND status IN ('resolved','merged','dismissed')", (message.incident,)
        ).fetchone()
        rule(newer or (over and message.phase not in ENDING), "overtaken by nothing")

    def _all_heard_the_end(self, states: dict[str, str]) -> None:
        """The last that anybody took on a channel says that it is over."""
        last = {
            (one.message.recipient, one.message.channel): one.message
            for one in self._peers.taken
            if one.message.audience in EXTERNAL
        }
        for (recipient, channel), message in last.items():
            if message.phase in ENDS:
                continue
            ends = [
                m
                for m in self.planned.values()
                if (m.recipient, m.channel) == (recipient, channel) and m.phase in ENDS and m.id in states
            ]
            rule(any(self._excused(m, states[m.id]) for m in ends), "told of the outage and never of its end")

    def _excused(self, end: Message, state: str) -> bool:
        """A defect of ours, three times, is told to a person; in doubt nobody knows more. What was held back for too
        long is too old to be told, save that an end of the whole that comes later follows the end for some.
        """
        last = end.phase is not Phase.PARTLY_RESTORED or self.over_at[end.incident] <= end.expires_at + 30
        stale = state == "expired" and last
        return state in {"unsure", "failed"} or stale or self.wishes.may_miss(end)

    def _promises(self, connection: sqlite3.Connection) -> None:
        for incident, due_at, kept_at in connection.execute(
            "SELECT incident, due_at, kept_at FROM promises WHERE kind='update'"
        ):
            rule(kept_at is not None, f"a promise of {incident} was forgotten")
            down = sum(end - max(begin, due_at - 60) for begin, end in self.down_s if end > due_at - 60)
            rule(kept_at <= due_at + PROMISE_LATE_S + down, f"a promise was kept {kept_at - due_at:.0f} s late")
