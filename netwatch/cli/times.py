"""Times as people type them, in the zone of their terminal."""

from __future__ import annotations

from datetime import datetime, timedelta

import typer

#: What stands for "nobody can say any more".
NONE = "none"


def instant(text: str, now: datetime | None = None) -> datetime:
    """The moment that is meant, aware. A time without a day is the next one with it. `now`: aware; None = now.

    Raises:
        typer.BadParameter: it is no time.
    """
    here = (now or datetime.now().astimezone()).astimezone()
    words = text.strip()
    try:
        if ":" in words and len(words) <= len("23:59:59"):
            clock = datetime.strptime(words, "%H:%M" if words.count(":") == 1 else "%H:%M:%S").time()  # noqa: DTZ007 - the day gives the zone
            found = datetime.combine(here.date(), clock).astimezone()
            return found if found > here else datetime.combine(here.date() + timedelta(days=1), clock).astimezone()
        return datetime.fromisoformat(words).astimezone()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write 15:00 or 2026-12-01 15:00") from None


def span(text: str, now: datetime | None = None) -> tuple[datetime | None, datetime | None]:
    """An estimate's beginning and end: `16:00`, `14:00..16:00`, or `none` (nobody can say). Without a beginning: None.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text.strip().lower() == NONE:
        return None, None
    start, dots, end = text.partition("..")
    if not dots:
        return None, instant(text, now)
    since = instant(start, now)
    return since, instant(end, since)
