"""What differs by language outside the templates: dates, plurals, lists, kinds of elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "nl", "pl")


def _two(count: int, *forms: str) -> str:
    return forms[0] if count == 1 else forms[-1]


def _three(count: int, *forms: str) -> str:
    """Polish: 1 klient, 2-4 klienci, else klientów. Source: CLDR plural rules, pl."""
    if count == 1:
        return forms[0]
    few = count % 10 in {2, 3, 4} and count % 100 not in {12, 13, 14}
    return forms[1] if few else forms[-1]


@dataclass(frozen=True, slots=True)
class Language:
    """One language's forms. `moment` is a date pattern with {day} {month} {time} {zone}.

    `within_a_day` and `over_midnight` say from when to when: {day} {month} {start} {end} {zone}, or {first} and {last}.
    """

    months: tuple[str, ...]
    moment: str
    clock: str
    conjunction: str
    others: tuple[str, ...]
    plural: Callable[..., str]
    minutes: tuple[str, ...]
    hours: tuple[str, ...]
    within_a_day: str
    over_midnight: str
    brief_day: str


_EN: Final = Language(
    months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December"),
    moment="{day} {month} at {time} ({zone})", clock="{time} ({zone})", conjunction="and",
    others=("{n} other region", "{n} other regions"), plural=_two,
    minutes=("minute", "minutes"), hours=("hour", "hours"),
    within_a_day="on {day} {month} between {start} and {end} ({zone})", over_midnight="between {first} and {last}",
    brief_day="{day} {short}",
)  # fmt: skip
_NL: Final = Language(
    months=("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
            "november", "december"),
    moment="{day} {month} om {time} uur ({zone})", clock="{time} uur ({zone})", conjunction="en",
    others=("{n} andere regio", "{n} andere regio's"), plural=_two,
    minutes=("minuut", "minuten"), hours=("uur", "uur"),
    within_a_day="op {day} {month} tussen {start} en {end} uur ({zone})", over_midnight="tussen {first} en {last}",
    brief_day="{day} {short}",
)  # fmt: skip
_PL: Final = Language(
    months=("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września",
            "października", "listopada", "grudnia"),
    moment="{day} {month} o godz. {time} ({zone})", clock="godz. {time} ({zone})", conjunction="i",
    others=("{n} inny region", "{n} inne regiony", "{n} innych regionów"), plural=_three,
    minutes=("minuta", "minuty", "minut"), hours=("godzina", "godziny", "godzin"),
    within_a_day="{day} {month} między godz. {start} a {end} ({zone})", over_midnight="od {first} do {last}",
    brief_day="{day}.{number:02d}",
)  # fmt: skip
_BY_CODE: Final = MappingProxyType({"en": _EN, "nl": _NL, "pl": _PL})

#: Regions that a text names before it counts the rest.
_PLACES_NAMED: Final = 3


def _times(language: Language) -> Mapping[str, Callable[..., Any]]:
    """The filters for instants."""

    def moment(at: datetime) -> str:
        """Date, time and zone: the whole of it, so that a text read tomorrow still says the same."""
        return language.moment.format(
            day=at.day, month=language.months[at.month - 1], time=f"{at:%H:%M}", zone=at.tzname()
        )

    def clock(at: datetime) -> str:
        return language.clock.format(time=f"{at:%H:%M}", zone=at.tzname())

    def between(start: datetime, end: datetime) -> str:
        """From when to when, with date and zone."""
        if start.date() != end.date() or start.tzname() != end.tzname():
            return language.over_midnight.format(first=moment(start), last=moment(end))
        return language.within_a_day.format(
            day=start.day, month=language.months[start.month - 1], start=f"{start:%H:%M}", end=f"{end:%H:%M}",
            zone=start.tzname(),
        )  # fmt: skip

    def day(at: datetime) -> str:
        """The day in few characters, for SMS."""
        return language.brief_day.format(day=at.day, short=language.months[at.month - 1][:3], number=at.month)

    return MappingProxyType({
        "moment": moment, "clock": clock, "between": between, "day": day,
        "exact": _exact, "short": _short, "hours": _hours,
    })  # fmt: skip


def _exact(at: datetime) -> str:
    """Time with seconds, for on-call."""
    return f"{at:%Y-%m-%d %H:%M:%S} {at.tzname()}"


def _short(at: datetime) -> str:
    """Time and zone without brackets, for SMS."""
    return f"{at:%H:%M} {at.tzname()}"


def _hours(start: datetime, end: datetime) -> str:
    """From when to when in as few characters as can be, for SMS."""
    return f"{start:%H:%M}-{end:%H:%M} {end.tzname()}"


def _words(language: Language) -> Mapping[str, Callable[..., Any]]:
    """The filters for names and numbers."""

    def listed(names: Sequence[str]) -> str:
        """Names as in "A, B and C"; beyond three the rest is counted."""
        shown = list(names)
        if len(shown) > _PLACES_NAMED + 1:
            rest = len(shown) - _PLACES_NAMED
            shown = [*shown[:_PLACES_NAMED], language.plural(rest, *language.others).format(n=rest)]
        if len(shown) < 2:
            return "".join(shown)
        return f"{', '.join(shown[:-1])} {language.conjunction} {shown[-1]}"

    def duration(minutes: int) -> str:
        """Minutes as in "2 hours 5 minutes"; below one minute counts as one."""
        hours, rest = divmod(max(1, minutes), 60)
        parts = [f"{hours} {language.plural(hours, *language.hours)}"] if hours else []
        if rest or not parts:
            parts.append(f"{rest} {language.plural(rest, *language.minutes)}")
        return " ".join(parts)

    def counted(count: int, *forms: str) -> str:
        """A number with its noun in the right form."""
        return f"{count} {language.plural(count, *forms)}"

    return MappingProxyType({"listed": listed, "duration": duration, "counted": counted})


def filters(code: str) -> Mapping[str, Callable[..., Any]]:
    """The filters that a template of language `code` may use."""
    language = _BY_CODE[code]
    return MappingProxyType({**_times(language), **_words(language)})
