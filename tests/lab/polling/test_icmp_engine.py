"""The ICMP engine against a real kernel: truthful when targets are silent, replies forged, or this process busy."""

from __future__ import annotations

import errno
import socket
import struct
import subprocess
import time

import pytest

from netwatch.clock import SystemClock
from netwatch.errors import OperatingError
from netwatch.polling.icmp.engine import TICK_S, Engine
from netwatch.polling.icmp.packet import ones_sum


@pytest.fixture
def engine(loopback):  # noqa: ARG001 -- a fixture can't say usefixtures
    made = Engine("raw", timeout_s=0.3, rate_pps=20_000, urgent_pps=20_000, receive_buffer_bytes=4 << 20)
    yield made
    made.close()


def run(engine, seconds, *, until=None, between=lambda: None):
    """Tick for at most so long; the results."""
    clock = SystemClock()
    results = []
    end = clock.now() + seconds
    while clock.now() < end and not (until and until(results)):
        results += engine.tick(clock.now())
        between()
        time.sleep(TICK_S)
    return results


def verdicts(results):
    found = {}
    for key, _, rtt_ms in results:
        found.setdefault(key, []).append(rtt_ms is not None)
    return found


def test_live_targets_answer_and_silent_ones_do_not(engine, silence):
    silent = [f"127.0.1.{number}" for number in range(0, 200, 20)]
    silence(*silent)
    for number in range(200):
        engine.add(f"127.0.1.{number}", f"127.0.1.{number}", 0.5)
    found = verdicts(run(engine, 2.0))
    assert set(found) == {f"127.0.1.{number}" for number in range(200)}
    assert {key for key, answers in found.items() if not any(answers)} == set(silent)
    assert all(all(answers) for key, answers in found.items() if key not in silent)
    assert engine.statistics().rejected == 0


def test_ipv6_is_pinged_on_its_own_socket(engine):
    engine.add("six", "::1", 0.2)
    engine.add("four", "127.0.0.1", 0.2)
    assert verdicts(run(engine, 1.0)).keys() == {"six", "four"}
    assert engine.statistics().lost == 0


def test_a_busy_process_loses_no_host_and_reports_true_times(engine, silence):
    silence("127.0.1.7")
    for number in range(50):
        engine.add(f"127.0.1.{number}", f"127.0.1.{number}", 0.5)

    stalls = iter([0.0] * 20 + [1.5])
    results = run(engine, 4.0, between=lambda: time.sleep(next(stalls, 0.03)))
    found = verdicts(results)
    assert {key for key, answers in found.items() if not all(answers)} == {"127.0.1.7"}
    times = sorted(rtt_ms for _, _, rtt_ms in results if rtt_ms is not None)
    assert times[int(len(times) * 0.95)] < 2.0


@pytest.mark.usefixtures("loopback")
def test_an_answer_after_its_time_out_is_a_loss_even_when_it_was_read_in_time():
    """The reply is held back by a queue that this test owns: no reply, then a late one is forged to the letter."""
    engine = Engine("raw", timeout_s=0.1, rate_pps=1000, urgent_pps=1000, receive_buffer_bytes=1 << 20)
    try:
        engine.add("a", "127.0.0.5", 60.0)
        clock = SystemClock()
        engine.probe("a")
        engine.tick(clock.now())
        (channel,) = engine._channels.values()
        (key,) = channel._open
        channel._open[key] -= 200_000_000  # as if it had been sent 200 ms earlier
        results = run(engine, 1.0, until=bool)
        assert [result.rtt_ms for result in results] == [None]
    finally:
        engine.close()


def test_a_wall_clock_that_is_set_loses_no_host(engine, silence, monkeypatch):
    """The sent times follow the step; kernel stamps can't be set here, so the step is taken back before the reply."""
    silence("127.0.0.5")
    engine.add("a", "127.0.0.5", 60.0)
    clock = SystemClock()
    engine.tick(clock.now())
    engine.probe("a")
    engine.tick(clock.now())
    (channel,) = engine._channels.values()
    (sent,) = channel._open.values()
    true_time_ns = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: true_time_ns() + 3_600_000_000_000)
    assert engine.tick(clock.now()) == []
    (moved,) = channel._open.values()
    assert moved - sent == pytest.approx(3.6e12, abs=1e7)
    monkeypatch.undo()
    (lost,) = run(engine, 2.0, until=bool)
    assert lost.rtt_ms is None
    assert lost.at == pytest.approx(clock.now(), abs=2.0)


def reply(identifier, wire_sequence, payload):
    body = struct.pack("=BBHHH", 0, 0, 0, identifier, wire_sequence) + payload
    total = ones_sum(body)
    return body[:2] + struct.pack("=H", ~total & 0xFFFF) + body[4:]


