"""The whole daemon, `netwatch run` as a process, over an invented provider whose agents all answer.

ICMP every 10 s, GET 30 s, counters and tables 300 s, metrics scraped every 15 s. 10,000 and 50,000 devices, 5 % of them
silent from the start: CPU and memory over windows of a minute, after 240 s in which its memories fill and the first look at everything ends; then a run each
that records, judged against the truth; then 10,000 devices of which none is silent. About 20 minutes and 3 a round.

`growth` runs five sizes from 1,000 to 50,000 once each, 27 minutes, and fits a + b n by least squares.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from bench.daemon_worker import Task
from bench.measuring import in_network, row, worker

SIZES = (1_000, 5_000, 10_000, 20_000, 50_000)
BOUNDS = {10_000: (12.0, 150.0, None), 50_000: (60.0, None, 50.0)}
"""Of one core in per cent, memory in MB, loop lag p99 in ms; None = no bound."""
RECORD_S = 150.0


def run(rounds: int, targets: int) -> None:
    del targets
    for size in BOUNDS:
        tell(Task(size, windows=rounds))
        told_truth(size)
    tell(Task(10_000, silent_share=0, windows=rounds))


def tell(task: Task) -> None:
    found = in_network("true", *worker("bench.daemon_worker"), *task.words())
    windows = found["windows"]
    print(f" {found['devices']} devices, {found['silent']} silent; up after {found['started_s']:.1f} s")
    percent, memory, lag = BOUNDS[task.devices]
    row("CPU", [w["core_percent"] for w in windows], "% of one core", most=percent)
    row("memory", [w["memory_mb"] for w in windows], "MB", most=memory)
    row("loop lag p99, at most", [w["lag_p99_ms"] for w in windows], "ms", most=lag)
    row("diagnosis step, mean", [w["step_mean_ms"] for w in windows], "ms")
    row("probes late or left out in a minute", [w["late"] for w in windows], "")
    row("datagrams dropped in a minute", [w["drops"] for w in windows], "")
    pings, requests = a_second(windows)
    print(
        f"  pings a second {pings:.0f}, SNMP requests a second {requests:.0f}; incidents opened {found['incidents']:.0f}",
        flush=True,
    )


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


def growth(rounds: int, targets: int) -> None:
    del rounds, targets
    shares, memories = [], []
    for size in SIZES:
        found = in_network("true", *worker("bench.daemon_worker"), *Task(size).words())["windows"][0]
        shares.append(found["core_percent"])
        memories.append(found["memory_mb"])
        pings, requests = a_second([found])
        print(
            f"  {size:>6} devices {shares[-1]:6.1f} % of one core {memories[-1]:6.1f} MB   lag p99 {found['lag_p99_ms']:g} ms   "
            f"{pings:.0f} pings and {requests:.0f} requests a second, {found['late']:.0f} late or left out in a minute",
            flush=True,
        )
    for name, values, unit in (("CPU", shares, "% of one core"), ("memory", memories, "MB")):
        base, slope = fitted(SIZES, values)
        print(f"  {name} = {base:.1f} {unit} + {slope * 1000:.3f} for each 1,000 devices")


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
