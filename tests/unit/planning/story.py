"""Tells stories of outages to a planner: `open`, `grow`, `restore`, `resolve`, `wait`, and who read what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from netwatch.communication.model import Conditions, Message, Phase, Plan
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning import CommunicationState, Planner, Playbook, default_playbook
from netwatch.communication.planning.requests import Request
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import load_texts
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.inventory.model import Device, Inventory, Link, Port, Provider, Region, Segment, Service, Site

START = 1_795_352_700.0  # 2026-11-22 14:05 in Amsterdam
TEXTS = load_texts()
PEOPLE = (
    Person("anna", "Anna", "anna@example.net", language="nl", duties=(Duty.ONCALL,)),
    Person("bob", "Bob", "bob@example.net", language="en", duties=(Duty.HELPDESK,)),
    Person("cas", "Cas", "cas@example.net", language="pl", duties=(Duty.STAFF,)),
)
SETTINGS = CommunicationSettings(
    company="Voorbeeldnet",
    helpdesk_phone="+44 1632 960100",
    priority_phone="+44 1632 960911",
    promise_reminder_s=0.0,
)


def service(name: str, device: str = "acc-1", **more) -> Service:
    made = Service(
        customer=name, name=f"Klant {name}", segment=Segment.RESIDENTIAL, language="nl", email=f"{name}@example.net",
        mobile="", phone="", postcode="", primary=Port(device), backup=None, priority=5, notify=("email",), line=2,
    )  # fmt: skip
    return replace(made, **more)


def inventory(*services: Service, count: int = 0) -> Inventory:
    """Two regions, two access devices and a trunk; the given services and `count` plain ones named c0, c1 ..."""
    everyone = [*services, *(service(f"c{i}") for i in range(count))]
    customers: dict[str, tuple[Service, ...]] = {}
    for one in everyone:
        customers[one.customer] = (*customers.get(one.customer, ()), one)
    return Inventory(
        regions=MappingProxyType({"twente": Region("twente", "Twente"), "salland": Region("salland", "Salland")}),
        sites=MappingProxyType({"s1": Site("s1", "Hengelo", "twente"), "s2": Site("s2", "Deventer", "salland")}),
        devices=MappingProxyType(
            {"acc-1": Device("acc-1", "acc-1", site="s1"), "acc-2": Device("acc-2", "Tower", site="s2")}
        ),
        links=MappingProxyType(
            {"trunk-17": Link("trunk-17", Port("acc-1"), Port("acc-2"), ducts=("d1",), provider="fibreco")}
        ),
        providers=MappingProxyType({"fibreco": Provider("fibreco", "FibreCo", "+44 7700 900123", "F-2210")}),
        customers=MappingProxyType(customers),
    )


def incident(name: str = "i1", **more) -> Incident:
    made = Incident(
        id=name, key=name, status=Status.OPEN, scope=Scope.REGIONAL, scenario=Scenario.CABLE,
        roots=("link:trunk-17",), last_good_at=START - 60, onset_at=START - 50, confirmed_at=START - 45,
        opened_at=START, confidence=0.97, strong=True,
    )  # fmt: skip
    return replace(made, **more)


def quiet_playbook() -> Playbook:
    """The shipped playbook without its tasks: nobody is asked for anything."""
    return Playbook(tuple(replace(one, tasks=()) for one in default_playbook().procedures))


class Story:
    """One planner, its state, its incidents, and every message that it planned.

    What is asked of colleagues has its own stories: unless a playbook is given, there are no tasks.
    """

    def __init__(self, known: Inventory, settings: CommunicationSettings = SETTINGS, people=PEOPLE, **more) -> None:
        texts = load_texts([more.pop("texts")]) if "texts" in more else TEXTS
        self.planner = Planner(more.pop("playbook", quiet_playbook()), texts, known, people, settings, **more)
        self.state = CommunicationState()
        self.incidents: dict[str, Incident] = {}
        self.conditions = Conditions()
        self.now = START
        self.messages: list[Message] = []
        self.plan = Plan()

    def step(self, *changes: Change, requests: Sequence[Request] = ()) -> Plan:
        for change in changes:
            self.incidents[change.incident.id] = change.incident
        kept = CommunicationState.from_json(self.state.to_json())
        self.state, self.plan = self.planner.step(kept, changes, self.incidents, self.conditions, self.now, requests)
        self.messages.extend(self.plan.messages)
        return self.plan

    def wait(self, seconds: float) -> Plan:
        self.now += seconds
        return self.step()

    def change(self, kind: ChangeKind, name: str = "i1", newly=(), restored=(), reason: str = "", **more) -> Change:
        before = self.incidents.get(name) or incident(name)
        out = more.pop("out", (before.affected.out | set(newly)) - set(restored))
        degraded = more.pop("degraded", before.affected.degraded - set(restored))
        after = replace(
            before,
            affected=Affected(frozenset(out), frozenset(degraded)),
            ever_affected=before.ever_affected | frozenset(out) | frozenset(degraded),
            **more,
        )
        self.incidents[name] = after
        return Change(self.now, kind, after, frozenset(newly), frozenset(restored), reason)

    def open(self, *customers: str, name: str = "i1", **more) -> Plan:
        return self.step(self.change(ChangeKind.OPENED, name, newly=customers, **more))

    def grow(self, *customers: str, name: str = "i1", **more) -> Plan:
        return self.step(self.change(ChangeKind.GREW, name, newly=customers, **more))

    def restore(self, *customers: str, name: str = "i1", **more) -> Plan:
        return self.step(self.change(ChangeKind.PARTLY_RESTORED, name, restored=customers, **more))

    def resolve(self, name: str = "i1") -> Plan:
        gone = self.incidents[name].affected.out | self.incidents[name].affected.degraded
        over = {"status": Status.RESOLVED, "resolved_at": self.now, "restored_at": self.now - 45, "degraded": ()}
        return self.step(self.change(ChangeKind.RESOLVED, name, restored=gone, **over))

    def reopen(self, *customers: str, name: str = "i1") -> Plan:
        back = {"status": Status.OPEN, "resolved_at": None, "restored_at": None}
        return self.step(self.change(ChangeKind.REOPENED, name, newly=customers, **back))

    def note(self, words: str, name: str = "i1") -> Plan:
        return self.step(self.change(ChangeKind.NOTED, name, note=words))

    def read_by(self, recipient: str, name: str | None = None) -> list[Phase]:
        return [m.phase for m in self.messages if m.recipient == recipient and name in {None, m.incident}]

    def customers(self, plan: Plan | None = None) -> dict[str, Phase]:
        chosen = self.messages if plan is None else plan.messages
        return {m.recipient: m.phase for m in chosen if m.audience in {"customer", "critical"}}
