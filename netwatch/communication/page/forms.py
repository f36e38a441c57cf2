"""The page's forms: HTML for people, JSON for programs, Atom for feed readers, plain text for the phone queue. Pure.

Sources: RFC 4287 (Atom), RFC 3339 (times), RFC 3966 (tel).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from netwatch.communication.model import PageEntry
from netwatch.communication.page.view import PageView, iso, shown, text_in
from netwatch.communication.page.wording import WORDS
from netwatch.communication.settings import CommunicationSettings
from netwatch.communication.texts.languages import LANGUAGES

_HERE: Final = Path(__file__).parent
_STYLE: Final = (_HERE / "style.css").read_text(encoding="utf-8")
#: Not allowed in XML 1.0, and of no use in HTML.
_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def fit(text: str) -> str:
    """`text` without what no form may hold: control characters, lone surrogates."""
    return _UNFIT.sub("", text)


def html(views: Mapping[str, PageView], checked: datetime, settings: CommunicationSettings) -> str:
    """The page. All languages stand in it; a link shows another one, without any script."""
    default = settings.default_language if settings.default_language in LANGUAGES else "en"
    return _ENVIRONMENT.get_template("index.html.j2").render(
        company=settings.company,
        default=default,
        # The default comes last: the style hides it when one before it is the link's target.
        order=[*(code for code in LANGUAGES if code != default), default],
        words=WORDS,
        views=views,
        checked=iso(checked),
        style=_STYLE,
        phone=settings.helpdesk_phone,
        phone_digits=re.sub(r"[^0-9+]", "", settings.helpdesk_phone),
    )


def as_json(
    entries: Sequence[PageEntry], now: float, utc: Mapping[float, datetime], settings: CommunicationSettings
) -> str:
    """What the page shows, for programs. Times are RFC 3339 in UTC; null = none."""
    current, earlier = shown(entries, now)
    whole = {
        "company": settings.company,
        "page": settings.page_url,
        "checked_at": iso(utc[now]),
        "ok": not current,
        "outages": [_json_entry(entry, utc) for entry in (*current, *earlier)],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _json_entry(entry: PageEntry, utc: Mapping[float, datetime]) -> dict[str, object]:
    def at(value: float | None) -> str | None:
        return None if value is None else iso(utc[value])

    return {
        "id": entry.incident,
        "state": "open" if entry.resolved_at is None else "resolved",
        "scenario": entry.scenario,
        "regions": list(entry.regions),
        "opened_at": at(entry.opened_at),
        "updated_at": at(entry.updated_at),
        "next_update_at": at(entry.next_update_at),
        "resolved_at": at(entry.resolved_at),
        "texts": {language: {"title": title, "body": body} for language, title, body in entry.texts},
    }


def atom(
    entries: Sequence[PageEntry], now: float, utc: Mapping[float, datetime], settings: CommunicationSettings
) -> str:
    """The feed in the default language. Ids stay the same for the same outage, whatever its text."""
    current, earlier = shown(entries, now)
    language = settings.default_language if settings.default_language in LANGUAGES else "en"
    everything = sorted((*current, *earlier), key=lambda entry: (-entry.updated_at, entry.incident))
    updated = iso(utc[everything[0].updated_at]) if everything else iso(utc[now])
    base = settings.page_url
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">',
        f"<id>{_urn(base)}</id>",
        f"<title>{escape(settings.company)}: {escape(WORDS[language].heading)}</title>",
        f"<updated>{updated}</updated>",
        f"<author><name>{escape(settings.company)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(_beside(base, "outages.atom"))}/>',
        f'<link rel="alternate" type="text/html" href={quoteattr(base)}/>',
    ]
    for entry in everything:
        lines.extend(_atom_entry(entry, language, utc, base))
    return "\n".join([*lines, "</feed>", ""])


def _atom_entry(entry: PageEntry, language: str, utc: Mapping[float, datetime], base: str) -> list[str]:
    title, body = text_in(entry.texts, language)
    return [
        "<entry>",
        f"<id>{_urn(f'{base}#{entry.incident}')}</id>",
        f"<title>{escape(title or entry.incident)}</title>",
        f"<published>{iso(utc[entry.opened_at])}</published>",
        f"<updated>{iso(utc[entry.updated_at])}</updated>",
        f'<link rel="alternate" type="text/html" href={quoteattr(base)}/>',
        f'<content type="text">{escape(body)}</content>',
        "</entry>",
    ]


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _beside(base: str, name: str) -> str:
    return f"{base.rstrip('/')}/{name}"


def phone(entries: Sequence[PageEntry], now: float, language: str) -> str:
    """What the phone queue reads out now; empty when there is nothing to say."""
    current, _ = shown(entries, now)
    spoken = (text_in(entry.phone, language)[1].strip() for entry in current)
    return "".join(f"{text}\n" for text in spoken if text)
