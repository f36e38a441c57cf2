"""All incidents at hand and the timers of those that are followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from netwatch.diagnosis.model import Diagnosis, Explanation, Feedback, Scenario, Scope
from netwatch.incidents.matching import Matching, same_objects
from netwatch.incidents.model import LIVE, PUBLISHED, Incident, Status
from netwatch.names import lasting


@dataclass(frozen=True, slots=True)
class Drift:
    """Customers who left the announced picture: who, since when, and when last somebody joined them."""

    members: frozenset[str]
    since_at: float
    moved_at: float


def drifted(old: Drift | None, members: frozenset[str], now: float) -> Drift | None:
    """The drift after `members` were seen to be outside the picture; None when nobody is."""
    if not members:
        return None
    if old is None:
        return Drift(members, now, now)
    return old if old.members == members else Drift(members, old.since_at, now)


def ripe(drift: Drift, now: float, hold_s: float, wait_s: float) -> bool:
    """Whether nobody moved for `hold_s`, or it has lasted `wait_s` anyway."""
    return now - drift.moved_at >= hold_s or now - drift.since_at >= wait_s


@dataclass(frozen=True, slots=True)
class View:
    """What a diagnosis says of the cause."""

    roots: tuple[str, ...]
    scope: Scope
    scenario: Scenario

    @classmethod
    def of(cls, subject: Explanation | Incident) -> View:
        return cls(subject.roots, subject.scope, subject.scenario)


@dataclass(frozen=True, slots=True)
class Track:
    """Timers of a followed incident. They begin anew after a restart, so that nothing happens too early.

    `begun_at`: first seen. `view` and `steady_since_at`: what the diagnosis says and since when it says so. `grown_at`: the last time that
    an element joined. `calm`: what was last followed without anything left to wait for. `peak`: all that failed since it was published (before: of now). `healthy_since_at`: since when
    no explanation is seen, None = one is.
    """

    view: View
    begun_at: float
    steady_since_at: float
    grown_at: float
    peak: frozenset[str] = frozenset()
    healthy_since_at: float | None = None
    joined: Drift | None = None
    gone: Drift | None = None
    calm: tuple[Explanation, Incident] | None = None

    def is_calm(self, explanation: Explanation, incident: Incident) -> bool:
        """Whether this explanation was already followed for this incident to the point where time changes nothing."""
        if self.calm is None or self.healthy_since_at is not None or self.joined is not None or self.gone is not None:
            return False
        return self.calm[0] is explanation and self.calm[1] is incident


def _no_incidents() -> Mapping[str, Incident]:
    return MappingProxyType({})


def _no_tracks() -> Mapping[str, Track]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rest:
    """While a diagnosis that can see says nothing but these `explanations`, nothing changes before `until_at`."""

    explanations: tuple[Explanation, ...]
    until_at: float

    def holds(self, diagnosis: Diagnosis, now: float) -> bool:
        """Whether this is still so."""
        sees = diagnosis.warm and not diagnosis.isolated and diagnosis.blind_until_at is None
        return sees and now < self.until_at and same_objects(diagnosis.explanations, self.explanations)


@dataclass(frozen=True, slots=True)
class Book:
    """The state of the life cycle. `Book.of` makes one from the journal's incidents."""

    incidents: Mapping[str, Incident] = field(default_factory=_no_incidents)
    tracks: Mapping[str, Track] = field(default_factory=_no_tracks)
    rest: Rest | None = field(default=None, compare=False)
    matching: Matching | None = field(default=None, compare=False)

    @classmethod
    def of(cls, incidents: Iterable[Incident]) -> Book:
        """The book after a restart: the same incidents, no timers."""
        ordered = sorted(incidents, key=lambda incident: (incident.onset_at, incident.id))
        return cls(MappingProxyType({incident.id: incident for incident in ordered}))

    def live(self) -> tuple[Incident, ...]:
        """Incidents that are not over, oldest first."""
        return tuple(incident for incident in self.incidents.values() if incident.status in LIVE)

    @property
    def quiet(self) -> bool:
        """Whether nothing is followed, so that no timer runs."""
        return not self.tracks and not self.live()

    def feedback(self) -> Feedback:
        """What the diagnosis should know: the causes of live incidents by explanation key."""
        live = self.live()
        return Feedback(
            published=MappingProxyType({i.key: i.roots for i in live if i.status in PUBLISHED}),
            settling=MappingProxyType({i.key: i.roots for i in live if i.status is Status.SETTLING}),
        )


def hit(subject: Explanation | Incident) -> frozenset[str]:
    """Customers who are out or degraded."""
    affected = subject.affected
    return lasting(affected.out | affected.degraded) if affected.degraded else affected.out
