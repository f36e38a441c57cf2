"""Nothing that concerns a customer happens, many times over: `python -m netwatch.simulation.quiet --runs 500`.

Isolations of netwatch, windows of announced work and quiet hours in turn, on several networks, each with lost traps,
late polls, devices that ignore pings, and 1, 2 or 4 % of all probes lost. Exit code 1: a customer was told something.

`--hours 1000 --results FILE` watches quiet networks for so many simulated hours instead, each watch with a network and
an untidiness of its own, wrong inventory included. Each watch is kept in FILE: called again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from netwatch.inventory.model import Inventory, Maintenance
from netwatch.simulation.chance import seeded
from netwatch.simulation.faults import Breakage, Verb
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import Noise, stale
from netwatch.simulation.parallel import map_forked
from netwatch.simulation.runner import Rehearsal, simulate
from netwatch.simulation.synthetic import ProviderPlan, generate

KINDS: Final = ("isolation", "announced work", "quiet hour")
_SIZES: Final = (40, 60, 100)
_LOSSES: Final = (0.01, 0.02, 0.04)
_ISOLATIONS_S: Final = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 17.0, 25.0, 60.0, 150.0)
_HOUR_S: Final = 3600.0
#: Watches are so long, and on networks of these sizes in turn: an hour costs as much as its network is large.
_WATCH_HOURS: Final = 6.0
_WATCHED_SIZES: Final = (*(60, 100, 60, 300, 60, 60) * 3, 60, 100, 60, 1_000, 60, 60)


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


@dataclass(frozen=True, slots=True)
class Watch:
    """A stretch of quiet on a network of its own. `told`: incidents that told a customer; `why` names them.

    `stale_ratio`: share of the links that are wrong in the inventory.
    """

    number: int
    seed: int
    devices: int
    hours: float
    loss_ratio: float
    trap_loss_ratio: float
    late_ratio: float
    mute_ratio: float
    stale_ratio: float
    told: int = 0
    why: str = ""


def watch(number: int, seed: int, devices: int, hours: float = _WATCH_HOURS) -> Watch:
    """Watch a quiet network; equal arguments give equal watches."""
    rng = seeded("watch", seed, number)
    noise = Noise(
        loss_ratio=rng.uniform(0.01, 0.04),
        trap_loss_ratio=rng.uniform(0.0, 0.3),
        late_ratio=rng.uniform(0.0, 0.1),
        late_s=8.0,
        mute_ratio=rng.uniform(0.0, 0.03),
    )
    stale_ratio = rng.uniform(0.0, 0.03)
    draw = rng.randrange(1_000_000)
    inventory = generate(ProviderPlan(devices, seed=draw))
    believed = stale(inventory, stale_ratio, draw)
    log = simulate(Rehearsal(inventory, (), draw, duration_s=hours * _HOUR_S, noise=noise, believed=believed))
    told = {change.incident.id: change.incident for change in log.changes if change.newly_affected}
    return Watch(
        number=number,
        seed=seed,
        devices=devices,
        hours=hours,
        loss_ratio=round(noise.loss_ratio, 4),
        trap_loss_ratio=round(noise.trap_loss_ratio, 4),
        late_ratio=round(noise.late_ratio, 4),
        mute_ratio=round(noise.mute_ratio, 4),
        stale_ratio=round(stale_ratio, 4),
        told=len(told),
        why="; ".join(f"{name} {','.join(incident.roots)}" for name, incident in sorted(told.items())),
    )


def watches(hours: float, seed: int, results: Path) -> Iterator[Watch]:
    """Watches of `hours` in all: those that FILE holds as they are, the others as they end, kept in it."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    known = {(each.seed, each.number): each for each in (Watch(**json.loads(line)) for line in lines)}
    done, number = 0.0, 0
    while done < hours:
        found = known.get((seed, number))
        if found is None:
            found = watch(number, seed, _WATCHED_SIZES[number % len(_WATCHED_SIZES)])
            with results.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(asdict(found)) + "\n")
        yield found
        done, number = done + found.hours, number + 1


def main() -> int:
    """Run what is asked for; exit code 1 when any customer was told anything."""
    parser = argparse.ArgumentParser(prog="python -m netwatch.simulation.quiet", description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="number of runs")
    parser.add_argument("--seed", type=int, default=1, help="seed of networks and runs")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--hours", type=float, help="watch for so many simulated hours instead; one process")
    parser.add_argument("--results", metavar="FILE", help="keep the watches of --hours in FILE, and go on from there")
    arguments = parser.parse_args()
    if arguments.hours is None:
        return _runs(arguments)
    if arguments.results is None:
        parser.error("--hours needs --results FILE")
    return _watches(watches(arguments.hours, arguments.seed, Path(arguments.results)))


def _watches(found: Iterator[Watch]) -> int:
    """Print each watch that told anybody, and the sums."""
    hours, device_hours, told = 0.0, 0.0, 0
    for each in found:
        hours, device_hours, told = hours + each.hours, device_hours + each.hours * each.devices, told + each.told
        if each.told:
            sys.stdout.write(f"watch {each.number} on {each.devices} devices: {each.why}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{hours:,.0f} simulated hours, {device_hours:,.0f} hours of a device: {told} incidents told a customer\n"
    )
    return 1 if told else 0


def _runs(arguments: argparse.Namespace) -> int:
    """Run the kinds in turn, print what told anybody, and the sums by kind."""
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
