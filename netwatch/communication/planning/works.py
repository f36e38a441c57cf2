"""Announced work, told beforehand to those whom it would cut off, where the operator wants that.

Whom it concerns is reckoned from the inventory alone: whose every way out leads over what is worked on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from netwatch.communication.model import Approval, ApprovalKind, Phase
from netwatch.communication.planning.approval import Size, as_release, decide, planned_recently
from netwatch.communication.planning.playbook import Reader
from netwatch.communication.planning.recipients import step_for
from netwatch.communication.planning.requests import CallOff
from netwatch.communication.planning.scene import internal_facts, public_facts
from netwatch.communication.planning.state import Telling
from netwatch.communication.planning.turn import Turn
from netwatch.communication.planning.writer import Brief, Notice, Writer
from netwatch.communication.settings import local
from netwatch.communication.texts import Facts
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Maintenance, Port, Service


class Works:
    """The announced work of one inventory, and whom it concerns."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._concerned: dict[str, frozenset[str]] = {}
        self.windows = tuple(sorted(inventory.maintenance, key=lambda window: (window.start_at, window.id)))

    @cached_property
    def _topology(self) -> Topology:
        return Topology(self._inventory)

    def concerned(self, window: Maintenance) -> frozenset[str]:
        """Customers with a service that has no way out during the work. Reckoned once."""
        if window.id not in self._concerned:
            self._concerned[window.id] = self._reckoned(window)
        return self._concerned[window.id]

    def _reckoned(self, window: Maintenance) -> frozenset[str]:
        inventory = self._inventory
        devices, links, ports = set[str](), set[str](), set[Port]()
        for ref in window.elements:
            devices.update(self._devices(ref))
            links.update(self._links(ref))
            ports.update(self._ports(ref))
        upstreams = {ref.partition(":")[2] for ref in window.elements if ref.startswith("upstream:")}
        exits = [one.device for name, one in inventory.upstreams.items() if name not in upstreams]
        starts = exits if inventory.upstreams else inventory.monitor.attached_to
        reached = self._topology.reachable(starts, devices, links)
        return frozenset(
            name
            for name, services in inventory.customers.items()
            if any(_cut_off(service, reached, ports) for service in services)
        )

    def _devices(self, ref: str) -> Iterator[str]:
        kind, _, name = ref.partition(":")
        sites = self._inventory.sites
        for device in self._inventory.devices.values():
            site = sites.get(device.site or "")
            places = {"device": device.id, "site": device.site}
            if site is not None:
                places["feed"] = site.power_feed
            if places.get(kind) == name or (kind == "region" and site and name in self._regions(site.region)):
                yield device.id

    def _regions(self, region: str | None) -> frozenset[str]:
        """The region and all that it lies in."""
        found = set[str]()
        while region is not None and region not in found:
            found.add(region)
            known = self._inventory.regions.get(region)
            region = known.parent if known is not None else None
        return frozenset(found)

    def _links(self, ref: str) -> Iterator[str]:
        kind, _, name = ref.partition(":")
        for link in self._inventory.links.values():
            meant = {"link": link.id == name, "duct": name in link.ducts, "provider": link.provider == name}
            if meant.get(kind):
                yield link.id

    def _ports(self, ref: str) -> Iterator[Port]:
        kind, _, name = ref.partition(":")
        if kind == "port":
            device, _, interface = name.partition(":")
            yield Port(device, interface)
        elif kind == "port_group" and name in self._inventory.port_groups:
            group = self._inventory.port_groups[name]
            yield from (Port(group.device, interface) for interface in group.interfaces)


def _cut_off(service: Service, reached: set[str], ports: set[Port]) -> bool:
    legs = [leg for leg in (service.primary, service.backup) if leg is not None and leg.device]
    return bool(legs) and all(leg.device not in reached or leg in ports for leg in legs)


def announce(turn: Turn, works: Works) -> None:
    """Tell of work that begins soon: once, to newcomers when it grows, and at once when its times change before it begins.

    Nothing is told while netwatch does not see the network, or on hold: it would wait for a person for good.
    """
    conditions, ahead_s = turn.conditions, turn.office.stage.settings.planned_ahead_s
    # The times of work are those of people's clocks.
    wall_at = turn.now + conditions.wall_step_s
    _take_back(turn, works, wall_at)
    if ahead_s <= 0 or conditions.hold or conditions.isolated or not conditions.warm:
        return
    for window in works.windows:
        if window.start_at <= wall_at:
            continue
        telling = turn.telling(window.id)
        if telling.work == _times(window) and not telling.called_off:
            fresh = works.concerned(window).difference(telling.told)
            if fresh:
                _tell(turn, window, fresh, first=False)
        elif window.start_at - ahead_s <= wall_at or (telling.work is not None and telling.work[0] > wall_at):
            _begin(turn, window, telling)
            _tell(turn, window, works.concerned(window), first=True)


def _times(window: Maintenance) -> tuple[float, float]:
    return window.start_at, window.end_at


def _take_back(turn: Turn, works: Works, wall_at: float) -> None:
    """What is no longer announced as it was to be told must not leave any more."""
    announced = {window.id: _times(window) for window in works.windows}
    for name, telling in sorted(turn.tellings().items()):
        if telling.work is None or telling.called_off or telling.work[0] <= wall_at:
            continue
        if announced.get(name) != telling.work:
            turn.put(replace(telling, called_off=True))
            turn.supersede(name, telling.next_update)


