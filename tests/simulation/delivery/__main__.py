"""Play simulated seeds of communication: `python -m tests.simulation.delivery [--seeds N] [--seed N] [--jobs N]`.

With `--resume FILE` an interrupted campaign goes on where it was. Exits 1 when a seed breaks a rule.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.simulation.delivery.campaign import PORTION, campaign, done_before, portion, remember


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.delivery", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many, from --first on (default 2000)")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--resume", type=Path, help="file that remembers how far it came")
    options = parser.parse_args()
    if options.seed is not None:
        total = portion([options.seed])
        print(total)
        return 1 if total.broken else 0
    first = max(options.first, done_before(options.resume) if options.resume else 0)
    seeds = range(first, options.first + options.seeds)
    broken = 0
    for total in campaign(seeds, options.jobs):
        if options.resume and not total.broken:
            remember(options.resume, first + total.seeds)
        if total.seeds % (PORTION * 20) == 0 or len(total.broken) > broken:
            print(total, flush=True)
        broken = len(total.broken)
    if seeds:
        print(total)
    if options.resume and not broken:
        options.resume.unlink(missing_ok=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
