"""The virtual poller: asks the virtual network on the production schedule and says what a real poller would."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from functools import partial
from itertools import count
from typing import Protocol

from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    LocalObservation,
    Observation,
    PowerObservation,
    SnmpObservation,
    TrapObservation,
    WitnessObservation,
)
from netwatch.polling.settings import PollingSettings
from netwatch.polling.suspicion import Action as Asked
from netwatch.polling.suspicion import Kind, Suspicion
from netwatch.simulation.chance import seeded
from netwatch.simulation.network import Truth, VirtualNetwork
from netwatch.simulation.noise import TIDY, Noise

#: An SNMP agent's linkDown leaves within this many seconds of the fault.
_TRAP_DELAY_S = 3.0
#: A reading on suspicion is tried again this often.
_HURRIED_RETRIES = 1


class Action(Protocol):
    """Something due at an instant; yields what is observed then."""

    def __call__(self, at: float) -> Iterator[Observation]: ...


class VirtualPoller:
    """Yields observations in the order of learning. As in production, `at` is when the question was (last) sent."""

    def __init__(
        self,
        network: VirtualNetwork,
        believed: Inventory,
        seed: int,
        settings: PollingSettings | None = None,
        noise: Noise = TIDY,
    ) -> None:
        self._network = network
        self._believed = believed
        self._settings = settings or PollingSettings()
        self._noise = noise
        self._rng = seeded("poller", seed)
        self._queue: list[tuple[float, int, Action]] = []
        self._number = count()
        self._suspicion = Suspicion(Topology(believed), self._settings)
        self._trunk_ports, self._customer_ports = _ports(believed)
        self._mute = {d for d in sorted(believed.devices) if self._rng.random() < noise.mute_ratio}
        self._reports_battery = {d for d in sorted(believed.devices) if self._rng.random() < noise.battery_report_ratio}
        self._plan_start()

    def observations(self, until_at: float) -> Iterator[Observation]:
        """Everything observed up to `until_at`; call again with a later time to go on."""
        while self._queue and self._queue[0][0] <= until_at:
            at, _, action = heapq.heappop(self._queue)
            yield from action(at)

    def resume(self, network: VirtualNetwork, devices: Collection[str]) -> None:
        """Go on against another network of the same inventory, and ask only `devices` and the witnesses.

        Others are still asked once when the rules of suspicion want it.
        """
        self._network = network
        self._queue = [entry for entry in self._queue if _about(entry[2]) in devices or _about(entry[2]) is None]
        heapq.heapify(self._queue)
        for at in network.changes_at[1:]:
            self._push(at, self._send_traps)

    def _plan_start(self) -> None:
        settings, start_at = self._settings, self._network.changes_at[0]
        for device in sorted(self._believed.devices):
            phase = self._rng.uniform(0.0, settings.icmp_interval_s)
            self._push(start_at + phase, partial(self._ping, device=device))
            if self._believed.devices[device].snmp is not None:
                phase = self._rng.uniform(0.0, settings.interface_interval_s)
                self._push(start_at + phase, partial(self._read_links, device=device))
                phase = self._rng.uniform(0.0, settings.customer_port_interval_s)
                if self._customer_ports.get(device):
                    self._push(start_at + phase, partial(self._read_customers, device=device))
        for witness in self._believed.monitor.witnesses:
            phase = self._rng.uniform(0.0, settings.witness_interval_s)
            self._push(start_at + phase, partial(self._ask_witness, witness=witness.id))
        self._push(start_at, self._look_at_own)
        for at in self._network.changes_at[1:]:
            self._push(at, self._send_traps)

    def _push(self, at: float, action: Action) -> None:
        heapq.heappush(self._queue, (at, next(self._number), action))

    def _next_at(self, at: float, interval_s: float) -> float:
        late_s = self._rng.uniform(0.0, self._noise.late_s) if self._rng.random() < self._noise.late_ratio else 0.0
        return at + interval_s + late_s

    def _passes(self, device: str, truth: Truth) -> bool:
        if device not in truth.reached or self._rng.random() < self._noise.loss_ratio:
            return False
        loss_ratio = truth.loss_ratio.get(device, 0.0)
        return not (loss_ratio and self._rng.random() < loss_ratio)

    def _pinged(self, at: float, device: str) -> bool:
        truth = self._network.at(at)
        return device not in self._mute and device not in truth.mute and self._passes(device, truth)

    def _ping(self, at: float, device: str) -> Iterator[Observation]:
        self._push(self._next_at(at, self._settings.icmp_interval_s), partial(self._ping, device=device))
        yield from self._probe(at, device)

    def _probe(self, at: float, device: str) -> Iterator[Observation]:
        if self._pinged(at, device):
            yield IcmpObservation(at, device, 1, 1, round(2.0 + 8.0 * self._rng.random(), 2))
            self._follow(self._suspicion.pinged(device, at, answered=True))
        elif self._believed.devices[device].icmp:
            self._push(at + self._settings.icmp_timeout_s, partial(self._lost, device=device, sent_at=at))

    def _lost(self, at: float, device: str, sent_at: float) -> Iterator[Observation]:
        yield IcmpObservation(sent_at, device, 1, 0)
        self._follow(self._suspicion.pinged(device, at, answered=False))

    def _follow(self, asked: list[Asked]) -> None:
        """Do what the production rules ask for on suspicion."""
        for each in asked:
            if each.kind is Kind.PING:
                self._push(each.at, partial(self._probe, device=each.device))
            elif self._believed.devices[each.device].snmp is not None:
                self._push(each.at, partial(self._read, device=each.device, ports=each.interfaces, regular=False))

    def _read_links(self, at: float, device: str) -> Iterator[Observation]:
        self._push(self._next_at(at, self._settings.interface_interval_s), partial(self._read_links, device=device))
        yield from self._read(at, device, self._trunk_ports.get(device, ()), regular=True)

    def _read_customers(self, at: float, device: str) -> Iterator[Observation]:
        interval_s = self._settings.customer_port_interval_s
        self._push(self._next_at(at, interval_s), partial(self._read_customers, device=device))
        yield from self._read(at, device, self._customer_ports[device], regular=True)

    def _read(self, at: float, device: str, ports: tuple[str, ...], *, regular: bool) -> Iterator[Observation]:
        truth = self._network.at(at)
        tries = (self._settings.snmp_retries if regular else _HURRIED_RETRIES) + 1
        if device in truth.hung or not any(self._passes(device, truth) for _ in range(tries)):
            first_s = self._settings.snmp_timeout_s
            last_at = at + first_s * (2.0 ** (tries - 1) - 1.0)
            over_at = at + first_s * (2.0**tries - 1.0)
            self._push(over_at, partial(self._unread, device=device, regular=regular, sent_at=last_at))
            return
        yield SnmpObservation(at, device, ok=True, uptime_s=round(self._network.uptime_s(device, at), 2))
        for interface in ports:
            oper = self._network.oper(device, interface, truth)
            yield InterfaceObservation(at, device, interface, "up", oper)
            self._follow(self._suspicion.port(device, interface, "up", oper, at))
        if device in truth.on_battery and device in self._reports_battery:
            yield PowerObservation(at, device, "battery")
        if regular:
            self._follow(self._suspicion.asked(device, at, answered=True))

    def _unread(self, at: float, device: str, *, regular: bool, sent_at: float) -> Iterator[Observation]:
        yield SnmpObservation(sent_at, device, ok=False)
        if regular:
            self._follow(self._suspicion.asked(device, at, answered=False))

    def _ask_witness(self, at: float, witness: str) -> Iterator[Observation]:
        self._push(at + self._settings.witness_interval_s, partial(self._ask_witness, witness=witness))
        ok = witness in self._network.at(at).sighted and self._rng.random() >= self._noise.loss_ratio
        yield WitnessObservation(at, witness, ok)

    def _look_at_own(self, at: float) -> Iterator[Observation]:
        self._push(at + self._settings.local_interval_s, self._look_at_own)
        yield LocalObservation(at, "eth0", self._network.at(at).carrier)

    def _send_traps(self, at: float) -> Iterator[Observation]:
        truth, before = self._network.at(at), self._network.at(at - 1e-6)
        if truth.carrier != before.carrier:
            yield LocalObservation(at, "eth0", truth.carrier)
        for device, port in sorted(self._changed_ports(before, truth)):
            if self._rng.random() >= self._noise.trap_loss_ratio:
                word = "linkDown" if self._network.oper(device, port, truth) == "down" else "linkUp"
                delay_s = self._rng.uniform(0.1, _TRAP_DELAY_S)
                self._push(at + delay_s, partial(self._trap, device=device, trap=word, interface=port))

    def _changed_ports(self, before: Truth, truth: Truth) -> Iterator[tuple[str, str]]:
        """Ports whose far end or cable changed while their own device lives on."""
        changed = (before.cut ^ truth.cut) | {
            edge.link for device in before.dead ^ truth.dead for edge in self._network.topology.edges[device]
        }
        for name in changed:
            link = self._network.inventory.links[name]
            for end in (link.a, link.b):
                if end.device not in truth.dead and end.device not in before.dead:
                    yield end.device, end.interface
        for name in before.dead_ports ^ truth.dead_ports:
            device, _, interface = name.partition(":")
            if device not in truth.dead:
                yield device, interface

    def _trap(self, at: float, device: str, trap: str, interface: str) -> Iterator[Observation]:
        if device not in self._network.at(at).reached:
            return
        yield TrapObservation(at, device, trap, interface)
        self._follow(self._suspicion.trap(device, interface, at))


def _about(action: Action) -> str | None:
    """The device that an action is about; None for one about something else."""
    found: str | None = action.keywords.get("device") if isinstance(action, partial) else None
    return found


def _ports(inventory: Inventory) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Trunk and upstream ports, and customers' ports, by device; sorted."""
    trunks: dict[str, set[str]] = {}
    for link in inventory.links.values():
        for end in (link.a, link.b):
            trunks.setdefault(end.device, set()).add(end.interface)
    for upstream in inventory.upstreams.values():
        trunks.setdefault(upstream.device, set()).add(upstream.interface)
    customers: dict[str, set[str]] = {}
    for group in inventory.port_groups.values():
        customers.setdefault(group.device, set()).update(group.interfaces)
    for services in inventory.customers.values():
        for service in services:
            for port in filter(None, (service.primary, service.backup)):
                customers.setdefault(port.device, set()).add(port.interface)
    first = {device: tuple(sorted(names - {""})) for device, names in trunks.items()}
    second = {device: tuple(sorted(names - {""} - trunks.get(device, set()))) for device, names in customers.items()}
    return first, second
