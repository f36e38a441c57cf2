"""The helpdesk's question: is this caller in a known outage, and what may I say?

Matching scans the inventory and keeps no index: a million customers need a few seconds, in slices so short that
polling is not delayed, and no memory. The answer itself is pure.
"""

from __future__ import annotations

import asyncio
import unicodedata
from dataclasses import dataclass
from itertools import islice

from netwatch.communication.model import PageEntry
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.model import Inventory, Port, Service
from netwatch.web.model import CustomerView, LookupView, OutageForCustomer, RefusedError, ServiceView
from netwatch.web.names import device_name
from netwatch.web.views import Picture, Utc

LISTED = 20
_SLICE = 500
_RECENT_S = 24 * 3600.0
_NOT_SHOWN = frozenset({Status.MERGED, Status.DISMISSED})
# Letters that have no decomposition in Unicode but that people type without their stroke.
_PLAIN = str.maketrans({"ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "ß": "ss"})
_ADVICE = {
    "out": "Known outage. Read out the text; promise nothing beyond it.",
    "degraded": "Known trouble: part of the service is out or slow. Read out the text.",
    "settling": "A fault near this customer is being confirmed now. Ask for a minute's patience; name no cause yet.",
    "at_risk": "Works, with its second path lost. There is no outage for this customer.",
    "restored": "Was out and is restored. If it still fails, restart the router; then treat it as a new fault.",
    "ok": "No known outage. Look for the fault at the customer's; tell the NOC when several call from one area.",
}

#: In these states the agent reads out the published text; where none is published, says this.
_TEXTED = frozenset({"out", "degraded"})
_NO_TEXT = "Known trouble, and it is being worked on. No text is published for it: name no cause and promise no time."


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked, in the forms in which it is compared. "" = it can't be of that kind."""

    id: str
    email: str
    digits: str
    postcode: str
    words: tuple[str, ...]

    def matches(self, service: Service) -> bool:
        """Whether this service's customer is meant, by id, mail, phone, postcode (or its start) or name.

        Each kind begins with a cheap look that turns nearly everyone away: it runs over all customers.
        """
        if self.id == service.customer.casefold():
            return True
        if self.email:
            return service.email.casefold() == self.email
        if self.digits and (_same_number(self.digits, service.mobile) or _same_number(self.digits, service.phone)):
            return True
        near = self.postcode and service.postcode[:1] == self.postcode[0]
        if near and _compact(service.postcode).startswith(self.postcode):
            return True
        return bool(self.words) and _has_words(service.name, self.words)


def parse(query: str) -> Query:
    """Raises `RefusedError` when it is too short to mean anyone."""
    text = query.strip()
    if len(text) < 2 or len(text) > 200:
        raise RefusedError(
            "that is too short or too long to look up",
            "give an id, a name, a mail address, a phone number or a postcode",
        )
    digits = _digits(text) if not any(c.isalpha() for c in text) else ""
    compact = _compact(text)
    return Query(
        id=text.casefold(),
        email=text.casefold() if "@" in text else "",
        digits=digits if len(digits) >= 7 else "",
        postcode=compact if 4 <= len(compact) <= 8 and compact[:1].isdigit() else "",
        words=tuple(_plain(text).split()) if any(c.isalpha() for c in text) else (),
    )


async def find(inventory: Inventory, query: str, most: int = LISTED) -> tuple[tuple[str, ...], int]:
    """The ids of up to `most` customers who match, in the inventory's order, and how many more there are.

    Gives way to the loop after every few hundred customers.
    """
    asked = parse(query)
    exact = query.strip()
    if exact in inventory.customers:
        return (exact,), 0
    found: list[str] = []
    everyone = iter(inventory.customers.items())
    while part := list(islice(everyone, _SLICE)):
        for customer, services in part:
            for service in services:
                if asked.matches(service):
                    found.append(customer)
                    break
        await asyncio.sleep(0)
    return tuple(found[:most]), max(0, len(found) - most)


def lookup_view(picture: Picture, query: str, found: tuple[str, ...], more: int, utc: Utc) -> LookupView:
    """The answer for the customers found, those out first."""
    views = [_customer(picture, customer, utc) for customer in found]
    order = {"out": 0, "degraded": 1, "settling": 2, "at_risk": 3, "restored": 4, "ok": 5}
    views.sort(key=lambda view: order[view.state])
    caution = ""
    if picture.conditions.isolated:
        caution = "netwatch is cut off from the network: what it says of outages is old."
    elif not picture.conditions.warm:
        caution = "netwatch has just started and hasn't seen the whole network yet."
    return LookupView(query, utc(picture.at), tuple(views), more, caution)


def _customer(picture: Picture, customer: str, utc: Utc) -> CustomerView:
    services = picture.inventory.customers[customer]
    first = services[0]
    outages = tuple(
        _outage(picture, incident, state, first, utc)
        for incident in sorted(picture.incidents.values(), key=lambda i: -i.onset_at)
        if (state := _state_in(incident, customer, picture.at))
    )
    states = {outage.state for outage in outages}
    state = next((s for s in ("out", "degraded", "settling", "at_risk", "restored") if s in states), "ok")
    return CustomerView(
        id=customer,
        name=first.name,
        segment=first.segment.value,
        language=first.language,
        state=state,
        advice=_ADVICE[state] if state not in _TEXTED or any(o.say for o in outages) else _NO_TEXT,
        services=tuple(
            ServiceView(*_port(picture.inventory, s.primary), _joined(picture.inventory, s.backup)) for s in services
        ),
        outages=outages,
    )


def _state_in(incident: Incident, customer: str, now: float) -> str:
    """How the customer stands in the incident; "" = not in it, or long over."""
    affected = incident.affected
    if incident.status in _NOT_SHOWN:
        return ""
    if incident.status is Status.RESOLVED:
        recent = incident.resolved_at is not None and now - incident.resolved_at < _RECENT_S
        return "restored" if recent and customer in incident.ever_affected else ""
    if customer in affected.out or customer in affected.degraded:
        if incident.status is Status.SETTLING:
            return "settling"
        return "out" if customer in affected.out else "degraded"
    if customer in affected.at_risk:
        return "at_risk"
    return "restored" if customer in incident.ever_affected else ""


def _outage(picture: Picture, incident: Incident, state: str, service: Service, utc: Utc) -> OutageForCustomer:
    entry = next((e for e in picture.page if e.incident == incident.id), None)
    heading, body = _published(entry, service.language)
    owed = [p.due_at for p in picture.promises if p.incident == incident.id and p.kept_at is None and not p.customer]
    return OutageForCustomer(
        incident=incident.id,
        status=incident.status.value,
        scenario=incident.scenario.value,
        state=state,
        since_at=utc(incident.onset_at),
        told=service.customer in picture.told.get(incident.id, ()),
        say_title=heading,
        say=body,
        next_update_at=utc(min(owed)) if owed and incident.resolved_at is None else None,
        resolved_at=None if incident.resolved_at is None else utc(incident.resolved_at),
    )


def _published(entry: PageEntry | None, language: str) -> tuple[str, str]:
    """Title and body in the customer's language, else in any that is published, else ""."""
    texts = {own: (heading, body) for own, heading, body in (entry.texts if entry else ())}
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), ("", ""))


