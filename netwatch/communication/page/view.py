"""What the public page shows at one moment, made of entries. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.model import PageEntry
from netwatch.communication.texts.languages import LANGUAGES, filters

#: Solved outages stay on the page so long, seconds.
EARLIER_S: Final = 7 * 86_400.0
_WORD: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage in one language. `..._iso` are RFC 3339 in UTC; texts are plain, to be escaped where shown."""

    anchor: str
    number: str
    title: str
    paragraphs: tuple[tuple[str, ...], ...]
    began: str
    updated: str
    updated_iso: str
    next_update: str
    next_update_iso: str
    ended: str
    ended_iso: str


@dataclass(frozen=True, slots=True)
class PageView:
    """The page in one language."""

    checked: str
    current: tuple[Outage, ...]
    earlier: tuple[Outage, ...]


def iso(at: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(entries: Sequence[PageEntry], now: float) -> tuple[tuple[PageEntry, ...], tuple[PageEntry, ...]]:
    """Current outages and those solved lately, newest first; withdrawn and older ones left out."""
    kept = [entry for entry in entries if not entry.withdrawn]
    current = [entry for entry in kept if entry.resolved_at is None]
    earlier = [entry for entry in kept if entry.resolved_at is not None and now - entry.resolved_at <= EARLIER_S]
    current.sort(key=lambda entry: (-entry.opened_at, entry.incident))
    earlier.sort(key=lambda entry: (-(entry.resolved_at or 0.0), entry.incident))
    return tuple(current), tuple(earlier)


def views(
    entries: Sequence[PageEntry], now: float, utc: Mapping[float, datetime], zone: ZoneInfo
) -> Mapping[str, PageView]:
    """The page in every language. `utc` translates each instant that is shown."""
    current, earlier = shown(entries, now)
    return MappingProxyType(
        {
            language: PageView(
                checked=filters(language)["moment"](utc[now].astimezone(zone)),
                current=tuple(_outage(entry, language, utc, zone) for entry in current),
                earlier=tuple(_outage(entry, language, utc, zone) for entry in earlier),
            )
            for language in LANGUAGES
        }
    )


def text_in(texts: Sequence[tuple[str, str, str]], language: str) -> tuple[str, str]:
    """Title and body in `language`, else in English, else in any; empty when there is none."""
    by_code = {code: (title, body) for code, title, body in texts}
    return by_code.get(language) or by_code.get("en") or next(iter(by_code.values()), ("", ""))


def _outage(entry: PageEntry, language: str, utc: Mapping[float, datetime], zone: ZoneInfo) -> Outage:
    moment = filters(language)["moment"]
    title, body = text_in(entry.texts, language)

    def told(at: float | None) -> tuple[str, str]:
        return ("", "") if at is None else (moment(utc[at].astimezone(zone)), iso(utc[at]))

    updated, updated_iso = told(entry.updated_at)
    next_update, next_update_iso = told(entry.next_update_at)
    ended, ended_iso = told(entry.resolved_at)
    return Outage(
        anchor=_WORD.sub("-", entry.incident),
        number=entry.incident,
        title=title,
        paragraphs=tuple(tuple(part.splitlines()) for part in body.strip().split("\n\n") if part.strip()),
        began=told(entry.opened_at)[0],
        updated=updated,
        updated_iso=updated_iso,
        next_update=next_update,
        next_update_iso=next_update_iso,
        ended=ended,
        ended_iso=ended_iso,
    )


def instants(entries: Sequence[PageEntry], now: float) -> frozenset[float]:
    """Every instant that the page shows."""
    found = {now}
    for entry in entries:
        found.update((entry.opened_at, entry.updated_at))
        found.update(at for at in (entry.next_update_at, entry.resolved_at) if at is not None)
    return frozenset(found)
