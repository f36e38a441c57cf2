"""2,000 SMS of one outage through a gateway that takes so many a second and no more, against what `check` foretells.

Store, dispatcher and SMS channel as in the daemon; the gateway is a process of its own that answers 429 to whatever comes
faster than agreed. About half a minute a round.
"""

from __future__ import annotations

import statistics

from bench.measuring import in_network, row, verdict, worker
from netwatch.communication.planning.playbook_proof import Reach

MESSAGES, RATE_PER_S = 2_000, 100.0
FORETOLD_S = Reach("all", "sms", MESSAGES, RATE_PER_S).seconds
MOST = 1.1
"""Of the time foretold."""


def run(rounds: int, targets: int) -> None:
    del targets
    found = [in_network("true", *worker("bench.texting_worker"), MESSAGES, RATE_PER_S) for _ in range(rounds)]
    print(f" {MESSAGES} SMS at {RATE_PER_S:g} a second: {FORETOLD_S:.0f} s foretold")
    took_s = row("all accepted after", [one["took_s"] for one in found], "s")
    print(f"  {'of the time foretold':<36} {took_s / FORETOLD_S:9.2f}{verdict(took_s / FORETOLD_S, MOST)}")
    row("accepted, each once", [one["accepted_once"] for one in found], "")
    row("refused as too fast", [one["refused"] for one in found], "")
    print(f"  CPU {statistics.median(one['cpu_s'] for one in found) / MESSAGES * 1e3:.1f} ms an SMS", flush=True)
