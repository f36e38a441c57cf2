"""What a probe found. All of it is what `--json` prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from netwatch.web.device import DeviceView

LONGEST_S: Final = 10.0
#: What a single part may take.
PART_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Target:
    """What is probed. `device` "" = the address is none of the inventory's. `snmp` "" = no profile is known."""

    address: str
    device: str = ""
    name: str = ""
    role: str = ""
    site: str = ""
    snmp: str = ""


@dataclass(frozen=True, slots=True)
class PingPart:
    """Echo requests, one after another. Times None = too few answers. `error` "" = it could be done."""

    sent: int = 0
    received: int = 0
    loss_ratio: float | None = None
    rtt_min_ms: float | None = None
    rtt_p50_ms: float | None = None
    rtt_p95_ms: float | None = None
    rtt_max_ms: float | None = None
    jitter_ms: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class PortRow:
    """One row of the interfaces table. `last_change_s`: how long ago; None = not told, or before the agent started.

    `known`: the inventory names it; `carries`: what hangs on it, in words.
    """

    index: int
    name: str
    alias: str
    admin: str
    oper: str
    speed_bps: float | None = None
    last_change_s: float | None = None
    known: bool = False
    carries: str = ""


@dataclass(frozen=True, slots=True)
class SnmpPart:
    """The system group and the interfaces table; `missing_ports` are the inventory's that the device does not have.

    `ports_error`: the system group was read, the table was not.
    """

    profile: str = ""
    version: str = ""
    name: str = ""
    description: str = ""
    location: str = ""
    contact: str = ""
    uptime_s: float | None = None
    ports: tuple[PortRow, ...] = ()
    missing_ports: tuple[str, ...] = ()
    error: str = ""
    ports_error: str = ""


@dataclass(frozen=True, slots=True)
class HopRow:
    """One hop of the way. `address` "" = it did not answer. `device`: the inventory's name for that address."""

    distance: int
    address: str = ""
    rtt_ms: float | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class TracePart:
    """The way there. `reached`: the target itself answered. `error` "" = it could be done."""

    hops: tuple[HopRow, ...] = ()
    reached: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class DaemonPart:
    """What the running netwatch holds of the device. `view` None with the reason in `error`."""

    view: DeviceView | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All of it. `answers`: the device answered a ping or an SNMP request just now.

    `files_error`: why this machine's configuration or inventory could not be used; then the daemon's is.
    """

    target: Target
    at: datetime
    took_s: float
    answers: bool
    ping: PingPart
    snmp: SnmpPart
    trace: TracePart
    daemon: DaemonPart
    files_error: str = ""
