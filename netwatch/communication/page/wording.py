"""The words of the public page around the texts, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from netwatch.communication.texts.languages import LANGUAGES


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words."""

    own_name: str
    heading: str
    all_well: str
    all_well_more: str
    some: str
    checked: str
    began: str
    updated: str
    next_update: str
    ended: str
    number: str
    solved: str
    earlier: str
    nothing_earlier: str
    questions: str
    feed: str
    data: str
    languages: str


#: Each phrase in the order of `LANGUAGES`.
_PHRASES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType({
    "own_name": ("English", "Nederlands", "Polski"),
    "heading": ("State of the network", "Stand van het netwerk", "Stan sieci"),
    "all_well": ("All is well", "Alles werkt", "Wszystko działa"),
    "all_well_more": (
        "No outages are known. If something does not work for you, please call us.",
        "Er zijn geen storingen bekend. Werkt er bij u iets niet, bel ons dan.",
        "Nie ma znanych awarii. Jeśli coś u Państwa nie działa, prosimy o telefon.",
    ),
    "some": ("There is an outage", "Er is een storing", "Trwa awaria"),
    "checked": ("Last checked on", "Laatst gecontroleerd op", "Ostatnie sprawdzenie:"),
    "began": ("Reported on", "Gemeld op", "Zgłoszono"),
    "updated": ("Updated on", "Bijgewerkt op", "Aktualizacja:"),
    "next_update": ("Next update no later than", "Volgend bericht uiterlijk op", "Następna informacja najpóźniej"),
    "ended": ("Solved on", "Opgelost op", "Usunięto"),
    "number": ("Outage number", "Storingsnummer", "Numer awarii"),
    "solved": ("Solved", "Opgelost", "Usunięta"),
    "earlier": (
        "Solved in the last seven days",
        "Opgelost in de afgelopen zeven dagen",
        "Usunięte w ostatnich siedmiu dniach",
    ),
    "nothing_earlier": (
        "There were no outages in the last seven days.",
        "Er waren geen storingen in de afgelopen zeven dagen.",
        "W ostatnich siedmiu dniach nie było awarii.",
    ),
    "questions": ("Questions?", "Vragen?", "Pytania?"),
    "feed": ("Follow by feed (Atom)", "Volgen met een feed (Atom)", "Kanał Atom"),
    "data": ("Data (JSON)", "Gegevens (JSON)", "Dane (JSON)"),
    "languages": ("Language", "Taal", "Język"),
})  # fmt: skip
WORDS: Final[Mapping[str, Words]] = MappingProxyType({
    language: Words(**{name: phrase[place] for name, phrase in _PHRASES.items()})
    for place, language in enumerate(LANGUAGES)
})  # fmt: skip
