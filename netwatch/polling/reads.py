"""All SNMP reading: which device is due for what, one dialogue a device at a time, results as observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from types import MappingProxyType
from typing import Final

from netwatch.clock import Clock
from netwatch.polling.model import InterfaceObservation, Observation, SnmpObservation
from netwatch.polling.overload import Duty, Overload
from netwatch.polling.plan import DevicePlan, Intervals
from netwatch.polling.schedule import Wheel, phase
from netwatch.polling.settings import PollingSettings, SnmpProfile, SnmpSettings
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.client import Client
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Dialogue
from netwatch.polling.snmp.objects.neighbours import Neighbours
from netwatch.polling.snmp.objects.optics import Optics
from netwatch.polling.snmp.objects.power import Power
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Terms
from netwatch.polling.snmp.objects.terms import Purpose as Detail
from netwatch.polling.snmp.objects.traffic import Load, Traffic
from netwatch.polling.snmp.ports import DeviceReader, PortStatistics, Reading
from netwatch.polling.snmp.profiles import Access, agent, shape
from netwatch.polling.snmp.traps import Hint
from netwatch.polling.statistics import ReadStatistics

_SLOT_S: Final = 0.1
_ALIGNED_S: Final = (
    86_400.0  # a multiple of all usual intervals: what is asked rarely falls together with what is often
)
_HOLDS_S: Final = 2.0  # after all link ports were read, what is about them need not begin by that
_HURRIED_RETRIES: Final = 1
_LATE_S: Final = 1.0
_LATE_RATIO: Final = 0.1


class Purpose(IntEnum):
    """Why a device is read."""

    UPTIME = 1
    LINKS = 2
    CUSTOMERS = 4
    POWER = 8
    TRAFFIC = 16
    NEIGHBOURS = 32
    OPTICS = 64


_DUTY: Final[Mapping[Purpose, Duty]] = MappingProxyType({
    Purpose.UPTIME: Duty.LINK_PORTS,
    Purpose.LINKS: Duty.LINK_PORTS,
    Purpose.CUSTOMERS: Duty.CUSTOMER_PORTS,
    Purpose.POWER: Duty.LINK_PORTS,
    Purpose.TRAFFIC: Duty.DETAILS,
    Purpose.NEIGHBOURS: Duty.DETAILS,
    Purpose.OPTICS: Duty.DETAILS,
})  # fmt: skip
_PORTS: Final = Purpose.UPTIME | Purpose.LINKS | Purpose.CUSTOMERS
_ABOUT_PORTS: Final = _PORTS | Purpose.TRAFFIC | Purpose.OPTICS
_DETAILS: Final[Mapping[Purpose, type[Detail]]] = MappingProxyType({
    Purpose.POWER: Power,
    Purpose.NEIGHBOURS: Neighbours,
    Purpose.TRAFFIC: Traffic,
    Purpose.OPTICS: Optics,
})  # fmt: skip


@dataclass(slots=True, eq=False)
class _Entry:
    plan: DevicePlan
    reader: DeviceReader
    agent: Agent
    profile: SnmpProfile = field(repr=False)
    access: Access = field(repr=False)
    details: tuple[Detail, ...]
    turn: int  # where this device stands in the order in which overload leaves devices out
    waiting: int = 0  # what came due and is not done yet
    asked_for: tuple[str, ...] = ()  # sorted
    reading: bool = False  # ports, now
    again: bool = False
    hurried: bool = False
    heard: bool = False  # ever
    answers: bool = False  # at the last reading
    held_at: float = 0.0  # when all link ports were read last
    late_at: float = 0.0  # a reading on schedule that begins after this is late; 0 = none waits

    def detail(self, purpose: Purpose) -> Detail | None:
        """What reads it; None when this device is not read for it."""
        kind = _DETAILS[purpose]
        return next((detail for detail in self.details if type(detail) is kind), None)


class Reads:
    """Reads devices on schedule and on request.

    `emit` gets the observations, `read` each finished reading of ports with its device; both in the event loop.
    """

    def __init__(
        self, *, client: Client, clock: Clock, settings: PollingSettings,
        emit: Callable[[Observation], None], read: Callable[[str, Reading], None],
    ) -> None:  # fmt: skip
        self._client = client
        self._clock = clock
        self._settings = settings
        self._profiles = SnmpSettings()
        self._emit = emit
        self._read = read
        self._entries: dict[str, _Entry] = {}
        self._port_statistics = PortStatistics()
        self._object_statistics = ObjectStatistics()
        self._terms: dict[tuple[int, float], Terms] = {}
        self._wheels: dict[tuple[Purpose, float], Wheel[_Entry]] = {}
        self._reading = 0
        self._skipped = 0
        self._thinned = 0
        self._heard = 0
        self._late = 0

    def __contains__(self, device: str) -> bool:
        return device in self._entries

    def statistics(self) -> ReadStatistics:
        """What was counted."""
        return ReadStatistics(
            agents=len(self._entries),
            heard=self._heard,
            running=self._reading,
            skipped=self._skipped,
            thinned=self._thinned,
            late=self._late,
            missed=sum(wheel.missed for wheel in self._wheels.values()),
            resolutions=self._port_statistics.resolutions,
            resolved=self._port_statistics.resolved,
            values_out_of_range=self._port_statistics.values_out_of_range,
            ports_missing=self._port_statistics.missing,
        )

    def missing(self) -> Mapping[str, frozenset[str]]:
        """The inventory's ports that their devices do not have, by device."""
        return {device: entry.reader.missing for device, entry in self._entries.items() if entry.reader.missing}

    def loads_of(self, device: str) -> Mapping[str, Load]:
        """How full a device's link ports were when that was last measured, by name."""
        entry = self._entries.get(device)
        traffic = None if entry is None else entry.detail(Purpose.TRAFFIC)
        return dict(traffic.loads()) if isinstance(traffic, Traffic) else {}

    def refusals(self) -> Mapping[str, str]:
        """Why agents that answer refuse our user, by device."""
        return {device: entry.agent.refused for device, entry in self._entries.items() if entry.agent.refused}

    def apply(self, plans: Mapping[str, DevicePlan], profiles: SnmpSettings, accesses: Mapping[str, Access]) -> None:
        """Ask these devices from now on; those that stay as they are notice nothing.

        `accesses` hold the secrets of all profiles that the plans name.

        Raises:
            OperatingError: this machine gives no socket for an address; nothing has changed.
        """
        wanted = {device: plan for device, plan in plans.items() if plan.profile}
        self._client.open(plan.address for plan in wanted.values())
        self._profiles = profiles
        for device, entry in list(self._entries.items()):
            plan = wanted.get(device)
            if plan is None or plan != entry.plan or self._asked_otherwise(entry, accesses):
                self._remove(self._entries.pop(device))
        for device, plan in wanted.items():
            if device not in self._entries:
                self._entries[device] = self._add(plan, accesses[plan.profile])

    def _asked_otherwise(self, entry: _Entry, accesses: Mapping[str, Access]) -> bool:
        name = entry.plan.profile
        return self._profiles.profiles[name] != entry.profile or accesses[name] is not entry.access

    def due(self, now: float, overload: Overload) -> None:
        """Begin what is due, and of that what the overload leaves: all ports of a device in one reading, then details."""
        ports: list[_Entry] = []
        details: list[tuple[_Entry, Purpose]] = []
        for (purpose, interval_s), wheel in self._wheels.items():
            duty, patience_s = _DUTY[purpose], min(_LATE_S, interval_s * _LATE_RATIO)
            for due_at, number, span, entries in wheel.turns(now):
                for entry in entries:
                    if purpose & entry.waiting:
                        self._skipped += 1
                    elif not overload.takes(duty, entry.turn + number, span):
                        self._thinned += 1
                    elif not purpose & _PORTS:
                        details.append((entry, purpose))
                    else:
                        entry.late_at = entry.late_at or due_at + patience_s
                        if self._want(entry, _ports_of(entry.plan, purpose), purpose):
                            ports.append(entry)
        for entry in ports:
            self._converse(entry)
        for entry, purpose in details:
            self._begin_detail(entry, purpose)

    def ask(self, device: str, interfaces: Iterable[str]) -> None:
        """Read a device at once, or right after the reading that is under way; unknown devices are left alone."""
        entry = self._entries.get(device)
        if entry is None:
            return
        known = {*entry.plan.link_ports, *entry.plan.customer_ports}
        entry.hurried = True
        if self._want(entry, tuple(sorted(known.intersection(interfaces))), Purpose.UPTIME):
            self._converse(entry)

    def ask_detail(self, device: str, purpose: Purpose) -> None:
        """Read a detail of a device at once; nothing happens when it is not read at all, or about to be."""
        entry = self._entries.get(device)
        if entry is not None and entry.detail(purpose) is not None and not entry.waiting & purpose:
            entry.answers = True  # something hinted at it, so it is worth asking
            self._begin_detail(entry, purpose)

    def interface_of(self, device: str, hint: Hint) -> str:
        """The inventory's name of the port that a notification is about; "" when it is none of the inventory's."""
        entry = self._entries.get(device)
        if entry is None:
            return ""
        found = entry.reader.name_of(hint.index)
        known = {*entry.plan.link_ports, *entry.plan.customer_ports}
        return found or next((name for name in hint.names if name in known), "")

    def _begin_detail(self, entry: _Entry, purpose: Purpose) -> None:
        entry.waiting |= purpose
        if not self._client.converse(entry.agent, self._detail(entry, purpose), partial(self._told, entry, purpose)):
            entry.waiting &= ~purpose

    def _want(self, entry: _Entry, ports: tuple[str, ...], purpose: Purpose) -> bool:
        """Note what is to be read; whether a reading must begin for it, as none is under way or about to begin."""
        entry.asked_for = tuple(sorted({*entry.asked_for, *ports})) if entry.asked_for else ports
        entry.again = entry.again or entry.reading
        fresh = not entry.waiting & _PORTS
        entry.waiting |= purpose
        return fresh

    def _converse(self, entry: _Entry) -> None:
        ports, hurried = entry.asked_for, entry.hurried
        entry.asked_for = ()
        entry.again = entry.hurried = False
        entry.reading = True
        begun = self._client.converse(
            entry.agent,
            self._ports(entry, ports),
            partial(self._finished, entry),
            retries=_HURRIED_RETRIES if hurried else None,
            urgent=hurried,
        )
        if begun:
            self._reading += 1
        else:
            entry.reading = False
            entry.waiting &= ~_PORTS

    def _ports(self, entry: _Entry, ports: tuple[str, ...]) -> Dialogue[Reading]:
        """Read ports; whether the device answers is known before the details that wait for it begin."""
        reading = yield from entry.reader.read(ports)
        if reading.status is not Status.NOT_SENT:
            entry.answers = reading.status is not Status.TIMEOUT
        if entry.details and all(name in reading.ports for name in entry.plan.link_ports):
            entry.held_at = reading.at
        return reading

    def _finished(self, entry: _Entry, reading: Reading) -> None:
        self._reading -= 1
        self._late += reading.status is not Status.TIMEOUT and 0.0 < entry.late_at < reading.asked_at
        entry.late_at = 0.0
        again, entry.waiting, entry.reading = entry.again, entry.waiting & ~_PORTS, False
        if again:
            entry.waiting |= Purpose.UPTIME
            self._converse(entry)
        self._report(entry, reading)

    def _report(self, entry: _Entry, reading: Reading) -> None:
        if reading.status is Status.NOT_SENT:  # the monitor's state, never the device's
            return
        device = entry.plan.device
        answered = reading.status is not Status.TIMEOUT
        if answered and not entry.heard:
            entry.heard = True
            self._heard += 1
        self._emit(SnmpObservation(reading.at, device, answered, reading.uptime_s if answered else None))
        for name, port in reading.ports.items():
            self._emit(InterfaceObservation(port.at, device, name, port.admin, port.oper))
        self._read(device, reading)

    def _detail(self, entry: _Entry, purpose: Purpose) -> Dialogue[Sequence[Observation]]:
        """Read a detail under a numbering that holds now: the ports first, when it is about ports.

        Of a device that does not answer nothing more is asked than whether it answers again.
        """
        reader, detail = entry.reader, entry.detail(purpose)
        if detail is None or not entry.answers:
            return ()
        if isinstance(detail, Traffic | Optics):
            now = self._clock.now()
            if detail.rests(reader.epoch, now):
                return ()
            if now - entry.held_at > _HOLDS_S:
                self._report(entry, (yield from self._ports(entry, entry.plan.link_ports)))
            if not entry.answers:
                return ()
        return (yield from detail.read(reader.index_of, reader.epoch, self._clock.now()))

    def _told(self, entry: _Entry, purpose: Purpose, observations: Sequence[Observation]) -> None:
        entry.waiting &= ~purpose
        for observation in observations:
            self._emit(observation)

    def _add(self, plan: DevicePlan, access_: Access) -> _Entry:
        profile = self._profiles.profiles[plan.profile]
        reader = DeviceReader(
            plan.device,
            shape(profile),
            max_objects=profile.max_objects,
            resolve_interval_s=self._settings.resolve_interval_s,
            statistics=self._port_statistics,
            objects=self._object_statistics,
        )
        reader.want((*plan.link_ports, *plan.customer_ports))
        turn = int(phase(plan.device) * 64)
        details = self._details(plan, reader, profile.max_objects)
        entry = _Entry(plan, reader, agent(plan, profile, access_, self._settings), profile, access_, details, turn)
        for purpose, interval_s in _purposes(plan, details):
            self._wheel(purpose, interval_s).add(_key(plan, purpose), entry)
        return entry

    def _remove(self, entry: _Entry) -> None:
        self._client.forget(entry.agent)
        self._reading -= bool(entry.waiting & _PORTS)
        self._heard -= entry.heard
        entry.reader.want(())
        for purpose, interval_s in _purposes(entry.plan, entry.details):
            self._wheel(purpose, interval_s).remove(_key(entry.plan, purpose), entry)

    def _wheel(self, purpose: Purpose, interval_s: float) -> Wheel[_Entry]:
        wheel = self._wheels.get((purpose, interval_s))
        if wheel is None:
            wheel = self._wheels[purpose, interval_s] = Wheel(interval_s, _SLOT_S, _ALIGNED_S)
        return wheel

    def _details(self, plan: DevicePlan, reader: DeviceReader, max_objects: int) -> tuple[Detail, ...]:
        often, ports, device = plan.intervals, plan.link_ports, plan.device
        key = (max_objects, often.traffic_interval_s)
        terms = self._terms.get(key)
        if terms is None:
            resolve_s = self._settings.resolve_interval_s
            terms = self._terms[key] = Terms(self._object_statistics, resolve_s, max_objects, often.traffic_interval_s)
        found: list[Detail] = []
        if often.power_interval_s:
            found.append(Power(device, terms))
        if often.neighbour_interval_s:
            found.append(Neighbours(device, reader.shape, terms))
        if often.traffic_interval_s and ports:
            found.append(Traffic(device, ports, reader.shape, terms))
        if often.optics_interval_s and ports:
            found.append(Optics(device, ports, reader.shape, terms))
        return tuple(found)


