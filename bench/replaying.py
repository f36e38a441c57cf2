"""How fast `netwatch replay` is: a recording of a virtual network, its virtual seconds by the command's wall seconds.

The recording is what the virtual poller sees of 1,000 devices at default intervals: pings, agents, ports of links and
of customers, witnesses. All is well but for one trunk, which is cut for ten minutes in every half hour. The whole
command counts, from its start to its end, with reading the inventory and planning every message. It uses two cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import at_least
from netwatch.simulation.faults import parse_all
from netwatch.simulation.runner import Rehearsal, simulate
from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.writing import recorder, write_inventory

DEVICES, CUSTOMERS_EACH = 1_000, 6
WARM_UP_S, LASTS_S = 100.0, 3_500.0
CUTS_AT_S, CUT_S = (600, 2_400), 600
LEAST_TIMES = 500.0


def record(directory: Path) -> tuple[Path, Path, int]:
    """The configuration, the recording and its lines."""
    found = generate(ProviderPlan(DEVICES, customers_per_access=CUSTOMERS_EACH, seed=1))
    trunk = next(
        name
        for name, link in found.links.items()
        if {found.devices[link.a.device].role, found.devices[link.b.device].role} == {"aggregation", "access"}
    )
    faults = parse_all([f"cut link:{trunk} at {at_s} for {CUT_S}" for at_s in CUTS_AT_S], found)
    lines = directory / "observations.jsonl"
    with lines.open("w", encoding="utf-8") as target:
        rehearsal = Rehearsal(found, faults, seed=1, warmup_s=WARM_UP_S, duration_s=LASTS_S)
        simulate(rehearsal, watch=recorder(target))
    with lines.open("rb") as written:
        return write_inventory(found, directory), lines, sum(1 for _ in written)


def run(rounds: int, targets: int) -> None:
    """Print how many times real time the replay is, each round one replay."""
    del targets
    with TemporaryDirectory() as made:
        config, lines, count = record(Path(made))
        seconds = WARM_UP_S + LASTS_S
        print(f"  {DEVICES} devices, {seconds:.0f} s, {count} observations, {lines.stat().st_size / 1e6:.0f} MB")
        times = []
        for _ in range(rounds):
            words = [sys.executable, "-m", "netwatch", "replay", "-c", str(config), str(lines), "--json"]
            begun = time.perf_counter()
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            times.append(seconds / (time.perf_counter() - begun))
        incidents = json.loads(done.stdout)["incidents"]
        print(f"  {len(incidents)} incidents: {', '.join(root for one in incidents for root in one['root_causes'])}")
        at_least("netwatch replay", times, "times real time", LEAST_TIMES)


if __name__ == "__main__":
    run(3, 0)
