"""One side of the ICMP benchmark, in the namespace that its caller made: `netwatch|fping TARGETS PERIOD_S SILENT`."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from bench.measuring import children_cpu_s, own_cpu_s
from netwatch.clock import SystemClock
from netwatch.polling.icmp.engine import TICK_S, Engine


def addresses(count: int) -> list[str]:
    return [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(count)]


def netwatch(count: int, period_s: float, silent: int) -> dict:
    clock = SystemClock()
    engine = Engine("raw", timeout_s=1.0, rate_pps=50_000, urgent_pps=2_000, receive_buffer_bytes=4 << 20)
    for address in addresses(count):
        engine.add(address, address, period_s)
    before = own_cpu_s()
    times, lost, decided = [], set(), set()
    engine.tick(clock.now())
    due = time.monotonic()
    end = due + period_s + 1.2
    while due < end and len(decided) < count:
        for key, _, rtt_ms in engine.tick(clock.now()):
            decided.add(key)
            if rtt_ms is None:
                lost.add(key)
            else:
                times.append(rtt_ms)
        due += TICK_S
        time.sleep(max(0.0, due - time.monotonic()))
    spent = own_cpu_s() - before
    counts = engine.statistics()
    times.sort()
    truth = set(addresses(count)[:silent])
    wrong = {"falsely_lost": len(lost - truth), "falsely_alive": len(truth - lost)}
    return {"cpu_s": spent, "sent": counts.sent, **wrong, "rtt_p95_ms": times[len(times) * 95 // 100]}


def fping(count: int, period_s: float, _silent: int) -> dict:
    gap_ms = period_s * 1000 / count
    words = ["fping", "-q", "-c", "1", "-t", "1000", "-i", f"{gap_ms:g}", "-p", f"{period_s * 1000:g}"]
    done = subprocess.run(words, input="\n".join(addresses(count)), capture_output=True, text=True, check=False)
    lost = done.stderr.count("100%")
    return {"cpu_s": children_cpu_s(), "lost": lost}


if __name__ == "__main__":
    side = {"netwatch": netwatch, "fping": fping}[sys.argv[1]]
    print(json.dumps(side(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))))
