"""Announced work from iCalendar files with the X-MAINTNOTE fields that providers send.

Source: RFC 5545; draft-gunter-calext-maintenance-notifications-00.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from netwatch.errors import Place
from netwatch.inventory.draft import Draft
from netwatch.inventory.model import Maintenance
from netwatch.late import late
from netwatch.sources import Suggester, one_of, quoted

if TYPE_CHECKING:
    import icalendar
    from icalendar.cal import Component
else:
    icalendar = late("icalendar")

_IMPACTS: Final = ("NO-IMPACT", "REDUCED-REDUNDANCY", "DEGRADED", "OUTAGE")
_STATUSES: Final = ("TENTATIVE", "CONFIRMED", "CANCELLED", "IN-PROCESS", "COMPLETED")
#: Only work that is sure to take place excuses anything.
_SURE: Final = ("CONFIRMED", "IN-PROCESS")
_NEEDED: Final = ("PROVIDER", "ACCOUNT", "MAINTENANCE-ID", "IMPACT", "STATUS")
_KINDS: Final = ("link", "device", "upstream", "provider")


@dataclass(frozen=True, slots=True)
class Note:
    """One VEVENT. `objects` are (id, impact) pairs; `places` tells where each of its properties stands."""

    provider: str
    ident: str
    sequence: int
    status: str
    objects: tuple[tuple[str, str], ...]
    start_at: float
    end_at: float
    begin: Place
    places: Mapping[str, Place]

    def place_of(self, name: str) -> Place:
        return self.places.get(name, self.begin)


def take_calendars(paths: Sequence[Path], draft: Draft, named_at: Mapping[Path, Place]) -> None:
    """Add the announced work of all calendars to the draft's maintenance.

    Of one maintenance (same provider, same id) the events with the highest SEQUENCE count, whatever the file. An
    object that the inventory does not know is a warning: the provider's other services are no concern of ours.
    """
    newest: dict[tuple[str, str], list[Note]] = defaultdict(list)
    for path in paths:
        for note in _notes(path, draft, named_at.get(path, Place(str(path)))):
            known = newest[note.provider, note.ident]
            if known and known[0].sequence < note.sequence:
                known.clear()
            if not known or known[0].sequence == note.sequence:
                known.append(note)
    objects = _objects(draft)
    for (provider, ident), notes in sorted(newest.items()):
        sure = [note for note in notes if note.status in _SURE]
        windows = sorted({(note.start_at, note.end_at): note for note in sure}.items())
        for number, (_, note) in enumerate(windows, 1):
            name = f"{provider}:{ident}" + (f":{number}" if len(windows) > 1 else "")
            elements = _elements(note, objects, draft)
            if name in draft.declared["maintenance"]:
                draft.faults.add(note.begin, f"the maintenance {quoted(name)} is in the inventory too", "remove one")
            elif elements:
                draft.records["maintenance"][name] = Maintenance(name, elements, note.start_at, note.end_at)


def _notes(path: Path, draft: Draft, named_at: Place) -> Iterator[Note]:
    """The maintenance notes of one file; what is wrong in it goes to the draft's faults."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        draft.faults.add(named_at, f'"{path}" cannot be read: {error.strerror}', "mend the path or the permissions")
        return
    except UnicodeDecodeError:
        draft.faults.add(Place(str(path)), "the file is not UTF-8", "save it as UTF-8")
        return
    places = _places(str(path), text)
    try:
        calendars = icalendar.Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError) as error:
        draft.faults.add(Place(str(path), 1), f"this is no calendar: {error}", "save the attachment as it was sent")
        return
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not calendars or len(events) != len(places):
        what = "an event has no end" if places else "nothing in it"
        draft.faults.add(Place(str(path), 1), f"this is no calendar: {what}", "save the attachment as it was sent")
        return
    for event, (begin, lines) in zip(events, places, strict=True):
        note = _note(event, begin, lines, draft)
        if note is not None:
            yield note


def _places(file: str, text: str) -> list[tuple[Place, dict[str, Place]]]:
    """Where each event begins, and where each of its properties first stands."""
    found: list[tuple[Place, dict[str, Place]]] = []
    inside = 0
    for number, line in enumerate(text.splitlines(), 1):
        name = line.split(":", 1)[0].split(";", 1)[0].strip().upper()
        word = line.strip().upper()
        if word == "BEGIN:VEVENT":
            found.append((Place(file, number), {}))
            inside = 1
        elif inside and name in {"BEGIN", "END"}:
            inside += 1 if name == "BEGIN" else -1
        elif inside == 1 and not line.startswith((" ", "\t")):
            found[-1][1].setdefault(name, Place(file, number))
    return found


