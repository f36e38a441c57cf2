"""The words of the public page around the texts, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


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


WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "en": Words(
            own_name="English",
            heading="State of the network",
            all_well="All is well",
            all_well_more="No outages are known. If something does not work for you, please call us.",
            some="There is an outage",
            checked="Last checked on",
            began="Reported on",
            updated="Updated on",
            next_update="Next update no later than",
            ended="Solved on",
            number="Outage number",
            solved="Solved",
            earlier="Solved in the last seven days",
            nothing_earlier="There were no outages in the last seven days.",
            questions="Questions?",
            feed="Follow by feed (Atom)",
            data="Data (JSON)",
            languages="Language",
        ),
        "nl": Words(
            own_name="Nederlands",
            heading="Stand van het netwerk",
            all_well="Alles werkt",
            all_well_more="Er zijn geen storingen bekend. Werkt er bij u iets niet, bel ons dan.",
            some="Er is een storing",
            checked="Laatst gecontroleerd op",
            began="Gemeld op",
            updated="Bijgewerkt op",
            next_update="Volgend bericht uiterlijk op",
            ended="Opgelost op",
            number="Storingsnummer",
            solved="Opgelost",
            earlier="Opgelost in de afgelopen zeven dagen",
            nothing_earlier="Er waren geen storingen in de afgelopen zeven dagen.",
            questions="Vragen?",
            feed="Volgen met een feed (Atom)",
            data="Gegevens (JSON)",
            languages="Taal",
        ),
        "pl": Words(
            own_name="Polski",
            heading="Stan sieci",
            all_well="Wszystko działa",
            all_well_more="Nie ma znanych awarii. Jeśli coś u Państwa nie działa, prosimy o telefon.",
            some="Trwa awaria",
            checked="Ostatnie sprawdzenie:",
            began="Zgłoszono",
            updated="Aktualizacja:",
            next_update="Następna informacja najpóźniej",
            ended="Usunięto",
            number="Numer awarii",
            solved="Usunięta",
            earlier="Usunięte w ostatnich siedmiu dniach",
            nothing_earlier="W ostatnich siedmiu dniach nie było awarii.",
            questions="Pytania?",
            feed="Kanał Atom",
            data="Dane (JSON)",
            languages="Język",
        ),
    }
)
