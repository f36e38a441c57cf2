"""Quiet hours: who must not be disturbed now, and until when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from netwatch.communication.model import Quiet
from netwatch.communication.settings import QuietHours, local


def quiet_now(rules: Sequence[QuietHours], zone: ZoneInfo, now: float, wall_step_s: float = 0.0) -> tuple[Quiet, ...]:
    """What holds at `now` on the timeline. `wall_step_s`: see `Conditions`.

    It is the clock on the wall that counts, whatever that clock does in spring and in autumn.
    """
    here = local(now, zone, wall_step_s)
    found = []
    for rule in rules:
        if _covers(rule, here):
            until_at = _end(rule, here).astimezone(UTC).timestamp() - wall_step_s
            segments = frozenset(segment.value for segment in rule.segments)
            found += [Quiet(channel, segments, until_at) for channel in rule.channels if until_at > now]
    return tuple(found)


def _covers(rule: QuietHours, here: datetime) -> bool:
    at = here.time()
    if rule.begins < rule.ends:
        return rule.begins <= at < rule.ends
    return at >= rule.begins or at < rule.ends


def _end(rule: QuietHours, here: datetime) -> datetime:
    tomorrow = here.time() >= rule.ends
    return datetime.combine(here.date() + timedelta(days=int(tomorrow)), rule.ends, here.tzinfo)
