"""The working sheet of one step: what the step changes, before it becomes the next book."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from netwatch.incidents.book import Book, Track
from netwatch.incidents.model import LIVE, Change, ChangeKind, Incident, Revision


class Sheet:
    """Collects new values of incidents and tracks, and the changes to report, at one instant."""

    def __init__(self, book: Book, now: float) -> None:
        self.now = now
        self.changes: list[Change] = []
        self._before = book
        self._incidents: dict[str, Incident] = {}
        self._tracks: dict[str, Track | None] = {}

    def incident(self, name: str) -> Incident | None:
        """The incident as it stands in this step."""
        return self._incidents.get(name) or self._before.incidents.get(name)

    def incidents(self) -> Iterable[Incident]:
        """All incidents as they stand in this step, oldest first."""
        if not self._incidents:
            yield from self._before.incidents.values()
            return
        yield from (self._incidents.get(name, incident) for name, incident in self._before.incidents.items())
        yield from (incident for name, incident in self._incidents.items() if name not in self._before.incidents)

    def track(self, name: str) -> Track | None:
        """The timers of an incident; None when it is not followed."""
        return self._tracks[name] if name in self._tracks else self._before.tracks.get(name)

    def put_track(self, name: str, track: Track | None) -> None:
        """Set or (None) end the timers of an incident."""
        if track != self.track(name):
            self._tracks[name] = track

    def put(self, incident: Incident) -> None:
        """Keep a new value that nobody need hear of."""
        self._incidents[incident.id] = incident

    def report(
        self,
        incident: Incident,
        kind: ChangeKind,
        sentence: str,
        newly_affected: frozenset[str] = frozenset(),
        restored: frozenset[str] = frozenset(),
    ) -> None:
        """Keep the incident's new value as its next revision, and report the change."""
        after = replace(
            incident,
            revision=incident.revision + 1,
            revisions=(*incident.revisions, Revision(self.now, sentence)) if sentence else incident.revisions,
        )
        self._incidents[after.id] = after
        self.changes.append(Change(self.now, kind, after, newly_affected, restored, sentence))

    def book(self, keep_s: float) -> Book:
        """The next book, without incidents that were over more than `keep_s` ago."""
        incidents = {incident.id: incident for incident in self.incidents()}
        old = {
            name
            for name, incident in incidents.items()
            if incident.status not in LIVE and incident.muted is None and self.now - last_at(incident) > keep_s
        }
        if not self._incidents and not self._tracks and not old:
            return self._before
        tracks = {**self._before.tracks, **self._tracks}
        return Book(
            MappingProxyType({name: incident for name, incident in incidents.items() if name not in old}),
            MappingProxyType({name: track for name, track in tracks.items() if track is not None and name not in old}),
        )


def last_at(incident: Incident) -> float:
    """When anything was last noted of the incident."""
    return incident.revisions[-1].at if incident.revisions else incident.onset_at
