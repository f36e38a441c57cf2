"""A person's order to resolve what is still seen: how long it holds, and for whom. Pure but for the sheet."""

from __future__ import annotations

from dataclasses import replace

from netwatch.incidents.book import Track, View, drifted, hit, ripe
from netwatch.incidents.closing import stable_s
from netwatch.incidents.matching import Pair, Seen
from netwatch.incidents.model import ChangeKind, Incident
from netwatch.incidents.publishing import Moment
from netwatch.incidents.sheet import Sheet

_DEVICE = "device:"


def keep_silent(sheet: Sheet, pair: Pair, track: Track, moment: Moment) -> None:
    """Follow a muted incident that is still seen: nobody hears of it until it cuts off others than it did then.

    Who has had service for the stable period is taken out of the order, so that his next outage is news.
    """
    incident, people, now = pair.incident, hit(pair.explanation), sheet.now
    muted, settings = incident.muted or frozenset(), moment.settings
    joined = drifted(track.joined, people - muted, now)
    gone = drifted(track.gone, muted - people, now) if moment.can_see else None
    if joined is not None and ripe(joined, now, settings.growth_settle_s, settings.growth_wait_s):
        _speak_again(sheet, incident, "It cuts off more customers than when a person resolved it.")
        joined = gone = None
    elif gone is not None and now - gone.moved_at >= stable_s(incident, settings):
        sheet.report(replace(incident, muted=muted - gone.members), ChangeKind.INTERNAL, "")
        gone = None
    sheet.put_track(incident.id, replace(track, joined=joined, gone=gone))


def fade(sheet: Sheet, incident: Incident, seen: Seen, moment: Moment) -> None:
    """Count how long a muted incident has not been seen; after the stable period the order has done its work."""
    track = sheet.track(incident.id) or Track(View.of(incident), sheet.now, sheet.now, sheet.now, incident.elements)
    if not _is_gone(incident, seen, moment):
        track = replace(track, healthy_since_at=None, joined=None, gone=None)
    elif track.healthy_since_at is None:
        track = replace(track, healthy_since_at=sheet.now, joined=None, gone=None)
    elif sheet.now - track.healthy_since_at >= stable_s(incident, moment.settings):
        _speak_again(sheet, incident, "What a person resolved is gone; it will be told when it comes back.")
        sheet.put_track(incident.id, None)
        return
    sheet.put_track(incident.id, track)


def _is_gone(incident: Incident, seen: Seen, moment: Moment) -> bool:
    """Whether not being seen means that it is gone: somebody looks, and nothing larger hides it."""
    devices = {ref.removeprefix(_DEVICE) for ref in incident.elements if ref.startswith(_DEVICE)}
    unheard = bool(devices) and devices <= moment.diagnosis.unheard
    return moment.can_see and not unheard and seen.swallowing(incident) is None


def _speak_again(sheet: Sheet, incident: Incident, sentence: str) -> None:
    sheet.report(replace(incident, muted=None), ChangeKind.INTERNAL, sentence)