def _key(plan: DevicePlan, purpose: Purpose) -> str:
    """What a purpose's phase depends on: all that is about ports has one, so that those due together go together."""
    return f"{plan.device}/{'PORTS' if purpose & _ABOUT_PORTS else purpose.name}"


def _ports_of(plan: DevicePlan, purpose: Purpose) -> tuple[str, ...]:
    if purpose is Purpose.LINKS:
        return plan.link_ports
    return plan.customer_ports if purpose is Purpose.CUSTOMERS else ()


def _purposes(plan: DevicePlan, details: Iterable[Detail]) -> list[tuple[Purpose, float]]:
    """What a device is read for and how often. Every reading of ports tells the uptime; it has its own turn only
    where no port is read as often.
    """
    often = plan.intervals
    found = [(Purpose.LINKS, often.interface_interval_s)] if plan.link_ports else []
    if plan.customer_ports:
        found.append((Purpose.CUSTOMERS, often.customer_port_interval_s))
    found = [(purpose, interval_s) for purpose, interval_s in found if interval_s]
    if often.snmp_interval_s and not any(interval_s <= often.snmp_interval_s for _, interval_s in found):
        found.append((Purpose.UPTIME, often.snmp_interval_s))
    kinds = {type(detail) for detail in details}
    return found + [(purpose, _interval(often, purpose)) for purpose, kind in _DETAILS.items() if kind in kinds]


def _interval(often: Intervals, detail: Purpose) -> float:
    return {
        Purpose.POWER: often.power_interval_s,
        Purpose.TRAFFIC: often.traffic_interval_s,
        Purpose.NEIGHBOURS: often.neighbour_interval_s,
        Purpose.OPTICS: often.optics_interval_s,
    }[detail]
