"""The polling stage at work: one loop of 40 ms ticks over pings, SNMP, the machine's own state and suspicion."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from netwatch.clock import Clock
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory
from netwatch.polling.agenda import Agenda
from netwatch.polling.asked import Asked, Otherwise, otherwise
from netwatch.polling.icmp.engine import TICK_S
from netwatch.polling.local import LocalWatch
from netwatch.polling.model import Observation, TrapObservation
from netwatch.polling.notifications import Limits, Notifications, OwnEngine
from netwatch.polling.overload import Duty, Overload
from netwatch.polling.pings import Pings
from netwatch.polling.plan import DevicePlan, plan, telling_addresses
from netwatch.polling.reads import Purpose, Reads
from netwatch.polling.settings import PollingSettings, SnmpSettings
from netwatch.polling.snmp.client import Client
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.objects.traffic import Load
from netwatch.polling.snmp.ports import Reading
from netwatch.polling.snmp.profiles import Access, accesses
from netwatch.polling.snmp.usm.user import UsmUser
from netwatch.polling.statistics import Lateness, PollingStatistics
from netwatch.polling.suspicion import Action, Kind, Suspicion

_FIRST_LOOK_S: Final = 120.0


class Poller:
    """Polls an inventory and hands every observation to `emit`, in the event loop; `emit` must only enqueue.

    `state` is where netwatch keeps its own SNMP engine id and boots for informs of v3; None = new ones each start.
    """

    def __init__(
        self,
        inventory: Inventory,
        settings: PollingSettings,
        snmp_settings: SnmpSettings,
        clock: Clock,
        emit: Callable[[Observation], None],
        *,
        state: Path | None = None,
        topology: Topology | None = None,
    ) -> None:
        """`topology` of this inventory may be made beforehand, and shared."""
        self._inventory = inventory
        self._settings = settings
        self._profiles = snmp_settings
        self._clock = clock
        self._sink = emit
        self._emitted = 0
        self.pings = Pings(settings, self._emit)  # open to those who ask for one device's loss and round trips
        buffer = settings.receive_buffer_bytes
        self._client = Client(clock, settings.snmp_rate_rps, buffer, random.SystemRandom())
        self._reads = Reads(
            client=self._client, clock=clock, settings=settings, emit=self._emit, read=self._after_reading
        )
        self._state = state
        self._accesses: Mapping[str, Access] = {}
        self._asked = Asked()
        self._ears = self._open_ears(None)
        self._suspicion = Suspicion(topology or Topology(inventory), settings)
        self._agenda = Agenda()
        self._watch = LocalWatch(settings.local_interval_s)
        self._lateness = Lateness()
        self._overload = Overload()
        self._applied_at = clock.now()

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            OperatingError: the machine allows no ICMP socket, a profile or community is missing, a port is taken.
        """
        try:
            if self._profiles.trap_port:
                self._ears = self._open_ears(OwnEngine.begin(self._state, self._clock.now()))
            self._apply(self._inventory, self._suspicion.topology, plan(self._inventory, self._settings))
            self._ears.open()
            due = self._clock.now()
            while True:
                now = self._clock.now()
                self._lateness.note(now - due)
                self._overload.note(now, now - due, self._backlog_s(now))
                self._tick(now)
                due = max(due + TICK_S, now)
                await self._clock.sleep_until(due)
        finally:
            self._ears.close()
            self._client.close()
            self.pings.close()

    async def reload(
        self,
        inventory: Inventory,
        profiles: SnmpSettings | None = None,
        *,
        topology: Topology | None = None,
        plans: Mapping[str, DevicePlan] | None = None,
    ) -> Otherwise:
        """Go on with another inventory; devices that stay are polled on as if nothing had happened.

        Returns what is asked otherwise from now on: its silence may come from the change.

        `profiles` None = those of now. `topology` and `plans` of this inventory may be made beforehand, elsewhere.

        Raises:
            OperatingError: as `run` does; reload the inventory of before then.
        """
        self._profiles = profiles or self._profiles
        changed = self._apply(inventory, topology or Topology(inventory), plans or plan(inventory, self._settings))
        self._inventory = inventory
        return changed

    def probe_soon(self, devices: Iterable[str]) -> None:
        """Ping these devices and read their link ports at once; unknown ones are left alone."""
        now = self._clock.now()
        for device in devices:
            self._agenda.add([Action(now, Kind.PING, device), *self._suspicion.read_all(device, now)])

    def missing_ports(self) -> Mapping[str, frozenset[str]]:
        """The inventory's ports that their devices do not have, by device."""
        return self._reads.missing()

    def loads_of(self, device: str) -> Mapping[str, Load]:
        """How full the link ports of a device were when that was last measured, by name."""
        return self._reads.loads_of(device)

    def refusals(self) -> Mapping[str, str]:
        """Why agents that answer refuse our SNMPv3 user, by device."""
        return self._reads.refusals()

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
            traps=self._ears.statistics.copy(),
            traps_ignored=self._suspicion.traps_ignored,
            overload_level=self._overload.level,
        )

    def _backlog_s(self, now: float) -> float:
        """How long what waits takes to send. The first look at many devices is no overload, though it waits."""
        if now - self._applied_at < _FIRST_LOOK_S:
            return 0.0
        return max(self.pings.backlog_s(), self._client.backlog_s())

    def _apply(self, inventory: Inventory, topology: Topology, plans: Mapping[str, DevicePlan]) -> Otherwise:
        self._applied_at = self._clock.now()
        profiles = self._profiles.profiles
        hears = [name for name in sorted(profiles) if profiles[name].version == "3" and self._profiles.trap_port]
        named = {
            **dict.fromkeys(hears, ""),
            **{entry.profile: entry.device for entry in plans.values() if entry.profile},
        }
        self._accesses = accesses(profiles, named, self._accesses)
        self._reads.apply(plans, self._profiles, self._accesses)
        self.pings.apply(plans.values(), inventory.monitor.witnesses)
        users = [access for name in hears if isinstance(access := self._accesses[name], UsmUser)]
        self._ears.apply({entry.address: entry.device for entry in plans.values()}, users)
        self._suspicion.rebase(topology)
        self._watch.look_at(telling_addresses(inventory))
        witnesses = {witness.id: witness.address for witness in inventory.monitor.witnesses}
        before, self._asked = self._asked, Asked(plans, profiles, self._accesses, witnesses)
        return otherwise(before, self._asked)

    def _tick(self, now: float) -> None:
        self.pings.stretch(self._overload.stretch(Duty.PINGS))
        for device, answered in self.pings.tick(now):
            self._agenda.add(self._suspicion.pinged(device, now, answered=answered))
        self._reads.due(now, self._overload)
        for device, hint in self._ears.tick(now):
            interface = self._reads.interface_of(device, hint)
            self._emit(TrapObservation(now, device, hint.trap, interface))
            self._agenda.add(self._suspicion.trap(device, interface, now, hint.trap))
        for action in self._agenda.due(now):
            self._act(action)
        self._client.tick(now)
        if self._watch.is_due(now):
            icmp, snmp = self.pings.statistics(), self._client.statistics()
            failed = sum(icmp.local_errors.values()) + icmp.undecided + snmp.local_errors
            for observation in self._watch.check(now, icmp.sent + snmp.requests, failed):
                self._emit(observation)

    def _act(self, action: Action) -> None:
        if action.kind is Kind.PING:
            self.pings.probe(action.device)
        elif action.kind is Kind.POWER:
            self._reads.ask_detail(action.device, Purpose.POWER)
        elif action.kind is Kind.NEIGHBOURS:
            self._reads.ask_detail(action.device, Purpose.NEIGHBOURS)
        else:
            self._reads.ask(action.device, action.interfaces)

    def _open_ears(self, engine: OwnEngine | None) -> Notifications:
        settings, snmp = self._settings, self._profiles
        return Notifications(
            snmp.trap_address,
            snmp.trap_port,
            settings.trap_buffer_bytes,
            settings.trap_spacing_s,
            limits=Limits(settings.trap_source_rate_per_s, settings.trap_decode_rate_per_s),
            engine=engine,
        )

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
