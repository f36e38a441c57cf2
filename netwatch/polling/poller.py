"""The polling stage at work: one loop of 20 ms ticks over pings, SNMP, the machine's own state and suspicion."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from netwatch.clock import Clock
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.polling.agenda import Agenda
from netwatch.polling.icmp.engine import TICK_S
from netwatch.polling.local import LocalWatch
from netwatch.polling.model import Observation, TrapObservation
from netwatch.polling.notifications import Notifications
from netwatch.polling.pings import Pings
from netwatch.polling.plan import plan, telling_addresses
from netwatch.polling.reads import Reads
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.polling.snmp.client import Client
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.ports import Reading
from netwatch.polling.statistics import Lateness, PollingStatistics
from netwatch.polling.suspicion import Action, Kind, Suspicion


class Poller:
    """Polls an inventory and hands every observation to `emit`, in the event loop; `emit` must only enqueue."""

    def __init__(
        self,
        inventory: Inventory,
        settings: PollingSettings,
        snmp_settings: SnmpSettings,
        clock: Clock,
        emit: Callable[[Observation], None],
    ) -> None:
        self._inventory = inventory
        self._clock = clock
        self._sink = emit
        self._emitted = 0
        self.pings = Pings(settings, self._emit)  # open to those who ask for one device's loss and round trips
        buffer = settings.receive_buffer_bytes
        self._client = Client(clock, settings.snmp_rate_rps, buffer, random.SystemRandom())
        self._reads = Reads(
            client=self._client, settings=settings, profiles=snmp_settings, emit=self._emit, read=self._after_reading
        )
        self._ears = Notifications(snmp_settings.trap_address, snmp_settings.trap_port, buffer, settings.trap_spacing_s)
        self._suspicion = Suspicion(Topology(inventory), settings)
        self._agenda = Agenda()
        self._watch = LocalWatch(settings.local_interval_s)
        self._lateness = Lateness()

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            OperatingError: the machine allows no ICMP socket, a profile or community is missing, a port is taken.
        """
        try:
            self._apply(self._inventory)
            self._ears.open()
            async with asyncio.TaskGroup() as tasks:
                due = self._clock.now()
                while True:
                    now = self._clock.now()
                    self._lateness.note(now - due)
                    self._tick(now, tasks)
                    due = max(due + TICK_S, now)
                    await self._clock.sleep_until(due)
        finally:
            self._ears.close()
            self._client.close()
            self.pings.close()

    async def reload(self, inventory: Inventory) -> None:
        """Go on with another inventory; devices that stay are polled on as if nothing had happened.

        Raises:
            OperatingError: as `run` does.
        """
        self._apply(inventory)
        self._inventory = inventory

    def probe_soon(self, devices: Iterable[str]) -> None:
        """Ping these devices and read their link ports at once; unknown ones are left alone."""
        now = self._clock.now()
        for device in devices:
            self._agenda.add([Action(now, Kind.PING, device), *self._suspicion.read_all(device, now)])

    def missing_ports(self) -> Mapping[str, frozenset[str]]:
        """The inventory's ports that their devices do not have, by device."""
        return self._reads.missing()

    def statistics(self) -> PollingStatistics:
        """What was counted since the start."""
        return PollingStatistics(
            icmp=self.pings.statistics(),
            snmp=self._client.statistics(),
            reads=self._reads.statistics(),
            lateness=self._lateness.copy(),
            devices=len(self._inventory.devices),
            observations=self._emitted,
            suspicions=self._suspicion.begun,
            traps=replace(self._ears.statistics),
            traps_ignored=self._suspicion.traps_ignored,
        )

    def _apply(self, inventory: Inventory) -> None:
        plans = plan(inventory)
        self._reads.apply(plans)
        self.pings.apply(plans.values(), inventory.monitor.witnesses)
        self._ears.apply({entry.address: entry.device for entry in plans.values()})
        self._suspicion.rebase(Topology(inventory))
        self._watch.look_at(telling_addresses(inventory))

    def _tick(self, now: float, tasks: asyncio.TaskGroup) -> None:
        for device, answered in self.pings.tick(now):
            self._agenda.add(self._suspicion.pinged(device, now, answered=answered))
        self._client.tick(now)
        self._reads.due(now, tasks)
        for device, hint in self._ears.tick(now):
            interface = self._reads.interface_of(device, hint)
            self._emit(TrapObservation(now, device, hint.trap, interface))
            self._agenda.add(self._suspicion.trap(device, interface, now))
        for action in self._agenda.due(now):
            if action.kind is Kind.PING:
                self.pings.probe(action.device)
            else:
                self._reads.ask(action.device, action.interfaces, tasks)
        if self._watch.is_due(now):
            icmp, snmp = self.pings.statistics(), self._client.statistics()
            failed = sum(icmp.local_errors.values()) + snmp.local_errors
            for observation in self._watch.check(now, icmp.sent + snmp.requests, failed):
                self._emit(observation)

    def _after_reading(self, device: str, reading: Reading) -> None:
        now = self._clock.now()
        self._agenda.add(self._suspicion.asked(device, now, answered=reading.status is not Status.TIMEOUT))
        for name, port in reading.ports.items():
            self._agenda.add(self._suspicion.port(device, name, port.admin, port.oper, now))
            if port.moved:  # it flapped between two readings
                self._agenda.add(self._suspicion.trap(device, name, now))

    def _emit(self, observation: Observation) -> None:
        self._emitted += 1
        self._sink(observation)
