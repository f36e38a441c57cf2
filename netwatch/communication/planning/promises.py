"""When the next update is promised, and when a promise falls due. Pure."""

from __future__ import annotations

import math

from netwatch.communication.planning.state import Telling
from netwatch.communication.settings import CommunicationSettings


def promised_at(now: float, made_before: int, settings: CommunicationSettings) -> float:
    """The next promise: after the first interval, later ones after the longer one; rounded up to the grid.

    Late rather than early: a time that is kept is worth more than one that is near.
    """
    interval_s = settings.later_update_s if made_before else settings.next_update_s
    return _rounded(now + interval_s, interval_s, settings)


def _rounded(at: float, interval_s: float, settings: CommunicationSettings) -> float:
    grid_s = settings.promise_grid_s
    return math.ceil(at / grid_s) * grid_s if interval_s >= 2 * grid_s else at


def lead_s(settings: CommunicationSettings) -> float:
    """How long before the promised time the "no news yet" text starts, seconds."""
    return min(settings.promise_lead_s, settings.next_update_s / 10, settings.later_update_s / 10)


def words_wanted(telling: Telling, now: float, settings: CommunicationSettings) -> bool:
    """Whether somebody should be asked for words now, so that "no news yet" need not go. Once for each promise."""
    if telling.due_at is None or telling.closed_at is not None or telling.reminded == telling.due_update:
        return False
    ahead_s = reminder_s(settings)
    return ahead_s > 0 and now >= telling.due_at - lead_s(settings) - ahead_s


def estimate_wanted(telling: Telling, now: float, settings: CommunicationSettings) -> bool:
    """Whether somebody should be asked for a new estimate now, since the one that customers read is about to pass."""
    if telling.estimate_until_at is None or telling.estimate_asked or telling.closed_at is not None:
        return False
    ahead_s = reminder_s(settings)
    return ahead_s > 0 and now >= telling.estimate_until_at - ahead_s


def reminder_s(settings: CommunicationSettings) -> float:
    """How long before "no news yet" words are asked for, seconds; 0 = never."""
    return min(settings.promise_reminder_s, settings.next_update_s / 4, settings.later_update_s / 4)


def gap_s(settings: CommunicationSettings) -> float:
    """Nearer than this a promise is too near for someone who is told only now, seconds."""
    return min(settings.recipient_gap_s, settings.next_update_s / 3)


def for_latecomer(due_at: float, now: float, settings: CommunicationSettings) -> float:
    """The promise that a customer reads who is told only now: the one that is owed, or the one after it."""
    if due_at - now >= gap_s(settings):
        return due_at
    return _rounded(due_at + settings.later_update_s, settings.later_update_s, settings)


def is_due(telling: Telling, now: float, settings: CommunicationSettings, *, recovering: bool) -> bool:
    """Whether "no news yet" must go now. While it recovers, the news may still come: to the last moment."""
    if telling.due_at is None or telling.closed_at is not None:
        return False
    return now >= telling.due_at - (0.0 if recovering else lead_s(settings))