def _port(inventory: Inventory, port: Port) -> tuple[str, str]:
    return device_name(inventory, port.device), port.interface


def _joined(inventory: Inventory, port: Port | None) -> str:
    return " ".join(part for part in _port(inventory, port) if part) if port else ""


def _digits(text: str) -> str:
    """The significant digits: without spaces, signs, and leading zeros."""
    return "".join(c for c in text if c.isdigit()).lstrip("0")


def _same_number(digits: str, number: str) -> bool:
    """Whether two spellings mean one line: with or without country code, at least seven digits alike at the end."""
    last = number[-1:]
    if not last or (last != digits[-1] and last.isdigit()):
        return False
    own = _digits(number)
    return len(own) >= 7 and (own.endswith(digits) or digits.endswith(own))


def _compact(text: str) -> str:
    return "".join(c for c in text if c.isalnum()).upper()


def _plain(text: str) -> str:
    """Lower case, without accents; everything but letters and digits parts words."""
    letters = unicodedata.normalize("NFKD", text.translate(_PLAIN)).casefold()
    return "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c))


def _has_words(name: str, words: tuple[str, ...]) -> bool:
    """Whether each of `words` begins a word of `name`."""
    if name.isascii():
        lower = name.lower()
        if any(word not in lower for word in words):
            return False
    own = _plain(name).split()
    return all(any(part.startswith(word) for part in own) for word in words)