def test_forged_doubled_and_late_replies_are_never_taken(engine, silence):
    silence("127.0.0.5")
    engine.add("victim", "127.0.0.5", 60.0)
    engine.add("other", "127.0.0.6", 60.0)
    (channel,) = engine._channels.values()
    victim, other = channel._targets
    results = []

    def forge():
        wires = [key & 0xFFFF for key in channel._open if key >> 16 == victim.number]
        for wire in wires:
            for source, payload in (
                ("127.0.0.6", victim.payload),  # wrong source, all else right
                ("127.0.0.5", struct.pack("=IQ", victim.number, victim.cookie ^ 1)),
                ("127.0.0.5", struct.pack("=IQ", 4_000_000, victim.cookie)),
                ("127.0.0.5", other.payload),
                ("127.0.0.5", victim.payload[:6]),  # cut off
            ):
                with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
                    sock.bind((source, 0))
                    sock.sendto(reply(channel._identifier, wire, payload), ("127.0.0.1", 0))
        for wire in range(0, 65536, 4096):  # sequences that were never sent
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
                sock.bind(("127.0.0.5", 0))
                sock.sendto(reply(channel._identifier, wire ^ 1, victim.payload), ("127.0.0.1", 0))

    engine.probe("victim")
    results = run(engine, 2.0, until=bool, between=forge)
    assert [(result.key, result.rtt_ms) for result in results] == [("victim", None)]
    assert engine.statistics().rejected > 20
    assert engine.statistics().received == 0


def test_the_true_reply_is_taken_from_among_forged_ones_and_only_once(engine):
    engine.add("a", "127.0.0.5", 60.0)
    engine.probe("a")
    engine.tick(SystemClock().now())
    (channel,) = engine._channels.values()
    (key,) = channel._open
    for _ in range(3):
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.bind(("127.0.0.5", 0))
            sock.sendto(reply(channel._identifier, key & 0xFFFF, channel._targets[0].payload), ("127.0.0.1", 0))
    assert len(run(engine, 0.5)) == 1
    assert engine.statistics().rejected == 3


def test_what_the_machine_refuses_to_send_is_its_own_state(engine):
    engine.add("away", "192.0.2.1", 0.1)  # no route in this namespace
    engine.add("near", "127.0.0.1", 0.1)
    found = verdicts(run(engine, 1.0))
    assert found.keys() == {"near"}
    statistics = engine.statistics()
    assert statistics.local_errors[errno.ENETUNREACH] >= 5
    assert statistics.lost == 0


def test_a_filter_on_the_way_out_is_the_machines_own_state(engine):
    subprocess.run(
        ["nft", "-f", "-"], text=True, check=True,
        input="add table ip own; add chain ip own out { type filter hook output priority 0; policy accept; };"
        "add rule ip own out icmp type echo-request drop",
    )  # fmt: skip
    engine.add("a", "127.0.0.1", 0.1)
    assert run(engine, 0.8) == []
    assert engine.statistics().local_errors[errno.EPERM] >= 3


def test_a_removed_target_is_heard_of_no_more(engine, silence):
    silence("127.0.0.5")
    engine.add("a", "127.0.0.5", 60.0)
    engine.probe("a")
    engine.tick(SystemClock().now())
    engine.remove("a")
    assert run(engine, 0.6) == []


def test_after_a_stall_pings_go_out_paced(engine):
    for number in range(1000):
        engine.add(f"d{number}", f"127.1.{number // 250}.{number % 250}", 2.0)
    now = SystemClock().now()
    engine.tick(now)
    before = engine.statistics().sent
    engine.tick(now + 1.0)
    burst = engine.statistics().sent - before
    assert 0 < burst <= 2 * 1000 / 2.0 * TICK_S * 2 + 1


@pytest.mark.usefixtures("loopback")
def test_datagram_sockets_ping_where_raw_ones_are_not_allowed():
    subprocess.run(["sysctl", "-qw", "net.ipv4.ping_group_range=0 2147483647"], check=True)
    engine = Engine("datagram", timeout_s=0.3, rate_pps=1000, urgent_pps=1000, receive_buffer_bytes=1 << 20)
    try:
        engine.add("a", "127.0.0.9", 0.1)
        engine.add("six", "::1", 0.1)
        found = verdicts(run(engine, 1.0))
        assert found.keys() == {"a", "six"}
        assert all(all(answers) for answers in found.values())
    finally:
        engine.close()


