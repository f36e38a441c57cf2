"""What is asked at once when something looks wrong. Pure: facts in, actions with their moments out.

A first lost ping is confirmed by a burst; at the same moment the device is asked by SNMP, and its neighbours
are pinged and their ports toward it are read, so that the diagnosis has fresh answers from all sides within
seconds. A device that loses pings and answers again is pinged more often for a while, so that loss is told from bad
luck in good time. Nothing here concludes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from netwatch.inventory.graph import Edge, Topology
from netwatch.polling.pacing import Bucket
from netwatch.polling.settings import PollingSettings

_DOWN: Final = frozenset({"down", "lowerLayerDown", "notPresent"})
_FORGET_AT: Final = 100_000  # remembered moments; old ones are dropped then
_RESTARTED: Final = frozenset({"coldStart", "warmStart"})
_SETTLED_S: Final = 15.0  # after a restart ports come up one after the other
#: A second loss within this many seconds has a device that answers pinged this often for that long.
_LOSSES_WITHIN_S: Final = 60.0
_CLOSE_EVERY_S: Final = 2.0
_CLOSE_FOR_S: Final = 40.0
#: So many devices at once: where more lose pings, they are enough to tell.
_CLOSE_AT_MOST: Final = 200


class Kind(Enum):
    """Ping the device, read its uptime and the ports named, or read what feeds it or whom it speaks routing with."""

    PING = "ping"
    READ = "read"
    POWER = "power"
    NEIGHBOURS = "neighbours"


_ASKED_BY_TRAP: Final[Mapping[str, Kind]] = MappingProxyType({
    "upsTrapOnBattery": Kind.POWER,
    "upsTrapAlarmEntryAdded": Kind.POWER,
    "upsTrapAlarmEntryRemoved": Kind.POWER,
    "upsOnBattery": Kind.POWER,
    "lowBattery": Kind.POWER,
    "powerRestored": Kind.POWER,
    "bgpBackwardTransition": Kind.NEIGHBOURS,
    "bgpEstablished": Kind.NEIGHBOURS,
    "ospfNbrStateChange": Kind.NEIGHBOURS,
    "ospfIfStateChange": Kind.NEIGHBOURS,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """Ask `device` at `at`."""

    at: float
    kind: Kind
    device: str
    interfaces: tuple[str, ...] = ()


class Suspicion:
    """Remembers who fails, which ports are down, and who was asked when."""

    def __init__(self, topology: Topology, settings: PollingSettings) -> None:
        self.topology = topology
        self._settings = settings
        self._failures: dict[str, int] = {}
        self._silent: set[str] = set()
        self._lost_at: dict[str, float] = {}
        self._close_until: dict[str, float] = {}
        self._down_ports: set[tuple[str, str]] = set()
        self._asked: dict[tuple[Kind, str, str], float] = {}
        self._trapped: dict[tuple[str, str, Kind], float] = {}
        self._traps = Bucket(settings.trap_rate_per_s, settings.trap_rate_per_s)
        self.begun = 0
        self.traps_ignored = 0

    def rebase(self, topology: Topology) -> None:
        """Go on with another inventory; what is known of devices that stay is kept."""
        self.topology = topology
        known = topology.edges.keys()
        self._failures = {device: count for device, count in self._failures.items() if device in known}
        self._silent &= known
        self._lost_at = {device: at for device, at in self._lost_at.items() if device in known}
        self._trapped = {port: at for port, at in self._trapped.items() if port[0] in known}
        self._down_ports = {port for port in self._down_ports if port[0] in known}

    def pinged(self, device: str, now: float, *, answered: bool) -> list[Action]:
        """A ping was decided."""
        failures = self._failures.get(device, 0)
        if answered:
            if not failures:
                return []
            del self._failures[device]
            if failures > self._settings.confirm_probes:
                return self._look_again(device, now)
            return self._look_closer(device, failures, now)
        self._failures[device] = failures + 1
        if failures:
            return []
        self.begun += 1
        spacing = self._settings.confirm_spacing_s
        burst = [Action(now + k * spacing, Kind.PING, device) for k in range(self._settings.confirm_probes)]
        return burst + self._read(device, (), now) + self._around(device, now)

    def asked(self, device: str, now: float, *, answered: bool) -> list[Action]:
        """A regular SNMP reading ended."""
        if answered:
            if device not in self._silent:
                return []
            self._silent.discard(device)
            return self._look_again(device, now)
        if device in self._silent:
            return []
        self._silent.add(device)
        self.begun += 1
        again = self._read(device, (), now + self._settings.suspicion_spacing_s)
        return [*self._ping(device, now), *again, *self._around(device, now)]

    def port(self, device: str, interface: str, admin: str, oper: str, now: float) -> list[Action]:
        """A port was read."""
        port = (device, interface)
        down = admin != "down" and oper in _DOWN
        if down == (port in self._down_ports):
            return []
        if not down:
            self._down_ports.discard(port)
            return [action for edge in self._edges(device, interface) for action in self._far(edge, now)]
        self._down_ports.add(port)
        self.begun += 1
        return [
            action
            for edge in self._edges(device, interface)
            for action in [*self._ping(edge.neighbour, now), *self._far(edge, now)]
        ]

    def trap(self, device: str, interface: str, now: float, trap: str = "") -> list[Action]:
        """A notification came: a hint, limited per port and subject, and in all."""
        kind = _ASKED_BY_TRAP.get(trap, Kind.READ)
        last = self._trapped.get((device, interface, kind))
        spaced = last is None or now - last >= self._settings.trap_spacing_s
        if device not in self.topology.edges or not spaced or not self._traps.take(now, 1):
            self.traps_ignored += 1
            return []
        self._trapped[device, interface, kind] = now
        edges = self._edges(device, interface) if interface else self.topology.edges[device]
        own = (interface,) if interface else tuple(edge.own_interface for edge in edges if edge.own_interface)
        found = [*self._ping(device, now), *self._read(device, own, now)]
        if kind is not Kind.READ and (at := self._moment(kind, device, "", now)) is not None:
            found.append(Action(at, kind, device))
        if trap in _RESTARTED:
            found.append(Action(now + _SETTLED_S, Kind.READ, device, own))
        for edge in edges if interface else ():
            found += [*self._ping(edge.neighbour, now), *self._far(edge, now)]
        return found

    def read_all(self, device: str, now: float) -> list[Action]:
        """Read the device and all its link ports, unless that is about to happen."""
        own = tuple(edge.own_interface for edge in self.topology.edges.get(device, ()) if edge.own_interface)
        return self._read(device, own, now)

    def _around(self, device: str, now: float) -> list[Action]:
        """Ping each neighbour and read its ports toward `device`."""
        found: list[Action] = []
        for edge in self.topology.edges.get(device, ()):
            found += [*self._ping(edge.neighbour, now), *self._far(edge, now)]
        return found

    def _look_again(self, device: str, now: float) -> list[Action]:
        """It answers again: read its ports and those that lead to it, so that links are cleared soon."""
        edges = self.topology.edges.get(device, ())
        return [*self.read_all(device, now), *(action for edge in edges for action in self._far(edge, now))]

    def _look_closer(self, device: str, losses: int, now: float) -> list[Action]:
        """It lost so many pings in a row and answers again: ping it more often when that was not the first loss."""
        before_at = self._lost_at.get(device)
        self._lost_at[device] = now
        if losses < 2 and (before_at is None or now - before_at > _LOSSES_WITHIN_S):
            return []
        if self._close_until.get(device, now) > now:
            return []
        self._close_until = {other: until for other, until in self._close_until.items() if until > now}
        if len(self._close_until) >= _CLOSE_AT_MOST:
            return []
        self._close_until[device] = now + _CLOSE_FOR_S
        return [
            Action(now + k * _CLOSE_EVERY_S, Kind.PING, device)
            for k in range(1, int(_CLOSE_FOR_S / _CLOSE_EVERY_S) + 1)
        ]

    def _far(self, edge: Edge, now: float) -> list[Action]:
        return self._read(edge.neighbour, (edge.far_interface,) if edge.far_interface else (), now)

    def _edges(self, device: str, interface: str) -> Sequence[Edge]:
        return [edge for edge in self.topology.edges.get(device, ()) if edge.own_interface == interface]

    def _ping(self, device: str, now: float) -> list[Action]:
        at = self._moment(Kind.PING, device, "", now)
        return [] if at is None else [Action(at, Kind.PING, device)]

    def _read(self, device: str, interfaces: Iterable[str], now: float) -> list[Action]:
        moments: dict[float, list[str]] = {}
        for interface in tuple(interfaces) or ("",):
            at = self._moment(Kind.READ, device, interface, now)
            if at is not None:
                moments.setdefault(at, []).append(interface)
        return [
            Action(at, Kind.READ, device, tuple(name for name in names if name))
            for at, names in sorted(moments.items())
        ]

    def _moment(self, kind: Kind, device: str, interface: str, now: float) -> float | None:
        """When this may be asked: now, or after its spacing; None when it is already going to be."""
        key = (kind, device, interface)
        last = self._asked.get(key)
        if last is not None and last > now:
            return None
        at = now if last is None else max(now, last + self._settings.suspicion_spacing_s)
        if len(self._asked) >= _FORGET_AT:
            oldest = now - self._settings.suspicion_spacing_s
            self._asked = {known: then for known, then in self._asked.items() if then > oldest}
        self._asked[key] = at
        return at
