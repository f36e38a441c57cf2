"""When an incident is over: health must be seen, for long enough, by a diagnosis that can see."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from netwatch.diagnosis.model import Affected
from netwatch.incidents.book import Track
from netwatch.incidents.model import ChangeKind, Incident, Status
from netwatch.incidents.publishing import Moment
from netwatch.incidents.settings import IncidentSettings
from netwatch.incidents.sheet import Sheet


class Ending(StrEnum):
    """What becomes of a live incident that no explanation supports."""

    UNSEEN = "netwatch can't see well enough to say that it is over"
    WAITING = "nothing is wrong any more; the stable period runs"
    RESOLVED = "nothing wrong seen for the whole stable period"
    DISMISSED = "gone before it was certain enough to tell"


def ending(incident: Incident, track: Track, moment: Moment) -> Ending:
    """What becomes of the incident now; `track.healthy_since_at` is set once health was first seen.

    After a restart an incident whose devices were never heard since is not over, whatever the diagnosis remembers.
    """
    silenced = incident.down | incident.unreachable
    if not moment.can_see or (silenced and silenced <= moment.diagnosis.unheard):
        return Ending.UNSEEN
    settings = moment.settings
    healthy_s = 0.0 if track.healthy_since_at is None else moment.now - track.healthy_since_at
    if incident.status is Status.SETTLING:
        return Ending.DISMISSED if healthy_s >= settings.dismiss_after_s else Ending.WAITING
    return Ending.RESOLVED if healthy_s >= stable_s(incident, settings) else Ending.WAITING


def stable_s(incident: Incident, settings: IncidentSettings) -> float:
    """How long health must be seen before the incident counts as over, seconds: longer each time that it came back."""
    return min(settings.close_after_s * (1 + incident.reopened), settings.close_at_most_s)


def end(sheet: Sheet, incident: Incident, track: Track, moment: Moment, left: tuple[str, ...] = ()) -> None:
    """Move an incident that nothing supports any more towards its end.

    `left`: what is still missing although it cuts nobody off any more.
    """
    outcome = ending(incident, track, moment)
    if outcome is Ending.RESOLVED:
        rest = f"nobody is cut off any more; {', '.join(left)} is still missing and goes on as lost redundancy"
        finish(sheet, incident, f"Resolved: {rest if left else outcome}.", track.healthy_since_at or sheet.now)
    elif outcome is Ending.DISMISSED:
        sheet.report(replace(incident, status=Status.DISMISSED), ChangeKind.INTERNAL, f"Dismissed: {outcome}.")
        sheet.put_track(incident.id, None)
    elif outcome is Ending.WAITING and (incident.status is Status.OPEN or _newly_well(incident, track)):
        after = replace(incident, status=Status.RECOVERING, restored_at=track.healthy_since_at)
        sheet.report(after, ChangeKind.INTERNAL, f"Recovering: {outcome}.")


def _newly_well(incident: Incident, track: Track) -> bool:
    """Whether the last of what a recovering incident still kept out has come back since."""
    unnoted = incident.status is Status.RECOVERING and incident.restored_at is None
    return unnoted and track.healthy_since_at is not None


def finish(
    sheet: Sheet, incident: Incident, sentence: str, restored_at: float, kind: ChangeKind = ChangeKind.RESOLVED
) -> None:
    """Resolve a published incident: nobody is affected any more, all who were announced are restored.

    `kind` CORRECTED: it never was, and all who were told hear that.
    """
    after = replace(
        incident,
        status=Status.RESOLVED,
        resolved_at=sheet.now,
        restored_at=restored_at,
        affected=Affected(),
        announced=frozenset(),
        down=frozenset(),
        unreachable=frozenset(),
        note="",
        estimate_from_at=None,
        estimate_until_at=None,
    )
    restored = incident.announced if kind is ChangeKind.RESOLVED else frozenset[str]()
    sheet.report(after, kind, sentence, restored=restored)
    sheet.put_track(incident.id, None)