@pytest.mark.usefixtures("loopback")
def test_where_neither_is_allowed_the_error_names_both_ways_out():
    subprocess.run(["sysctl", "-qw", "net.ipv4.ping_group_range=1 0"], check=True)
    engine = Engine("datagram", timeout_s=0.3, rate_pps=1000, urgent_pps=1000, receive_buffer_bytes=1 << 20)
    with pytest.raises(OperatingError) as caught:
        engine.add("a", "127.0.0.9", 0.1)
    assert "CAP_NET_RAW" in str(caught.value)
    assert "net.ipv4.ping_group_range" in str(caught.value)


@pytest.mark.usefixtures("loopback")
def test_a_capped_receive_buffer_is_told(caplog, monkeypatch):
    monkeypatch.setattr("netwatch.polling.batch._SO_RCVBUFFORCE", socket.SO_RCVBUF)
    engine = Engine("raw", timeout_s=0.3, rate_pps=1000, urgent_pps=1000, receive_buffer_bytes=1 << 30)
    try:
        engine.add("a", "127.0.0.9", 60.0)
        assert engine.statistics().buffer_capped
        assert "net.core.rmem_max" in caplog.text
    finally:
        engine.close()


def test_a_reply_of_an_earlier_round_of_the_sequence_is_never_taken(engine, silence):
    silence("127.0.0.5")
    engine.add("a", "127.0.0.5", 60.0)
    (channel,) = engine._channels.values()
    (target,) = channel._targets
    recorded = target.payload

    def replay():
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.bind(("127.0.0.5", 0))
            for sequence in (0xFFFF, 0, 1):
                wire = struct.unpack("=H", struct.pack("!H", sequence))[0]
                sock.sendto(reply(channel._identifier, wire, recorded), ("127.0.0.1", 0))

    target.sequence = 0xFFFE
    engine.probe("a")
    results = run(engine, 2.0, until=bool, between=replay)
    assert results[0].rtt_ms is not None  # in its own round it is the reply
    engine.probe("a")
    assert [result.rtt_ms for result in run(engine, 2.0, until=bool, between=replay)] == [None]
    assert target.payload != recorded


def test_the_cookie_is_kept_while_a_ping_is_under_way(engine, silence):
    silence("127.0.0.5")
    engine.add("a", "127.0.0.5", 60.0)
    (channel,) = engine._channels.values()
    (target,) = channel._targets
    before, target.sequence = target.cookie, 0xFFFD
    for _ in range(4):
        engine.probe("a")
    assert len(run(engine, 2.0, until=lambda found: len(found) == 4)) == 4
    assert target.cookie == before


@pytest.mark.usefixtures("loopback")
def test_replies_that_find_no_room_here_are_no_losses_but_asked_for_again(silence):
    silence("127.0.1.7")
    engine = Engine("raw", timeout_s=0.1, rate_pps=1000, urgent_pps=20_000, receive_buffer_bytes=16_384)
    try:
        names = {f"127.0.1.{number}" for number in range(100)}
        for name in sorted(names):
            engine.add(name, name, 60.0)
            engine.probe(name)
        results = run(engine, 6.0, until=lambda found: len({result.key for result in found}) == 100)
        found = verdicts(results)
        assert {key for key, answers in found.items() if not all(answers)} == {"127.0.1.7"}
        statistics = engine.statistics()
        assert statistics.socket_drops > 50
        assert statistics.undecided > 50
        assert statistics.lost == 1
    finally:
        engine.close()


def test_packets_that_the_kernel_refuses_for_their_checksum_hide_no_loss(engine):
    """A stranger may send such at will; they count as dropped, but the buffer was never full."""
    engine.add("far", "fd00::5", 60.0)
    subprocess.run(["ip", "-6", "route", "add", "local", "fd00::/16", "dev", "lo"], check=True)
    subprocess.run(
        ["nft", "-f", "-"], text=True, check=True,
        input="add table ip6 quiet; add chain ip6 quiet in { type filter hook input priority 0; };"
        "add rule ip6 quiet in ip6 daddr fd00::5 icmpv6 type echo-request drop",
    )  # fmt: skip
    bad = struct.pack("!BBHHH", 129, 0, 0xBAD, 1, 1) + bytes(12)

    def noise():
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            header = struct.pack(
                "!IHBB16s16s", 6 << 28, len(bad), 58, 64, *[socket.inet_pton(socket.AF_INET6, "::1")] * 2
            )
            sock.sendto(header + bad, ("::1", 0))

    engine.probe("far")
    results = run(engine, 2.0, until=bool, between=noise)
    assert [result.rtt_ms for result in results] == [None]
    assert engine.statistics().socket_drops > 3
    assert engine.statistics().undecided == 0
