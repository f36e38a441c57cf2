"""What the phone queue says to one caller: their own outage, the outages of all, or nothing. Pure.

The answer holds nothing of the caller: whoever forges a number hears what anyone may hear on the outage page, and
whether the line of that number is in an outage.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from netwatch.communication.model import PageEntry
from netwatch.communication.page.forms import phone
from netwatch.communication.page.view import text_in
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import Incident, Status
from netwatch.web.views import Picture

_GOES_ON: Final = frozenset({Status.OPEN, Status.RECOVERING})
#: What a caller hears first whose own line is in an outage, by whether it is out.
_YOURS: Final = MappingProxyType({
    ("en", True): "We see that your connection does not work, and we are working on it.",
    ("en", False): "We see that your connection does not work well, and we are working on it.",
    ("nl", True): "We zien dat uw verbinding niet werkt, en we zijn ermee bezig.",
    ("nl", False): "We zien dat uw verbinding niet goed werkt, en we zijn ermee bezig.",
    ("pl", True): "Widzimy, że Państwa łącze nie działa, i pracujemy nad tym.",
    ("pl", False): "Widzimy, że Państwa łącze działa niepoprawnie, i pracujemy nad tym.",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recording:
    """What the operator put in front: words to be spoken, or the address of a recording; both may be empty."""

    words: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    """What the queue plays and speaks, in this order: `recording` (an address, "" = none), then `text` ("" = nothing).

    `outage`: something is known now. `yours`: the caller's own line is in it. `language` is that of `text`.
    """

    language: str
    text: str = ""
    recording: str = ""
    outage: bool = False
    yours: bool = False


def language_of(picture: Picture, customers: Collection[str], wanted: str, default: str) -> str:
    """The caller's own language, else the one asked for, else the default; always one that there are texts in."""
    own = (picture.inventory.customers[name][0].language for name in customers if name in picture.inventory.customers)
    return next((code for code in (*own, wanted, default) if code in LANGUAGES), "en")


def phone_answer(
    picture: Picture, customers: Collection[str], language: str, recording: Recording, *, min_confidence: float
) -> PhoneAnswer:
    """What a caller hears who is one of `customers` (empty = nobody knows who it is).

    Their own outage is told only where it might be told outside at all: `min_confidence` is how sure it must be who is
    hit, and nothing of their own is said on hold, while netwatch is cut off, or before it has seen the network.
    """
    own = _own(picture, customers, min_confidence)
    parts = [recording.words]
    if own is None:
        general = phone(picture.page, picture.at, language)
        parts.append(general)
    else:
        incident, out = own
        general = text_in(_spoken(picture, incident), language)[1]
        parts += [_YOURS[language, out], general]
    text = "\n".join(part.strip() for part in parts if part.strip())
    return PhoneAnswer(language, text, recording.url, outage=own is not None or bool(general), yours=own is not None)


def _own(picture: Picture, customers: Collection[str], min_confidence: float) -> tuple[Incident, bool] | None:
    """The gravest outage that one of `customers` is in and may hear of, and whether they are out."""
    conditions = picture.conditions
    if not customers or conditions.isolated or conditions.hold or not conditions.warm:
        return None
    found = []
    for incident in picture.incidents.values():
        if incident.status not in _GOES_ON or incident.sure_of_customers < min_confidence:
            continue
        if incident.planned is not None or (incident.scope is Scope.REGIONAL and not _spoken(picture, incident)):
            continue
        out = not incident.affected.out.isdisjoint(customers)
        if out or not incident.affected.degraded.isdisjoint(customers):
            found.append((not out, incident.onset_at, incident.id))
    if not found:
        return None
    degraded, _, name = min(found)
    return picture.incidents[name], not degraded


def _spoken(picture: Picture, incident: Incident) -> tuple[tuple[str, str, str], ...]:
    """What the queue says of `incident`; () = it is not public."""
    entry: PageEntry | None = next((one for one in picture.page if one.incident == incident.id), None)
    return entry.phone if entry is not None and entry.resolved_at is None else ()
