"""All SNMP reading: which device is due for what, one reading a device at a time, results as observations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from netwatch.errors import OperatingError
from netwatch.polling.model import InterfaceObservation, Observation, SnmpObservation
from netwatch.polling.plan import DevicePlan
from netwatch.polling.schedule import Wheel
from netwatch.polling.settings import PollingSettings, SnmpProfile, SnmpSettings
from netwatch.polling.snmp.client import Client
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.ports import DeviceReader, PortStatistics, Reading
from netwatch.polling.snmp.profiles import agent, community
from netwatch.polling.snmp.traps import Hint
from netwatch.polling.statistics import ReadStatistics

_SLOT_S: Final = 0.1
_HURRIED_RETRIES: Final = 1

LINKS: Final = "links"
CUSTOMERS: Final = "customers"
UPTIME: Final = "uptime"


@dataclass(slots=True, eq=False)
class _Entry:
    plan: DevicePlan
    reader: DeviceReader
    secret: bytes = field(repr=False)
    waiting: set[str] = field(default_factory=set)  # purposes that came due while a reading was under way
    asked_for: set[str] = field(default_factory=set)
    running: bool = False
    again: bool = False
    hurried: bool = False
    gone: bool = False


class Reads:
    """Reads devices on schedule and on request.

    `emit` gets the observations, `read` each finished reading with its device; both in the event loop.
    """

    def __init__(
        self, *, client: Client, settings: PollingSettings, profiles: SnmpSettings,
        emit: Callable[[Observation], None], read: Callable[[str, Reading], None],
    ) -> None:  # fmt: skip
        self._client = client
        self._settings = settings
        self._profiles = profiles
        self._emit = emit
        self._read = read
        self._entries: dict[str, _Entry] = {}
        self._statistics = PortStatistics()
        self._secrets: dict[str, bytes] = {}
        self._wheels: Mapping[str, Wheel[_Entry]] = {
            LINKS: Wheel(settings.interface_interval_s, _SLOT_S),
            CUSTOMERS: Wheel(settings.customer_port_interval_s, _SLOT_S),
            UPTIME: Wheel(settings.snmp_interval_s, _SLOT_S),
        }
        self._running = 0
        self._skipped = 0

    def __contains__(self, device: str) -> bool:
        return device in self._entries

    def statistics(self) -> ReadStatistics:
        """What was counted."""
        return ReadStatistics(
            agents=len(self._entries),
            running=self._running,
            skipped=self._skipped,
            missed=sum(wheel.missed for wheel in self._wheels.values()),
            resolutions=self._statistics.resolutions,
            values_out_of_range=self._statistics.values_out_of_range,
            ports_missing=sum(map(len, self.missing().values())),
        )

    def missing(self) -> Mapping[str, frozenset[str]]:
        """The inventory's ports that their devices do not have, by device."""
        return {device: entry.reader.missing for device, entry in self._entries.items() if entry.reader.missing}

    def apply(self, plans: Mapping[str, DevicePlan]) -> None:
        """Ask these devices from now on; those that stay as they are notice nothing.

        Raises:
            OperatingError: a profile is missing, or a community can't be read.
        """
        profiles = self._profiles.profiles
        wanted = {device: plan for device, plan in plans.items() if plan.profile}
        for plan in wanted.values():
            if plan.profile not in profiles:
                raise OperatingError(
                    f'device {plan.device} names the SNMP profile "{plan.profile}", which does not exist',
                    f"use one of {', '.join(sorted(profiles))}, or add it under snmp.profiles",
                )
        self._secrets = {name: community(profiles[name]) for name in {plan.profile for plan in wanted.values()}}
        for device, entry in list(self._entries.items()):
            if wanted.get(device) != entry.plan or self._secrets[entry.plan.profile] != entry.secret:
                self._remove(self._entries.pop(device))
        for device, plan in wanted.items():
            if device not in self._entries:
                self._entries[device] = self._add(plan, profiles[plan.profile])

    def due(self, now: float, tasks: asyncio.TaskGroup) -> None:
        """Begin what is due."""
        for purpose, wheel in self._wheels.items():
            for entry in wheel.due(now):
                if purpose in entry.waiting:
                    self._skipped += 1
                    continue
                if entry.running:
                    entry.waiting.add(purpose)
                self._begin(entry, self._ports(entry.plan, purpose), tasks)

    def ask(self, device: str, interfaces: Iterable[str], tasks: asyncio.TaskGroup) -> None:
        """Read a device at once, or right after the reading that is under way; unknown devices are left alone."""
        entry = self._entries.get(device)
        if entry is None:
            return
        known = {*entry.plan.link_ports, *entry.plan.customer_ports}
        entry.hurried = True
        self._begin(entry, [name for name in interfaces if name in known], tasks)

    def interface_of(self, device: str, hint: Hint) -> str:
        """The inventory's name of the port that a notification is about; "" when it is none of the inventory's."""
        entry = self._entries.get(device)
        if entry is None:
            return ""
        found = entry.reader.name_of(hint.index)
        known = {*entry.plan.link_ports, *entry.plan.customer_ports}
        return found or next((name for name in hint.names if name in known), "")

    def _ports(self, plan: DevicePlan, purpose: str) -> tuple[str, ...]:
        return {LINKS: plan.link_ports, CUSTOMERS: plan.customer_ports}.get(purpose, ())

    def _begin(self, entry: _Entry, ports: Iterable[str], tasks: asyncio.TaskGroup) -> None:
        entry.asked_for.update(ports)
        if entry.running:
            entry.again = True
        else:
            entry.running = True
            tasks.create_task(self._run(entry))

    async def _run(self, entry: _Entry) -> None:
        self._running += 1
        try:
            while True:
                ports, retries = sorted(entry.asked_for), _HURRIED_RETRIES if entry.hurried else None
                entry.asked_for.clear()
                entry.waiting.clear()
                entry.again = entry.hurried = False
                reading = await entry.reader.read(ports, retries=retries)
                if entry.gone:
                    return
                self._report(entry.plan.device, reading)
                if not entry.again:
                    return
        finally:
            entry.running = False
            self._running -= 1

    def _report(self, device: str, reading: Reading) -> None:
        if reading.status is Status.NOT_SENT:  # the monitor's state, never the device's
            return
        answered = reading.status is not Status.TIMEOUT
        self._emit(SnmpObservation(reading.at, device, answered, reading.uptime_s if answered else None))
        for name, port in reading.ports.items():
            self._emit(InterfaceObservation(port.at, device, name, port.admin, port.oper))
        self._read(device, reading)

    def _add(self, plan: DevicePlan, profile: SnmpProfile) -> _Entry:
        reader = DeviceReader(
            self._client,
            agent(plan, profile, self._secrets[plan.profile], self._settings),
            max_repetitions=profile.max_repetitions,
            max_objects=profile.max_objects,
            resolve_interval_s=self._settings.resolve_interval_s,
            statistics=self._statistics,
        )
        reader.want((*plan.link_ports, *plan.customer_ports))
        entry = _Entry(plan, reader, self._secrets[plan.profile])
        for purpose in self._purposes(plan):
            self._wheels[purpose].add(f"{plan.device}/{purpose}", entry)
        return entry

    def _remove(self, entry: _Entry) -> None:
        entry.gone = True
        for purpose in self._purposes(entry.plan):
            self._wheels[purpose].remove(f"{entry.plan.device}/{purpose}", entry)

    def _purposes(self, plan: DevicePlan) -> list[str]:
        """Every reading tells the uptime; it has its own turn only where nothing else is read as often."""
        found = [LINKS] if plan.link_ports else []
        if plan.customer_ports:
            found.append(CUSTOMERS)
        if not plan.link_ports or self._settings.interface_interval_s > self._settings.snmp_interval_s:
            found.append(UPTIME)
        return found
