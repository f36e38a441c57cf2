"""Many drawn faults, scored: `python -m netwatch.simulation.campaign --faults 200 --devices 300 --seed 1`.

With `--all` the faults are drawn on many networks, synthetic ones and public backbone graphs with access grown below
them, by every class in turn; with `--write FILE` the figures are written between the marks in FILE. With `--results
FILE` each score is kept in FILE as it comes: called again, the campaign goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
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
from netwatch.simulation.trials import Trial

__all__ = ["drawn", "main", "run", "table"]

#: Sizes of the synthetic networks of a whole campaign, each with how many in a thousand faults are drawn on it. The
#: rest is drawn on the backbone graphs, with access grown below each of them up to the size given next.
_SIZES: Final = (
    (300, 100), (300, 100), (600, 60), (1_000, 30), (1_000, 30), (3_000, 12), (3_000, 12), (3_000, 12), (10_000, 6), (10_000, 6)
)  # fmt: skip
_GRAPH_SIZE: Final = 120
#: So many networks are tried until one has something of the kind that is drawn.
_NETWORKS_TRIED: Final = 20
#: So many trials are started before the time is looked at.
_BATCH: Final = 50


@dataclass(frozen=True, slots=True)
class Field:
    """One network that faults are drawn on. `share`: how often, compared with the others."""

    name: str
    ground: Ground
    share: float = 1.0


#: A trial: where, of which class, and its seed.
Wanted = tuple[Field, str, int]


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
            duration_s=trial.duration_s,
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
    known = read_scores(Path(arguments.results)) if arguments.results else []
    wanted = list(_placed(fields, drawn(kinds, arguments.faults, arguments.seed)))
    scores = _run_all(wanted, known, arguments)
    sys.stdout.write(table(scores) + "\n")
    if arguments.write is not None:
        names = {field.name: sum(score.network == field.name for score in scores) for field in fields}
        write_report(Path(arguments.write), scores, names, arguments.seed)
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
    parser.add_argument("--results", metavar="FILE", help="keep the scores in FILE and don't run again what is there")
    parser.add_argument("--write", metavar="FILE", help="write the figures between the marks in FILE")
    return parser.parse_args()


def _field(devices: int, seed: int, graphml: str | None, share: float = 1.0) -> Field:
    plan = ProviderPlan(devices=devices, seed=seed)
    inventory = load_backbone(Path(graphml), plan) if graphml else generate(plan)
    return Field(Path(graphml).name if graphml else f"synthetic {devices}", Ground.of(inventory), share)


def _fields(seed: int, graphs: Path) -> Iterator[Field]:
    """Synthetic networks and, where the directory is there, every third of its graphs."""
    for number, (size, share) in enumerate(_SIZES):
        before = sum(size == each for each, _ in _SIZES[:number])
        field = _field(size, seed + number, None, share)
        yield replace(field, name=f"{field.name}/{before + 1}") if before else field
    files = sorted(graphs.glob("*.graphml"))[seed % 3 :: 3] if graphs.is_dir() else []
    rest = (1_000 - sum(share for _, share in _SIZES)) / max(1, len(files))
    for number, file in enumerate(files):
        try:
            yield _field(_GRAPH_SIZE, seed + number, str(file), rest)
        except InputError as error:
            sys.stderr.write(f"left out: {error}\n")


def _placed(fields: Sequence[Field], pairs: Iterable[tuple[str, int]]) -> Iterator[Wanted]:
    """Each trial with a network that has something of its kind, by the shares of the networks."""
    shares = [field.share for field in fields]
    for kind, seed in pairs:
        choices = seeded("network", kind, seed).choices(fields, shares, k=_NETWORKS_TRIED)
        place = next((field for field in choices if trial_of(kind, field.ground, seed) is not None), None)
        if place is not None:
            yield place, kind, seed


def read_scores(path: Path) -> list[Score]:
    """The scores that were kept in a file of JSON lines; none when it is not there yet."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Score(**json.loads(line)) for line in lines]


def _run_all(wanted: Sequence[Wanted], known: Sequence[Score], arguments: argparse.Namespace) -> list[Score]:
    """The scores of all trials, in order; those in `known` are taken as they are."""
    clock = SystemClock()
    begun_at = clock.now()
    found = {(score.network, score.kind, score.seed): score for score in known}
    left = [trial for trial in wanted if (trial[0].name, *trial[1:]) not in found]

    def one(trial: Wanted) -> Score | None:
        field, kind, seed = trial
        result = run(kind, field.ground, seed)
        return replace(result, network=field.name) if result is not None else None

    def keep(result: Score | None, _done: int, _of: int) -> None:
        if result is None:
            return
        found[result.network, result.kind, result.seed] = result
        if arguments.results:
            with Path(arguments.results).open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(asdict(result)) + "\n")
        if not result.perfect:
            trial = f"{result.kind} --trial {result.seed} on {result.network}"
            sys.stdout.write(f"{trial}: {result.faults} -> {result.told or 'nothing'}\n")
            sys.stdout.flush()

    for start in range(0, len(left), _BATCH):
        if clock.now() - begun_at > arguments.minutes * 60.0:
            break
        map_forked(one, left[start : start + _BATCH], arguments.jobs, keep)
    names = [(field.name, kind, seed) for field, kind, seed in wanted]
    return [found[name] for name in names if name in found]


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
