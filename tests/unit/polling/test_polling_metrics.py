"""The figures of polling as a scrape tells them."""

from __future__ import annotations

from collections import Counter

from netwatch.polling.icmp.engine import EngineStatistics
from netwatch.polling.notifications import NotificationStatistics, Outcome
from netwatch.polling.snmp.client import ClientStatistics
from netwatch.polling.statistics import Lateness, PollingStatistics, ReadStatistics
from netwatch.web.measures import MetricsSnapshot
from netwatch.web.metrics import render


def lines(polling):
    return render(MetricsSnapshot(polling=polling)).decode().splitlines()


def test_lateness_is_a_histogram_from_which_the_99th_percentile_can_be_read():
    lateness = Lateness()
    for late_s in (0.0005, 0.002, 0.04, 6.0):
        lateness.note(late_s)
    told = lines(PollingStatistics(lateness=lateness))
    for line in (
        'netwatch_polling_lag_seconds_bucket{le="0.001"} 1.0',
        'netwatch_polling_lag_seconds_bucket{le="0.05"} 3.0',
        'netwatch_polling_lag_seconds_bucket{le="5.0"} 3.0',
        'netwatch_polling_lag_seconds_bucket{le="+Inf"} 4.0',
        "netwatch_polling_lag_seconds_count 4.0",
    ):
        assert line in told


def test_late_skipped_and_undecided_probes_drops_caps_and_overload_are_told():
    told = lines(
        PollingStatistics(
            icmp=EngineStatistics(late=3, skipped=4, thinned=5, undecided=6, socket_drops=7, buffer_capped=True),
            snmp=ClientStatistics(rejected=8, malformed=9, socket_drops=10),
            reads=ReadStatistics(late=11, skipped=12, missed=13, thinned=14),
            traps=NotificationStatistics(socket_drops=15),
            overload_level=2,
        )
    )
    for line in (
        'netwatch_probes_late_total{probe="icmp"} 3.0',
        'netwatch_probes_late_total{probe="snmp"} 11.0',
        'netwatch_probes_skipped_total{probe="icmp",reason="behind"} 4.0',
        'netwatch_probes_skipped_total{probe="icmp",reason="overload"} 5.0',
        'netwatch_probes_skipped_total{probe="snmp",reason="behind"} 25.0',
        'netwatch_probes_skipped_total{probe="snmp",reason="overload"} 14.0',
        "netwatch_icmp_undecided_total 6.0",
        'netwatch_socket_drops_total{socket="icmp"} 7.0',
        'netwatch_socket_drops_total{socket="snmp"} 10.0',
        'netwatch_socket_drops_total{socket="notifications"} 15.0',
        'netwatch_receive_buffer_capped{socket="icmp"} 1.0',
        'netwatch_receive_buffer_capped{socket="notifications"} 0.0',
        "netwatch_snmp_unmatched_total 8.0",
        "netwatch_snmp_malformed_total 9.0",
        "netwatch_polling_overload_level 2.0",
    ):
        assert line in told


def test_every_outcome_of_a_notification_has_its_series_from_the_start():
    told = lines(PollingStatistics(traps=NotificationStatistics(Counter({Outcome.HEARD: 2}), acknowledged=1)))
    assert 'netwatch_notifications_total{outcome="heard"} 2.0' in told
    assert "netwatch_notifications_acknowledged_total 1.0" in told
    for outcome in Outcome:
        assert any(line.startswith(f'netwatch_notifications_total{{outcome="{outcome.value}"}}') for line in told)
