"""What ports and routing sessions tell besides up and down: light, load, errors, sessions. It colours an explanation.

None of it is a failure by itself: light decides between a cable and what ends it, load between overload and other
loss, a lost session whether an upstream whose port is up still serves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from netwatch.diagnosis.evidence import NEVER
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Link, Port
from netwatch.polling.model import NeighbourObservation, OpticalObservation, TrafficObservation

#: Light this far below the usual, or below what any receiver can use, is none.
_FAR_BELOW_DB: Final = 10.0
_NONE_DBM: Final = -35.0
_USED: Final = 0.1
_FULL: Final = 0.95
_DAMAGED_PER_S: Final = 1.0
#: So many missed readings make a reading old.
_OLD_INTERVALS: Final = 3.0
_OLD_S: Final = 900.0
_FEW_SESSIONS: Final = 10_000


@dataclass(slots=True)
class Light:
    """Light received by one port. `usual_dbm` follows readings that are not dark; None = never seen lit."""

    usual_dbm: float | None = None
    dark: bool = False
    at: float = NEVER

    def take(self, at: float, rx_dbm: float) -> bool:
        """Take a reading; return whether it changed from light to dark or back."""
        if at <= self.at:
            return False
        self.at, before = at, self.dark
        self.dark = self.usual_dbm is not None and rx_dbm < max(self.usual_dbm - _FAR_BELOW_DB, _NONE_DBM)
        if rx_dbm > _NONE_DBM and not self.dark:
            self.usual_dbm = rx_dbm if self.usual_dbm is None else self.usual_dbm + _USED * (rx_dbm - self.usual_dbm)
        return self.dark != before


@dataclass(slots=True)
class Load:
    """How full one port was lately, and what it dropped and found damaged."""

    full: bool = False
    share: float = 0.0
    dropped_per_s: float = 0.0
    damaged_per_s: float = 0.0
    at: float = NEVER
    old_after_s: float = _OLD_S


@dataclass(slots=True)
class Session:
    """One routing session. `changed_at`: when it was first seen in its present state."""

    up: bool
    enabled: bool
    changed_at: float
    ever_up: bool


class Signals:
    """The newest of these facts for the ports and devices of one inventory."""

    def __init__(self, topology: Topology) -> None:
        inventory = topology.inventory
        self._link_ends = topology.link_of_port
        self._upstream_ends = {Port(one.device, one.interface) for one in inventory.upstreams.values()}
        self._exits = {upstream.device for upstream in inventory.upstreams.values()}
        self._devices = inventory.devices
        self._light: dict[tuple[str, str], Light] = {}
        self._load: dict[tuple[str, str], Load] = {}  # of ports that were full or damaged frames at some time
        self._traffic_at = NEVER
        self._sessions: dict[str, dict[str, Session]] = {}

    def light(self, seen: OpticalObservation) -> bool:
        """Take a reading of light; return whether anything believed changed."""
        key = (seen.device, seen.interface)
        if seen.rx_dbm is None:
            return False
        light = self._light.get(key)
        if light is None:
            if not self._concerns(*key):
                return False
            light = self._light[key] = Light()
        return light.take(seen.at, seen.rx_dbm)

    def traffic(self, seen: TrafficObservation) -> bool:
        """Take counters of a port; return whether it became full, or is no longer."""
        key, share = (seen.device, seen.interface), seen.utilisation
        load, full = self._load.get(key), share is not None and share >= _FULL
        late = seen.at < self._traffic_at - seen.interval_s  # a newer one of this port had nothing to tell
        self._traffic_at = max(self._traffic_at, seen.at)
        if load is None:
            telling = full or (seen.in_errors_per_s or 0.0) >= _DAMAGED_PER_S
            if late or not telling or not self._concerns(*key):
                return False
            load = self._load[key] = Load()
        if seen.at <= load.at:
            return False
        before = load.full
        load.at, load.old_after_s = seen.at, max(60.0, _OLD_INTERVALS * seen.interval_s)
        load.full, load.share = full, share or 0.0
        load.dropped_per_s = (seen.in_discards_per_s or 0.0) + (seen.out_discards_per_s or 0.0)
        load.damaged_per_s = seen.in_errors_per_s or 0.0
        return load.full != before

    @cached_property
    def _own(self) -> frozenset[str]:
        """Addresses of the inventory, which only those need whose routers are asked for sessions."""
        return frozenset(device.address for device in self._devices.values() if device.address)

    def _concerns(self, device: str, interface: str) -> bool:
        """Whether a link or an upstream ends at this port."""
        port = Port(device, interface)
        return port in self._link_ends or (port in self._upstream_ends and bool(interface))

    def neighbour(self, seen: NeighbourObservation) -> bool:
        """Take the state of a session; return whether it changed. Only sessions to the outside count."""
        if seen.protocol != "bgp" or seen.device not in self._exits or seen.neighbour in self._own:
            return False
        mine = self._sessions.setdefault(seen.device, {})
        known = mine.get(seen.neighbour)
        if known is None:
            if len(mine) < _FEW_SESSIONS:
                mine[seen.neighbour] = Session(seen.up, seen.enabled, seen.at, seen.up)
            return False
        changed = (known.up, known.enabled) != (seen.up, seen.enabled)
        if changed and seen.at > known.changed_at:
            known.up, known.enabled, known.changed_at = seen.up, seen.enabled, seen.at
            known.ever_up |= seen.up
        return changed

    def dark_ends(self, link: Link, onset_at: float) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
        """The ends of a link that received no light since the onset, and those that did. Unread ends are in neither."""
        read = [
            (end, light)
            for end in (link.a, link.b)
            if (light := self._light.get((end.device, end.interface))) is not None
            and light.at >= onset_at
            and light.usual_dbm is not None
        ]
        return tuple(end for end, light in read if light.dark), tuple(end for end, light in read if not light.dark)

    def full_end(self, link: Link, now: float) -> tuple[Port, Load] | None:
        """The busier end of a link that is filled to the brim now; None when neither is."""
        loads = [(end, load) for end, load in self._loads(link, now) if load.full]
        return max(loads, key=lambda found: (found[1].share, found[0]), default=None)

    def damaged_end(self, link: Link, now: float) -> tuple[Port, Load] | None:
        """The end of a link that now receives most damaged frames, at least one a second; None when neither does."""
        loads = [(end, load) for end, load in self._loads(link, now) if load.damaged_per_s >= _DAMAGED_PER_S]
        return max(loads, key=lambda found: (found[1].damaged_per_s, found[0]), default=None)

    def _loads(self, link: Link, now: float) -> Iterable[tuple[Port, Load]]:
        for end in (link.a, link.b):
            load = self._load.get((end.device, end.interface))
            if load is not None and now - load.at <= load.old_after_s:
                yield end, load

    def sessions_lost_at(self, device: str) -> float | None:
        """Since when every session of `device` with the outside that was ever up is down; None when one is up.

        A session that the operator stopped says nothing.
        """
        meant = [one for one in self._sessions.get(device, {}).values() if one.ever_up and one.enabled]
        if not meant or any(one.up for one in meant):
            return None
        return max(one.changed_at for one in meant)
