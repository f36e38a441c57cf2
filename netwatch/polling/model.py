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
class TrafficObservation:
    """What passed through one port on average over the `interval_s` seconds that end at `at`.

    Bits, errors and discards a second; None where the agent has no such counter, or the difference is not certain.
    `speed_bps` is the port's line rate; None = not told.
    """

    at: float
    device: str
    interface: str
    interval_s: float
    speed_bps: float | None = None
    in_bps: float | None = None
    out_bps: float | None = None
    in_errors_per_s: float | None = None
    out_errors_per_s: float | None = None
    in_discards_per_s: float | None = None
    out_discards_per_s: float | None = None
    poller: str = ""

    @property
    def utilisation(self) -> float | None:
        """Share of the line rate in the busier direction; 1.0 = full, a little more may be measured. None = unknown."""
        rates = [rate for rate in (self.in_bps, self.out_bps) if rate is not None]
        return max(rates) / self.speed_bps if rates and self.speed_bps else None


@dataclass(frozen=True, slots=True)
class NeighbourObservation:
    """A routing session of `device`. `protocol` is bgp or ospf, `neighbour` the address of the other end.

    `state` is in the words of BGP4-MIB or OSPF-MIB; `up`: established, or full or twoWay. `enabled` False: the
    operator of `device` stopped it. `remote` is the other end's AS number or OSPF router id, "" when not told.
    """

    at: float
    device: str
    protocol: str
    neighbour: str
    state: str
    up: bool
    enabled: bool = True
    remote: str = ""
    poller: str = ""


@dataclass(frozen=True, slots=True)
class OpticalObservation:
    """Light received and sent by one port's transceiver, in dBm; of several lanes the weakest. None = not told."""

    at: float
    device: str
    interface: str
    rx_dbm: float | None = None
    tx_dbm: float | None = None
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
    | TrafficObservation
    | NeighbourObservation
    | OpticalObservation
    | WitnessObservation
    | LocalObservation
)
