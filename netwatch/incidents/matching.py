"""Which explanation belongs to which incident: by key, roots and shared elements. Pure, and free of order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import is_
from types import MappingProxyType

from netwatch.diagnosis.model import Affected, Explanation, Scope
from netwatch.incidents.index import Index
from netwatch.incidents.model import PUBLISHED, Incident, Status
from netwatch.incidents.settings import IncidentSettings
from netwatch.names import lasting

_NONE_CALM: Mapping[str, Explanation] = MappingProxyType({})
#: Scopes of which customers are told.
_TOLD_SCOPES = frozenset({Scope.REGIONAL, Scope.CUSTOMER})


@dataclass(frozen=True, slots=True)
class Pair:
    """An incident and the explanation that it follows; pieces of the same fault are already in it."""

    incident: Incident
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome: pairs, explanations that are news, live incidents without explanation."""

    pairs: tuple[Pair, ...]
    news: tuple[Explanation, ...]
    left: tuple[Incident, ...]


@dataclass(frozen=True, slots=True)
class Matching:
    """The outcome of the step before, and what it was made from: the same objects need not be matched again."""

    explanations: Sequence[Explanation]
    incidents: Sequence[Incident]
    outcome: Matched

    def holds(self, explanations: Sequence[Explanation], incidents: Sequence[Incident]) -> bool:
        """Whether both are still the same objects."""
        return same_objects(explanations, self.explanations) and same_objects(incidents, self.incidents)


def same_objects(some: Sequence[object], others: Sequence[object]) -> bool:
    """Whether both hold the same objects in the same order."""
    return some is others or (len(some) == len(others) and all(map(is_, some, others)))


def match(
    explanations: Iterable[Explanation],
    incidents: Sequence[Incident],
    now: float,
    settings: IncidentSettings,
    calm: Mapping[str, Explanation] = _NONE_CALM,
) -> Matched:
    """Pair each explanation with at most one incident, each incident with at most one explanation and its pieces.

    `incidents` are the live ones, those resolved lately, and those that a person resolved while they were seen.
    `calm`: by incident, the explanation that it follows and that has not changed: nothing could fit better.
    """
    chosen = {place: calm[incident.id] for place, incident in enumerate(incidents) if incident.id in calm}
    paired = {id(explanation) for explanation in chosen.values()}
    waiting = sorted((e for e in explanations if id(e) not in paired), key=lambda e: (e.onset_at, e.key))
    index = Index([incident.marks for incident in incidents], [incident.key for incident in incidents])
    near = [index.touched(explanation.elements, explanation.key) for explanation in waiting]
    ranked = sorted(
        (rank, place, number)
        for number, explanation in enumerate(waiting)
        for place in near[number]
        if (rank := _rank(incidents[place], explanation, now, settings)) is not None
    )
    taken: set[int] = set()
    for _, place, number in ranked:
        if place not in chosen and number not in taken:
            chosen[place] = waiting[number]
            taken.add(number)
    rest = [number for number in range(len(waiting)) if number not in taken]
    news: list[Explanation] = []
    pieces: dict[int, list[Explanation]] = {}
    for number in rest:
        explanation = waiting[number]
        near_and_chosen = [place for place in near[number] if place in chosen]
        home = _home_of_piece(explanation, incidents, near_and_chosen, chosen, settings)
        if home is None:
            news.append(explanation)
        else:
            pieces.setdefault(home, []).append(explanation)
    chosen.update({place: _with_pieces(chosen[place], found) for place, found in pieces.items()})
    return Matched(
        tuple(Pair(incidents[place], chosen[place]) for place in sorted(chosen)),
        tuple(news),
        tuple(i for place, i in enumerate(incidents) if place not in chosen and i.status is not Status.RESOLVED),
    )


