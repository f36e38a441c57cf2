"""A small virtual network for tests: says what a poller would have seen, second by second."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from netwatch.diagnosis.engine import Engine
from netwatch.diagnosis.model import Diagnosis, Explanation, Feedback
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import (
    Device,
    Inventory,
    Link,
    Maintenance,
    Monitor,
    Port,
    PortGroup,
    Region,
    Segment,
    Service,
    Site,
    Upstream,
    Witness,
)
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    LocalObservation,
    Observation,
    SnmpObservation,
    WitnessObservation,
)


def device(name: str, role: str = "access", **more) -> Device:
    more.setdefault("transit", role != "cpe")
    return Device(name, name, role=role, snmp="default", **more)


def link(a: str, b: str, *ducts: str, name: str = "", provider: str | None = None) -> Link:
    return Link(name or f"{a}--{b}", Port(a, f"to-{b}"), Port(b, f"to-{a}"), ducts, provider)


def service(customer: str, at: str, backup: str = "", segment: Segment = Segment.BUSINESS, line: int = 1) -> Service:
    def port(text: str) -> Port:
        name, _, interface = text.partition(":")
        return Port(name, interface)

    return Service(
        customer, customer, segment, "en", "", "", "", "", port(at), port(backup) if backup else None, 5, (), line
    )


def inventory(
    devices: list[Device],
    links: list[Link],
    services: list[Service] = (),
    *,
    attached: tuple[str, ...] = (),
    sites: list[Site] = (),
    regions: list[Region] = (),
    upstreams: list[Upstream] = (),
    witnesses: tuple[str, ...] = (),
    groups: list[PortGroup] = (),
    maintenance: list[Maintenance] = (),
) -> Inventory:
    customers: dict[str, tuple[Service, ...]] = {}
    for one in services:
        customers[one.customer] = (*customers.get(one.customer, ()), one)
    return Inventory(
        regions={r.id: r for r in regions},
        sites={s.id: s for s in sites},
        devices={d.id: d for d in devices},
        links={found.id: found for found in links},
        upstreams={u.id: u for u in upstreams},
        port_groups={g.id: g for g in groups},
        monitor=Monitor(attached or (devices[0].id,), tuple(Witness(w, "192.0.2.1") for w in witnesses)),
        maintenance=tuple(maintenance),
        customers=customers,
    )


@dataclass
class World:
    """The truth, and a poller that looks at it. Faults are sets that the test changes."""

    inventory: Inventory
    seed: int = 1
    loss: float = 0.0
    icmp_s: float = 10.0
    snmp_s: float = 30.0
    settings: DiagnosisSettings = field(default_factory=DiagnosisSettings)
    dead: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    silent_cut: set[str] = field(default_factory=set)
    no_icmp: set[str] = field(default_factory=set)
    no_snmp: set[str] = field(default_factory=set)
    mute: set[str] = field(default_factory=set)
    ports_stay_up: set[str] = field(default_factory=set)
    dead_ports: set[Port] = field(default_factory=set)
    lossy: dict[str, float] = field(default_factory=dict)
    slow_to_answer: dict[str, float] = field(default_factory=dict)
    isolated: bool = False
    witnesses_fail: bool = False
    now: float = 0.0
    published: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.topology = Topology(self.inventory)
        self.engine = Engine(self.topology, self.settings)
        self.rng = random.Random(self.seed)
        self.phase = {d: self.rng.random() * self.icmp_s for d in sorted(self.inventory.devices)}
        self.next_icmp = dict(self.phase)
        self.next_snmp = {d: self.rng.random() * self.snmp_s for d in sorted(self.inventory.devices)}
        self.bursts: list[tuple[float, str]] = []
        self.suspected: dict[str, float] = {}
        self.log: list[Observation] = []
        self.seen: Diagnosis | None = None
        self.readable = {p: p for p in self._ports()}

    def _ports(self) -> list[Port]:
        ports = {end for found in self.inventory.links.values() for end in (found.a, found.b)}
        for services in self.inventory.customers.values():
            for one in services:
                ports |= {p for p in (one.primary, one.backup) if p is not None and p.interface}
        ports |= {Port(g.device, i) for g in self.inventory.port_groups.values() for i in g.interfaces}
        ports |= {Port(u.device, u.interface) for u in self.inventory.upstreams.values() if u.interface}
        return sorted(ports)

    def reachable(self) -> set[str]:
        if self.isolated:
            return set()
        return self.topology.reachable(self.inventory.monitor.attached_to, self.dead, self.cut | self.silent_cut)

    def port_up(self, port: Port) -> bool:
        if port in self.dead_ports:
            return False
        found = self.inventory.links.get(self.topology.link_of_port.get(port, ""))
        if found is None:
            return True
        far = found.b if found.a == port else found.a
        return found.id not in self.cut and (far.device not in self.dead or far.device in self.ports_stay_up)

    def run(self, until: float) -> Diagnosis:
        """Let time pass up to `until`, one step a second; return the last diagnosis."""
        while self.now < until:
            self.now = round(self.now + 1.0, 3)
            self._second(self.reachable())
            self.seen = self.engine.step(self.now, Feedback(published=self.published))
        assert self.seen is not None
        return self.seen

    def _emit(self, seen: Observation) -> None:
        self.log.append(seen)
        self.engine.observe(seen)

    def _second(self, reachable: set[str]) -> None:
        for name in sorted(self.inventory.devices):
            if self.next_icmp[name] <= self.now:
                self._ping(self.next_icmp[name], name, reachable)
                self.next_icmp[name] += self.icmp_s
            if self.next_snmp[name] <= self.now:
                self._snmp(self.next_snmp[name], name, reachable)
                self.next_snmp[name] += self.snmp_s
        due = [burst for burst in self.bursts if burst[0] <= self.now]
        self.bursts = [burst for burst in self.bursts if burst[0] > self.now]
        for at, name in sorted(due):
            self._ping(at, name, reachable, confirm=True)
        for name in self.inventory.monitor.witnesses:
            if int(self.now) % 5 == 0:
                self._emit(WitnessObservation(self.now, name.id, ok=not self.isolated and not self.witnesses_fail))

    def _lost(self, name: str) -> bool:
        at: str | None = name
        keep = (1.0 - self.loss) * (1.0 - self.slow_to_answer.get(name, 0.0))
        path = getattr(self, "_paths", None)
        if path is None:
            path = self._paths = self._parents()
        while at is not None:
            keep *= 1.0 - self.lossy.get(at, 0.0)
            at = path.get(at)
        return self.rng.random() > keep

    def _parents(self) -> dict[str, str]:
        parents: dict[str, str] = {}
        queue = list(self.inventory.monitor.attached_to)
        seen = set(queue)
        for above in queue:
            for edge in self.topology.edges[above]:
                if edge.neighbour not in seen:
                    seen.add(edge.neighbour)
                    parents[edge.neighbour] = above
                    queue.append(edge.neighbour)
        return parents

    def _ping(self, at: float, name: str, reachable: set[str], *, confirm: bool = False) -> None:
        if not self.inventory.devices[name].icmp or (name in self.no_icmp and name not in self.mute):
            ok = False
            if not self.inventory.devices[name].icmp:
                return
        else:
            ok = name in reachable and name not in self.mute and not self._lost(name)
        self._emit(IcmpObservation(at, name, 1, int(ok), 3.0 if ok else None))
        if not ok and not confirm:
            self.bursts += [(at + 0.5 * n, name) for n in (1, 2, 3)]
            if at - self.suspected.get(name, -99.0) > 60:
                self.suspected[name] = at
                for near in self.topology.neighbours(name):
                    self.bursts += [(at + 2.0, near)]
                    self.next_snmp[near] = min(self.next_snmp[near], at + 6.0)
                self.next_snmp[name] = min(self.next_snmp[name], at + 3.0)

    def _snmp(self, at: float, name: str, reachable: set[str]) -> None:
        ok = name in reachable and name not in self.no_snmp and name not in self.mute
        self._emit(SnmpObservation(at, name, ok))
        if ok:
            for port in self.readable:
                if port.device == name:
                    up = self.port_up(port)
                    self._emit(InterfaceObservation(at, name, port.interface, "up", "up" if up else "down"))

    def local(self, ok: bool) -> None:
        self._emit(LocalObservation(self.now, "eth0", ok))

    def one(self) -> Explanation:
        assert self.seen is not None
        assert len(self.seen.explanations) == 1, self.seen.explanations
        return self.seen.explanations[0]


def small_isp(**more) -> Inventory:
    """Two cores, a ring of three aggregations, trees of access below, one customer a port."""
    devices = [device("core1", "core"), device("core2", "core")]
    devices += [device(f"agg{n}", "aggregation") for n in (1, 2, 3)]
    devices += [device("aggt", "aggregation")]
    devices += [device(f"acc{a}{n}") for a in (1, 2, 3) for n in (1, 2)] + [device("acct1"), device("acct2")]
    devices += [device("dual")]
    links = [link("core1", "core2", "d-core"), link("core1", "agg1", "d-1"), link("agg1", "agg2", "d-2")]
    links += [link("agg2", "agg3", "d-3"), link("agg3", "core2", "d-4"), link("core1", "aggt", "d-5")]
    links += [link(f"agg{a}", f"acc{a}{n}") for a in (1, 2, 3) for n in (1, 2)]
    links += [link("aggt", "acct1"), link("aggt", "acct2"), link("agg1", "dual"), link("agg2", "dual")]
    services = [service(f"c-{d.id}-{n}", f"{d.id}:ge-{n}", line=n) for d in devices[6:] for n in (1, 2)]
    services += [service("c-both", "acct1:ge-9", "acc11:ge-9", line=99)]
    return inventory(devices, links, services, attached=("core1",), **more)
