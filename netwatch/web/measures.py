"""Figures of netwatch itself: accumulators for the daemon, and the frozen snapshot that a scrape reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar

from netwatch.polling.statistics import PollingStatistics

K = TypeVar("K")
V = TypeVar("V")

#: Upper bounds in seconds, for work that must stay short: a step, a commit.
WORK_BOUNDS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
#: Upper bounds in seconds since the last good sample; the promise is 180.
STAGE_BOUNDS_S: Final = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 80.0, 100.0, 120.0, 150.0, 180.0, 240.0, 600.0)
#: Upper bounds in seconds, for people's answers.
ACKNOWLEDGE_BOUNDS_S: Final = (30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
#: What is promised: the next update, or a call to one customer.
PROMISES: Final = ("update", "call")
#: In the order in which an incident passes them.
STAGES: Final = ("detect", "confirm", "open", "internal", "page", "first_customer", "all_customers")


def _none() -> Mapping[K, V]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram at one moment: `counts[i]` values <= `bounds[i]`, not cumulative; one more for those above."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float


class Measure:
    """Collects durations in seconds into buckets; one per process and kind, used from one thread."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def distribution(self) -> Distribution:
        return Distribution(self._bounds, tuple(self._counts), self._sum)


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """All figures at one moment. Names follow the metrics in `netwatch.web.metrics`.

    Mappings: `devices` by believed state; `observations` by probe; `incidents` and `incidents_opened` by
    (scope, status) and scope; `messages` by (channel, state); `stages` by a name of `STAGES`, in seconds since the
    last good sample; `routes` by name: whether messages go that way now; `promises_...` by a kind of `PROMISES`; `copies_...` by the page's copy;
    `receipts` by what they say. `last_reload_ok` is of the last reading of the
    configuration, `last_reload_at` of the last good one. None = not known, and the metric is left out.
    """

    version: str = ""
    started_at: float = 0.0
    devices: Mapping[str, int] = field(default_factory=_none)
    customers: int = 0
    probes: int = 0
    replies: int = 0
    lost: int = 0
    unmatched: int = 0
    send_errors: int = 0
    snmp_requests: int = 0
    snmp_timeouts: int = 0
    receive_buffer_bytes: int | None = None
    polling: PollingStatistics = field(default_factory=PollingStatistics)
    observations: Mapping[str, int] = field(default_factory=_none)
    step: Distribution | None = None
    commit: Distribution | None = None
    stages: Mapping[str, Distribution] = field(default_factory=_none)
    incidents: Mapping[tuple[str, str], int] = field(default_factory=_none)
    incidents_opened: Mapping[str, int] = field(default_factory=_none)
    messages: Mapping[tuple[str, str], int] = field(default_factory=_none)
    approvals_pending: int = 0
    promises_owed: Mapping[str, int] = field(default_factory=_none)
    promises_kept: Mapping[str, int] = field(default_factory=_none)
    promises_missed: Mapping[str, int] = field(default_factory=_none)
    tasks_open: int = 0
    tasks_overdue: int = 0
    acknowledging: Distribution | None = None
    isolated: bool = False
    hold: bool = False
    warm: bool = False
    loop_lag_s: float = 0.0
    last_step_at: float | None = None
    last_inventory_at: float | None = None
    last_reload_ok: bool = True
    last_reload_at: float = 0.0
    record_dropped: int = 0
    receipts: Mapping[str, int] = field(default_factory=_none)
    routes: Mapping[str, bool] = field(default_factory=_none)
    copies_behind_s: Mapping[str, float] = field(default_factory=_none)
    copies_verified_at: Mapping[str, float] = field(default_factory=_none)
