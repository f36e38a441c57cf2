"""What the polling stage counts, for metrics and for people."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import Final

from netwatch.polling.icmp.engine import EngineStatistics
from netwatch.polling.notifications import NotificationStatistics
from netwatch.polling.overload import LATE_S
from netwatch.polling.snmp.client import ClientStatistics

LAG_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the classes of lateness, in seconds; what is above the last has a class of its own."""


def _classes() -> list[int]:
    return [0] * (len(LAG_BOUNDS_S) + 1)


@dataclass(slots=True)
class Lateness:
    """How late the poll loop's ticks are. `late` counts those by more than 50 ms; all times in seconds.

    `counts` are the ticks by class of `LAG_BOUNDS_S`.
    """

    ticks: int = 0
    late: int = 0
    last_s: float = 0.0
    worst_s: float = 0.0
    total_s: float = 0.0
    counts: list[int] = field(default_factory=_classes)

    def note(self, late_s: float) -> None:
        """Count one tick."""
        late_s = max(0.0, late_s)
        self.ticks += 1
        self.late += late_s > LATE_S
        self.last_s = late_s
        self.worst_s = max(self.worst_s, late_s)
        self.total_s += late_s
        self.counts[bisect_left(LAG_BOUNDS_S, late_s)] += 1

    def quantile(self, ratio: float) -> float:
        """The bound that this share of all ticks kept, in seconds; infinite above the last, 0 before the first tick."""
        wanted, found = self.ticks * ratio, 0
        for bound, count in zip((*LAG_BOUNDS_S, math.inf), self.counts, strict=True):
            found += count
            if found >= wanted:
                return bound if self.ticks else 0.0
        return math.inf

    def copy(self) -> Lateness:
        """The counts as they are now."""
        return replace(self, counts=list(self.counts))


@dataclass(frozen=True, slots=True)
class ReadStatistics:
    """SNMP readings. `agents` are the devices asked, `heard` those of them that have answered, `resolved` those whose
    ports are known by name. `running` and `ports_missing` are as of now as well, the rest since the start.

    `skipped` fell due while the same reading still waited, `missed` fell into a stall, `thinned` were left out on
    overload, `late` began later than a tenth of their interval, or 1 s, after their moment; `ports_missing` are ports
    of the inventory that their devices do not have.
    """

    agents: int = 0
    heard: int = 0
    resolved: int = 0
    running: int = 0
    skipped: int = 0
    missed: int = 0
    thinned: int = 0
    late: int = 0
    resolutions: int = 0
    values_out_of_range: int = 0
    ports_missing: int = 0


@dataclass(frozen=True, slots=True)
class PollingStatistics:
    """Counters since the start. `traps_ignored` are hints that triggered nothing, being over their limit.

    `overload_level` is the present one, from 0 (all is asked) to 4.
    """

    icmp: EngineStatistics = field(default_factory=EngineStatistics)
    snmp: ClientStatistics = field(default_factory=ClientStatistics)
    reads: ReadStatistics = field(default_factory=ReadStatistics)
    lateness: Lateness = field(default_factory=Lateness)
    devices: int = 0
    observations: int = 0
    suspicions: int = 0
    traps: NotificationStatistics = field(default_factory=NotificationStatistics)
    traps_ignored: int = 0
    overload_level: int = 0
