"""What came of a drawn fault, compared with what was really so; and the figures of many by class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles

from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import ChangeKind, Incident, Status
from netwatch.simulation.classes import CLASSES, SEVERAL
from netwatch.simulation.runner import RehearsalLog
from netwatch.simulation.trials import Trial


@dataclass(frozen=True, slots=True)
class Score:
    """What came of one trial. Counts of roots, customers and incidents; seconds from fault to first telling.

    `network` names where it was drawn. `wrongly_told`: customers whom nothing ailed and who were told on evidence that needs no person's consent.
    `first_cause_right`: each incident was published with causes that belong to the answer. `scope_moved`: an incident
    changed its scope after its customers were first told. `simulated_s`: how long the trial was, in virtual time.
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
    first_cause_right: bool
    scope_moved: bool
    told_after_s: float | None
    told: str
    simulated_s: float
    network: str = ""

    @property
    def perfect(self) -> bool:
        return (
            self.roots_right == self.roots_wanted == self.roots_told
            and self.scope_right
            and self.customers_right == self.customers_told == self.customers_hit
            and self.incidents == self.wanted
            and self.all_closed
        )


def score(kind: str, seed: int, trial: Trial, log: RehearsalLog) -> Score:
    """Compare what was published with what was really so."""
    published = [i for i in log.incidents.values() if i.opened_at is not None and i.status is not Status.MERGED]
    wanted = max(trial.roots, key=lambda roots: _right(roots, published), default=frozenset())
    told = frozenset(root for incident in published for root in incident.roots)
    really = _really_hit(log) if trial.roots else frozenset()
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
        wanted=_events(trial, len(published)),
        all_closed=all(incident.status is Status.RESOLVED for incident in published),
        first_cause_right=_first_cause_right(trial, log),
        scope_moved=_scope_moved(log),
        told_after_s=opened[0] - log.warmup_s - trial.begin_s if opened else None,
        told=", ".join(f"{i.scope}:{'+'.join(i.roots)}" for i in published),
        simulated_s=log.warmup_s + trial.duration_s,
    )


def _events(trial: Trial, published: int) -> int:
    if not trial.roots:
        return 0
    return trial.events if trial.events is not None else max(1, min(len(trial.faults), published))


def _first_cause_right(trial: Trial, log: RehearsalLog) -> bool:
    """Whether nothing was published at first that no answer holds."""
    allowed = frozenset().union(*trial.roots) if trial.roots else frozenset()
    return all(set(c.incident.roots) <= allowed for c in log.changes if c.kind is ChangeKind.OPENED)


def _scope_moved(log: RehearsalLog) -> bool:
    first: dict[str, Scope] = {}
    for change in log.changes:
        incident = change.incident
        told = change.kind is not ChangeKind.INTERNAL and bool(incident.ever_affected)
        if told and first.setdefault(incident.id, incident.scope) is not incident.scope:
            return True
    return False


def _right(roots: frozenset[str], published: Iterable[Incident]) -> tuple[int, int]:
    told = frozenset(root for incident in published for root in incident.roots)
    return len(roots & told), -len(roots)


def _scope_right(trial: Trial, published: list[Incident]) -> bool:
    """Of several faults in a row the first may rightly have been told as lost redundancy."""
    allowed = {trial.scope, Scope.REDUNDANCY} if len(trial.faults) > 1 else {trial.scope}
    if any("monitor" in roots for roots in trial.roots):
        allowed.add(Scope.MONITORING)
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
    head = f"{'class':16} {'n':>4} {'recall':>6} {'prec.':>6} {'scope':>6} {'c.rec.':>6} {'c.prec':>6} {'inc/f':>6} "
    lines = [f"{head}{'first':>6} {'median':>6} {'p90':>6} {'open':>5} {'wrong':>5}"]
    lines += [_row(kind, by_kind[kind]) for kind in CLASSES if kind in by_kind]
    for name, wanted in (("single faults", False), ("two and three", True)):
        part = [each for each in everything if (each.kind in SEVERAL) is wanted and each.roots_wanted]
        lines += [_row(name, part)] if part and len(by_kind) > 1 else []
    return "\n".join([*lines, _row("all", everything)])


def _row(name: str, scores: list[Score]) -> str:
    waits = [each.told_after_s for each in scores if each.told_after_s is not None]
    p90 = quantiles(waits, n=10)[-1] if len(waits) > 1 else (waits[0] if waits else 0.0)
    return (
        f"{name:16} {len(scores):4} {_ratio(scores, 'roots_right', 'roots_wanted')} "
        f"{_ratio(scores, 'roots_right', 'roots_told')} {sum(s.scope_right for s in scores) / len(scores):6.3f} "
        f"{_ratio(scores, 'customers_right', 'customers_hit')} {_ratio(scores, 'customers_right', 'customers_told')} "
        f"{_ratio(scores, 'incidents', 'wanted')} {sum(s.first_cause_right for s in scores) / len(scores):6.3f} "
        f"{median(waits) if waits else 0.0:6.1f} {p90:6.1f} "
        f"{sum(not s.all_closed for s in scores):5} {sum(s.wrongly_told > 0 for s in scores):5}"
    )


def _ratio(scores: Iterable[Score], part: str, whole: str) -> str:
    found = list(scores)
    total = sum(getattr(each, whole) for each in found)
    return f"{sum(getattr(each, part) for each in found) / total:6.3f}" if total else f"{'-':>6}"
