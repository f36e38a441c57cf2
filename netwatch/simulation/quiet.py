"""Nothing that concerns a customer happens, many times over: `python -m netwatch.simulation.quiet --runs 500`.

Isolations of netwatch, windows of announced work and quiet hours in turn, on several networks, each with lost traps,
late polls, devices that ignore pings, and 1, 2 or 4 % of all probes lost. Exit code 1: a customer was told something.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from netwatch.inventory.model import Inventory, Maintenance
from netwatch.simulation.chance import seeded
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import Noise
from netwatch.simulation.parallel import map_forked
from netwatch.simulation.runner import Rehearsal, simulate
from netwatch.simulation.synthetic import ProviderPlan, generate

KINDS: Final = ("isolation", "announced work", "quiet hour")
_SIZES: Final = (40, 60, 100)
_LOSSES: Final = (0.01, 0.02, 0.04)
_ISOLATIONS_S: Final = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 17.0, 25.0, 60.0, 150.0)
_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class QuietRun:
    """One run: what it was, and whom it told. `seconds` is the simulated time."""

    kind: str
    seed: int
    loss_ratio: float
    seconds: float
    told: int
    why: str


def untidy(loss_ratio: float) -> Noise:
    """The usual untidiness, with this share of probes lost."""
    return Noise(loss_ratio=loss_ratio, trap_loss_ratio=0.1, late_ratio=0.02, mute_ratio=0.01)


def run(kind: str, ground: Ground, seed: int, loss_ratio: float) -> QuietRun:
    """One run of a kind; equal arguments give equal runs."""
    rng = seeded("quiet", kind, seed)
    inventory, faults, duration_s = ground.inventory, tuple[Breakage, ...](), _HOUR_S
    if kind == "isolation":
        faults = (Breakage(Verb.ISOLATE, "monitor", 60.0, rng.choice(_ISOLATIONS_S)),)
        duration_s = 60.0 + (faults[0].for_s or 0.0) + 150.0
    elif kind == "announced work":
        inventory, faults = _work(ground, rng)
        duration_s = 500.0
    log = simulate(Rehearsal(inventory, faults, seed, duration_s=duration_s, noise=untidy(loss_ratio)))
    told = [change for change in log.changes if change.newly_affected]
    why = "; ".join(f"{change.at - log.warmup_s:.0f} s {','.join(change.incident.roots)}" for change in told)
    return QuietRun(kind, seed, loss_ratio, duration_s, sum(len(change.newly_affected) for change in told), why)


def _work(ground: Ground, rng: Random) -> tuple[Inventory, tuple[Breakage, ...]]:
    inventory = ground.inventory
    places = [f"link:{name}" for name in ground.bridges if ground.serves(inventory.links[name])]
    places += [f"device:{name}" for name, device in inventory.devices.items() if device.role == "aggregation"]
    place = rng.choice(places)
    verb = Verb.CUT if place.startswith("link:") else Verb.DOWN
    window = Maintenance("work", (place,), 40.0, 340.0)
    fault = Breakage(verb, place, 40.0 + rng.uniform(1.0, 60.0), rng.uniform(5.0, 180.0))
    return replace(inventory, maintenance=(*inventory.maintenance, window)), (fault,)


def run_many(runs: int, seed: int, jobs: int, sizes: Sequence[int] = _SIZES) -> list[QuietRun]:
    """`runs` runs, kinds, networks and losses in turn."""
    grounds = [Ground.of(generate(ProviderPlan(size, seed=seed + number))) for number, size in enumerate(sizes)]

    def one(number: int) -> QuietRun:
        kind = KINDS[number % len(KINDS)]
        turn = number // len(KINDS)
        return run(kind, grounds[turn % len(grounds)], seed * 100_000 + number, _LOSSES[turn % len(_LOSSES)])

    return map_forked(one, range(runs), jobs)


def main() -> int:
    """Run them, print what told anybody, and the sums by kind."""
    parser = argparse.ArgumentParser(prog="python -m netwatch.simulation.quiet", description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="number of runs")
    parser.add_argument("--seed", type=int, default=1, help="seed of networks and runs")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    arguments = parser.parse_args()
    found = run_many(arguments.runs, arguments.seed, arguments.jobs)
    for each in found:
        if each.told:
            sys.stdout.write(f"{each.kind} {each.seed} at {each.loss_ratio:.0%} loss: {each.told} told, {each.why}\n")
    for kind in KINDS:
        own = [each for each in found if each.kind == kind]
        hours = sum(each.seconds for each in own) / 3600.0
        told = sum(each.told for each in own)
        sys.stdout.write(f"{kind}: {len(own)} runs, {hours:.1f} simulated hours, {told} customers told\n")
    return 1 if any(each.told for each in found) else 0


if __name__ == "__main__":
    sys.exit(main())
