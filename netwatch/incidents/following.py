"""What an explanation changes in the incident that follows it. Pure but for the sheet that is handed in."""

from __future__ import annotations

from dataclasses import replace

from netwatch.diagnosis.model import Alternative, Explanation, Scope
from netwatch.incidents.book import Track, View, drifted, hit, ripe
from netwatch.incidents.closing import end
from netwatch.incidents.matching import Pair
from netwatch.incidents.model import PUBLISHED, ChangeKind, Incident, Status
from netwatch.incidents.muting import keep_silent
from netwatch.incidents.publishing import PUBLISH, RANK, Moment, new_cause_due, verdict
from netwatch.incidents.sheet import Sheet
from netwatch.names import lasting


def follow(sheet: Sheet, pair: Pair, moment: Moment) -> None:
    """Bring one incident in line with its explanation."""
    incident, explanation = pair.incident, pair.explanation
    known = sheet.track(incident.id)
    if known is not None and known.is_calm(explanation, incident):
        return
    track = _timed(known, explanation, incident, sheet.now)
    sheet.put_track(incident.id, track)
    if incident.muted is not None:
        keep_silent(sheet, pair, track, moment)
    elif remains(incident, explanation):
        end(sheet, incident, track, moment, explanation.roots)
    elif incident.status in PUBLISHED:
        _revise(sheet, pair, track, moment)
    elif incident.status is not Status.RESOLVED:
        _settle(sheet, pair, track, moment)
    elif verdict(explanation, track, moment) in PUBLISH:
        _reopen(sheet, incident, explanation, track)


def _timed(track: Track | None, explanation: Explanation, incident: Incident, now: float) -> Track:
    """The incident's timers after this explanation was seen."""
    view, elements = View.of(explanation), explanation.failed
    if track is None:
        return Track(view, now, now, now, elements | incident.elements)
    if view.roots != track.view.roots or view.scope is not track.view.scope:
        track = replace(track, view=view, steady_since_at=now)
    unseen = track.healthy_since_at is not None and incident.status not in PUBLISHED
    if unseen and view.scope is Scope.REDUNDANCY:
        # While a larger fault ends, a port may be read down a moment longer. Who is cut off again and again is told.
        track = replace(track, begun_at=now, steady_since_at=now, grown_at=now)
    if not elements <= track.peak:
        track = replace(track, peak=track.peak | elements, grown_at=now)
    if remains(incident, explanation):
        since_at = now if track.healthy_since_at is None else track.healthy_since_at
        return replace(track, view=view, healthy_since_at=since_at, joined=None)
    return replace(track, view=view, healthy_since_at=None)


def remains(incident: Incident, explanation: Explanation) -> bool:
    """Whether nobody is cut off any more by an outage that was told, and only redundancy is still missing."""
    told = incident.status in PUBLISHED and incident.scope in {Scope.REGIONAL, Scope.CUSTOMER}
    return told and explanation.scope is Scope.REDUNDANCY and not hit(explanation)


def _taken_over(incident: Incident, explanation: Explanation, view: View) -> Incident:
    """The incident with the facts of the explanation, under the cause of `view`."""
    return replace(
        incident,
        key=explanation.key,
        roots=view.roots,
        scope=view.scope,
        scenario=incident.scenario if incident.scenario_by_human else view.scenario,
        last_good_at=min(incident.last_good_at, explanation.last_good_at),
        onset_at=min(incident.onset_at, explanation.onset_at),
        confirmed_at=incident.confirmed_at if incident.confirmed_at is not None else explanation.confirmed_at,
        affected=explanation.affected,
        ever_affected=joined(incident.ever_affected, hit(explanation))
        if incident.opened_at
        else incident.ever_affected,
        down=explanation.down,
        unreachable=explanation.unreachable,
        confidence=explanation.confidence,
        impact_confidence=explanation.impact_confidence,
        strong=explanation.strong,
        planned=explanation.planned,
        reasons=explanation.reasons,
        alternatives=explanation.alternatives,
        restored_at=None,
    )


def joined(before: frozenset[str], more: frozenset[str]) -> frozenset[str]:
    """Both together; the same object when nothing is new, so that it need not be looked at again."""
    return before if more <= before else lasting(before | more)


def _settle(sheet: Sheet, pair: Pair, track: Track, moment: Moment) -> None:
    incident, explanation = pair.incident, pair.explanation
    elements = explanation.failed
    after = replace(_taken_over(incident, explanation, View.of(explanation)), status=Status.SETTLING, elements=elements)
    reason = verdict(explanation, track, moment)
    if reason in PUBLISH:
        people = hit(explanation)
        after = replace(
            after, status=Status.OPEN, opened_at=sheet.now, announced=people, ever_affected=people, elements=elements
        )
        sheet.put_track(incident.id, replace(track, peak=elements))
        sheet.report(after, ChangeKind.OPENED, f"Published: {reason}. Cause: {_named(after.roots)}.", people)
    elif after.roots != incident.roots or after.scope is not incident.scope or after.planned != incident.planned:
        waits = f"Not told yet ({reason}). Cause looks like {_named(after.roots)}, scope {after.scope}."
        sheet.report(after, ChangeKind.INTERNAL, waits)
    elif after != incident:
        sheet.put(after)


