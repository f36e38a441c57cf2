"""ICMP: our engine against fping, same targets, same pace, one after the other in the same run.

Each side pings every target once in 10 s (1,000 a second at 10,000 targets), once with all targets alive and
once with 5 % of them silenced. CPU is user and system time by getrusage: for fping its whole process, for
ours from the first tick on (importing Python is paid once, not per probe).
"""

from __future__ import annotations

from bench.measuring import in_network, ratio, row, worker

PERIOD_S = 10


def run(rounds: int, targets: int) -> None:
    for silent in (0, targets // 20):
        print(f" {targets} targets, {silent} silent, each pinged once in {PERIOD_S} s")
        ours, theirs, slowest = [], [], []
        for _ in range(rounds):
            found = in_network(silencing(silent), *worker("bench.icmp_worker"), "netwatch", targets, PERIOD_S, silent)
            assert found["sent"] >= targets, found
            assert found["falsely_lost"] == found["falsely_alive"] == 0, found
            ours.append(found["cpu_s"] / found["sent"] * 1e6)
            slowest.append(found["rtt_p95_ms"])
            found = in_network(silencing(silent), *worker("bench.icmp_worker"), "fping", targets, PERIOD_S, silent)
            assert found["lost"] == silent, found
            theirs.append(found["cpu_s"] / targets * 1e6)
        mine = row("netwatch", ours, "us CPU a probe")
        ratio("ratio to fping", mine, row("fping", theirs, "us CPU a probe"))
        row("netwatch's round trips, p95", slowest, "ms")


def silencing(count: int) -> str:
    """nft words that silence the first `count` targets."""
    if not count:
        return "true"
    last = f"127.1.{(count - 1) // 250}.{(count - 1) % 250 + 1}"
    chain = "add table ip q; add chain ip q in { type filter hook input priority 0; };"
    return f"nft '{chain} add rule ip q in ip daddr 127.1.0.1-{last} icmp type echo-request drop'"
