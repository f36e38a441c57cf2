"""When an incident may be told: confirmed, strong enough, and still. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from netwatch.diagnosis.model import Diagnosis, Explanation, Scope
from netwatch.incidents.book import Track
from netwatch.incidents.model import Incident
from netwatch.incidents.settings import IncidentSettings


@dataclass(frozen=True, slots=True)
class Moment:
    """What every decision of one step looks at."""

    now: float
    diagnosis: Diagnosis
    settings: IncidentSettings

    @property
    def can_see(self) -> bool:
        """Whether absence of an explanation means health."""
        return self.diagnosis.warm and not self.diagnosis.isolated and not self.blind

    @property
    def blind(self) -> bool:
        """Whether the view has only just returned."""
        until_at = self.diagnosis.blind_until_at
        return until_at is not None and self.now < until_at


class Verdict(StrEnum):
    """Why an incident is published now, or what it waits for."""

    MONITORING = "netwatch itself is cut off"
    STEADY = "cause and scope are stable"
    COMPLETE = "every neighbour has answered and the cause is stable"
    OVERDUE = "it has lasted long enough to be told as it is"
    PLANNED = "announced maintenance"
    SUSPECTED = "not yet confirmed"
    WEAK = "only one kind of evidence so far"
    COLD = "netwatch has not seen the whole network yet"
    BLIND = "netwatch has just got its sight back"
    MOVING = "cause and scope still change"


#: Verdicts that publish.
PUBLISH: Final = frozenset({Verdict.MONITORING, Verdict.STEADY, Verdict.COMPLETE, Verdict.OVERDUE})
#: How many people a scope reaches.
RANK: Final = {Scope.MONITORING: 0, Scope.REDUNDANCY: 1, Scope.CUSTOMER: 2, Scope.REGIONAL: 3}


def verdict(explanation: Explanation, track: Track, moment: Moment) -> Verdict:
    """Whether a followed incident may be published now, with the reason."""
    settings = moment.settings
    since_onset_s = moment.now - explanation.onset_at
    if explanation.scope is Scope.MONITORING:
        return Verdict.MONITORING
    obstacles = {
        Verdict.PLANNED: explanation.planned is not None,
        Verdict.SUSPECTED: explanation.confirmed_at is None,
        Verdict.COLD: not moment.diagnosis.warm and since_onset_s < settings.cold_wait_s,
        Verdict.BLIND: moment.blind,
        Verdict.WEAK: not explanation.strong and since_onset_s < settings.weak_wait_s,
    }
    return next((reason for reason, holds in obstacles.items() if holds), _stillness(explanation, track, moment))


def _stillness(explanation: Explanation, track: Track, moment: Moment) -> Verdict:
    settings, now = moment.settings, moment.now
    steady_s = now - track.steady_since_at
    growing = track.steady_since_at < track.grown_at and now - track.grown_at < settings.quiet_s
    if explanation.settled and not growing and steady_s >= min(settings.settle_settled_s, settings.settle_s):
        return Verdict.COMPLETE
    if steady_s >= (settings.settle_growing_s if growing else settings.settle_s):
        return Verdict.STEADY
    overdue = now - explanation.onset_at >= settings.publish_at_latest_s and now - track.begun_at >= settings.settle_s
    return Verdict.OVERDUE if overdue else Verdict.MOVING


def new_cause_due(incident: Incident, explanation: Explanation, track: Track, moment: Moment) -> bool:
    """Whether the published cause or scope is replaced by the explanation's, which differs.

    A scope that reaches more people waits like a first publication; any other change of mind waits longer.
    """
    settings = moment.settings
    if RANK[explanation.scope] > RANK[incident.scope]:
        return verdict(explanation, track, moment) in PUBLISH
    steady_s = moment.now - track.steady_since_at
    if moment.now - track.grown_at > settings.cause_final_s or steady_s < settings.cause_stable_s:
        return False
    old = next((a.extra_cost for a in explanation.alternatives if a.roots == incident.roots), None)
    return old is None or 10.0**old >= settings.cause_vote