def _reopen(sheet: Sheet, incident: Incident, explanation: Explanation, track: Track) -> None:
    elements, people = explanation.failed, hit(explanation)
    after = replace(
        _taken_over(incident, explanation, View.of(explanation)),
        onset_at=incident.onset_at,
        status=Status.OPEN,
        resolved_at=None,
        reopened=incident.reopened + 1,
        note="",
        announced=people,
        elements=elements,
    )
    sheet.put_track(incident.id, replace(track, peak=elements))
    times = f" ({after.reopened} times so far)" if after.reopened > 1 else ""
    sheet.report(after, ChangeKind.REOPENED, f"The fault is back{times}. Cause: {_named(after.roots)}.", people)


def _revise(sheet: Sheet, pair: Pair, track: Track, moment: Moment) -> None:
    incident, explanation = pair.incident, pair.explanation
    elements = explanation.failed
    receding = _recedes(track, elements, moment)
    view = View.of(incident)
    differs = view.roots != explanation.roots or view.scope is not explanation.scope
    changed = differs and not receding and new_cause_due(incident, explanation, track, moment)
    if changed or not (differs or receding):
        view = View.of(explanation)
    rescoped = view.scope is not incident.scope
    after = replace(
        _taken_over(incident, explanation, view),
        planned=incident.planned,
        onset_at=explanation.onset_at if rescoped else incident.onset_at,
        last_good_at=explanation.last_good_at if rescoped else incident.last_good_at,
        status=Status.RECOVERING if receding else Status.OPEN,
        elements=joined(incident.elements, elements),
    )
    if receding or (differs and not changed):
        after = _worded_as_before(after, incident, explanation, differs=differs)
    _tell_people(sheet, pair, after, track, moment)
    told = sheet.track(incident.id)
    if told is not None and told.joined is None and told.gone is None and sheet.incident(incident.id) is incident:
        quiet_s, wider = moment.now - track.grown_at, RANK[explanation.scope] > RANK[incident.scope]
        final = quiet_s > moment.settings.cause_final_s and not wider
        if quiet_s > moment.settings.quiet_s and (final or not differs):
            sheet.put_track(incident.id, replace(told, calm=(explanation, incident)))


def _recedes(track: Track, elements: frozenset[str], moment: Moment) -> bool:
    """Whether so much of what failed is back that the rest is a recovery and no new picture."""
    settings = moment.settings
    back = len(track.peak) - len(elements)  # the peak holds all of them
    return back >= max(1.0, settings.receding_share * len(track.peak)) and (
        moment.now - track.grown_at > settings.quiet_s
    )


def _tell_people(sheet: Sheet, pair: Pair, after: Incident, track: Track, moment: Moment) -> None:
    """Tell who joined and who has service again, each once the picture holds still long enough."""
    before, explanation = pair.incident, pair.explanation
    now, settings = moment.now, moment.settings
    people = hit(explanation)
    joined = drifted(track.joined, people - before.announced, now)
    gone = drifted(track.gone, before.announced - people, now)
    changed = after.roots != before.roots or after.scope is not before.scope
    widens = RANK[explanation.scope] > RANK[after.scope]
    newly = restored = frozenset[str]()
    if joined is not None and (
        changed or (not widens and ripe(joined, now, settings.growth_settle_s, settings.growth_wait_s))
    ):
        newly, joined = joined.members, None
    hold_s = settings.partial_hold_s if people else settings.partial_wait_s
    if gone is not None and ripe(gone, now, hold_s, settings.partial_wait_s):
        restored, gone = gone.members, None
    if newly or restored:
        after = replace(after, announced=(before.announced | newly) - restored)
    sheet.put_track(before.id, replace(track, joined=joined, gone=gone))
    _report_revision(sheet, before, after, newly, restored)


def _worded_as_before(after: Incident, before: Incident, explanation: Explanation, *, differs: bool) -> Incident:
    """Keep the published cause's reasons; another cause that is seen now is shown as an alternative."""
    others = tuple(alternative for alternative in before.alternatives if alternative.roots != explanation.roots)
    now_seen = (Alternative(explanation.roots, 0.0),) if differs and explanation.roots != before.roots else ()
    return replace(
        after,
        confidence=before.confidence,
        reasons=before.reasons,
        alternatives=(*now_seen, *others) if now_seen else before.alternatives,
    )


def _report_revision(
    sheet: Sheet, before: Incident, after: Incident, newly: frozenset[str], restored: frozenset[str]
) -> None:
    """Report the one change that says most; a change that nobody must hear is journalled as INTERNAL."""
    cause_changed = after.roots != before.roots
    if newly:
        also = f" The cause is now seen as {_named(after.roots)}." if cause_changed else ""
        sheet.report(after, ChangeKind.GREW, f"{_people(newly)} more affected.{also}", newly, restored)
    elif cause_changed:
        sentence = f"Cause changed from {_named(before.roots)} to {_named(after.roots)}."
        sheet.report(after, ChangeKind.CAUSE_CHANGED, sentence, restored=restored)
    elif restored:
        sheet.report(after, ChangeKind.PARTLY_RESTORED, f"{_people(restored)} have service again.", restored=restored)
    elif after.status is not before.status or after.scope is not before.scope:
        sheet.report(after, ChangeKind.INTERNAL, f"Now {after.status}, scope {after.scope}.")
    elif (after.down, after.unreachable, after.affected) != (before.down, before.unreachable, before.affected):
        sheet.report(after, ChangeKind.INTERNAL, "")
    elif after != before:
        sheet.put(after)


def _named(roots: tuple[str, ...]) -> str:
    return ", ".join(roots) if roots else "unknown"


def _people(customers: frozenset[str]) -> str:
    return "1 customer" if len(customers) == 1 else f"{len(customers)} customers"
