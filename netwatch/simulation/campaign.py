"""Many drawn faults, scored: `python -m netwatch.simulation.campaign --faults 200 --devices 300 --seed 1`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles

from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import ChangeKind, Incident, Status
from netwatch.inventory.model import Inventory
from netwatch.simulation.chance import seeded
from netwatch.simulation.graphml import load_backbone
from netwatch.simulation.ground import Ground
from netwatch.simulation.noise import USUAL, Noise
from netwatch.simulation.runner import Rehearsal, RehearsalLog, simulate
from netwatch.simulation.synthetic import ProviderPlan, generate
from netwatch.simulation.trials import BEGIN_S, CLASSES, LASTS_S, Trial

#: After the fault is mended, the recovery is watched for so long.
_AFTER_S = 330.0


@dataclass(frozen=True, slots=True)
class Score:
    """What came of one trial. Counts of roots, customers and incidents; seconds from fault to first telling.

    `wrongly_told`: customers whom nothing ailed and who were told on evidence that needs no person's consent.
    """

    kind: str
    seed: int
    faults: str
    roots_right: int
    roots_told: int
    roots_wanted: int
    scope_right: bool
    customers_right: int
    customers_told: int
    customers_hit: int
    wrongly_told: int
    incidents: int
    wanted: int
    all_closed: bool
    told_after_s: float | None
    told: str

    @property
    def perfect(self) -> bool:
        return (
            self.roots_right == self.roots_wanted == self.roots_told
            and self.scope_right
            and self.customers_right == self.customers_told == self.customers_hit
            and self.incidents == self.wanted
            and self.all_closed
        )


def trial_of(kind: str, ground: Ground, seed: int) -> Trial | None:
    """The trial of a class for a seed; None when the network has nothing of the kind."""
    return CLASSES[kind](ground, seeded("trial", kind, seed))


def run(kind: str, ground: Ground, seed: int, noise: Noise = USUAL) -> Score | None:
    """Rehearse one drawn fault and score it."""
    trial = trial_of(kind, ground, seed)
    if trial is None:
        return None
    log = simulate(
        Rehearsal(ground.inventory, trial.faults, seed, duration_s=BEGIN_S + LASTS_S + _AFTER_S, noise=noise)
    )
    return score(kind, seed, trial, log)


def score(kind: str, seed: int, trial: Trial, log: RehearsalLog) -> Score:
    """Compare what was published with what was really so."""
    published = [i for i in log.incidents.values() if i.opened_at is not None and i.status is not Status.MERGED]
    wanted = max(trial.roots, key=lambda roots: _right(roots, published), default=frozenset())
    told = frozenset(root for incident in published for root in incident.roots)
    really = _really_hit(log)
    heard = frozenset(customer for incident in published for customer in incident.ever_affected)
    opened = [change.at for change in log.changes if change.kind is ChangeKind.OPENED]
    return Score(
        kind=kind,
        seed=seed,
        faults="; ".join(str(fault) for fault in trial.faults),
        roots_right=len(wanted & told),
        roots_told=len(told),
        roots_wanted=len(wanted),
        scope_right=_scope_right(trial, published),
        customers_right=len(really & heard),
        customers_told=len(heard),
        customers_hit=len(really),
        wrongly_told=len(_told_without_consent(log) - _ever_hit(log)),
        incidents=len(published),
        wanted=max(1, min(len(trial.faults), len(published))) if trial.roots else 0,
        all_closed=all(incident.status is Status.RESOLVED for incident in published),
        told_after_s=opened[0] - log.warmup_s - BEGIN_S if opened else None,
        told=", ".join(f"{i.scope}:{'+'.join(i.roots)}" for i in published),
    )


def _right(roots: frozenset[str], published: Iterable[Incident]) -> tuple[int, int]:
    told = frozenset(root for incident in published for root in incident.roots)
    return len(roots & told), -len(roots)


def _scope_right(trial: Trial, published: list[Incident]) -> bool:
    """Of several faults in a row the first may rightly have been told as lost redundancy."""
    allowed = {trial.scope, Scope.REDUNDANCY} if len(trial.faults) > 1 else {trial.scope}
    found = {incident.scope for incident in published}
    return found <= allowed and (trial.scope in found) == bool(trial.roots)


def _really_hit(log: RehearsalLog) -> frozenset[str]:
    """Everyone who was out or degraded for at least 30 s; shorter trouble need not be told."""
    found: set[str] = set()
    changes_at = (*log.network.changes_at, log.network.changes_at[-1] + 1e9)
    for at, until_at in pairwise(changes_at):
        affected = log.network.affected(at)
        if until_at - at >= 30.0 or len(changes_at) > 12:
            found |= affected.out | affected.degraded
    return frozenset(found)


def _ever_hit(log: RehearsalLog) -> frozenset[str]:
    """Everyone whom anything ailed at any time."""
    affected = [log.network.affected(at) for at in log.network.changes_at]
    return frozenset().union(*(each.out | each.degraded | each.at_risk for each in affected))


def _told_without_consent(log: RehearsalLog) -> frozenset[str]:
    """Everyone told while the incident rested on evidence that needs no person's consent."""
    return frozenset(customer for change in log.changes if change.incident.strong for customer in change.newly_affected)