def _note(event: Component, begin: Place, places: Mapping[str, Place], draft: Draft) -> Note | None:
    """One event as a note; None when it is none, or wrong."""
    before = len(draft.faults.all())
    for name, problem in event.errors:
        draft.faults.add(places.get(str(name), begin), f"{name or 'a line'} is wrong: {problem}", "mend this line")
    given = {name: str(event[f"X-MAINTNOTE-{name}"]) for name in _NEEDED if f"X-MAINTNOTE-{name}" in event}
    if not given and not event.errors:
        draft.warn(begin, "the event has no X-MAINTNOTE field, so it is left out", "remove it, or add the fields")
        return None
    for name in _NEEDED:
        if not given.get(name):
            draft.faults.add(begin, f"the event lacks X-MAINTNOTE-{name}", "ask the provider, or add the line")
    for name, allowed in (("IMPACT", _IMPACTS), ("STATUS", _STATUSES)):
        if given.get(name) and given[name].upper() not in allowed:
            place = places.get(f"X-MAINTNOTE-{name}", begin)
            draft.faults.add(place, f"unknown {name.lower()} {quoted(given[name])}", one_of(allowed, given[name]))
    if "RRULE" in event or "RDATE" in event:
        place = places.get("RRULE", places.get("RDATE", begin))
        draft.faults.add(place, "the event repeats, which a maintenance note must not", "write one event a window")
    start_at, end_at = _window(event, begin, places, draft)
    if len(draft.faults.all()) > before or start_at is None or end_at is None:
        return None
    impact = given["IMPACT"].upper()
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return Note(
        provider=given["PROVIDER"],
        ident=given["MAINTENANCE-ID"],
        sequence=int(str(event.get("SEQUENCE", 0))),
        status="CANCELLED" if cancelled else given["STATUS"].upper(),
        objects=tuple(_objects_of(event, impact)),
        start_at=start_at,
        end_at=end_at,
        begin=begin,
        places=places,
    )


def _objects_of(event: Component, impact: str) -> Iterator[tuple[str, str]]:
    """Each object with its own impact, or that of the whole."""
    found = event.get("X-MAINTNOTE-OBJECT-ID", [])
    for each in found if isinstance(found, list) else [found]:
        yield str(each), str(each.params.get("X-MAINTNOTE-OBJECT-IMPACT", impact)).upper()


def _window(
    event: Component, begin: Place, places: Mapping[str, Place], draft: Draft
) -> tuple[float | None, float | None]:
    """Begin and end in seconds since 1970; None for what is missing or wrong."""
    wrong = {str(name) for name, _ in event.errors}
    start, end, lasts = (
        None if name in wrong else getattr(event.get(name), "dt", None) for name in ("DTSTART", "DTEND", "DURATION")
    )
    if end is None and isinstance(start, datetime) and isinstance(lasts, timedelta):
        end = start + lasts
    for name, value in (("DTSTART", start), ("DTEND", end)):
        place = places.get(name, begin)
        if value is None:
            if name not in wrong:
                draft.faults.add(place, f"the event lacks {name}", "ask the provider, or add the line")
        elif not isinstance(value, datetime):
            draft.faults.add(place, f"{name} is a day without a time", "write when the work begins and ends")
        elif value.tzinfo is None:
            draft.faults.add(place, f"{name} has no time zone", 'end it with "Z" for UTC, or add a TZID')
    if not isinstance(start, datetime) or not isinstance(end, datetime) or start.tzinfo is None or end.tzinfo is None:
        return None, None
    if end <= start:
        draft.faults.add(places.get("DTEND", begin), "the end is not after the start", "mend one of the two times")
    return start.timestamp(), end.timestamp()


def _objects(draft: Draft) -> dict[str, list[str]]:
    """Refs by what providers call them: `object_ids`, else the id, else `kind:id`."""
    named: dict[str, list[str]] = defaultdict(list)
    ids: dict[str, list[str]] = defaultdict(list)
    for kind in _KINDS:
        for ident, block in draft.declared[kind].items():
            ids[ident].append(f"{kind}:{ident}")
            ids[f"{kind}:{ident}"].append(f"{kind}:{ident}")
            node = block.get("object_ids")
            for entry in node.entries() if node is not None else ():
                named[str(entry.value)].append(f"{kind}:{ident}")
    return {**ids, **named}


def _elements(note: Note, objects: Mapping[str, Sequence[str]], draft: Draft) -> tuple[str, ...]:
    """Refs of what the work takes out; objects that it leaves alone are not among them."""
    place = note.place_of("X-MAINTNOTE-OBJECT-ID")
    if not note.objects:
        draft.warn(place, f"the maintenance {quoted(note.ident)} names no object", "ask the provider what it takes out")
    found: list[str] = []
    for name, impact in note.objects:
        refs = objects.get(name, ())
        if impact != "OUTAGE":  # who announced less did not announce an outage, so it is not excused
            continue
        if not refs:
            hint = Suggester(objects).hint(name)
            mend = f"add it to the object_ids of a link, device, upstream or provider{hint}"
            draft.warn(place, f"the object {quoted(name)} is not in the inventory, so its outage is not excused", mend)
        found += refs
    return tuple(dict.fromkeys(found))
