"""Announced work, told beforehand to those whom it would cut off, where the operator wants that.

Whom it concerns is reckoned from the inventory alone: whose every way out leads over what is worked on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType

from netwatch.communication.model import Phase
from netwatch.communication.planning.approval import Size, as_release, decide, planned_recently
from netwatch.communication.planning.playbook import Reader
from netwatch.communication.planning.recipients import step_for
from netwatch.communication.planning.scene import internal_facts, public_facts
from netwatch.communication.planning.state import Telling
from netwatch.communication.planning.turn import Turn
from netwatch.communication.planning.writer import Brief, Notice, Writer
from netwatch.communication.settings import local
from netwatch.diagnosis.model import Affected, Scenario, Scope
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Maintenance, Port, Service


class Works:
    """The announced work of one inventory, and whom it concerns."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.windows = tuple(sorted(inventory.maintenance, key=lambda window: (window.start_at, window.id)))

    @cached_property
    def _topology(self) -> Topology:
        return Topology(self._inventory)

    def concerned(self, window: Maintenance) -> frozenset[str]:
        """Customers with a service that has no way out during the work."""
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
                places |= {"feed": site.power_feed, "region": site.region}
            if places.get(kind) == name:
                yield device.id

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
    """Tell of work that begins soon: once, and once more when its times change before it begins."""
    ahead_s = turn.office.stage.settings.planned_ahead_s
    for window in works.windows if ahead_s > 0 else ():
        telling = turn.telling(window.id)
        soon = window.start_at - ahead_s <= turn.now < window.start_at
        if soon and telling.work != (window.start_at, window.end_at):
            _tell(turn, window, telling, works.concerned(window))


def _tell(turn: Turn, window: Maintenance, telling: Telling, customers: frozenset[str]) -> None:
    if telling.work is None:
        # An id may be used again next year: its numbers go on from the clock, so that no message seems to be sent already.
        telling = replace(telling, next_update=int(turn.now // 60))
    turn.put(replace(telling, work=(window.start_at, window.end_at), closed_at=window.end_at))
    if not customers:
        return
    office, stage, step_s = turn.office, turn.office.stage, turn.conditions.wall_step_s
    incident = _as_incident(window, customers)
    steps = turn.usable(turn.procedure(incident))
    external = tuple(step for step in steps if step.tell.external)
    known = [one for one in map(stage.directory.customer, sorted(customers)) if one is not None]
    wanted = [Notice(one, step, "out") for one in known if (step := step_for(one, external)) is not None]
    update = turn.number(window.id)
    recent = max(turn.conditions.told_recently, planned_recently(turn.tellings().values(), turn.now))
    asked = [step.asks(stage.settings.veto_s) for step in external]
    approval = decide(
        incident, update, Size(len(wanted), recent, stage.directory.total), turn.now,
        conditions=turn.conditions, settings=stage.settings, asked=asked,
    )  # fmt: skip
    facts = replace(
        public_facts(stage, incident, Phase.PLANNED, turn.now, None, wall_step_s=step_s),
        work_from=local(window.start_at, stage.zone, step_s),
        work_until=local(window.end_at, stage.zone, step_s),
    )
    writer = Writer(office.texts, stage.settings, incident, turn.now, window.start_at)
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


def _as_incident(window: Maintenance, customers: frozenset[str]) -> Incident:
    """The work as the texts and the playbook see it: an outage that everybody knows of beforehand."""
    return Incident(
        id=window.id,
        key=window.id,
        status=Status.SETTLING,
        scope=Scope.REGIONAL if len(customers) > 1 else Scope.CUSTOMER,
        scenario=Scenario.MAINTENANCE,
        roots=window.elements,
        last_good_at=window.start_at,
        onset_at=window.start_at,
        affected=Affected(customers),
        confidence=1.0,
        strong=True,
        scenario_by_human=True,
    )
