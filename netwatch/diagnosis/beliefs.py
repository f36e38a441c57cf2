"""All evidence together: takes observations, keeps device, port, witness and monitor states, knows what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from netwatch.diagnosis.customers import Attachments
from netwatch.diagnosis.evidence import NEVER, DeviceEvidence, Standing, View
from netwatch.diagnosis.loss import LossWatch
from netwatch.diagnosis.net import Net
from netwatch.diagnosis.port_evidence import PortEvidence
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.diagnosis.sights import Sights
from netwatch.diagnosis.signals import Signals
from netwatch.diagnosis.silences import Silences
from netwatch.inventory.model import Port
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    LocalObservation,
    NeighbourObservation,
    Observation,
    OpticalObservation,
    PowerObservation,
    SnmpObservation,
    TrafficObservation,
    TrapObservation,
    WitnessObservation,
)

_LOST_ALONE_S: Final = 1.5
#: A suspicion alone changes nothing that is concluded.
_UPRIGHT: Final = (Standing.UP, Standing.SUSPECT)
_TRAPS: Final = {"linkdown": False, "linkup": True}
_POWER_TRAPS: Final = frozenset({"onbattery", "upsonbattery", "upstrapononbattery", "upstraponbattery", "dyinggasp"})


class Beliefs:
    """The evidence of one network. `version` rises whenever something believed has changed."""

    def __init__(self, net: Net, attachments: Attachments, settings: DiagnosisSettings) -> None:
        self.net = net
        self.settings = settings
        self.devices = {device: DeviceEvidence() for device in net.edges}
        #: By device and interface, from the device's first mention on; None = nothing was said of that port.
        self.ports: dict[str, dict[str, PortEvidence | None]] = {}
        self._attachments = attachments
        self._named = _named(net)
        self.witnesses = {witness.id: DeviceEvidence() for witness in net.inventory.monitor.witnesses}
        self.local_bad: dict[tuple[str, str], float] = {}
        self.answered_at = NEVER
        self.heard_at = NEVER
        self.polled = 0  # devices of which anything was told, good or bad
        self.unheard: set[str] = set(self.devices)
        self._unheard_before = len(self.unheard)
        self.down: set[str] = set()
        self.suspects: set[str] = set()
        self.bad_ports: set[Port] = set()
        self.watched: set[str] = set()
        self.on_battery: set[str] = set()
        self.fallen: dict[str, float] = {}
        self.loss = LossWatch(settings)
        self.version = 0
        self._touched: set[str] = set()
        self._recovering: set[str] = set()
        self.sights = Sights()
        self.signals = Signals(net.topology)
        self.silences = Silences()
        self._takers: dict[type[Observation], Callable[[Any], None]] = {
            IcmpObservation: self._ping,
            SnmpObservation: self._poll,
            InterfaceObservation: self._read,
            TrapObservation: self._trap,
            WitnessObservation: self._witness,
            PowerObservation: self._power,
            LocalObservation: self._local,
            OpticalObservation: self._light,
            TrafficObservation: self._signal(self.signals.traffic),
            NeighbourObservation: self._signal(self.signals.neighbour),
        }

    def observe(self, seen: Observation) -> None:
        """Take one observation; unknown devices, ports and witnesses are ignored."""
        take = self._takers.get(type(seen))
        if take is not None:
            take(seen)

    def judge(self, now: float) -> None:
        """Bring the standing of every device that was touched, or that time alone can change, up to date."""
        for device in sorted(self._touched | self._recovering):
            evidence, before = self.devices[device], self.devices[device].standing
            port_down = evidence.asks_ports and self.port_toward_down(device, evidence)
            if evidence.judge(now, self.settings, port_down, self.sights.between):
                if device in self.watched or not (before in _UPRIGHT and evidence.standing in _UPRIGHT):
                    self.version += 1
                if before is Standing.RECOVERING and evidence.standing is Standing.UP and not evidence.false_alarm:
                    self.silences.add(device, evidence.onset_at, evidence.returned_at)
                if evidence.is_down:
                    self.fallen[device] = now
                elif evidence.false_alarm:
                    self.fallen.pop(device, None)
                self._file(device, evidence)
        self._touched.clear()
        if 2 * len(self.unheard) < self._unheard_before:
            # A set that shrinks keeps its table, and each look at it goes through all of that.
            self.unheard = set(self.unheard)
            self._unheard_before = len(self.unheard)

    def _file(self, device: str, evidence: DeviceEvidence) -> None:
        for place, member in (
            (self.down, evidence.is_down),
            (self.suspects, evidence.standing is Standing.SUSPECT),
            (self._recovering, evidence.standing is Standing.RECOVERING),
        ):
            if member:
                place.add(device)
            else:
                place.discard(device)

    def port_toward_down(self, device: str, evidence: DeviceEvidence) -> bool:
        """Whether a neighbour that answers has lost its port toward `device` since the last answer of that."""
        return any(
            edge.far_interface
            and (port := self.known_port(edge.neighbour, edge.far_interface)) is not None
            and port.says_down(NEVER)
            and max(port.changed_at, port.trapped_down_at) > evidence.answered_at
            for edge in self.net.edges[device]
        )

    def _ping(self, seen: IcmpObservation) -> None:
        evidence = self.devices.get(seen.device)
        if evidence is None:
            return
        view = evidence.view(seen.poller)
        late = seen.at <= view.icmp_good_at  # an answer after it is known: its time-out came later
        view.ping(seen.at, seen.sent, seen.received)
        self._count_loss(seen, view, late=late)
        self._heard(seen.device, evidence, seen.at, seen.received > 0)

    def _count_loss(self, seen: IcmpObservation, view: View, *, late: bool) -> None:
        """Count answers at once, and losses once an answer has outlived them.

        What was lost while nothing at all was heard may be the monitor's own loss.
        """
        if seen.received == 0:
            if late and self.sights.between(seen.at, seen.at + _LOST_ALONE_S):
                self.loss.lose(seen.device, seen.at, seen.sent)
        elif not late:
            if view.unanswered:
                for at, count in view.proven_losses(self.settings):
                    if self.sights.between(at, at + _LOST_ALONE_S):
                        self.loss.lose(seen.device, at, count)
            if seen.received < seen.sent:
                self.loss.lose(seen.device, seen.at, seen.sent - seen.received)
            self.loss.answer(seen.device, seen.at, seen.received, seen.rtt_ms)

    def _poll(self, seen: SnmpObservation) -> None:
        evidence = self.devices.get(seen.device)
        if evidence is None:
            return
        evidence.view(seen.poller).poll(seen.at, seen.ok)
        if seen.ok and seen.uptime_s is not None:
            booted_at = seen.at - seen.uptime_s
            if evidence.booted_at is not None and booted_at > evidence.booted_at + 30.0:
                evidence.rebooted_at = booted_at
            evidence.booted_at = booted_at
        self._heard(seen.device, evidence, seen.at, seen.ok)

    def _heard(self, device: str, evidence: DeviceEvidence, at: float, good: bool) -> None:
        self.heard_at = max(self.heard_at, at)
        if not good or evidence.standing is not Standing.UP or not evidence.known:
            self._touched.add(device)
        if not evidence.polled:
            evidence.polled = True
            self.polled += 1
        if not good:
            return
        if self.unheard:
            self.unheard.discard(device)
        evidence.known = True
        if at > evidence.answered_at:
            evidence.answered_at = at
            if at > self.answered_at:
                self.answered_at = at
                self.sights.add(at)
            if evidence.standing is Standing.RECOVERING:
                evidence.recovered_answers += 1
            if device in self.watched:
                self.version += 1

    def known_port(self, device: str, interface: str) -> PortEvidence | None:
        """The evidence of a port; None when nothing was said of it."""
        ports = self.ports.get(device)
        return None if ports is None else ports.get(interface)

    def port(self, device: str, interface: str) -> PortEvidence | None:
        """The evidence of a port, made at its first mention; None when nothing in the inventory hangs on it."""
        ports = self.ports.get(device)
        if ports is None:
            if device not in self.devices:
                return None
            ports = self.ports[device] = dict.fromkeys(sorted(self._interfaces_of(device)))
        if interface not in ports:
            return None
        evidence = ports[interface]
        if evidence is None:
            evidence = ports[interface] = PortEvidence()
        return evidence

    def all_ports(self) -> Iterator[tuple[str, str, PortEvidence]]:
        """Device, interface and evidence of every port of which something was said."""
        for device, ports in self.ports.items():
            for interface, port in ports.items():
                if port is not None:
                    yield device, interface, port

    def _interfaces_of(self, device: str) -> set[str]:
        """Ports of `device` on which something in the inventory hangs."""
        links = {edge.own_interface for edge in self.net.edges[device]}
        return (links | self._named.get(device, set()) | self._attachments.names(device)) - {""}

    def _read(self, seen: InterfaceObservation) -> None:
        evidence = self.port(seen.device, seen.interface)
        if evidence is None:
            return
        if evidence.read(seen.at, seen.admin, seen.oper):
            self._port_changed(Port(seen.device, seen.interface), evidence)
        elif seen.device in self.watched:
            self.version += 1

    def _trap(self, seen: TrapObservation) -> None:
        name = seen.trap.lower()
        if name in _POWER_TRAPS and seen.device in self.devices:
            self._ran_on_battery(seen.device, seen.at)
        up = _TRAPS.get(name)
        evidence = self.port(seen.device, seen.interface) if up is not None else None
        if evidence is not None and evidence.trap(seen.at, up=bool(up)):
            self._port_changed(Port(seen.device, seen.interface), evidence)

    def _port_changed(self, port: Port, evidence: PortEvidence) -> None:
        self.version += 1
        if evidence.down or evidence.hinted_down:
            self.bad_ports.add(port)
        else:
            self.bad_ports.discard(port)
        link = self.net.inventory.links.get(self.net.topology.link_of_port.get(port, ""))
        if link is not None:
            self._touched.add(link.b.device if link.a == port else link.a.device)

    def _power(self, seen: PowerObservation) -> None:
        evidence = self.devices.get(seen.device)
        if evidence is None:
            return
        if seen.source != "mains":
            self._ran_on_battery(seen.device, seen.at)
            evidence.battery_minutes = seen.minutes_left
        elif seen.at > evidence.battery_at > NEVER:
            evidence.battery_at = NEVER
            self.on_battery.discard(seen.device)
            self.version += 1

    def _ran_on_battery(self, device: str, at: float) -> None:
        evidence = self.devices[device]
        if device not in self.on_battery or at - evidence.battery_at > self.settings.battery_report_s / 2:
            self.on_battery.add(device)
            self.version += 1
        evidence.battery_at = max(evidence.battery_at, at)

    def _light(self, seen: OpticalObservation) -> None:
        # Light at a port that is down is news, also when it is as usual.
        if self.signals.light(seen) or Port(seen.device, seen.interface) in self.bad_ports:
            self.version += 1

    def _signal(self, take: Callable[[Any], bool]) -> Callable[[Any], None]:
        def taken(seen: Observation) -> None:
            if take(seen):
                self.version += 1

        return taken

    def _witness(self, seen: WitnessObservation) -> None:
        evidence = self.witnesses.get(seen.witness)
        if evidence is None:
            return
        view = evidence.view(seen.poller)
        if not seen.ok or view.icmp_fails:
            self.version += 1
        view.ping(seen.at, 1, int(seen.ok))
        if seen.ok:
            evidence.known = True
            evidence.answered_at = max(evidence.answered_at, seen.at)
            self.sights.add(seen.at)

    def _local(self, seen: LocalObservation) -> None:
        key = (seen.poller, seen.interface)
        if not seen.ok:
            self.local_bad.setdefault(key, seen.at)
        elif seen.at >= self.local_bad.get(key, NEVER):
            self.local_bad.pop(key, None)

    def unsteady(self, now: float) -> set[str]:
        """Devices that are down or were lately: their lost pings are no loss."""
        since_at = now - 4 * self.settings.loss_window_s
        found = set(self.down)
        self.fallen = {device: at for device, at in self.fallen.items() if at >= since_at}
        found.update(self.fallen)
        return found

    def forget_fails(self, before_at: float, keep: Iterable[str]) -> None:
        """Drop the failures seen before `before_at`, save of the devices in `keep`: they were seen while blind."""
        kept = set(keep)
        for device in sorted((self.down | self.suspects) - kept):
            evidence = self.devices[device]
            for view in evidence.views:
                view.forget_until(before_at)
            evidence.standing = Standing.UP
            self._file(device, evidence)
            self._touched.add(device)
        self.version += 1


def _named(net: Net) -> dict[str, set[str]]:
    """Interfaces of upstreams and port groups, by device; besides them links' ends and customers' ports are kept."""
    inventory = net.inventory
    found: dict[str, set[str]] = {}
    for upstream in inventory.upstreams.values():
        found.setdefault(upstream.device, set()).add(upstream.interface)
    for group in inventory.port_groups.values():
        found.setdefault(group.device, set()).update(group.interfaces)
    for names in found.values():
        names.discard("")
    return found
