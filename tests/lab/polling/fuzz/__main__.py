"""`make fuzz`: a million mutated SNMP packets into the live receivers; exit code 1 when anything did not hold."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import time

from tests.lab.polling.fuzz.campaign import Campaign

MEMORY_BYTES = 8 << 20
"""What the process may grow by from a fifth of the way to the end."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    words = parser.parse_args()
    logging.getLogger("netwatch").setLevel(logging.ERROR)  # agents are warned about, lie by lie
    print(f"seed {words.seed}; again: make fuzz ARGS='--packets {words.packets} --seed {words.seed}'")
    begun = time.monotonic()
    report = Campaign(words.seed).run(words.packets)
    print(f"{report.packets:,} packets in {time.monotonic() - begun:.0f} s: "
          + ", ".join(f"{count:,} {kind}" for kind, count in report.by_kind.most_common()))  # fmt: skip
    print("answers:", ", ".join(f"{count:,} {status}" for status, count in report.answers.most_common()))
    print(
        "notifications:", ", ".join(f"{count:,} {outcome}" for outcome, count in report.outcomes.most_common() if count)
    )
    print("memory, MB:", " ".join(f"{size / 1e6:.1f}" for size in report.memory_bytes))
    grown = report.memory_bytes[-1] - report.memory_bytes[0]
    if grown > MEMORY_BYTES:
        report.violations.append(f"grew by {grown:,} bytes")
    if report.drops:
        report.violations.append(f"{report.drops:,} packets did not fit the sockets")
    print(f"{len(report.violations)} violations", *report.violations[:20], sep="\n  ")
    return bool(report.violations)


if __name__ == "__main__":
    sys.exit(main())
