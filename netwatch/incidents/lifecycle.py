"""One step of the life cycle: yesterday's book, today's diagnosis and orders -> the next book and its changes."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from netwatch.diagnosis.model import Diagnosis, Explanation, Scope
from netwatch.incidents.book import Book, Rest, Track, View
from netwatch.incidents.closing import end
from netwatch.incidents.following import follow
from netwatch.incidents.matching import Matched, Matching, Pair, Seen, match
from netwatch.incidents.model import LIVE, PUBLISHED, Change, ChangeKind, Command, Incident, Status
from netwatch.incidents.muting import fade
from netwatch.incidents.orders import obey
from netwatch.incidents.publishing import Moment
from netwatch.incidents.settings import IncidentSettings
from netwatch.incidents.sheet import Sheet, last_at


def step(
    book: Book, diagnosis: Diagnosis, commands: Sequence[Command], now: float, settings: IncidentSettings
) -> tuple[Book, tuple[Change, ...]]:
    """Bring all incidents up to `now`.

    Changes come in an order that depends on nothing but the inputs' values: people's orders, then incidents by
    age, then news. The same book is returned when nothing changed.
    """
    if not commands and book.rest is not None and book.rest.holds(diagnosis, now):
        return book, ()
    sheet, moment = Sheet(book, now), Moment(now, diagnosis, settings)
    for command in commands:
        obey(sheet, command, book)
    seen = _to_follow(diagnosis)
    candidates = _candidates(sheet, diagnosis, settings)
    matching = book.matching
    if matching is None or not matching.holds(seen, candidates):
        outcome = match(seen, candidates, now, settings, _calm(sheet, seen, candidates))
        matching = Matching(seen, candidates, outcome) if seen or candidates else None
    matched = matching.outcome if matching is not None else Matched((), (), ())
    for pair in matched.pairs:
        follow(sheet, pair, moment)
    news = [_begin(sheet, explanation) for explanation in matched.news]
    for pair in news:
        follow(sheet, pair, moment)
    pairs = Seen((*matched.pairs, *news))
    for incident in matched.left:
        _leave(sheet, incident, pairs, moment)
    _fade_unseen(sheet, pairs, moment)
    _forget_echoes(sheet, book, pairs)
    after = sheet.book(settings.keep_resolved_s)
    if after.matching is not matching:
        after = replace(after, matching=matching)
    if pairs.pairs and not (commands or sheet.changes or matched.left or diagnosis.isolated):
        after = _at_rest(after, pairs, diagnosis, moment)
    return after, tuple(sheet.changes)


def _at_rest(book: Book, pairs: Seen, diagnosis: Diagnosis, moment: Moment) -> Book:
    """The book with a note that nothing changes until the diagnosis does, when that is so."""
    tracks = book.tracks
    for pair in pairs.pairs:
        track = tracks.get(pair.incident.id)
        if track is None or not track.is_calm(pair.explanation, book.incidents[pair.incident.id]):
            return book
    settings, until_at = moment.settings, float("inf")
    for incident in book.incidents.values():
        if incident.muted is not None:
            return book
        if incident.status not in LIVE:
            ends = [
                last_at(incident) + settings.keep_resolved_s,
                (incident.resolved_at or 0.0) + settings.reopen_within_s,
            ]
            until_at = min(until_at, *(at for at in ends if at > moment.now), float("inf"))
    return replace(book, rest=Rest(diagnosis.explanations, until_at))


def _to_follow(diagnosis: Diagnosis) -> tuple[Explanation, ...]:
    """While isolated only the monitor's own trouble is followed: the rest is a frozen picture."""
    if not diagnosis.isolated:
        return diagnosis.explanations
    return tuple(e for e in diagnosis.explanations if e.scope is Scope.MONITORING)


def _candidates(sheet: Sheet, diagnosis: Diagnosis, settings: IncidentSettings) -> tuple[Incident, ...]:
    """Live incidents, those lately resolved and the muted. While isolated the others stand still, timers and all."""
    found = [
        incident
        for incident in sheet.incidents()
        if incident.status in LIVE
        or incident.muted is not None
        or (
            incident.status is Status.RESOLVED and sheet.now - (incident.resolved_at or 0.0) <= settings.reopen_within_s
        )
    ]
    if not diagnosis.isolated:
        return tuple(found)
    for incident in found:
        if incident.scope is not Scope.MONITORING and (incident.status in LIVE or incident.muted is not None):
            _stand_still(sheet, incident)
    return tuple(incident for incident in found if incident.scope is Scope.MONITORING)


def _calm(
    sheet: Sheet, explanations: Iterable[Explanation], incidents: Iterable[Incident]
) -> Mapping[str, Explanation]:
    """By incident, the explanation that it follows, where neither has changed."""
    seen = {id(explanation) for explanation in explanations}
    found = {}
    for incident in incidents:
        track = sheet.track(incident.id)
        if track is not None and track.calm is not None and id(track.calm[0]) in seen:
            explanation = track.calm[0]
            if incident.key == explanation.key and track.is_calm(explanation, incident):
                found[incident.id] = explanation
    return found


