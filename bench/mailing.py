"""The daemon, `netwatch run` as a process, mails 10,000 customers of one outage while it polls 10,000 devices.

The relay is a process of its own that takes everything. Bounds: all mails taken within 20 s of the first one, the public
page up before it, the hardest hit first, no probe late or left out. About 4 minutes a round.
"""

from __future__ import annotations

from bench.measuring import in_network, row, worker

CUSTOMERS = 10_000
TOOK_S = 20.0


def run(rounds: int, targets: int) -> None:
    found = [in_network("true", *worker("bench.mailing_worker"), targets, CUSTOMERS) for _ in range(rounds)]
    print(
        f" {targets} devices, {found[0]['mails']} mails to {CUSTOMERS} customers, {found[0]['incidents']:.0f} incident"
    )
    row("outage told to colleagues after", [one["opened_s"] for one in found], "s", most=60.0)
    row("people who had to agree", [one["approved"] for one in found], "")
    row("first mail after the fault", [one["first_s"] for one in found], "s", most=110.0)
    row("all mails after the first", [one["took_s"] for one in found], "s", most=TOOK_S)
    row("the page was up before the first by", [one["page_before_s"] for one in found], "s")
    row("mails before a harder hit one's", [one["out_of_order"] for one in found], "", most=0.0)
    row("probes late or left out", [one["late"] for one in found], "", most=0.0)
    row("loop lag p99, at most", [one["lag_p99_ms"] for one in found], "ms")
    row("CPU of the daemon while it mailed", [one["daemon_cpu_s"] for one in found], "s")
