"""The whole daemon, `netwatch run` as a process, over an invented provider whose agents all answer.

ICMP every 10 s, GET 30 s, counters and tables 300 s, metrics scraped every 15 s; 5 % of the devices are silent from the
start. Five sizes from 1,000 to 50,000 devices: CPU and memory over windows of half a minute, after 240 s in which its
memories fill and the first look at everything ends; the law of growth is fitted by least squares. The sizes that have
bounds are looked at once a round, and run a second time with all they see recorded and judged against the truth. About
30 minutes and 1 a round.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.daemon_worker import Task
from bench.measuring import in_network, row, worker

SIZES = (1_000, 5_000, 10_000, 20_000, 50_000)
BOUNDS: dict[int, tuple[float, float | None, float | None]] = {10_000: (12.0, 150.0, None), 50_000: (60.0, None, 50.0)}
"""Of one core in per cent, memory in MB, loop lag p99 in ms; None = no bound."""
WINDOW_S = 30.0
RECORD_S = 150.0


def run(rounds: int, targets: int) -> None:
    del targets
    shares, memories = [], []
    for size in SIZES:
        share, memory = tell(Task(size, windows=rounds if size in BOUNDS else 1, window_s=WINDOW_S))
        shares.append(share)
        memories.append(memory)
    for name, values, unit in (("CPU", shares, "% of one core"), ("memory", memories, "MB")):
        base, slope = fitted(SIZES, values)
        print(f"  {name} = {base:.1f} {unit} + {slope * 1000:.3f} for each 1,000 devices")
    for size in BOUNDS:
        told_truth(size)


def tell(task: Task) -> tuple[float, float]:
    """One size; its share of a core in per cent and its memory in MB, medians of the windows."""
    found = in_network("true", *worker("bench.daemon_worker"), *task.words())
    windows = found["windows"]
    print(f" {found['devices']} devices, {found['silent']} silent; up after {found['started_s']:.1f} s")
    percent, most_mb, lag = BOUNDS.get(task.devices, (None, None, None))
    share = row("CPU", [w["core_percent"] for w in windows], "% of one core", most=percent)
    memory = row("memory", [w["memory_mb"] for w in windows], "MB", most=most_mb)
    row("loop lag p99, at most", [w["lag_p99_ms"] for w in windows], "ms", most=lag)
    row("diagnosis step, mean", [w["step_mean_ms"] for w in windows], "ms")
    row("probes late or left out in a window", [w["late"] for w in windows], "")
    row("datagrams dropped in a window", [w["drops"] for w in windows], "")
    pings, requests = a_second(windows)
    print(
        f"  pings a second {pings:.0f}, SNMP requests a second {requests:.0f}; incidents opened {found['incidents']:.0f}",
        flush=True,
    )
    return share, memory


def told_truth(size: int) -> None:
    found = in_network(
        "true", *worker("bench.daemon_worker"), *Task(size, warm_s=RECORD_S, windows=0, record=True).words()
    )
    assert found["pings"] >= size * RECORD_S / 10 * 0.9, found
    words = ", ".join(f"{name.replace('_', ' ')} {found[name]}" for name in ("pings", "falsely_lost", "falsely_alive"))
    more = ", ".join(
        f"{name.replace('_', ' ')} {found[name]}" for name in ("reads", "reads_falsely_failed", "reads_falsely_alive")
    )
    print(f"  recorded from the start, {RECORD_S:.0f} s: {words}; {more}", flush=True)


def a_second(windows: Sequence[dict]) -> tuple[float, float]:
    """Pings and SNMP requests sent in a second, medians of the windows: whether the work was done at all."""
    pings, requests = (
        statistics.median(window["counters"][name] / window["seconds"] for window in windows)
        for name in ("icmp_probes_total", "snmp_requests_total")
    )
    return pings, requests


def fitted(sizes: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """a and b of a + b n, by least squares."""
    found = statistics.linear_regression(sizes, values)
    return found.intercept, found.slope