def _stand_still(sheet: Sheet, incident: Incident) -> None:
    track = sheet.track(incident.id) or Track(View.of(incident), sheet.now, sheet.now, sheet.now, incident.elements)
    still = replace(track, steady_since_at=sheet.now, healthy_since_at=None, joined=None, gone=None)
    sheet.put_track(incident.id, still)


def _begin(sheet: Sheet, explanation: Explanation) -> Pair:
    """A new incident that settles; one that was dismissed under the same name begins again."""
    names = (incident_id(explanation, attempt) for attempt in itertools.count())
    name = next(name for name in names if _free(sheet.incident(name)))
    known = sheet.incident(name)
    fresh = Incident(
        id=name,
        key=explanation.key,
        status=Status.SETTLING,
        scope=explanation.scope,
        scenario=explanation.scenario,
        roots=explanation.roots,
        last_good_at=explanation.last_good_at,
        onset_at=explanation.onset_at,
        confirmed_at=explanation.confirmed_at,
        affected=explanation.affected,
        down=explanation.down,
        unreachable=explanation.unreachable,
        confidence=explanation.confidence,
        impact_confidence=explanation.impact_confidence,
        strong=explanation.strong,
        planned=explanation.planned,
        reasons=explanation.reasons,
        alternatives=explanation.alternatives,
        elements=explanation.failed,
        revision=known.revision if known else 0,
        revisions=known.revisions if known else (),
    )
    roots = ", ".join(explanation.roots)
    planned = f", announced as {explanation.planned}" if explanation.planned else ""
    sheet.report(fresh, ChangeKind.INTERNAL, f"Seen: {roots or 'cause unknown'}, scope {explanation.scope}{planned}.")
    begun = sheet.incident(name)
    assert begun is not None
    return Pair(begun, explanation)


def _free(known: Incident | None) -> bool:
    """Whether a new incident may take the name: nobody has it, or who had it was never told and begins again."""
    return known is None or (known.status is Status.DISMISSED and known.muted is None)


def incident_id(explanation: Explanation, attempt: int = 0) -> str:
    """Readable and the same for the same inputs: `nw-`, the first failure's UTC minute, a digest.

    `attempt` counts the names before it that others have.
    """
    minute = datetime.fromtimestamp(explanation.onset_at, tz=UTC).strftime("%Y%m%d-%H%M")
    text = f"{explanation.onset_at:.3f}\x1f{explanation.key}" + (f"\x1f{attempt}" if attempt else "")
    return f"nw-{minute}-{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def _leave(sheet: Sheet, incident: Incident, pairs: Seen, moment: Moment) -> None:
    """What becomes of a live incident that no explanation supports: merged, hidden, or on its way to be over."""
    current = sheet.incident(incident.id)
    if current is None or current.status not in LIVE:
        return
    larger = pairs.swallowing(current)
    if larger is not None:
        if current.status is Status.SETTLING or _takes_over(larger, current, moment):
            _merge(sheet, current, larger)
        else:
            _stand_still(sheet, current)  # hidden, not gone: it is kept until it can be seen again
        return
    track = sheet.track(current.id) or Track(View.of(current), sheet.now, sheet.now, sheet.now, current.elements)
    if not moment.can_see:
        track = replace(track, healthy_since_at=None)
    elif track.healthy_since_at is None:
        track = replace(track, healthy_since_at=sheet.now, joined=None, gone=None)
    sheet.put_track(current.id, track)
    end(sheet, current, track, moment)


def _takes_over(larger: Pair, incident: Incident, moment: Moment) -> bool:
    """Whether people can be told of the larger incident instead: it is told too, and not a later fault in front."""
    later_s = larger.explanation.onset_at - incident.onset_at
    return larger.incident.status in PUBLISHED and later_s <= moment.settings.match_window_s


def _merge(sheet: Sheet, incident: Incident, larger: Pair) -> None:
    home = larger.incident.id
    after = replace(incident, status=Status.MERGED, merged_into=home)
    kind = ChangeKind.MERGED if incident.status in PUBLISHED else ChangeKind.INTERNAL
    sheet.report(after, kind, f"Merged into {home}, which explains it.")
    sheet.put_track(incident.id, None)


def _fade_unseen(sheet: Sheet, pairs: Seen, moment: Moment) -> None:
    seen = {pair.incident.id for pair in pairs.pairs}
    for incident in tuple(sheet.incidents()):
        if incident.muted is not None and incident.id not in seen:
            fade(sheet, incident, pairs, moment)


def _forget_echoes(sheet: Sheet, book: Book, pairs: Seen) -> None:
    """End the timers of incidents that are over and no longer seen, so that the next sight counts anew."""
    seen = {pair.incident.id for pair in pairs.pairs}
    for name in book.tracks:
        incident = sheet.incident(name)
        if name not in seen and incident is not None and incident.status not in LIVE and incident.muted is None:
            sheet.put_track(name, None)