def withdrawn(tellings: Mapping[str, Telling], wall_at: float) -> Iterator[str]:
    """Sentences about work of which customers were told and that does not take place so; netwatch tells them nothing by
    itself. Ends when they were told, or when the work should have begun.
    """
    for name, telling in sorted(tellings.items()):
        if telling.called_off and telling.told and telling.work is not None and telling.work[0] > wall_at:
            count = f"{len(telling.told):,} customer{'' if len(telling.told) == 1 else 's'}"
            yield (
                f"announced work {name} does not take place as {count} were told, or were to be told;"
                f' tell them: netwatch correct {name} "why"'
            )


def call_off(turn: Turn, request: CallOff) -> None:
    """Those told read that the work does not take place so; only who really was told, by the store's account."""
    telling = turn.telling(request.work)
    assert telling.work is not None
    step_s, stage = turn.conditions.wall_step_s, turn.office.stage
    told = request.customers or frozenset(telling.told)
    incident = _as_incident(Maintenance(request.work, (), *telling.work), told, step_s)
    update = turn.number(request.work)
    reason = f"Called off by {request.by}: {request.text}; goes to those who were told of this work"
    turn.approvals.append(Approval(request.work, update, ApprovalKind.AUTO, turn.now, 0, reason))
    facts = _facts(turn, incident, Phase.CORRECTION, telling.work)
    writer = Writer(turn.office.texts, stage.settings, incident, turn.now, None)
    turn.messages.extend(writer.notices(facts, update, _notices(turn, incident, told)))
    left = {name: number for name, number in telling.told.items() if name not in told}
    telling = replace(turn.telling(request.work), told=MappingProxyType(left))
    turn.put(telling if left else replace(telling, work=None, called_off=False))


def _notices(turn: Turn, incident: Incident, customers: Iterable[str]) -> list[Notice]:
    """One for each customer whom a step of the playbook reaches."""
    external = [step for step in turn.usable(turn.procedure(incident)) if step.tell.external]
    known = [one for one in map(turn.office.stage.directory.customer, sorted(customers)) if one is not None]
    return [Notice(one, step, "out") for one in known if (step := step_for(one, external)) is not None]


def _facts(turn: Turn, incident: Incident, phase: Phase, work: tuple[float, float]) -> Facts:
    stage, step_s = turn.office.stage, turn.conditions.wall_step_s
    facts = public_facts(stage, incident, phase, turn.now, None, wall_step_s=step_s)
    return replace(facts, work_from=local(work[0], stage.zone), work_until=local(work[1], stage.zone))


def _begin(turn: Turn, window: Maintenance, telling: Telling) -> None:
    # An id may be used again next year: its numbers go on from the clock, so that no message seems to be sent already.
    number = telling.next_update if telling.work else max(telling.next_update, int(turn.now // 60))
    end_at = window.end_at - turn.conditions.wall_step_s
    turn.put(replace(telling, next_update=number, work=_times(window), called_off=False, closed_at=end_at))


def _tell(turn: Turn, window: Maintenance, customers: frozenset[str], *, first: bool) -> None:
    """`first`: colleagues hear of it also when no customer can be reached."""
    office, stage, step_s = turn.office, turn.office.stage, turn.conditions.wall_step_s
    incident = _as_incident(window, customers, step_s)
    wanted = _notices(turn, incident, customers)
    if not customers or not (wanted or first):
        return
    steps = turn.usable(turn.procedure(incident))
    external = tuple(step for step in steps if step.tell.external)
    update = turn.number(window.id)
    recent = max(turn.conditions.told_recently, planned_recently(turn.tellings().values(), turn.conditions, turn.now))
    asked = [step.asks(stage.settings.veto_s) for step in external]
    approval = decide(
        incident, update, Size(len(wanted), recent, stage.directory.total), turn.now,
        conditions=turn.conditions, settings=stage.settings, asked=asked,
    )  # fmt: skip
    facts = _facts(turn, incident, Phase.PLANNED, _times(window))
    writer = Writer(office.texts, stage.settings, incident, turn.now, incident.onset_at)
    if wanted:
        turn.approvals.append(approval)
        turn.messages.extend(writer.notices(facts, update, wanted))
    told = dict.fromkeys((notice.customer.id for notice in wanted), update)
    telling = turn.telling(window.id)
    turn.put(
        replace(
            telling,
            told=MappingProxyType({**telling.told, **told}),
            releases=(*telling.releases, as_release(approval, turn.now)),
        )
    )
    colleagues = [one for one in steps if not one.tell.external and one.tell not in {Reader.PAGE, Reader.PHONE}]
    inner = internal_facts(
        stage, facts, incident, external, told=len(wanted), approval=approval if wanted else None, wall_step_s=step_s
    )
    brief = Brief(inner, facts, turn.now + step_s, stage.settings.default_language)
    turn.messages.extend(
        writer.alerts(brief, update, [one for one in colleagues if not one.tell.public], stage.directory)
    )


def _as_incident(window: Maintenance, customers: frozenset[str], wall_step_s: float) -> Incident:
    """The work as the texts and the playbook see it: an outage that everybody knows of beforehand."""
    start_at = window.start_at - wall_step_s
    return Incident(
        id=window.id,
        key=window.id,
        status=Status.SETTLING,
        scope=Scope.REGIONAL if len(customers) > 1 else Scope.CUSTOMER,
        scenario=Scenario.MAINTENANCE,
        roots=window.elements,
        last_good_at=start_at,
        onset_at=start_at,
        affected=Affected(customers),
        confidence=1.0,
        strong=True,
        scenario_by_human=True,
    )
