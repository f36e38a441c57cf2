"""Prometheus metrics from a frozen snapshot. Source: prometheus.io/docs/practices/naming.

One table says name, help, labels and where the figure stands; the scrape renders it off the loop.
No customer's id, no region, zone or site is ever a label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from netwatch.diagnosis.model import Scope
from netwatch.polling.statistics import LAG_BOUNDS_S
from netwatch.web.measures import Distribution, MetricsSnapshot

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Figure = float | None
Labelled = Mapping[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Plain:
    """A gauge, or a counter when its name ends in `_total`. `read` gives None when it is not known."""

    name: str
    help: str
    read: Callable[[MetricsSnapshot], Figure]

    def family(self, snapshot: MetricsSnapshot) -> Metric | None:
        value = self.read(snapshot)
        if value is None:
            return None
        return _family(self.name, self.help, (), {(): float(value)})


@dataclass(frozen=True, slots=True)
class ByLabel:
    """The same with labels; `read` gives values by the labels' values in order."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[MetricsSnapshot], Labelled]

    def family(self, snapshot: MetricsSnapshot) -> Metric | None:
        return _family(self.name, self.help, self.labels, self.read(snapshot))


@dataclass(frozen=True, slots=True)
class Histogram:
    """Durations in seconds; `labels` is empty or one label."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[MetricsSnapshot], Mapping[str, Distribution]]

    def family(self, snapshot: MetricsSnapshot) -> Metric | None:
        metric = HistogramMetricFamily(self.name, self.help, labels=self.labels)
        for label, found in sorted(self.read(snapshot).items()):
            metric.add_metric([label] if self.labels else [], buckets=_cumulated(found), sum_value=found.sum)
        return metric


def _family(name: str, text: str, labels: tuple[str, ...], values: Labelled) -> Metric:
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    metric = kind(name, text, labels=labels)
    for key, value in sorted(values.items()):
        metric.add_metric(key, value)
    return metric


def _cumulated(found: Distribution) -> list[tuple[str, float]]:
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip((*map(str, found.bounds), "+Inf"), found.counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


def _one(values: Mapping[str, int] | Mapping[str, float]) -> Labelled:
    return {(key,): float(value) for key, value in values.items()}


def _two(values: Mapping[tuple[str, str], int]) -> Labelled:
    return {key: float(value) for key, value in values.items()}


def _single(found: Distribution | None) -> Mapping[str, Distribution]:
    return {"": found} if found else {}


def _kept_ratio(snapshot: MetricsSnapshot) -> Labelled:
    found: dict[tuple[str, ...], float] = {}
    for kind, kept in snapshot.promises_kept.items():
        due = kept + snapshot.promises_missed.get(kind, 0)
        if due:
            found[kind,] = kept / due
    return found


def _lag(snapshot: MetricsSnapshot) -> Mapping[str, Distribution]:
    lateness = snapshot.polling.lateness
    return {"": Distribution(LAG_BOUNDS_S, tuple(lateness.counts), lateness.total_s)}


def _skipped(snapshot: MetricsSnapshot) -> Labelled:
    icmp, snmp = snapshot.polling.icmp, snapshot.polling.reads
    return {
        ("icmp", "behind"): icmp.skipped,
        ("icmp", "overload"): icmp.thinned,
        ("snmp", "behind"): snmp.skipped + snmp.missed,
        ("snmp", "overload"): snmp.thinned,
    }


def _by_socket(icmp: int, snmp: int, notifications: int) -> Labelled:
    return {("icmp",): icmp, ("snmp",): snmp, ("notifications",): notifications}


CATALOGUE: Final[tuple[Plain | ByLabel | Histogram, ...]] = (
    ByLabel("netwatch_build_info", "The running version; always 1.", ("version",), lambda s: {(s.version,): 1.0}),
    Plain("netwatch_start_time_seconds", "When this process started, Unix time.", lambda s: s.started_at),
    ByLabel("netwatch_devices", "Devices by believed state.", ("state",), lambda s: _one(s.devices)),
    Plain("netwatch_customers", "Customers in the inventory.", lambda s: s.customers),
    Plain("netwatch_icmp_probes_total", "ICMP echo requests sent.", lambda s: s.probes),
    Plain("netwatch_icmp_replies_total", "ICMP echo replies that matched a request in time.", lambda s: s.replies),
    Plain("netwatch_icmp_lost_total", "ICMP echo requests that nobody answered in time.", lambda s: s.lost),
    Plain("netwatch_icmp_unmatched_total", "ICMP replies that matched no request: late or forged.", lambda s: s.unmatched),
    Plain("netwatch_send_errors_total", "Probes that this machine could not send.", lambda s: s.send_errors),
    Plain("netwatch_snmp_requests_total", "SNMP requests sent, repeats included.", lambda s: s.snmp_requests),
    Plain("netwatch_snmp_timeouts_total", "SNMP requests without an answer in time.", lambda s: s.snmp_timeouts),
    Plain("netwatch_snmp_unmatched_total", "SNMP answers that matched no request: late or forged.", lambda s: s.polling.snmp.rejected),
    Plain("netwatch_snmp_malformed_total", "Datagrams that came as SNMP answers and are none.", lambda s: s.polling.snmp.malformed),
    Plain(
        "netwatch_icmp_undecided_total", "Silent pings not counted as lost, since this machine was dropping replies.",
        lambda s: s.polling.icmp.undecided,
    ),
    ByLabel(
        "netwatch_probes_late_total", "Probes begun later than a tenth of their interval, or 1 s, after their moment.",
        ("probe",), lambda s: {("icmp",): s.polling.icmp.late, ("snmp",): s.polling.reads.late},
    ),
    ByLabel(
        "netwatch_probes_skipped_total", "Probes that came due and were not sent.", ("probe", "reason"), _skipped,
    ),
    Plain(
        "netwatch_polling_overload_level", "What is given up for want of time, from 0 (nothing) to 4.",
        lambda s: s.polling.overload_level,
    ),
    Histogram("netwatch_polling_lag_seconds", "How late the ticks of the poll loop are.", (), _lag),
    Plain("netwatch_receive_buffer_bytes", "The probe socket's receive buffer.", lambda s: s.receive_buffer_bytes),
    ByLabel(
        "netwatch_receive_buffer_capped", "1 when the kernel granted a smaller receive buffer than was asked.", ("socket",),
        lambda s: _by_socket(s.polling.icmp.buffer_capped, s.polling.snmp.buffer_capped, s.polling.traps.buffer_capped),
    ),
    ByLabel(
        "netwatch_socket_drops_total", "Datagrams that the kernel dropped, since the receive buffer was full.", ("socket",),
        lambda s: _by_socket(s.polling.icmp.socket_drops, s.polling.snmp.socket_drops, s.polling.traps.socket_drops),
    ),
    ByLabel(
        "netwatch_notifications_total", "Traps and informs by what became of them.", ("outcome",),
        lambda s: _one(s.polling.traps.by_outcome()),
    ),
    Plain(
        "netwatch_notifications_acknowledged_total", "Informs that were answered.", lambda s: s.polling.traps.acknowledged,
    ),
    ByLabel("netwatch_observations_total", "Observations by probe.", ("probe",), lambda s: _one(s.observations)),
    Histogram("netwatch_step_duration_seconds", "One step: diagnose, decide, plan.", (), lambda s: _single(s.step)),
    Plain("netwatch_last_step_timestamp_seconds", "When the last step ended, Unix time.", lambda s: s.last_step_at),
    Plain("netwatch_loop_lag_seconds", "How late the event loop was at its last turn.", lambda s: s.loop_lag_s),
    Histogram("netwatch_store_commit_duration_seconds", "One commit of the store.", (), lambda s: _single(s.commit)),
    ByLabel(
        "netwatch_incidents", "Incidents that are kept, by scope and status.", ("scope", "status"),
        lambda s: _two(s.incidents),
    ),
    ByLabel(
        "netwatch_incidents_opened_total", "Incidents opened since the start.", ("scope",),
        lambda s: _one({scope.value: 0 for scope in Scope} | dict(s.incidents_opened)),
    ),
    Histogram(
        "netwatch_incident_stage_duration_seconds", "Seconds from the last good sample to the end of a stage.",
        ("stage",), lambda s: s.stages,
    ),
    ByLabel(
        "netwatch_messages", "Messages that are kept, by channel and state.", ("channel", "state"),
        lambda s: _two(s.messages),
    ),
    Plain("netwatch_approvals_pending", "Updates that wait for a person or a veto window.", lambda s: s.approvals_pending),
    ByLabel("netwatch_promises_owed", "Promises that are not kept yet.", ("kind",), lambda s: _one(s.promises_owed)),
    ByLabel("netwatch_promises_kept_total", "Promises kept in time.", ("kind",), lambda s: _one(s.promises_kept)),
    ByLabel(
        "netwatch_promises_missed_total", "Promised updates sent late, promised calls made late or not at all.",
        ("kind",), lambda s: _one(s.promises_missed),
    ),
    ByLabel(
        "netwatch_promises_kept_ratio", "Promises kept in time, of those that came due; none yet: left out.", ("kind",),
        _kept_ratio,
    ),
    Plain("netwatch_tasks_open", "Tasks of open incidents that nobody has taken yet.", lambda s: s.tasks_open),
    Plain(
        "netwatch_tasks_overdue", "Those of them whose first holders did not answer in time.", lambda s: s.tasks_overdue
    ),
    Histogram(
        "netwatch_task_acknowledge_duration_seconds", "From a task's being handed out to somebody taking it.", (),
        lambda s: _single(s.acknowledging),
    ),
    Plain("netwatch_isolated", "1 while netwatch itself is cut off.", lambda s: s.isolated),
    Plain("netwatch_hold", "1 while a person holds all notices to customers.", lambda s: s.hold),
    Plain("netwatch_warm", "1 once the network has been seen well enough to tell customers.", lambda s: s.warm),
    Plain(
        "netwatch_config_last_reload_successful",
        "1 when the last reading of the configuration (start or reload) was good.", lambda s: s.last_reload_ok,
    ),
    Plain(
        "netwatch_config_last_reload_timestamp_seconds", "When the configuration in force was read, Unix time.",
        lambda s: s.last_reload_at,
    ),
    Plain(
        "netwatch_record_dropped_total", "Observations that a recording left out: disk full, or too slow.",
        lambda s: s.record_dropped,
    ),
    ByLabel(
        "netwatch_route_up", "1 while messages go by this route, 0 while it fails and is given a rest.", ("route",),
        lambda s: _one(s.routes),
    ),
    ByLabel(
        "netwatch_receipts_total", "Delivery receipts of SMS: delivered, or undelivered for good.", ("result",),
        lambda s: _one(s.receipts),
    ),
    ByLabel(
        "netwatch_page_copy_behind_seconds", "How long the page here has been newer than a copy of it elsewhere.", ("copy",),
        lambda s: _one(s.copies_behind_s),
    ),
    ByLabel(
        "netwatch_page_copy_last_verified_timestamp_seconds", "When a copy of the page last read back right, Unix time.",
        ("copy",), lambda s: _one(s.copies_verified_at),
    ),
    Plain(
        "netwatch_inventory_last_load_timestamp_seconds", "When the inventory in use was loaded, Unix time.",
        lambda s: s.last_inventory_at,
    ),
)  # fmt: skip


class _Collector(Collector):
    def __init__(self, snapshot: MetricsSnapshot) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        for entry in CATALOGUE:
            metric = entry.family(self._snapshot)
            if metric is not None:
                yield metric


def render(snapshot: MetricsSnapshot) -> bytes:
    """The exposition text, with the process' own figures. Takes milliseconds: call it off the loop."""
    registry = CollectorRegistry()
    registry.register(_Collector(snapshot))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
