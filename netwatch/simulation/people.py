"""Invented customers. Mail at example.com (RFC 2606); telephone numbers that Ofcom reserves for drama."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from netwatch.inventory.model import Port, Segment, Service

LANGUAGES: Final = ("nl", "pl", "en")

_SURNAMES: Final = {
    "nl": ("de Vries", "Jansen", "Bakker", "Visser", "Smit", "Meijer", "de Groot", "Mulder", "Bos", "Vos"),
    "pl": ("Nowak", "Wiśniewska", "Wójcik", "Kamiński", "Lewandowska", "Zieliński", "Szymańska", "Woźniak"),
    "en": ("Smith", "Taylor", "Brown", "Wilson", "Evans", "Thomas", "Roberts", "Walker", "Hall", "Green"),
}
_TRADES: Final = {
    "nl": ("Bakkerij", "Garage", "Huisartsenpraktijk", "Accountants", "Basisschool", "Bloemisterij"),
    "pl": ("Piekarnia", "Warsztat", "Przychodnia", "Księgowość", "Szkoła", "Kwiaciarnia"),
    "en": ("Bakery", "Garage", "Surgery", "Accountants", "Primary School", "Florist"),
}
_CONTACT: Final = {
    Segment.RESIDENTIAL: ("email",),
    Segment.BUSINESS: ("email", "sms"),
    Segment.CRITICAL: ("email", "sms", "call"),
    Segment.WHOLESALE: ("email",),
}
_PRIORITY: Final = {Segment.CRITICAL: 1, Segment.WHOLESALE: 2, Segment.BUSINESS: 3, Segment.RESIDENTIAL: 5}


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where a service hangs: its port, and a second one or None."""

    primary: Port
    backup: Port | None = None


def segment_of(rng: Random) -> Segment:
    """Draw a segment: four of five are residential."""
    return rng.choices((Segment.RESIDENTIAL, Segment.BUSINESS, Segment.CRITICAL, Segment.WHOLESALE), (80, 16, 3, 1))[0]


def invent(rng: Random, number: int, segment: Segment, at: Attachment) -> Service:
    """Invent customer `number` (from 1) with one service at `at`. The same draw gives the same person."""
    language = rng.choice(LANGUAGES)
    surname = rng.choice(_SURNAMES[language])
    home = segment is Segment.RESIDENTIAL
    name = f"{rng.choice('ABCDEHJKLMPRSTW')}. {surname}" if home else f"{rng.choice(_TRADES[language])} {surname}"
    return Service(
        customer=f"c-{number:05d}",
        name=name,
        segment=segment,
        language=language,
        email=f"c-{number:05d}@example.com",
        mobile=f"+447700900{number % 1000:03d}",
        phone=f"+442079460{number % 1000:03d}",
        postcode=f"{1000 + number % 8999} AB",
        primary=at.primary,
        backup=at.backup,
        priority=_PRIORITY[segment],
        notify=_CONTACT[segment],
        line=number + 1,
    )
