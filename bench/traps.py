"""A burst of 20,000 v2c traps in a second into the running daemon, 10,000 devices, ICMP 10 s / GET 30 s.

Once two traps from each of 10,000 devices, as when a region fails; once all from one device, which raves. All must be
counted, none dropped by the socket, no poll be late by more than 1 s, and what they set off stay below the limit of
`polling.trap_rate_per_s`. The bursts follow one another in one daemon, after as many quiet times to compare with.
About 2 minutes and 45 s a round.
"""

from __future__ import annotations

from bench.measuring import in_network, row, worker

KINDS = {"many": "2 traps of each of 10,000 devices", "one": "20,000 traps of one device"}


def run(rounds: int, targets: int) -> None:
    found = in_network("true", *worker("bench.traps_worker"), rounds, targets)
    print(f" {targets} devices, {found['burst']} traps in a second, {rounds} bursts of each kind")
    row("before: polls late by more than 1 s", [one["late"] for one in found["quiet"]], "")
    row("before: longest tick, at most", [one["lag_most_ms"] for one in found["quiet"]], "ms late")
    for kind, words in KINDS.items():
        bursts = found[kind]
        print(f"  {words}: {'; '.join(sorted({name for burst in bursts for name in burst['outcomes']}))}")
        row("sent in", [burst["sent_s"] * 1e3 for burst in bursts], "ms")
        row("not counted", [found["burst"] - burst["counted"] for burst in bursts], "", most=0)
        row("dropped by the socket", [burst["drops"] for burst in bursts], "", most=0)
        row("polls late by more than 1 s", [burst["late"] for burst in bursts], "", most=0)
        row("longest tick of the poll loop, at most", [burst["lag_most_ms"] for burst in bursts], "ms late", most=1000)
        row("pings and requests beyond the usual", [burst["extra"] for burst in bursts], "", most=found["extra_most"])
        row("incidents opened", [burst["incidents"] for burst in bursts], "", most=0)
