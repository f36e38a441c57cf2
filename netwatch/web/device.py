"""What the daemon says of one device: `GET /v1/device?id=DEVICE`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SeenView:
    """One observed fact in words. `probe` as in recordings; `good` None = it says neither well nor ill."""

    probe: str
    at: datetime
    age_s: float
    what: str
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class WindowView:
    """Pings of the last `seconds`, on schedule and on suspicion. Round trips None = too few answers."""

    seconds: float
    sent: int
    lost: int
    loss_ratio: float | None = None
    rtt_p50_ms: float | None = None
    rtt_p95_ms: float | None = None
    jitter_ms: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device as netwatch believes it to be, and why.

    `state`: up, degraded, down, unreachable (healthy as far as known, but cut off) or unknown. `since_at` None = not
    since netwatch started. `snmp` is its profile, "" = none. `confidence`: of the diagnosis for what is wrong; for up, 1 divided by one more than the
    pings and polls lost since the last answer; None = unknown. `why`: most telling first. `incidents` are live ones.
    """

    id: str
    name: str
    role: str
    site: str
    address: str
    snmp: str
    at: datetime
    state: str
    why: tuple[str, ...]
    confidence: float | None = None
    since_at: datetime | None = None
    incidents: tuple[str, ...] = ()
    seen: tuple[SeenView, ...] = ()
    window: WindowView | None = None
    missing_ports: tuple[str, ...] = ()
