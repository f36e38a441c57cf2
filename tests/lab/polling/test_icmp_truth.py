"""What the pings say while this process is busy, at the pace that the design promises."""

from __future__ import annotations

import time

import pytest

from netwatch.clock import SystemClock
from netwatch.polling.icmp.engine import TICK_S, Engine
from netwatch.polling.icmp.windows import Window

COUNT = 400
SILENT = range(0, COUNT, 20)  # 5 %


def address(number):
    return f"127.0.{3 + number // 200}.{number % 200 + 1}"


@pytest.mark.parametrize("buffer_bytes", [4 << 20, 1 << 16])
def test_blocked_30_ms_of_every_130_and_once_for_1500_no_host_is_taken_for_another_state(silence, buffer_bytes):
    """With a small buffer the kernel drops replies in the long stall; those are not told as losses either."""
    silence(*[address(number) for number in SILENT])
    engine = Engine("raw", timeout_s=0.5, rate_pps=10_000, urgent_pps=20_000, receive_buffer_bytes=buffer_bytes)
    windows = {f"d{number}": Window() for number in range(COUNT)}
    clock, answered, lost, times = SystemClock(), set(), set(), []
    try:
        for number in range(COUNT):
            engine.add(f"d{number}", address(number), 1.0)
        begun = clock.now()
        blocked_at, stalled = begun, False
        while clock.now() - begun < 6.0:
            for key, at, rtt_ms in engine.tick(clock.now()):
                windows[key].add(at, rtt_ms)
                (lost if rtt_ms is None else answered).add(key)
                times += [] if rtt_ms is None else [rtt_ms]
            if clock.now() - blocked_at >= 0.13:
                blocked_at = clock.now()
                time.sleep(0.03)
            if not stalled and clock.now() - begun >= 2.0:
                stalled = True
                for number in range(COUNT):  # so that many replies are under way in it
                    engine.probe(f"d{number}")
                engine.tick(clock.now())
                time.sleep(1.5)
            time.sleep(TICK_S)
        statistics = engine.statistics()
    finally:
        engine.close()
    assert lost == {f"d{number}" for number in SILENT}
    assert answered == {f"d{number}" for number in range(COUNT)} - lost
    assert statistics.sent > 4 * COUNT
    assert sorted(times)[int(len(times) * 0.95)] < 2.0
    for key, window in windows.items():
        found = window.statistics(clock.now())
        assert found.loss_ratio == (1.0 if key in lost else 0.0)
        if key not in lost:
            assert found.rtt_p50_ms <= found.rtt_p95_ms
            assert found.jitter_ms is not None
    if buffer_bytes < 1 << 20:
        assert statistics.socket_drops > 0
        assert statistics.undecided > 0
