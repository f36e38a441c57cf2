"""Whatever happens to two incidents in whatever order: nobody hears twice of the beginning, everybody told of the end.

What is planned passes through a model of the store, as in docs/explanation/delivery.md: a notice leaves once it is
released, a newer one overtakes those that wait, and an end goes only to those who were told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

from hypothesis import example, given, settings
from hypothesis import strategies as st

from netwatch.communication.model import ENDING, EXTERNAL, Approval, ApprovalKind, Conditions, Message, Phase
from netwatch.communication.planning import CommunicationState, Planner, default_playbook
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import load_texts
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.inventory.model import Inventory, Port, Segment, Service

CUSTOMERS = tuple(f"c{number}" for number in range(6))
SCOPES = {"i1": Scope.REGIONAL, "i2": Scope.CUSTOMER}
LIVE = {Status.OPEN, Status.RECOVERING}
#: So many of the six that their notices wait for a window to stop them, or for a person.
WIDE = {"c0", "c1", "c2"}


def _service(name: str) -> Service:
    return Service(
        name, f"Klant {name}", Segment.RESIDENTIAL, "en", f"{name}@example.net", "", "", "", Port("a"), None, 1,
        ("email",), 2,
    )  # fmt: skip


PLANNER = Planner(
    default_playbook(),
    load_texts(),
    Inventory(customers=MappingProxyType({name: (_service(name),) for name in CUSTOMERS})),
    (),
    CommunicationSettings(auto_customers=2, auto_share=0.3, max_share=0.6, two_person_share=0.9),
)
MOVES = st.tuples(
    st.sampled_from(
        ("open", "grow", "restore", "resolve", "reopen", "note", "cause", "merge", "swallow", "wait", "veto", "yes")
    ),
    st.sampled_from(("i1", "i2")),
    st.sets(st.sampled_from(CUSTOMERS), max_size=4),
    st.sampled_from((0.0, 1.0, 45.0, 400.0, 2000.0, 4000.0)),
)
#: Passed on to an incident and hit once more by the one before: nobody has written that it worked.
HANDED_ON = (("open", "i1"), ("open", "i2"), ("restore", "i2"), ("grow", "i2"))


class Play:
    """Turns random moves into changes that the life cycle could make."""

    def __init__(self) -> None:
        self.state = CommunicationState()
        self.incidents: dict[str, Incident] = {}
        self.now = 1_795_352_700.0
        self.conditions = Conditions()
        self.planned: list[Message] = []
        self.waiting: list[Message] = []
        self.left: list[Message] = []
        self.approved: dict[tuple[str, int], Approval] = {}
        self.owed: dict[str, list[float]] = defaultdict(list)

    def move(self, kind: str, name: str, customers: set[str], wait_s: float) -> None:
        self.now += wait_s
        known = self.incidents.get(name)
        live = known is not None and known.status in LIVE
        chosen = frozenset(customers)
        if kind == "open" and known is None:
            self.step(self.change(ChangeKind.OPENED, _opened(name, self.now, chosen), newly=chosen))
        elif kind == "reopen" and known is not None and known.status is Status.RESOLVED:
            after = replace(known, status=Status.OPEN, resolved_at=None, affected=Affected(chosen))
            self.step(self.change(ChangeKind.REOPENED, after, newly=chosen))
        elif kind == "merge" and live and self._other(name) is not None:
            merged = replace(known, status=Status.MERGED, merged_into=self._other(name))
            self.step(self.change(ChangeKind.MERGED, merged))
        elif kind == "swallow" and live and self._home(name) not in self.incidents:
            home = self._home(name)
            larger = _opened(home, self.now, known.affected.out | chosen)
            self.step(
                self.change(ChangeKind.OPENED, larger, larger.affected.out),
                self.change(ChangeKind.MERGED, replace(known, status=Status.MERGED, merged_into=home)),
            )
        elif kind == "veto" and known is not None:
            self._decide(name, "vetoed")
        elif kind == "yes" and known is not None:
            self._decide(name, "approved")
        elif live and known is not None:
            self._live(kind, known, chosen)
        else:
            self.step()

    def _live(self, kind: str, known: Incident, chosen: frozenset[str]) -> None:
        out = known.affected.out
        if kind == "grow" and chosen - out:
            after = replace(known, affected=Affected(out | chosen), ever_affected=known.ever_affected | chosen)
            self.step(self.change(ChangeKind.GREW, after, newly=chosen - out))
        elif kind == "restore" and chosen & out:
            after = replace(known, affected=Affected(out - chosen))
            self.step(self.change(ChangeKind.PARTLY_RESTORED, after, gone=chosen & out))
        elif kind == "resolve":
            after = replace(known, status=Status.RESOLVED, resolved_at=self.now, affected=Affected())
            self.step(self.change(ChangeKind.RESOLVED, after, gone=out))
        elif kind == "note":
            self.step(self.change(ChangeKind.NOTED, replace(known, note="words")))
        elif kind == "cause":
            self.step(self.change(ChangeKind.CAUSE_CHANGED, replace(known, scenario=Scenario.POWER)))
        else:
            self.step()

    @staticmethod
    def _home(name: str) -> str:
        return "i2" if name == "i1" else "i1"

    def _other(self, name: str) -> str | None:
        home = self._home(name)
        found = self.incidents.get(home)
        return home if found is not None and found.status in LIVE else None

    def _decide(self, name: str, field: str) -> None:
        updates = {key for key in self.approved if key[0] == name and self._held(key)}
        free = updates - self.conditions.approved - self.conditions.vetoed
        self.conditions = replace(self.conditions, **{field: getattr(self.conditions, field) | free})
        self.step()

    def change(
        self,
        kind: ChangeKind,
        after: Incident,
        newly: frozenset[str] = frozenset(),
        gone: frozenset[str] = frozenset(),
    ) -> Change:
        self.incidents[after.id] = after
        return Change(self.now, kind, after, newly, gone, "because")

    def step(self, *changes: Change) -> None:
        self._deliver()
        state = CommunicationState.from_json(self.state.to_json())
        self.state, plan = PLANNER.step(state, changes, self.incidents, self.conditions, self.now)
        for approval in plan.approvals:
            assert (approval.incident, approval.update) not in self.approved
            self.approved[approval.incident, approval.update] = approval
        for promise in plan.promises:
            if promise.kept_at is None:
                self.owed[promise.incident].append(promise.due_at)
            else:
                self.owed[promise.incident].remove(promise.due_at)
        for name, below in plan.supersede:
            self.waiting = [m for m in self.waiting if m.incident != name or m.update >= below]
        self.planned.extend(plan.messages)
        for message in sorted(plan.messages, key=lambda m: m.update):
            if message.audience in EXTERNAL:
                self._enter(message)
        self._deliver()
        _, flood = PLANNER.step(self.state, (), self.incidents, self.conditions, self.now)
        assert not flood, "the same is told again and again"

    def _enter(self, message: Message) -> None:
        key = (message.incident, message.recipient)
        self.waiting = [m for m in self.waiting if (m.incident, m.recipient) != key]
        heard = [m.phase for m in self.left if m.recipient == message.recipient]
        if message.phase is Phase.OPENED and heard:
            assert heard[-1] in ENDING, "a second first notice to one who knows already that he is out"
        if message.phase not in ENDING or self._was_told(message):
            self.waiting.append(message)

    def _was_told(self, message: Message) -> bool:
        planned = [m for m in self.planned if m.recipient == message.recipient]
        names, before = {message.incident, message.told_as}, set[str]()
        while names != before:
            before, names = names, names | {m.told_as for m in planned if m.incident in names}
        return any(m.incident in names for m in self.left if m.recipient == message.recipient)

    def _deliver(self) -> None:
        for message in self.waiting:
            if not self._held((message.incident, message.update)):
                self._never_well_while_out(message)
                self.left.append(message)
        stopped = self.conditions.vetoed
        self.waiting = [
            m for m in self.waiting
            if self._held((m.incident, m.update)) and (m.incident, m.update) not in stopped
        ]  # fmt: skip

    def _held(self, key: tuple[str, int]) -> bool:
        approval = self.approved[key]
        if key in self.conditions.approved or approval.kind is ApprovalKind.AUTO:
            return False
        if key in self.conditions.vetoed:
            return True
        return approval.kind is ApprovalKind.MANUAL or self.now < approval.release_at

    def _never_well_while_out(self, message: Message) -> None:
        if message.phase in ENDING:
            still = [
                one.id
                for one in self.incidents.values()
                if one.status in LIVE and message.recipient in one.affected.out and self.state.tellings[one.id].opened
            ]
            assert still == [], "told that it works while another open incident keeps it out"


def _opened(name: str, now: float, customers: frozenset[str]) -> Incident:
    return Incident(
        id=name, key=name, status=Status.OPEN, scope=SCOPES[name], scenario=Scenario.CABLE, roots=("link:x",),
        last_good_at=now - 50, onset_at=now - 45, opened_at=now, confidence=0.95, strong=True,
        affected=Affected(customers), ever_affected=customers,
    )  # fmt: skip


def _played(moves: list[tuple[str, str, set[str], float]]) -> Play:
    play = Play()
    for kind, name, customers, wait_s in moves:
        play.move(kind, name, customers, wait_s)
    for name in ("i1", "i2"):
        play.move("resolve", name, set(), 60.0)
    return play


@settings(max_examples=60, deadline=None)
@example([("open", "i1", {"c0"}, 0.0), ("resolve", "i1", set(), 1.0), ("reopen", "i1", {"c0"}, 1.0)])
@example([("open", "i1", {"c0"}, 0.0), ("restore", "i1", {"c0"}, 1.0), ("grow", "i1", {"c0"}, 1.0)])
@example([("open", "i1", {"c0"}, 0.0), ("swallow", "i1", {"c1"}, 45.0)])
@example([("open", "i1", WIDE, 0.0), ("restore", "i1", {"c0"}, 1.0), ("grow", "i1", {"c0"}, 45.0)])
@example([("open", "i1", WIDE, 0.0), ("resolve", "i1", set(), 1.0), ("reopen", "i1", {"c0"}, 1.0)])
@example([("open", "i1", {"c0"}, 0.0), ("open", "i2", {"c0"}, 45.0)])
@example([("open", "i1", {"c0"}, 0.0), ("open", "i2", {"c0", "c1"}, 45.0), ("resolve", "i2", set(), 45.0)])
@example([("open", "i2", {"c0"}, 0.0), ("open", "i1", {"c0"}, 45.0), ("wait", "i1", set(), 2000.0)])
@example([("open", "i2", {*WIDE, "c3"}, 0.0), ("open", "i1", {"c0"}, 4000.0)])
@example([(what, name, {"c0"}, 1.0) for what, name in HANDED_ON])
@given(st.lists(MOVES, max_size=14))
def test_nobody_gets_two_firsts_and_all_who_are_told_of_the_beginning_are_told_of_the_end(moves):
    play = _played(moves)
    assert len({message.id for message in play.planned}) == len(play.planned)
    assert all(not owed for owed in play.owed.values()), "a promise was neither kept nor replaced"
    heard: dict[tuple[str, str], list[Message]] = defaultdict(list)
    last: dict[str, Message] = {}
    for message in play.left:
        if "had written that your connection was working" in message.body:
            assert last[message.recipient].phase in ENDING, "told that it had been told well, which it was not"
        heard[message.incident, message.recipient].append(message)
        last[message.recipient] = message
    for told in heard.values():
        phases = [message.phase for message in told]
        assert Phase.OPENED not in phases[1:]
        assert phases[0] not in ENDING or told[0].told_as
        assert not any(a in ENDING and b in ENDING for a, b in pairwise(phases))
    assert all(message.phase in ENDING for message in last.values())
