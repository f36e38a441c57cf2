"""Many drawn faults, scored: `python -m netwatch.simulation.campaign --faults 200 --devices 300 --seed 1`.

With `--all` the faults are drawn on many networks, synthetic ones and public backbone graphs with access grown below
them, by every class in turn, on all cores; with `--write FILE` the figures are written between the marks in FILE.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netwatch.clock import SystemClock
from netwatch.errors import InputError
from netwatch.simulation.chance import seeded
from netwatch.simulation.classes import CLASSES
from netwatch.simulation.graphml import load_backbone
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import USUAL, Noise
from netwatch.simulation.parallel import map_forked
from netwatch.simulation.report import write_report
from netwatch.simulation.runner import Rehearsal, RehearsalLog, simulate
from netwatch.simulation.scoring import Score, score, table
from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.trials import BEGIN_S, LASTS_S, Trial

__all__ = ["drawn", "main", "run", "table"]

#: After the fault is mended, the recovery is watched for so long.
_AFTER_S: Final = 330.0
#: Sizes of the synthetic networks of a whole campaign, and of what is grown below each backbone graph.
_SIZES: Final = (60, 80, 100, 150, 300)
_GRAPH_SIZE: Final = 120
#: So many trials are started before the time is looked at.
_BATCH: Final = 46


@dataclass(frozen=True, slots=True)
class Field:
    """One network that faults are drawn on."""

    name: str
    ground: Ground


def trial_of(kind: str, ground: Ground, seed: int) -> Trial | None:
    """The trial of a class for a seed; None when the network has nothing of the kind."""
    return CLASSES[kind](ground, seeded("trial", kind, seed))


def run(kind: str, ground: Ground, seed: int, noise: Noise = USUAL) -> Score | None:
    """Rehearse one drawn fault and score it."""
    trial = trial_of(kind, ground, seed)
    if trial is None:
        return None
    return score(kind, seed, trial, _rehearsed(trial, ground, seed, noise))


def _rehearsed(trial: Trial, ground: Ground, seed: int, noise: Noise) -> RehearsalLog:
    return simulate(
        Rehearsal(
            trial.inventory or ground.inventory,
            trial.faults,
            seed,
            duration_s=BEGIN_S + LASTS_S + _AFTER_S,
            noise=trial.noise or noise,
            believed=trial.believed,
            restarts_at_s=trial.restarts_at_s,
        )
    )


def drawn(kinds: Iterable[str], count: int, seed: int) -> Iterator[tuple[str, int]]:
    """Class and seed of `count` trials, the classes in turn."""
    names = list(kinds)
    for number in range(count):
        yield names[number % len(names)], seed * 100_000 + number


def main() -> int:
    """Run a campaign and print its table; every trial that is not perfect is named with its seed."""
    arguments = _arguments()
    kinds: list[str] = arguments.kind or list(CLASSES)
    if arguments.trial is not None:
        return _show(_field(arguments.devices, arguments.seed, arguments.graphml).ground, kinds[0], arguments.trial)
    if arguments.all:
        fields = list(_fields(arguments.seed, Path(arguments.graphs)))
    else:
        fields = [_field(arguments.devices, arguments.seed, arguments.graphml)]
    pairs = list(drawn(kinds, arguments.faults, arguments.seed))
    turns = [(number + number // len(kinds)) % len(fields) for number in range(len(pairs))]
    wanted = [(fields[turn], kind, seed) for turn, (kind, seed) in zip(turns, pairs, strict=True)]
    scores = _run_all(wanted, arguments.jobs, arguments.minutes * 60.0)
    sys.stdout.write(table(scores) + "\n")
    if arguments.write is not None:
        write_report(Path(arguments.write), scores, [field.name for field in fields], arguments.seed)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m netwatch.simulation.campaign", description=__doc__)
    parser.add_argument("--faults", type=int, default=100, help="number of trials")
    parser.add_argument("--devices", type=int, default=100, help="size of the synthetic provider")
    parser.add_argument("--seed", type=int, default=1, help="seed of provider and trials")
    parser.add_argument("--kind", action="append", choices=sorted(CLASSES), help="only this class; may be repeated")
    parser.add_argument("--graphml", help="a backbone graph instead of a synthetic core")
    parser.add_argument("--trial", type=int, help="only the trial of this seed, with its log; needs --kind")
    parser.add_argument("--all", action="store_true", help="on many networks instead of one")
    parser.add_argument("--graphs", default="../shared/topologies", help="directory of backbone graphs for --all")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minutes", type=float, default=120.0, help="begin no trial after so many minutes")
    parser.add_argument("--write", metavar="FILE", help="write the figures between the marks in FILE")
    return parser.parse_args()


def _field(devices: int, seed: int, graphml: str | None) -> Field:
    plan = ProviderPlan(devices=devices, seed=seed)
    inventory = load_backbone(Path(graphml), plan) if graphml else generate(plan)
    return Field(Path(graphml).name if graphml else f"synthetic {devices}", Ground.of(inventory))


def _fields(seed: int, graphs: Path) -> Iterator[Field]:
    """Synthetic networks and, where the directory is there, every fifth of its graphs, in turn."""
    files = sorted(graphs.glob("*.graphml"))[seed % 5 :: 5] if graphs.is_dir() else []
    for number in range(max(len(_SIZES), len(files))):
        if number < len(_SIZES):
            yield _field(_SIZES[number], seed + number, None)
        if number < len(files):
            try:
                yield _field(_GRAPH_SIZE, seed + number, str(files[number]))
            except InputError as error:
                sys.stderr.write(f"left out: {error}\n")


def _run_all(wanted: Sequence[tuple[Field, str, int]], jobs: int, limit_s: float) -> list[Score]:
    clock = SystemClock()
    begun_at = clock.now()
    scores: list[Score] = []

    def one(trial: tuple[Field, str, int]) -> Score | None:
        field, kind, seed = trial
        return run(kind, field.ground, seed)

    for start in range(0, len(wanted), _BATCH):
        if clock.now() - begun_at > limit_s:
            break
        batch = wanted[start : start + _BATCH]
        for (field, kind, seed), result in zip(batch, map_forked(one, batch, jobs), strict=True):
            if result is None:
                continue
            scores.append(result)
            if not result.perfect:
                told = result.told or "nothing"
                sys.stdout.write(f"{kind} --trial {seed} on {field.name}: {result.faults} -> {told}\n")
        sys.stdout.flush()
    return scores


def _show(ground: Ground, kind: str, seed: int) -> int:
    trial = trial_of(kind, ground, seed)
    if trial is None:
        return 1
    log = _rehearsed(trial, ground, seed, USUAL)
    sys.stdout.write(log.text() + "\n")
    for incident in log.incidents.values():
        sys.stdout.write(f"{incident.id} {incident.status}\n  " + "\n  ".join(incident.reasons) + "\n")
    sys.stdout.write(f"{score(kind, seed, trial, log)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
