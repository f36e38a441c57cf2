"""Reads shifts from an iCalendar file, as calendars and on-call services export them.

Each event is a shift of whom it is for: its attendees by mail address, else its title as a person's id or name.
Source: RFC 5545 (VEVENT, RRULE, EXDATE, RECURRENCE-ID).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from netwatch.communication.people import Duty
from netwatch.communication.planning.duties.model import StandIn
from netwatch.errors import Place
from netwatch.late import late
from netwatch.sources import Faults, quoted, read_text

if TYPE_CHECKING:
    import icalendar
    from dateutil import rrule as rules  # type: ignore[import-untyped]  # it has no types
else:
    icalendar = late("icalendar")
    rules = late("dateutil.rrule")

_LIMIT_BYTES: Final = 8_000_000
#: A repeated event is followed so often, and so far from its first time.
_TIMES_MOST: Final = 4000
_YEARS: Final = timedelta(days=3660)
_REPEATED: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_Key = tuple[str, datetime]


def read_calendar(path: Path, duty: Duty, faults: Faults, *, named_at: Place | None = None) -> tuple[StandIn, ...]:
    """The shifts of a file for one duty; what can't be read is noted, the rest is kept."""
    with faults.collecting():
        text = read_text(path, limit_bytes=_LIMIT_BYTES, named_at=named_at)
        try:
            events: list[Any] = list(icalendar.Calendar.from_ical(text).walk("VEVENT"))
        except (ValueError, KeyError, IndexError) as error:
            faults.add(Place(str(path)), f"this is no iCalendar file: {error}", "export it anew, or write a CSV file")
            return ()
        moved = frozenset(key for event in events if (key := _moved(event)) is not None)
        return tuple(one for event in events for one in _shifts(event, duty, moved, path, faults))
    return ()


def _moved(event: Any) -> _Key | None:
    """The occurrence that this event stands for instead; None when it is an event of its own."""
    instead = event.get("RECURRENCE-ID")
    return None if instead is None else (str(event.get("UID", "")), _moment(instead.dt))


def _shifts(event: Any, duty: Duty, moved: frozenset[_Key], path: Path, faults: Faults) -> Iterator[StandIn]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    title = str(event.get("SUMMARY", "")).strip()
    people = _people(event, title)
    if "DTSTART" not in event or not people:
        faults.add(Place(str(path)), f"the event {quoted(title)} names no time or no person", "give it both")
        return
    start = _moment(event["DTSTART"].dt)
    length = _length(event, start)
    try:
        begins = list(_begins(event, start, moved))
    except (ValueError, TypeError) as error:
        faults.add(Place(str(path)), f"how {quoted(title)} repeats can't be read: {error}", "write single events")
        return
    for begin in begins:
        for person in people:
            yield StandIn(duty, person, begin, begin + length)


def _people(event: Any, title: str) -> tuple[str, ...]:
    listed = event.get("ATTENDEE", [])
    attendees = listed if isinstance(listed, list) else [listed]
    mails = tuple(str(one).lower().removeprefix("mailto:") for one in attendees if str(one).strip())
    return mails or ((title,) if title else ())


def _length(event: Any, start: datetime) -> timedelta:
    """As long as it says; an event of whole days without an end is one day."""
    if "DTEND" in event:
        return _moment(event["DTEND"].dt) - start
    if "DURATION" in event:
        length: timedelta = event["DURATION"].dt
        return length
    return timedelta(days=0 if isinstance(event["DTSTART"].dt, datetime) else 1)


def _moment(value: date | datetime) -> datetime:
    """A day is its midnight on the wall of the operator's zone."""
    return value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())


def _begins(event: Any, start: datetime, moved: frozenset[_Key]) -> Iterator[datetime]:
    """When the event begins, each time. Repeated on the wall of its own zone: 08:00 stays 08:00."""
    rule = event.get("RRULE")
    if rule is None:
        yield start
        return
    zone = start.tzinfo
    if str(next(iter(rule.get("FREQ", [])), "")).upper() not in _REPEATED:
        raise ValueError("shifts repeat by days, weeks, months or years")
    plain = dict(rule)
    plain["UNTIL"] = [_on_wall(one, zone) for one in rule.get("UNTIL", [])]
    written = type(rule)({key: value for key, value in plain.items() if value}).to_ical().decode()
    left_out = {_moment(one.dt) for dates in _listed(event.get("EXDATE")) for one in dates.dts}
    uid = str(event.get("UID", ""))
    wall = start.replace(tzinfo=None)
    for begin in islice(rules.rrulestr(written, dtstart=wall), _TIMES_MOST):
        if begin > wall + _YEARS:
            return
        timed = begin.replace(tzinfo=zone)
        if timed not in left_out and (uid, timed) not in moved:
            yield timed


def _on_wall(until: date | datetime, zone: Any) -> datetime:
    moment = _moment(until)
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo is not None else moment


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
