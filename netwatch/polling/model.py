"""Observations: one measured fact each. The JSON form is in `netwatch.polling.record`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IcmpObservation:
    """`sent` echo requests to `device`, `received` replies. `rtt_ms` is None when none came back."""

    at: float
    device: str
    sent: int
    received: int
    rtt_ms: float | None = None
    poller: str = ""


@dataclass(frozen=True, slots=True)
class SnmpObservation:
    """Whether `device` answered an SNMP request (after all retries). `uptime_s` is sysUpTime in seconds."""

    at: float
    device: str
    ok: bool
    uptime_s: float | None = None
    poller: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceObservation:
    """ifAdminStatus and ifOperStatus of one port, in IF-MIB's words (up, down, testing, unknown, dormant,
    notPresent, lowerLayerDown), as read at `at`.
    """

    at: float
    device: str
    interface: str
    admin: str
    oper: str
    poller: str = ""


@dataclass(frozen=True, slots=True)
class TrapObservation:
    """A notification: a hint that triggers probes, never evidence by itself. `interface` is "" when it names none."""

    at: float
    device: str
    trap: str
    interface: str = ""
    poller: str = ""


@dataclass(frozen=True, slots=True)
class PowerObservation:
    """What feeds `device`: `source` is mains, battery or none. `minutes_left` None = not told."""

    at: float
    device: str
    source: str
    minutes_left: float | None = None
    poller: str = ""


@dataclass(frozen=True, slots=True)
class WitnessObservation:
    """Whether a witness outside the network answered the monitor."""

    at: float
    witness: str
    ok: bool
    poller: str = ""


@dataclass(frozen=True, slots=True)
class LocalObservation:
    """Whether the monitor's own interface (or, with interface "", its sockets) can send."""

    at: float
    interface: str
    ok: bool
    poller: str = ""


Observation = (
    IcmpObservation
    | SnmpObservation
    | InterfaceObservation
    | TrapObservation
    | PowerObservation
    | WitnessObservation
    | LocalObservation
)
