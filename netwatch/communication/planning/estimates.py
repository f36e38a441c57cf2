"""What customers read of a person's estimate: rounded late rather than early, told once for each real change. Pure."""

from __future__ import annotations

import math

from netwatch.communication.planning.state import Telling
from netwatch.communication.settings import CommunicationSettings
from netwatch.incidents.model import Incident


def published(incident: Incident, settings: CommunicationSettings) -> tuple[float | None, float | None]:
    """From when to when, on whole steps of the grid: late rather than early. None = not known."""
    if incident.estimate_until_at is None:
        return None, None
    until_at = _rounded(incident.estimate_until_at, settings)
    if incident.estimate_from_at is None:
        return None, until_at
    return min(_rounded(incident.estimate_from_at, settings), until_at), until_at


def _rounded(at: float, settings: CommunicationSettings) -> float:
    return math.ceil(at / settings.promise_grid_s) * settings.promise_grid_s


def is_news(telling: Telling, until_at: float | None, settings: CommunicationSettings) -> bool:
    """Whether customers should read the new end rather than the one that they know."""
    known_at = telling.estimate_until_at
    if until_at is None or known_at is None:
        return until_at != known_at
    return until_at > known_at or until_at <= known_at - max(settings.estimate_earlier_s, settings.promise_grid_s)


def has_passed(telling: Telling, now: float) -> bool:
    """Whether the end that customers read has come, and it is not over."""
    return telling.estimate_until_at is not None and now >= telling.estimate_until_at
