"""The outbox under anything that may happen, crashes between claim, send and record included.

The machine plays planner, relay, operator and fate. It knows what really reached whom; the outbox doesn't.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from netwatch.communication.delivery.model import RESENT, Claimed, ClaimRequest, Lane, Settlement
from netwatch.communication.model import (
    ENDING,
    EXTERNAL,
    Approval,
    ApprovalKind,
    Audience,
    Conditions,
    Extent,
    Message,
    Phase,
    Plan,
    State,
    message_id,
)
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.storage import approvals, outbox, reach
from netwatch.storage.admission import STALE_WHEN_OVER, TO_THE_TOLD
from netwatch.storage.claims import claim
from netwatch.storage.migrations import migrate
from netwatch.storage.recovery import take_over
from netwatch.storage.sentlog import SentLog, replay
from netwatch.storage.step import Entry, write_step
from netwatch.storage.stored import Hold, OptOut

KINDS = [ApprovalKind.AUTO] * 8 + [ApprovalKind.VETO, ApprovalKind.MANUAL]
GROUPS = [{"c-1"}, {"c-1", "c-2"}, {"c-1", "c-2", "c-3"}]
#: More of them by the environment: NETWATCH_LIVES=20000.
LIVES = int(os.environ.get("NETWATCH_LIVES", "100"))
OUTCOMES = ["arrives", "refused", "later", "reply lost", "lost"]
WAITS_S = [1.0, 31.0, 61.0, 61.0, 3601.0]
FINAL = {"accepted", "failed", "expired", "superseded", "suppressed", "quarantined", "unsure"}


class World:
    """What may happen, and what must hold whenever it does. Few names, so that tellings meet."""

    def __init__(self) -> None:
        # In memory where there is such a place: thousands of syncs tell nothing here.
        self.folder = TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        self.log_path = Path(self.folder.name) / "sent.log"
        self.log = SentLog(self.log_path)
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        migrate(self.db)
        self.now = 1000.0
        self.updates: Counter[str] = Counter()
        self.status: dict[str, Status] = {}
        self.revision = 0
        self.in_flight: dict[str, Claimed] = {}
        self.planned: dict[str, Message] = {}
        self.reached: Counter[str] = Counter()
        self.doubts: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()
        self.tried: set[str] = set()
        self.vetoed: set[tuple[str, int]] = set()
        self.told: defaultdict[str, set[str]] = defaultdict(set)
        self.ended: defaultdict[str, set[str]] = defaultdict(set)
        self.hold = False
        self.wishes: dict[str, Extent] = {}

    # --- the planner ---

    def tell(self, incident: str, phase: Phase, recipients: set[str], kind: ApprovalKind = ApprovalKind.AUTO) -> None:
        """Plan one update. Only a first notice begins, and an ended incident is begun again by it.

        As the planner does: an end goes to all who were planned to be told and are not yet past their end, and
        the last one overtakes the rest of the incident.
        """
        if phase is not Phase.OPENED and self.status.get(incident) is not Status.OPEN:
            return
        status = Status.RESOLVED if phase is Phase.RESOLVED else Status.OPEN
        going_on = self.told[incident] - self.ended[incident]
        if phase in ENDING:
            recipients = going_on if phase is Phase.RESOLVED else recipients & going_on
            self.ended[incident] |= recipients
        else:
            self.told[incident] |= recipients
            self.ended[incident] -= recipients
        update = self.updates[incident]
        self.updates[incident] += 1
        self.revision += 1
        self.status[incident] = status
        audiences = [(r, Audience.CUSTOMER) for r in sorted(recipients)] + [("anna", Audience.ONCALL)]
        messages = tuple(
            Message(
                message_id(incident, phase, update, "email", recipient), incident, phase, update, audience, "email",
                recipient, f"{recipient}@x.nl", "nl", "s", "b", 1, self.now, self.now + 7200,
            )
            for recipient, audience in audiences
        )  # fmt: skip
        value = Incident(
            incident, "k", status, Scope.REGIONAL, Scenario.CABLE, (), 0.0, 0.0, opened_at=0.0, revision=self.revision
        )
        release_at = self.now + 30 if kind is ApprovalKind.VETO else self.now
        approval = Approval(incident, update, kind, release_at, 1, "why")
        overtaken = ((incident, update),) if phase is Phase.RESOLVED else ()
        step = Entry((Change(self.now, ChangeKind.GREW, value),), Plan(messages, (approval,), supersede=overtaken))
        write_step(self.db, step, self.now)
        assert write_step(self.db, step, self.now) == 0
        self.planned |= {message.id: message for message in messages}

    # --- people ---

    def approve(self, incident: str) -> None:
        approvals.approve(self.db, incident, "anna", self.now)

    def veto(self, incident: str) -> None:
        self.vetoed |= {(a.incident, a.update) for a in approvals.veto(self.db, incident, "bram", self.now)}

    def wish(self, recipient: str, extent: Extent | None) -> None:
        """A customer opts out, or in again."""
        if extent is None:
            reach.opt_in(self.db, recipient, "email")
            self.wishes.pop(recipient, None)
        else:
            reach.opt_out(self.db, OptOut(recipient, "email", extent, "anna", self.now))
            self.wishes[recipient] = extent

    def set_hold(self, *, on: bool) -> None:
        self.hold = on
        approvals.write_hold(self.db, Hold(on=on))

    # --- the dispatcher and the relay ---

    def claim(self, free: int, *, isolated: bool = False) -> bool:
        request = ClaimRequest(self.now, (Lane("email", free, free),), Conditions(isolated=isolated), gap_s=60.0)
        turn = claim(self.db, request, self.log)
        assert len(turn.claimed) <= free
        for item in turn.claimed:
            self.may_be_sent(item.message, isolated=isolated)
            self.in_flight[item.message.id] = item
            self.tried.add(item.message.id)
        self.log.flush()
        return bool(turn.claimed)

    def may_be_sent(self, message: Message, *, isolated: bool) -> None:
        assert message.id not in self.in_flight, "claimed twice while sending"
        assert self.crashes[message.id] < 2, "sent again after two crashes"
        chats = {(c.message.incident, c.message.recipient) for c in self.in_flight.values()}
        assert (message.incident, message.recipient) not in chats, "two tellings to one person at once"
        assert message.expires_at > self.now, "stale"
        if message.phase in STALE_WHEN_OVER:
            assert self.status[message.incident] is not Status.RESOLVED, "stale notice after the end"
        assert self.doubts[message.id] <= 1, "sent again and again in doubt"
        if self.doubts[message.id]:
            assert message.phase in RESENT, "routine news sent again in doubt"
        if message.audience in EXTERNAL:
            assert not self.hold
            assert not isolated
            assert (message.incident, message.update) not in self.vetoed
            wish = self.wishes.get(message.recipient)
            assert wish is None or (wish is Extent.ALL_BUT_THE_END and message.phase in TO_THE_TOLD), "against a wish"
            busy = {c.message.recipient for c in self.in_flight.values()}
            assert message.phase in TO_THE_TOLD or message.recipient not in busy, "news of two outages at once"
            self.only_the_told_hear_the_end(message)

    def only_the_told_hear_the_end(self, message: Message) -> None:
        before = [
            other
            for other in self.planned.values()
            if (other.incident, other.recipient) == (message.incident, message.recipient)
        ]
        assert all(o.update <= message.update for o in before if o.id in self.tried), "an older telling after a newer"
        if message.phase in TO_THE_TOLD:
            told = [o for o in before if o.update < message.update and (self.reached[o.id] or self.doubts[o.id])]
            assert told, "all-clear to the untold"

    def outcome(self, message: str, what: str) -> None:
        claimed = self.in_flight.pop(message)
        self.reached[message] += what in {"arrives", "reply lost"}
        state, ready_at = State.UNSURE, None
        if what == "later":
            state, ready_at = State.READY, self.now + 30
        elif what in {"arrives", "refused"}:
            state = State.ACCEPTED if what == "arrives" else State.FAILED
        else:
            self.doubts[message] += 1
            if claimed.message.phase in RESENT and claimed.unknowns == 0:
                ready_at = self.now + 60
        outbox.settle(self.db, Settlement(message, state, self.now, "said", ready_at), self.log)
        self.log.flush()

    def crash(self, had_left: Callable[[], bool]) -> None:
        """Between claim and send, between send and record: fate decides for each what had left."""
        assert set(self.in_flight) <= set(replay(self.log_path, 0)), "in flight and not in the sent log"
        for message in sorted(self.in_flight):
            self.reached[message] += had_left()
            self.doubts[message] += 1
            self.crashes[message] += 1
        self.in_flight.clear()
        take_over(self.db, self.now, self.log)
        self.log.flush()

    # --- what always holds ---

    def check(self) -> None:
        states = dict(self.db.execute("SELECT id, state FROM messages"))
        assert {m for m, state in states.items() if state == "sending"} == set(self.in_flight)
        assert set(states) == set(self.planned), "a planned message is gone"
        for message, copies in self.reached.items():
            assert copies <= min(2, 1 + self.doubts[message]), "doubled without doubt"

    def heal(self) -> None:
        """All that is broken is mended; then everything must come to rest, and what was accepted had arrived."""
        self.set_hold(on=False)
        # Beyond the two hours of a first notice: it waits as long as its reader knows of another outage.
        for _ in range(130):
            for message in sorted(self.in_flight):
                self.outcome(message, "arrives")
            for incident in sorted(self.status):
                self.approve(incident)
            if not self.claim(50) and not self.unfinished():
                break
            self.now += 61
        assert not self.unfinished(), "something is stuck"
        assert self.tried <= set(replay(self.log_path, 0)), "missing in the sent log"
        for message, state in self.db.execute("SELECT id, state FROM messages"):
            assert state in FINAL
            if state == "accepted":
                assert self.reached[message], "accepted and never sent"
            if state in {"unsure", "quarantined"}:
                assert self.doubts[message], "unsure without doubt"
            if state == "suppressed":
                self.nobody_told_misses_the_end(self.planned[message])
            if state == "superseded" and self.planned[message].phase in ENDING:
                self.overtaken_by_its_own_recipients_news(self.planned[message])

    def nobody_told_misses_the_end(self, end: Message) -> None:
        if (end.incident, end.update) not in self.vetoed and not self.wished(end):
            reached = [
                other.phase
                for other in self.planned.values()
                if (other.incident, other.recipient) == (end.incident, end.recipient)
                and other.update < end.update
                and self.reached[other.id]
            ]
            assert not reached, "told of the outage and not of its end"

    def wished(self, message: Message) -> bool:
        """Whether its reader opted out of it at any time."""
        row = self.db.execute("SELECT reason FROM messages WHERE id=?", (message.id,)).fetchone()
        return bool(row[0] == reach.OPTED_OUT)

    def overtaken_by_its_own_recipients_news(self, end: Message) -> None:
        newer = [
            other
            for other in self.planned.values()
            if (other.incident, other.recipient) == (end.incident, end.recipient) and other.update > end.update
        ]
        assert newer, "told of the outage, and its end overtaken by news for others"

    def unfinished(self) -> list[tuple[str, str]]:
        return self.db.execute("SELECT id, state FROM messages WHERE pending=1 OR state='sending'").fetchall()

    def close(self) -> None:
        self.db.close()
        self.log.close()
        self.folder.cleanup()


def walk(seed: int, steps: int = 60) -> None:  # noqa: C901, PLR0912 - one branch for each thing that may happen
    """One life of an outbox by the dice; what to do next is biased to where things meet."""
    random, world = Random(seed), World()
    try:
        for _ in range(steps):
            incident, group = random.choice(["i-1", "i-1", "i-1", "i-2"]), random.choice(GROUPS)
            what = random.choices(
                [
                    "open",
                    "news",
                    "restored",
                    "end",
                    "approve",
                    "veto",
                    "hold",
                    "wish",
                    "claim",
                    "outcome",
                    "crash",
                    "wait",
                ],
                [3, 3, 1, 3, 1, 0.3, 0.7, 0.5, 8, 7, 2, 3],
            )[0]
            if what == "open":
                world.tell(incident, Phase.OPENED, group, random.choice(KINDS))
            elif what == "news":
                world.tell(incident, random.choice([Phase.UPDATE, Phase.NO_NEWS]), group)
            elif what in {"restored", "end"}:
                world.tell(incident, Phase.RESOLVED if what == "end" else Phase.PARTLY_RESTORED, group)
            elif what == "approve":
                world.approve(incident)
            elif what == "veto":
                world.veto(incident)
            elif what == "hold":
                world.set_hold(on=random.random() < 0.3)
            elif what == "wish":
                world.wish(random.choice(sorted(group)), random.choice([*Extent, None, None]))
            elif what == "claim":
                world.claim(random.randint(1, 5), isolated=random.random() < 0.1)
            elif what == "outcome" and world.in_flight:
                world.outcome(random.choice(sorted(world.in_flight)), random.choice(OUTCOMES))
            elif what == "crash":
                world.crash(lambda: random.random() < 0.5)
            elif what == "wait":
                world.now += random.choice(WAITS_S)
            world.check()
        world.heal()
    finally:
        world.close()


def test_in_many_lives_nobody_is_lost_doubled_without_doubt_or_told_the_wrong_thing():
    for seed in range(LIVES):
        try:
            walk(seed)
        except AssertionError as error:
            error.add_note(f"seed {seed}: walk({seed})")
            raise


class OutboxMachine(RuleBasedStateMachine):
    """The same world, searched by hypothesis, which finds the shortest life that breaks a rule."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(group=st.sampled_from(GROUPS), kind=st.sampled_from(KINDS))
    def first_notices(self, group: set[str], kind: ApprovalKind) -> None:
        self.world.tell("i-1", Phase.OPENED, group, kind)

    @rule(group=st.sampled_from(GROUPS), phase=st.sampled_from([Phase.UPDATE, Phase.PARTLY_RESTORED, Phase.RESOLVED]))
    def news(self, group: set[str], phase: Phase) -> None:
        self.world.tell("i-1", phase, group)

    @rule(veto=st.sampled_from([False, False, True]))
    def people(self, veto: bool) -> None:
        (self.world.veto if veto else self.world.approve)("i-1")

    @rule(recipient=st.sampled_from(["c-1", "c-2"]), extent=st.sampled_from([*Extent, None]))
    def wishes(self, recipient: str, extent: Extent | None) -> None:
        self.world.wish(recipient, extent)

    @rule(free=st.integers(1, 4))
    def claims(self, free: int) -> None:
        self.world.claim(free)

    @precondition(lambda self: self.world.in_flight)
    @rule(data=st.data(), what=st.sampled_from(OUTCOMES))
    def outcome(self, data: st.DataObject, what: str) -> None:
        self.world.outcome(data.draw(st.sampled_from(sorted(self.world.in_flight))), what)

    @precondition(lambda self: self.world.in_flight)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.world.crash(lambda: data.draw(st.booleans()))

    @rule(seconds=st.sampled_from(WAITS_S))
    def time_passes(self, seconds: float) -> None:
        self.world.now += seconds

    @invariant()
    def rules_hold(self) -> None:
        self.world.check()

    def teardown(self) -> None:
        self.world.heal()
        self.world.close()


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
