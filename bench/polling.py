"""The polling stage as a whole: a daemon's poller over many devices, CPU of one core and memory.

ICMP every 10 s, SNMP off (an agent for each of 10,000 addresses would be the limit), 5 % silent, each device
linked to its neighbours, so that suspicion works as in earnest.
"""

from __future__ import annotations

from bench.icmp import silencing
from bench.measuring import in_network, row, worker


def run(rounds: int, targets: int) -> None:
    for count in (targets // 10, targets):
        silent = count // 20
        shares, memory, late = [], [], []
        for _ in range(min(rounds, 5)):
            found = in_network(silencing(silent), *worker("bench.polling_worker"), count, 20)
            assert found["falsely_lost"] == 0, found
            assert found["falsely_alive"] == 0, found
            shares.append(found["core_percent"])
            memory.append(found["memory_mb"])
            late.append(found["latest_ms"])
        print(f" {count} devices, {silent} silent, pinged every 10 s")
        row("CPU", shares, "% of one core")
        row("memory", memory, "MB")
        row("latest tick", late, "ms late")
