"""ICMP: our engine against fping, same targets, same pace, one after the other in the same run; and its truth.

Each side pings every target once in 10 s (1,000 a second at 10,000 targets), once with all targets alive and
once with 5 % of them silenced. CPU is user and system time by getrusage: for fping its whole process, for
ours from the first tick on (importing Python is paid once, not per probe).

Then hosts that are 10 ms away, 5 % of them silent: what is told of them while the process has nothing else to do, and
while it is blocked 30 ms of every 130 and once for 1.5 s. The far side tells how long it held its replies. About 65 s a round.
"""

from __future__ import annotations

from bench.icmp_worker import DELAY_MS
from bench.measuring import in_network, ratio, row, worker

PERIOD_S = 10
SHARE = 20
MOST_OFF_MS = 2.0


def run(rounds: int, targets: int) -> None:
    for share in (0, SHARE):
        against_fping(rounds, targets, share)
    for side, words in (("distant", "idle"), ("busy", "blocked 30 ms of every 130, once 1.5 s")):
        far_away(rounds, targets, side, words)


def against_fping(rounds: int, targets: int, share: int) -> None:
    silent = targets // share if share else 0
    print(f" {targets} targets, {silent} silent, each pinged once in {PERIOD_S} s")
    ours, theirs, slowest = [], [], []
    for _ in range(rounds):
        found = in_network(
            silencing(targets, share), *worker("bench.icmp_worker"), "netwatch", targets, PERIOD_S, share
        )
        assert found["sent"] >= targets, found
        assert found["falsely_lost"] == found["falsely_alive"] == found["undecided"] == 0, found
        ours.append(found["cpu_s"] / found["sent"] * 1e6)
        slowest.append(found["rtt_p95_ms"])
        found = in_network(silencing(targets, share), *worker("bench.icmp_worker"), "fping", targets, PERIOD_S, share)
        assert found["lost"] == silent, found
        theirs.append(found["cpu_s"] / targets * 1e6)
    mine = row("netwatch", ours, "us CPU a probe")
    ratio("ratio to fping", mine, row("fping", theirs, "us CPU a probe"), most=1.0)
    row("netwatch's round trips, p95", slowest, "ms")


def far_away(rounds: int, targets: int, side: str, words: str) -> None:
    print(f" {targets} targets {DELAY_MS} ms away, {targets // SHARE} silent, the process {words}")
    medians, late, worst, held = [], [], [], []
    for _ in range(rounds):
        found = in_network("true", *worker("bench.icmp_worker"), side, targets, PERIOD_S, SHARE)
        assert found["falsely_lost"] == found["falsely_alive"] == found["undecided"] == 0, found
        medians.append(found["rtt_p50_ms"])
        late.append(found["rtt_p95_ms"])
        worst.append(found["rtt_max_ms"])
        held.append(found["held_p95_ms"])
    row("round trips told, p50", medians, "ms")
    row("round trips told, p95", late, "ms", most=DELAY_MS + MOST_OFF_MS)
    row("round trips told, longest", worst, "ms")
    row("held by the far side itself, p95", held, "ms")
    print("  lost falsely, alive falsely, undecided:     0 in every round")


def silencing(count: int, share: int) -> str:
    """nft words that silence each `share`-th of `count` targets; nothing with 0."""
    if not share:
        return "true"
    members = ", ".join(f"127.1.{number // 250}.{number % 250 + 1}" for number in range(share - 1, count, share))
    return f"nft 'table ip q {{ chain in {{ type filter hook input priority 0; ip daddr {{ {members} }} icmp type echo-request drop; }}; }}'"
