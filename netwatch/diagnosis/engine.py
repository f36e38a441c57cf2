"""The engine: takes observations, steps through time, hands out diagnoses. It only wires the deciding modules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.conclude import Conclusions
from netwatch.diagnosis.customers import Attachments
from netwatch.diagnosis.describe import monitor_cut_off
from netwatch.diagnosis.doubts import inventory_doubts
from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.isolation import Isolation, Sight, look
from netwatch.diagnosis.memory import changes, recall, remember
from netwatch.diagnosis.model import Diagnosis, Feedback, InventoryDoubt, Memory, PortReading
from netwatch.diagnosis.net import Net
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.inventory.collector import collector_paused
from netwatch.inventory.graph import Topology
from netwatch.polling.model import Observation


class Engine:
    """Diagnosis of one network. Pure: time is passed in, and equal inputs give equal outputs."""

    def __init__(self, topology: Topology, settings: DiagnosisSettings | None = None) -> None:
        self._settings = settings or DiagnosisSettings()
        with collector_paused():
            self._net = Net(topology)
            attachments = Attachments(topology)
            self._beliefs = Beliefs(self._net, attachments, self._settings)
            self._conclusions = Conclusions(self._net, attachments, self._beliefs, self._settings)
        self._isolation = Isolation()
        self._begun_at: float | None = None
        devices = topology.inventory.devices.values()
        self._asked = sum(bool(device.address) and (device.icmp or device.snmp is not None) for device in devices)

    def observe(self, seen: Observation) -> None:
        """Take one observation; cheap, and in any order. What it names but the inventory lacks is ignored."""
        self._beliefs.observe(seen)

    def step(self, now: float, feedback: Feedback) -> Diagnosis:
        """What is wrong at `now`."""
        if self._begun_at is None:
            self._begun_at = now
        self._beliefs.judge(now)
        self._watch_isolation(now)
        own, blind_until_at = self._isolation, None
        if own.sight == Sight.CLEAR:
            shown = self._conclusions.see(now, feedback)
            own.keep(now, shown, self._beliefs.down, self._settings.isolation_margin_s)
        elif own.sight == Sight.ISOLATED:
            shown = (monitor_cut_off(own.since_at, own.last_good_at, own.reason), *own.kept)
        elif own.sight == Sight.RETURNING:
            shown, blind_until_at = own.kept, self._blind_until()
        else:
            shown = self._conclusions.explanations
        isolated, unheard = own.sight == Sight.ISOLATED, frozenset(self._beliefs.unheard)
        return Diagnosis(now, shown, isolated, self._is_warm(now), blind_until_at, unheard)

    def inventory_doubts(self) -> tuple[InventoryDoubt, ...]:
        """Where the inventory and what was observed since the start seem to disagree, sorted. Not cheap: ask seldom."""
        return inventory_doubts(self._beliefs, self._conclusions.tree)

    def ports_of(self, device: str) -> Mapping[str, PortReading]:
        """The newest reading of each port of `device` that was read, by name; may be asked from another thread."""
        ports = tuple(self._beliefs.ports.get(device, {}).items())
        return {
            name: PortReading(port.read_at, port.admin, port.oper)
            for name, port in ports
            if port is not None and port.read_at > NEVER
        }

    def remember(self) -> tuple[Memory, ...]:
        """What must survive a restart."""
        return remember(self._beliefs)

    def remember_changes(self) -> tuple[Memory, ...]:
        """What of it changed since the last call; all of it at the first."""
        return changes(self._beliefs)

    def recall(self, memories: Iterable[Memory]) -> None:
        """Take up what an earlier process remembered; before the first observation."""
        recall(self._beliefs, memories)

    def _is_warm(self, now: float) -> bool:
        begun_at = now if self._begun_at is None else self._begun_at
        polled = self._beliefs.polled >= self._settings.polled_share * self._asked
        return polled and now - begun_at >= self._settings.learning_s

    def _blind_until(self) -> float:
        by_snmp = any(self._beliefs.devices[device].by_snmp for device in self._beliefs.suspects | self._beliefs.down)
        return self._isolation.returned_at + (self._settings.blind_snmp_s if by_snmp else self._settings.blind_s)

    def _watch_isolation(self, now: float) -> None:
        """Move the monitor's own state on: clear, doubtful, isolated, returning, clear."""
        own, seen = self._isolation, look(self._net, self._beliefs, self._settings)
        if seen.certain and own.sight != Sight.ISOLATED:
            if own.sight != Sight.RETURNING:
                own.kept, own.down_before = own.before(seen.onset_at - self._settings.isolation_margin_s)
            own.sight, own.reason = Sight.ISOLATED, seen.reason
            own.since_at, own.last_good_at = seen.onset_at, seen.last_good_at
        elif own.sight == Sight.ISOLATED and not seen.doubtful:
            own.sight = Sight.RETURNING
            own.returned_at = self._view_returned_at()
            self._beliefs.forget_fails(own.returned_at, own.down_before)
            self._beliefs.judge(now)
            self._conclusions.explanations = own.kept
        elif own.sight == Sight.RETURNING and now >= self._blind_until():
            own.sight = Sight.CLEAR
        elif own.sight in {Sight.CLEAR, Sight.DOUBTFUL}:
            own.sight = Sight.DOUBTFUL if seen.doubtful else Sight.CLEAR

    def _view_returned_at(self) -> float:
        """When the first answer came after the monitor had been cut off."""
        hops = [self._beliefs.devices[device].returned_at for device in self._net.begun]
        since = [at for at in hops if at > self._isolation.since_at]
        return min(since, default=self._beliefs.answered_at)
