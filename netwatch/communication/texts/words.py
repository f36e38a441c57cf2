"""Words that don't belong in a text for people who are without service, by language, each with what to say instead.

A word is a pattern for whole words, in any case. Add to it: a word that one customer did not understand is enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Flaw(StrEnum):
    """What is wrong with a word."""

    JARGON = "jargon"
    BLAME = "blame"
    CERTAINTY = "certainty"


@dataclass(frozen=True, slots=True)
class Word:
    """One pattern, and what mends it."""

    flaw: Flaw
    pattern: re.Pattern[str]
    instead: str


_CABINET: Final = "say what the reader notices, or leave it out"
_EVERYWHERE: Final = (
    ("BGP|OSPF|MPLS|VLAN|DNS|DHCP|SNMP|ICMP|OLT|ONT|PON|GPON|XGS-PON|DWDM|CPE|RADIUS|PPPoE|DSLAM|CMTS|NOC|SLA|RFO|ETR", _CABINET),
    ("backbone|uplink|upstream|downstream|trunk|splitter|patch|firmware|gateway|failover|peering|transit", _CABINET),
    ("packet loss|latency|jitter|throughput", "say that connections are slow or drop"),
)  # fmt: skip
_JARGON: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "en": (
        ("downtime|uptime", "say how long it did not work"), ("nodes?|routers? down|switch(?:es)? down", _CABINET),
        ("redundan(?:t|cy)", "say that a reserve is lost"), ("escalat(?:e|ed|ion)", "say who is dealing with it"),
        ("incident", 'say "outage"'), ("tickets?", 'say "report" or "number"'), ("root cause", 'say "cause"'),
        ("end[- ]users?", 'say "customers"'), ("ASAP|ETA", "write it out, with a time"), ("remediat\\w+|mitigat\\w+", 'say "solve"'),
        ("connectivity", 'say "connection"'), ("experienc(?:e|ing) issues?", "say what does not work"),
        ("inconvenience", 'say "trouble"'),
    ),
    "nl": (
        ("downtime|uptime", "zeg hoe lang het niet werkte"), ("nodes?|routers? down|switch(?:es)? down", _CABINET),
        ("redundant(?:ie)?", 'zeg "reserve"'), ("ge[eë]scaleerd|escal(?:eren|atie)", "zeg wie ermee bezig is"),
        ("incident", 'zeg "storing"'), ("tickets?", 'zeg "melding" of "nummer"'), ("root cause", 'zeg "oorzaak"'),
        ("eindgebruikers?", 'zeg "klanten"'), ("asap|z\\.?s\\.?m\\.?|ETA", "schrijf het uit, met een tijd"),
        ("connectiviteit", 'zeg "verbinding"'), ("issues?", "zeg wat niet werkt"), ("calamiteit", 'zeg "storing"'),
        ("dienstverlening", 'zeg wat niet werkt: "internet en telefonie"'), ("middels|teneinde|omtrent", "gebruik gewone woorden"),
    ),
    "pl": (
        ("downtime|uptime", "podaj, jak długo nie działało"), ("węz(?:eł|ły|łów)|node'?y?", _CABINET),
        ("redundan\\w+", 'napisz "rezerwa"'), ("eskal\\w+", "napisz, kto się tym zajmuje"), ("incydent\\w*", 'napisz "awaria"'),
        ("ticket\\w*|tiket\\w*", 'napisz "zgłoszenie" lub "numer"'), ("użytkownik\\w* końcow\\w+|abonent\\w*", 'napisz "klient"'),
        ("ASAP|ETA", "podaj godzinę"), ("szkielet\\w*|magistral\\w+", _CABINET), ("celem|w związku z powyższym|niniejsz\\w+", "pisz prosto"),
        ("niedogodno\\w+", 'napisz "utrudnienia"'),
    ),
}  # fmt: skip
_BLAME: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "en": (
        ("fault of|to blame|blames?|blamed|negligen\\w+|careless\\w*|incompeten\\w+|guilty", "say what happened, not whose doing it was"),
        ("your own fault|you should have|you failed to|as you know", "say what the reader can do now"),
        ("beyond our control|not our fault|third part(?:y|ies)|our (?:supplier|contractor|vendor)s?", "say what you do about it"),
        ("unfortunately, you", "say what the reader can do now"),
    ),
    "nl": (
        ("schuld|schuldig|nalatig\\w*|slordig\\w*|onzorgvuldig\\w*|verwijtbaar", "zeg wat er is gebeurd, niet door wie"),
        ("u had moeten|eigen schuld|zoals u weet", "zeg wat de lezer nu kan doen"),
        ("buiten onze (?:schuld|macht)|derde partij(?:en)?|derden|onze (?:leverancier|aannemer)s?", "zeg wat u eraan doet"),
    ),
    "pl": (
        ("win[aeąęy] (?:leży|ponosi|po stronie)|z winy|winn[aey]|zaniedban\\w+|niedbal\\w+", "napisz, co się stało, a nie kto zawinił"),
        ("powinni byli państwo|jak państwu wiadomo", "napisz, co można teraz zrobić"),
        ("niezależn\\w+ od nas|z przyczyn od nas niezależnych|firm[ay] trzeci\\w+|nasz\\w* (?:dostawc\\w+|podwykonawc\\w+)", "napisz, co robicie"),
    ),
}  # fmt: skip
_CERTAIN: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "en": (
        ("certainly|definite(?:ly)?|guarante\\w+|surely|undoubtedly|without (?:a )?doubt|of course|never again|100 ?%", "say only what is known, and that it is what you see now"),
        ("immediately|in no time|very soon|shortly|any moment", "give a time"),
    ),
    "nl": (
        ("zeker(?: weten)?|gegarandeerd|garanderen|ongetwijfeld|absoluut|definitief|uiteraard|natuurlijk|nooit meer|100 ?%", "zeg alleen wat bekend is, en dat u het nu zo ziet"),
        ("onmiddellijk|binnenkort|zo snel mogelijk|spoedig|elk moment", "noem een tijd"),
    ),
    "pl": (
        ("na pewno|z pewnością|gwarant\\w+|niewątpliwie|bez wątpienia|oczywiście|nigdy więcej|100 ?%", "napisz tylko to, co wiadomo, i że tak to teraz wygląda"),
        ("natychmiast|wkrótce|niebawem|jak najszybciej|lada chwila", "podaj godzinę"),
    ),
}  # fmt: skip


def _made(flaw: Flaw, listed: Sequence[tuple[str, str]]) -> tuple[Word, ...]:
    return tuple(
        Word(flaw, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE), mend) for pattern, mend in listed
    )


#: language -> every word that is looked for.
WORDS: Final[Mapping[str, tuple[Word, ...]]] = MappingProxyType({
    language: (
        *_made(Flaw.JARGON, (*_EVERYWHERE, *_JARGON[language])),
        *_made(Flaw.BLAME, _BLAME[language]),
        *_made(Flaw.CERTAINTY, _CERTAIN[language]),
    )
    for language in ("en", "nl", "pl")
})  # fmt: skip