def table(scores: Iterable[Score]) -> str:
    """The figures by class and for all, as fixed-width text."""
    by_kind: dict[str, list[Score]] = {}
    everything = list(scores)
    for each in everything:
        by_kind.setdefault(each.kind, []).append(each)
    head = f"{'class':15} {'n':>4} {'recall':>6} {'prec.':>6} {'scope':>6} {'c.rec.':>6} {'c.prec':>6} {'inc/f':>6} "
    lines = [f"{head}{'median':>6} {'p90':>6} {'open':>5} {'wrong':>5}"]
    lines += [_row(kind, found) for kind, found in by_kind.items()]
    return "\n".join([*lines, _row("all", everything)])


def _row(name: str, scores: list[Score]) -> str:
    waits = [each.told_after_s for each in scores if each.told_after_s is not None]
    p90 = quantiles(waits, n=10)[-1] if len(waits) > 1 else (waits[0] if waits else 0.0)
    return (
        f"{name:15} {len(scores):4} {_ratio(scores, 'roots_right', 'roots_wanted')} "
        f"{_ratio(scores, 'roots_right', 'roots_told')} {sum(s.scope_right for s in scores) / len(scores):6.3f} "
        f"{_ratio(scores, 'customers_right', 'customers_hit')} {_ratio(scores, 'customers_right', 'customers_told')} "
        f"{_ratio(scores, 'incidents', 'wanted')} {median(waits) if waits else 0.0:6.1f} {p90:6.1f} "
        f"{sum(not s.all_closed for s in scores):5} {sum(s.wrongly_told > 0 for s in scores):5}"
    )


def _ratio(scores: Iterable[Score], part: str, whole: str) -> str:
    found = list(scores)
    total = sum(getattr(each, whole) for each in found)
    return f"{sum(getattr(each, part) for each in found) / total:6.3f}" if total else f"{'-':>6}"


def drawn(kinds: Iterable[str], count: int, seed: int) -> Iterator[tuple[str, int]]:
    """Class and seed of `count` trials, the classes in turn."""
    names = list(kinds)
    for number in range(count):
        yield names[number % len(names)], seed * 100_000 + number


def _inventory(arguments: Mapping[str, object]) -> Inventory:
    plan = ProviderPlan(devices=int(str(arguments["devices"])), seed=int(str(arguments["seed"])))
    graph = arguments["graphml"]
    return load_backbone(Path(str(graph)), plan) if graph else generate(plan)


def main() -> int:
    """Run a campaign and print its table; every trial that is not perfect is named with its seed."""
    parser = argparse.ArgumentParser(prog="python -m netwatch.simulation.campaign", description=__doc__)
    parser.add_argument("--faults", type=int, default=100, help="number of trials")
    parser.add_argument("--devices", type=int, default=100, help="size of the synthetic provider")
    parser.add_argument("--seed", type=int, default=1, help="seed of provider and trials")
    parser.add_argument("--kind", action="append", choices=sorted(CLASSES), help="only this class; may be repeated")
    parser.add_argument("--graphml", help="a backbone graph instead of a synthetic core")
    parser.add_argument("--trial", type=int, help="only the trial of this seed, with its log; needs --kind")
    arguments = parser.parse_args()
    ground = Ground.of(_inventory(vars(arguments)))
    kinds = arguments.kind or list(CLASSES)
    if arguments.trial is not None:
        return _show(ground, kinds[0], arguments.trial)
    scores = []
    for kind, seed in drawn(kinds, arguments.faults, arguments.seed):
        result = run(kind, ground, seed)
        if result is not None:
            scores.append(result)
            if not result.perfect:
                sys.stdout.write(f"{kind} --trial {seed}: {result.faults} -> {result.told or 'nothing'}\n")
    sys.stdout.write(table(scores) + "\n")
    return 0


def _show(ground: Ground, kind: str, seed: int) -> int:
    trial = trial_of(kind, ground, seed)
    if trial is None:
        return 1
    rehearsal = Rehearsal(ground.inventory, trial.faults, seed, duration_s=BEGIN_S + LASTS_S + _AFTER_S, noise=USUAL)
    log = simulate(rehearsal)
    sys.stdout.write(log.text() + "\n")
    for incident in log.incidents.values():
        sys.stdout.write(f"{incident.id} {incident.status}\n  " + "\n  ".join(incident.reasons) + "\n")
    sys.stdout.write(f"{score(kind, seed, trial, log)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
