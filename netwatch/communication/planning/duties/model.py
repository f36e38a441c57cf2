"""What a playbook says of duties: turns, shifts from a file, stand-ins, and tasks. Times are those on the wall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Final

from annotated_types import Ge, Gt, Le, MinLen

from netwatch.communication.people import Duty

_CONFIG: Final[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns in one duty."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    duty: Duty
    """oncall, lead, remote, field, helpdesk, communication or press."""
    people: Annotated[tuple[str, ...], MinLen(1)]
    """Ids of people, in the order of their turns; after the last one the first begins again."""
    since: date
    """The first day of the first one's first turn, as in 2026-11-23."""
    handover: time = time(8, 0)
    """When a turn begins and the one before ends, as in "08:00"."""
    days: Annotated[int, Ge(1), Le(366)] = 7
    """Days a turn lasts."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Someone who has a duty instead of whoever's turn it is."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    duty: Duty
    """The duty that is taken over."""
    person: Annotated[str, MinLen(1)]
    """Id, mail address or full name of the person."""
    start: datetime
    """From when, as in 2026-12-24 08:00, in the zone of communication.zone."""
    end: datetime
    """Until when."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar whose events are one duty's shifts."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    duty: Duty
    """The duty."""
    file: Path
    """iCalendar file (.ics), relative to the playbook. Attendees, else the title, say whose shift it is."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Who has which duty when. A duty that is not named here is everybody's who has it under `people`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    turns: tuple[Rotation, ...] = ()
    """Duties that people take in turns."""
    shifts: tuple[StandIn, ...] = ()
    """Single shifts, written here. They go before the turns."""
    shift_files: tuple[Path, ...] = ()
    """CSV files of shifts with the columns duty,person,start,end; relative to the playbook."""
    calendars: tuple[CalendarFile, ...] = ()
    """iCalendar files, one a duty."""
    instead: tuple[StandIn, ...] = ()
    """Stand-ins; they go before turns and shifts."""


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """What one duty does in an outage."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CONFIG

    duty: Duty
    """Who does it."""
    do: Annotated[Mapping[str, str], MinLen(1)] = field(default_factory=_nothing)
    """What is to be done, by language, as in {nl: "...", pl: "..."}. One language is enough."""
    minute: Annotated[int, Ge(0), Le(1440)] = 0
    """When it should be begun: minutes since the fault."""
    acknowledge_within_s: Annotated[float, Gt(0), Le(3600)] = 300.0
    """So long the person has to say "I have it", seconds; then the next one is asked."""
    escalate_to: tuple[Duty, ...] = (Duty.LEAD, Duty.ONCALL)
    """Duties asked after the next one in the duty's own turns, in this order; after them everybody is told."""

    def words(self, language: str, default: str) -> str:
        """The task in `language`, else in `default`, else in whatever language there is."""
        return self.do.get(language) or self.do.get(default) or next(iter(self.do.values()), "")
