"""The last that was observed of each device, for `netwatch probe`. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    NeighbourObservation,
    Observation,
    OpticalObservation,
    PowerObservation,
    SnmpObservation,
    TrafficObservation,
    TrapObservation,
)


class Load(NamedTuple):
    """How full a port was, as `TrafficObservation.utilisation` tells; all else that was counted is not kept."""

    at: float
    utilisation: float | None


@dataclass(slots=True)
class Sighting:
    """One device: its newest ping and poll, its newest answers, everything else as last read, the newest trap.

    `lost`: pings lost since the last answered one; `failed`: polls without an answer since the last one with.
    """

    ping: IcmpObservation | None = None
    pong: IcmpObservation | None = None
    lost: int = 0
    poll: SnmpObservation | None = None
    told: SnmpObservation | None = None
    failed: int = 0
    ports: dict[str, InterfaceObservation] = field(default_factory=dict)
    traffic: dict[str, Load] | None = None
    optics: dict[str, OpticalObservation] | None = None
    neighbours: dict[tuple[str, str], NeighbourObservation] | None = None
    power: PowerObservation | None = None
    trap: TrapObservation | None = None


class Sightings:
    """Sightings by device; bounded by the inventory, since `keep` drops the rest."""

    def __init__(self) -> None:
        self._seen: dict[str, Sighting] = {}

    def of(self, device: str) -> Sighting:
        """What was observed of it; all None when nothing was."""
        return self._seen.get(device) or Sighting()

    def keep(self, devices: Collection[str]) -> None:
        """Forget all but these."""
        self._seen = {device: seen for device, seen in self._seen.items() if device in devices}

    def note(self, observation: Observation) -> None:
        """Look at one observation. Late ones count as they come."""
        take = _TAKERS.get(type(observation))
        if take is None:
            return
        device: str = getattr(observation, "device")  # noqa: B009 - all kinds of `_TAKERS` have one
        seen = self._seen.get(device)
        if seen is None:
            seen = self._seen[device] = Sighting()
        take(seen, observation)


def _ping(seen: Sighting, new: IcmpObservation) -> None:
    seen.ping = new
    if new.received:
        seen.pong, seen.lost = new, 0
    else:
        seen.lost += new.sent


def _poll(seen: Sighting, new: SnmpObservation) -> None:
    seen.poll = new
    if new.ok:
        seen.told, seen.failed = new, 0
    else:
        seen.failed += 1


def _port(seen: Sighting, new: InterfaceObservation) -> None:
    seen.ports[new.interface] = new


def _traffic(seen: Sighting, new: TrafficObservation) -> None:
    if seen.traffic is None:
        seen.traffic = {}
    seen.traffic[new.interface] = Load(new.at, new.utilisation)


def _optics(seen: Sighting, new: OpticalObservation) -> None:
    seen.optics = {**(seen.optics or {}), new.interface: new}


def _neighbour(seen: Sighting, new: NeighbourObservation) -> None:
    seen.neighbours = {**(seen.neighbours or {}), (new.protocol, new.neighbour): new}


def _power(seen: Sighting, new: PowerObservation) -> None:
    seen.power = new


def _trap(seen: Sighting, new: TrapObservation) -> None:
    seen.trap = new


_TAKERS: Final[Mapping[type[Observation], Callable[[Sighting, Any], None]]] = MappingProxyType(
    {
        IcmpObservation: _ping,
        SnmpObservation: _poll,
        InterfaceObservation: _port,
        TrafficObservation: _traffic,
        OpticalObservation: _optics,
        NeighbourObservation: _neighbour,
        PowerObservation: _power,
        TrapObservation: _trap,
    }
)
