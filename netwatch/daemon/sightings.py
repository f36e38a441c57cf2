"""The last that was observed of each device, for `netwatch probe` and `status`. Decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from netwatch.polling.model import (
    IcmpObservation,
    NeighbourObservation,
    Observation,
    OpticalObservation,
    PowerObservation,
    SnmpObservation,
    TrapObservation,
)

_log = logging.getLogger(__name__)

#: An agent that failed so often and never answered is told.
_FAILS: Final = 4


@dataclass(slots=True)
class Sighting:
    """One device: when it was pinged and polled last, and when it last answered either; light, neighbours and power as
    last read, the newest trap. Of its ports the diagnosis knows the state and the poller the load.

    `rtt_ms` and `uptime_s` are of the newest ping and poll. `lost`: pings lost since the last answered one; `failed`:
    polls without an answer since the last one with.
    """

    ping_at: float | None = None
    pong_at: float | None = None
    rtt_ms: float | None = None
    lost: int = 0
    poll_at: float | None = None
    told_at: float | None = None
    uptime_s: float | None = None
    failed: int = 0
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

    @property
    def never_answered(self) -> tuple[str, ...]:
        """Devices whose SNMP agent has not answered once since netwatch started, though it was asked again and again."""
        found = [device for device, seen in self._seen.items() if seen.failed >= _FAILS and seen.told_at is None]
        return tuple(sorted(found))

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
    seen.ping_at, seen.rtt_ms = new.at, new.rtt_ms
    if new.received:
        seen.pong_at, seen.lost = new.at, 0
    else:
        seen.lost += new.sent


def _poll(seen: Sighting, new: SnmpObservation) -> None:
    seen.poll_at, seen.uptime_s = new.at, new.uptime_s
    if new.ok:
        seen.told_at, seen.failed = new.at, 0
    else:
        seen.failed += 1
        if seen.failed == _FAILS and seen.told_at is None:
            _log.warning("%s has never answered SNMP: is its profile's community right?", new.device)


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
        OpticalObservation: _optics,
        NeighbourObservation: _neighbour,
        PowerObservation: _power,
        TrapObservation: _trap,
    }
)