def _rank(
    incident: Incident, explanation: Explanation, now: float, settings: IncidentSettings
) -> tuple[float, ...] | None:
    """How well they fit, smaller is better; None when they can't be the same fault."""
    own, elements = incident.marks, explanation.elements
    share = len(own & elements) / len(own) if own else 0.0
    same_key = incident.key == explanation.key
    shared_roots = len(set(incident.roots) & set(explanation.roots))
    near = abs(explanation.onset_at - incident.onset_at) <= settings.match_window_s
    inside = (near or incident.status is Status.RECOVERING) and len(own & elements) * 2 >= len(elements)
    if not _fits_in_kind(incident, explanation, rest=shared_roots > 0 or inside):
        return None
    muted = incident.muted is not None
    resolved = incident.status is Status.RESOLVED and not muted
    if resolved and (explanation.planned or now - (incident.resolved_at or now) > settings.reopen_within_s):
        return None
    if not (same_key or shared_roots):
        close = share >= 0.5 if resolved else share > 0.0 and (near or incident.status is Status.RECOVERING)
        if not close or explanation.planned != incident.planned:
            return None
    published = incident.status in PUBLISHED
    firm = published and (same_key or shared_roots > 0 or share >= 0.5)
    return (-firm, resolved or muted, -same_key, -shared_roots, -share, -published, incident.onset_at)


def _fits_in_kind(incident: Incident, explanation: Explanation, *, rest: bool) -> bool:
    """Whether scopes allow the two to be one: netwatch's own sight is apart, and lost redundancy is no outage.

    Only as the rest of an outage that is told does lost redundancy belong to it.
    """
    if Scope.MONITORING in {incident.scope, explanation.scope}:
        return incident.scope is explanation.scope
    was_told = incident.opened_at is not None and incident.scope in _TOLD_SCOPES
    if was_told and explanation.scope is Scope.REDUNDANCY:
        return incident.status in PUBLISHED and rest
    return True


def _home_of_piece(
    explanation: Explanation,
    incidents: Sequence[Incident],
    places: Iterable[int],
    chosen: Mapping[int, Explanation],
    settings: IncidentSettings,
) -> int | None:
    """The incident of which the explanation is a piece: what was told, or resolved by a person, is never split."""
    if explanation.planned:
        return None
    elements = explanation.elements
    for place in places:
        incident = incidents[place]
        muted = incident.muted is not None
        if chosen[place].planned or not (muted or incident.status in PUBLISHED):
            continue
        least = len(elements) if explanation.scope is Scope.REDUNDANCY else len(elements) / 2
        inside = len(elements & incident.marks) >= least
        early = explanation.onset_at <= (incident.opened_at or 0.0) + settings.settle_growing_s
        if inside and (early or muted or incident.status is Status.RECOVERING):
            return place
    return None


def _with_pieces(main: Explanation, pieces: Sequence[Explanation]) -> Explanation:
    """The explanation with all that belongs to it too. Each set is made once, however many the pieces are."""
    everyone = [main.affected, *(piece.affected for piece in pieces)]
    out = frozenset[str]().union(*[one.out for one in everyone])
    degraded = frozenset[str]().union(*[one.degraded for one in everyone]) - out
    at_risk = frozenset[str]().union(*[one.at_risk for one in everyone]) - out - degraded
    down = main.down.union(*[piece.down for piece in pieces])
    return replace(
        main,
        down=down,
        unreachable=main.unreachable.union(*[piece.unreachable for piece in pieces]) - down,
        degraded=main.degraded.union(*[piece.degraded for piece in pieces]),
        cut_links=main.cut_links.union(*[piece.cut_links for piece in pieces]),
        dead_ports=main.dead_ports.union(*[piece.dead_ports for piece in pieces]),
        affected=Affected(lasting(out), lasting(degraded), lasting(at_risk)),
    )


class Seen:
    """The pairs of one step, to be asked which of them explains another incident too."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self._index: Index | None = None

    def swallowing(self, incident: Incident) -> Pair | None:
        """The pair of another incident whose explanation covers this one's elements, None when there is none."""
        own = incident.marks
        if not own or incident.scope is Scope.MONITORING:
            return None
        if self._index is None:
            self._index = Index([pair.explanation.elements for pair in self.pairs])
        for place in self._index.touched(own):
            pair = self.pairs[place]
            covered = len(own & pair.explanation.elements)
            if pair.incident.id != incident.id and covered * 5 >= len(own) * 4:
                return pair
        return None
