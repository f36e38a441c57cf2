"""Who is on duty at an instant, and when nobody is. Pure; instants are seconds on the timeline.

A turn begins at its handover on the wall of the operator's zone, whatever the summer time does: a week that loses an
hour is an hour shorter, a handover inside the lost hour is at its end, one inside the doubled hour at its first pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.model import Roster, Rotation, StandIn

#: Whom a duty without anybody falls to, in this order.
FALLS_TO: Final = (Duty.LEAD, Duty.ONCALL)

#: Duty, person, from when, until when.
_Shift = tuple[Duty, str, float, float]
_ALERTED: Final = (Duty.ONCALL, Duty.LEAD)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without anybody on duty, instants on the timeline."""

    duty: Duty
    start_at: float
    end_at: float


def instant(wall: datetime, zone: ZoneInfo) -> float:
    """The instant of a time on the wall; one that carries its own zone keeps it."""
    return (wall if wall.tzinfo is not None else wall.replace(tzinfo=zone)).timestamp()


def known_by(people: Sequence[Person]) -> dict[str, Person]:
    """People by what a shift may call them, in small letters: id, mail address, full name; the id goes first."""
    names = [(person.id, person) for person in people]
    names += [(person.email, person) for person in people]
    names += [(person.name, person) for person in people]
    found: dict[str, Person] = {}
    for name, person in names:
        if name:
            found.setdefault(name.lower(), person)
    return found


def _begins_at(turns: Rotation, number: int, zone: ZoneInfo) -> float:
    day = turns.since + timedelta(days=number * turns.days)
    return instant(datetime.combine(day, turns.handover), zone)


def turn_at(turns: Rotation, at: float, zone: ZoneInfo) -> int | None:
    """The number of the turn that runs at `at`, from 0; None before the first one."""
    today = datetime.fromtimestamp(at, UTC).astimezone(zone).date()
    number = (today - turns.since).days // turns.days
    if _begins_at(turns, number, zone) > at:
        number -= 1  # today's handover is still to come
    return number if number >= 0 else None


class Duties:
    """Looks up who has a duty. Immutable."""

    def __init__(self, roster: Roster, people: Sequence[Person], zone: ZoneInfo) -> None:
        """`roster` holds the shifts of its files already."""
        self._people = {person.id: person for person in people}
        self._known = known_by(people)
        self._zone = zone
        self._turns = roster.turns
        self._layers = (self._timed(roster.instead), self._timed(roster.shifts))
        #: Duties that the roster speaks of. A stand-in alone makes none: without turns the duty stays everybody's.
        self.rostered = frozenset({*(one.duty for one in roster.turns), *(one.duty for one in roster.shifts)})

    def _timed(self, shifts: Sequence[StandIn]) -> tuple[_Shift, ...]:
        zone = self._zone
        return tuple((one.duty, one.person.lower(), instant(one.start, zone), instant(one.end, zone)) for one in shifts)

    def everybody(self) -> tuple[Person, ...]:
        """All people, in the configuration's order."""
        return tuple(self._people.values())

    def on_duty(self, duty: Duty, at: float) -> tuple[Person, ...]:
        """Who has `duty` at `at`: stand-ins, else shifts, else turns; for a duty not rostered, all who have it."""
        for layer in self._layers:
            found = dict.fromkeys(name for kind, name, start, end in layer if kind is duty and start <= at < end)
            known = tuple(dict.fromkeys(self._known[name] for name in found if name in self._known))
            if known:
                return known
        if duty not in self.rostered:
            return tuple(person for person in self._people.values() if duty in person.duties)
        turns = dict.fromkeys(self._in_turn(duty, at))
        return tuple(self._people[name] for name in turns if name in self._people)

    def _in_turn(self, duty: Duty, at: float) -> Iterator[str]:
        for turns in self._turns:
            number = turn_at(turns, at, self._zone) if turns.duty is duty else None
            if number is not None:
                yield turns.people[number % len(turns.people)]

    def following(self, duty: Duty, at: float) -> tuple[Person, ...]:
        """Who comes next in the turns of `duty`, beginning with whose turn it is at `at`, each once."""
        names: dict[str, None] = {}
        for turns in self._turns:
            number = turn_at(turns, at, self._zone) if turns.duty is duty else None
            if number is not None:
                first = number % len(turns.people)
                names.update(dict.fromkeys((*turns.people[first:], *turns.people[:first])))
        return tuple(self._people[name] for name in names if name in self._people)

    def holders(self, duty: Duty, at: float) -> tuple[Person, ...]:
        """Who does what `duty` should: whoever has it, else the lead, else on-call, else nobody."""
        for one in (duty, *FALLS_TO):
            found = self.on_duty(one, at)
            if found:
                return found
        return ()

    def alerted(self, at: float) -> tuple[Person, ...]:
        """Who gets on-call's alerts: on-call and lead on duty; all who have such a duty when the roster has a hole,
        and everybody when nobody has one. Rather too many than nobody.
        """
        found = {one.id for duty in _ALERTED for one in self.on_duty(duty, at)}
        if not found:
            found = {one.id for one in self.everybody() if set(_ALERTED).intersection(one.duties)}
        return tuple(one for one in self.everybody() if one.id in found) or self.everybody()

    def gaps(self, duty: Duty, start_at: float, end_at: float) -> tuple[Gap, ...]:
        """When `duty` has nobody between two instants."""
        edges = sorted({start_at, *(at for at in self._changes(duty, start_at, end_at) if start_at < at < end_at)})
        found: list[Gap] = []
        for begin, end in zip(edges, [*edges[1:], end_at], strict=True):
            if self.on_duty(duty, begin):
                continue
            if found and found[-1].end_at == begin:
                begin = found.pop().start_at  # noqa: PLW2901 - the stretch goes on
            found.append(Gap(duty, begin, end))
        return tuple(found)

    def _changes(self, duty: Duty, start_at: float, end_at: float) -> Iterator[float]:
        """Every instant at which someone else may have the duty."""
        for layer in self._layers:
            for kind, _, start, end in layer:
                if kind is duty:
                    yield from (start, end)
        for turns in self._turns:
            if turns.duty is not duty:
                continue
            number = turn_at(turns, start_at, self._zone) or 0
            while (begins := _begins_at(turns, number, self._zone)) < end_at:
                yield begins
                number += 1

    def until(self, duty: Duty, at: float, horizon_s: float = 366 * 86_400.0) -> float | None:
        """When those on duty at `at` change; None = not within `horizon_s`."""
        now = self.on_duty(duty, at)
        for change in sorted(one for one in self._changes(duty, at, at + horizon_s) if at < one <= at + horizon_s):
            if self.on_duty(duty, change) != now:
                return change
        return None
