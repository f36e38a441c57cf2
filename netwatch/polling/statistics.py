"""What the polling stage counts, for metrics and for people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from netwatch.polling.icmp.engine import EngineStatistics
from netwatch.polling.notifications import NotificationStatistics
from netwatch.polling.snmp.client import ClientStatistics

_LATE_S: Final = 0.05


@dataclass(slots=True)
class Lateness:
    """How late the poll loop's ticks are. `late` counts those by more than 50 ms; `last_s` and `worst_s` in seconds."""

    ticks: int = 0
    late: int = 0
    last_s: float = 0.0
    worst_s: float = 0.0

    def note(self, late_s: float) -> None:
        """Count one tick."""
        self.ticks += 1
        self.late += late_s > _LATE_S
        self.last_s = max(0.0, late_s)
        self.worst_s = max(self.worst_s, late_s)

    def copy(self) -> Lateness:
        """The counts as they are now."""
        return replace(self)


@dataclass(frozen=True, slots=True)
class ReadStatistics:
    """SNMP readings. `running` and `ports_missing` are as of now, the rest since the start.

    `skipped` fell due while the same reading still waited, `missed` fell into a stall; `ports_missing` are ports
    of the inventory that their devices do not have.
    """

    agents: int = 0
    running: int = 0
    skipped: int = 0
    missed: int = 0
    resolutions: int = 0
    values_out_of_range: int = 0
    ports_missing: int = 0


@dataclass(frozen=True, slots=True)
class PollingStatistics:
    """Counters since the start. `traps_ignored` are hints that triggered nothing, being over their limit."""

    icmp: EngineStatistics = field(default_factory=EngineStatistics)
    snmp: ClientStatistics = field(default_factory=ClientStatistics)
    reads: ReadStatistics = field(default_factory=ReadStatistics)
    lateness: Lateness = field(default_factory=Lateness)
    devices: int = 0
    observations: int = 0
    suspicions: int = 0
    traps: NotificationStatistics = field(default_factory=NotificationStatistics)
    traps_ignored: int = 0
