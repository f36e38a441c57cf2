"""An invented outage, from the cut of a cable to the question how it was, as the planner tells it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from netwatch.communication.model import Conditions, Plan
from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.planner import Planner
from netwatch.communication.planning.playbook import Channel, Playbook, Procedure, Reader, Step, When
from netwatch.communication.planning.playbook_file import default_playbook
from netwatch.communication.planning.requests import Called
from netwatch.communication.planning.state import CommunicationState
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts import Texts
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.inventory.model import Device, Inventory, Link, Port, Provider, Region, Segment, Service, Site

#: 22 November 2026, 14:05 in Amsterdam.
FAULT_AT: Final = 1_795_352_700.0
_RUNG_BACK_S: Final = 1800.0
INCIDENT: Final = "nw-20261122-1305-7f3c"
_NOTES: Final[Mapping[str, str]] = MappingProxyType({
    "en": "Our engineer has found the break between Hengelo and Borne. The repair has begun.",
    "nl": "Onze monteur heeft de breuk gevonden, tussen Hengelo en Borne. De reparatie is begonnen.",
    "pl": "Nasz technik znalazł miejsce uszkodzenia między Hengelo a Borne. Naprawa się rozpoczęła.",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """What is told at one moment of the story, and what of the incident changed; `at` on the timeline."""

    at: float
    title: str
    plan: Plan
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Beat:
    """What happens so many seconds after the fault. `kind` None = only time passes. `estimate_s`: when it may be over."""

    after_s: float
    title: str
    kind: ChangeKind | None = None
    newly: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    noted: bool = False
    estimate_s: tuple[float, float] | None = None


_BEATS: Final = (
    _Beat(45, "The outage is opened", ChangeKind.OPENED, newly=frozenset({"c1", "c2", "c3"})),
    _Beat(600, "More customers join", ChangeKind.GREW, newly=frozenset({"c4"})),
    _Beat(1500, "An engineer has news", ChangeKind.NOTED, noted=True),
    _Beat(2400, "An estimate is given", ChangeKind.ESTIMATED, estimate_s=(6600, 8400)),
    _Beat(6000, "A promise comes due, and there is no news"),
    _Beat(6300, "It takes longer than was thought", ChangeKind.ESTIMATED, estimate_s=(9000, 10_800)),
    _Beat(6900, "A part is back", ChangeKind.PARTLY_RESTORED, restored=frozenset({"c4"})),
    _Beat(9600, "It is over", ChangeKind.RESOLVED, restored=frozenset({"c1", "c2", "c3"})),
)


def story(language: str, texts: Texts, settings: CommunicationSettings) -> Iterator[Moment]:
    """Everything that is told, to readers of `language`."""
    planner = Planner(_playbook(), texts, _network(language), _people(language), settings)
    state, incident = CommunicationState(), _incident()
    for beat in _BEATS:
        now = FAULT_AT + beat.after_s
        changes: tuple[Change, ...] = ()
        if beat.kind is not None:
            incident = _after(incident, beat, language, now)
            changes = (Change(now, beat.kind, incident, beat.newly, beat.restored),)
        state, plan = planner.step(state, changes, {INCIDENT: incident}, Conditions(), now)
        yield Moment(now, beat.title, plan, changes)
    # Whoever was on the call list is rung back, so that nobody has to be reminded of it.
    rung_at = now + _RUNG_BACK_S
    rung = [Called(rung_at, call.customer, "cas") for call in state.calls.owed]
    state, _ = planner.step(state, (), {INCIDENT: incident}, Conditions(), rung_at, rung)
    now += settings.feedback_after_s
    state, plan = planner.step(state, (), {INCIDENT: incident}, Conditions(), now)
    yield Moment(now, "Some days later: how was it?", plan)


def _incident() -> Incident:
    return Incident(
        id=INCIDENT, key=INCIDENT, status=Status.OPEN, scope=Scope.REGIONAL, scenario=Scenario.CABLE,
        roots=("link:trunk-17",), last_good_at=FAULT_AT, onset_at=FAULT_AT, confirmed_at=FAULT_AT + 14,
        opened_at=FAULT_AT + 45, confidence=0.97, strong=True, unreachable=frozenset({"hgl-agg-1"}),
        reasons=("both ends of trunk-17 report their port down", "1 device behind it does not answer"),
    )  # fmt: skip


def _after(incident: Incident, beat: _Beat, language: str, now: float) -> Incident:
    out = (incident.affected.out | beat.newly) - beat.restored
    over = beat.kind is ChangeKind.RESOLVED
    return replace(
        incident,
        affected=Affected(out),
        ever_affected=incident.ever_affected | out,
        note=_NOTES[language] if beat.noted else "" if over else incident.note,
        estimate_from_at=FAULT_AT + beat.estimate_s[0] if beat.estimate_s else incident.estimate_from_at,
        estimate_until_at=FAULT_AT + beat.estimate_s[1] if beat.estimate_s else incident.estimate_until_at,
        status=Status.RESOLVED if over else Status.OPEN,
        restored_at=now - 300 if over else None,
        resolved_at=now if over else None,
    )


def _service(
    name: str, words: str, segment: Segment, language: str, *, device: str, notify: tuple[str, ...]
) -> Service:
    return Service(
        customer=name, name=words, segment=segment, language=language, email=f"{name}@example.net",
        mobile="+447700900234", phone="+441632960199", postcode="", primary=Port(device), backup=None, priority=5,
        notify=notify, line=2,
    )  # fmt: skip


def _network(language: str) -> Inventory:
    services = (
        _service(
            "c1",
            "Streekziekenhuis Hengelo",
            Segment.CRITICAL,
            language,
            device="hgl-agg-1",
            notify=("email", "sms", "call"),
        ),
        _service("c2", "Bakkerij Jansen", Segment.BUSINESS, language, device="hgl-agg-1", notify=("email",)),
        _service("c3", "A. de Vries", Segment.RESIDENTIAL, language, device="hgl-agg-1", notify=("sms",)),
        _service("c4", "Garage Salland", Segment.BUSINESS, language, device="dev-agg-1", notify=("email",)),
    )
    return Inventory(
        regions=MappingProxyType({"twente": Region("twente", "Twente"), "salland": Region("salland", "Salland")}),
        sites=MappingProxyType({"hgl": Site("hgl", "Hengelo", "twente"), "dev": Site("dev", "Deventer", "salland")}),
        devices=MappingProxyType({
            "hgl-agg-1": Device("hgl-agg-1", "hgl-agg-1", site="hgl"),
            "dev-agg-1": Device("dev-agg-1", "dev-agg-1", site="dev"),
        }),
        links=MappingProxyType({
            "trunk-17": Link("trunk-17", Port("hgl-agg-1"), Port("dev-agg-1"), ducts=("duct-a35",), provider="fibreco")
        }),
        providers=MappingProxyType({"fibreco": Provider("fibreco", "FibreCo", "+44 7700 900123", "F-2210")}),
        customers=MappingProxyType({service.customer: (service,) for service in services}),
    )  # fmt: skip


def _people(language: str) -> tuple[Person, ...]:
    return (
        Person("anna", "Anna Example", "anna@example.net", "+44 7700 900101", language, (Duty.ONCALL, Duty.LEAD)),
        Person("piotr", "Piotr Example", "piotr@example.net", "", language, (Duty.HELPDESK,)),
        Person("cas", "Cas Example", "cas@example.net", "", language, (Duty.COMMUNICATION, Duty.PRESS)),
    )


def _playbook() -> Playbook:
    """The shipped plan, with SMS and the drafts for social media and the press turned on."""
    shipped = next(one for one in default_playbook().procedures if one.when.scope == (Scope.REGIONAL,))
    texted = {Reader.ONCALL, Reader.CRITICAL, Reader.CUSTOMER}
    steps = tuple(
        replace(step, by=(Channel.EMAIL, Channel.SMS)) if step.tell in texted else step for step in shipped.steps
    )
    drafts = (Step(Reader.SOCIAL, (Channel.EMAIL,)), Step(Reader.PRESS, (Channel.EMAIL,)))
    return Playbook((Procedure(shipped.name, When(scope=(Scope.REGIONAL,)), (*steps, *drafts), shipped.tasks),))
