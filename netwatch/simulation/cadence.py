"""When a step is due in virtual time: soon after news, each second while anything is open, rarely when all is quiet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

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


@dataclass(frozen=True, slots=True)
class Cadence:
    """Seconds between steps."""

    busy_s: float = 1.0
    """While an incident is open, or something failed lately."""
    quiet_s: float = 15.0
    """While all is well."""
    alert_s: float = 90.0
    """How long after a sign of failure steps stay frequent."""


class Metronome:
    """Tells the instant of the next step, `next_at`. Instants are whole multiples of `busy_s` after the first observation."""

    def __init__(self, cadence: Cadence, start_at: float) -> None:
        self._cadence = cadence
        self._start_at = start_at
        self._last_at = start_at
        self._alert_until_at = start_at
        self._busy = False
        self.newest_at = start_at
        self._bad: set[tuple[str, ...]] = set()
        self._doubtful: set[tuple[str, ...]] = set()
        self._watched: dict[str, int] = {}
        self.next_at = start_at
        self._plan()

    def _plan(self) -> None:
        """Set when the next step is due, given all that was noted."""
        busy = self._busy or self._last_at < self._alert_until_at
        self.next_at = self._last_at + (self._cadence.busy_s if busy else self._cadence.quiet_s)

    def note(self, observation: Observation) -> None:
        """Look at one observation: something that goes bad, or is well again, brings the next step forward."""
        self.newest_at = max(self.newest_at, observation.at)
        bad = _SIGNS[type(observation)](observation)
        if not bad and (not self._watched or whose(observation) not in self._watched):
            return
        name = subject_of(observation)
        if bad == (name in self._bad):
            self._forget(self._doubtful, name)
            return
        if bad and isinstance(observation, IcmpObservation) and name not in self._doubtful:
            self._remember(self._doubtful, name)  # one lost ping is no sign: the burst that follows it is
            return
        if bad:
            self._remember(self._bad, name)
        else:
            self._forget(self._bad, name)
        self._alert_until_at = max(self._alert_until_at, observation.at + self._cadence.alert_s)
        behind = int((observation.at - self._last_at) / self._cadence.busy_s) * self._cadence.busy_s
        self._last_at += max(0.0, behind)
        self._plan()

    def _remember(self, names: set[tuple[str, ...]], name: tuple[str, ...]) -> None:
        if name not in names:
            names.add(name)
            self._watched[name[1]] = self._watched.get(name[1], 0) + 1

    def _forget(self, names: set[tuple[str, ...]], name: tuple[str, ...]) -> None:
        if name in names:
            names.discard(name)
            self._watched[name[1]] -= 1
            if not self._watched[name[1]]:
                del self._watched[name[1]]

    def stepped(self, at: float, *, busy: bool) -> None:
        """A step was done at `at`; `busy` when an incident is open or followed."""
        self._last_at = at
        self._busy = busy
        self._plan()


def whose(observation: Observation) -> str:
    """The device, witness or own interface that the observation is about."""
    if isinstance(observation, WitnessObservation):
        return observation.witness
    return observation.interface if isinstance(observation, LocalObservation) else observation.device


def subject_of(observation: Observation) -> tuple[str, str, str]:
    """What the observation is about: its kind, `whose`, and the port if any."""
    port = ""
    kind = type(observation).__name__
    if isinstance(observation, InterfaceObservation | TrapObservation):
        kind, port = "port", observation.interface
    return kind, whose(observation), port


_CARRIES: Final = frozenset({"up", "dormant", "testing"})
_GOOD_NEWS: Final = frozenset({"linkUp", "coldStart", "warmStart"})


def is_sign(observation: Observation) -> bool:
    """Whether the observation may mean that something is wrong."""
    return _SIGNS[type(observation)](observation)


def _bad_port(seen: InterfaceObservation) -> bool:
    return seen.oper not in _CARRIES and seen.admin == "up"


def _bad_ping(seen: IcmpObservation) -> bool:
    return seen.received < seen.sent


def _not_ok(seen: SnmpObservation | WitnessObservation | LocalObservation) -> bool:
    return not seen.ok


def _bad_power(seen: PowerObservation) -> bool:
    return seen.source != "mains"


def _bad_trap(seen: TrapObservation) -> bool:
    return seen.trap not in _GOOD_NEWS


def _no_sign(_: TrafficObservation | NeighbourObservation | OpticalObservation) -> bool:
    return False  # the diagnosis does not heed them


_SIGNS: Final[Mapping[type[Observation], Callable[[Any], bool]]] = MappingProxyType(
    {
        InterfaceObservation: _bad_port,
        IcmpObservation: _bad_ping,
        SnmpObservation: _not_ok,
        WitnessObservation: _not_ok,
        LocalObservation: _not_ok,
        PowerObservation: _bad_power,
        TrapObservation: _bad_trap,
        TrafficObservation: _no_sign,
        NeighbourObservation: _no_sign,
        OpticalObservation: _no_sign,
    }
)
