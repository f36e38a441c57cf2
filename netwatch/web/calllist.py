"""Whom to ring up in an outage: those hit hardest who can be rung, in the order in which to ring them. Pure.

It is made from what this machine holds: it is there when nothing else can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from netwatch.communication.planning.playbook import CRITICAL_SEGMENTS
from netwatch.communication.planning.recipients import RANK
from netwatch.incidents.model import Incident
from netwatch.inventory.model import Service
from netwatch.web.names import device_name, title
from netwatch.web.views import Picture, Utc, incident_of

_LOWEST_PRIORITY = 99
_STATES = {"out": 0, "degraded": 1, "restored": 2}


@dataclass(frozen=True, slots=True)
class CallListEntry:
    """One customer to ring. `place` counts from 1. `phone` "" = no number is known: they are visited or written to.

    `state`: out, degraded, or restored (works again). `services` name where they hang. `told`: a notice was accepted.
    `promised_at`: by when a call was promised, by `promised_by` ("" = nobody in particular); None = none was.
    """

    place: int
    customer: str
    name: str
    phone: str
    segment: str
    language: str
    state: str
    since_at: datetime
    services: tuple[str, ...]
    told: bool = False
    promised_at: datetime | None = None
    promised_by: str = ""


@dataclass(frozen=True, slots=True)
class CallListView:
    """The call list of one incident, the hardest hit first; those without a number last."""

    incident: str
    title: str
    at: datetime
    entries: tuple[CallListEntry, ...]


def call_list(picture: Picture, incident: str, utc: Utc) -> CallListView:
    """Critical and wholesale customers, and whoever wants to be called, who are in `incident` or were.

    Raises:
        UnknownIncidentError: there is no such incident.
    """
    found = incident_of(picture, incident)
    customers = picture.inventory.customers
    meant = [
        (name, services)
        for name in found.ever_affected | found.affected.out | found.affected.degraded
        if _is_rung(services := customers.get(name, ()))
    ]
    meant.sort(key=lambda one: _order(found, *one))
    owed = [promise for promise in picture.promises if promise.customer and promise.kept_at is None]
    promised = {promise.customer: promise for promise in sorted(owed, key=lambda one: -one.due_at)}
    told = picture.told.get(incident, frozenset())
    entries = []
    for place, (name, services) in enumerate(meant, start=1):
        call = promised.get(name)
        first = _foremost(services)
        entries.append(
            CallListEntry(
                place=place,
                customer=name,
                name=first.name,
                phone=_number(services),
                segment=first.segment.value,
                language=first.language,
                state=_state(found, name),
                since_at=utc(found.onset_at),
                services=tuple(
                    f"{device_name(picture.inventory, one.primary.device)} {one.primary.interface}".strip()
                    for one in services
                ),
                told=name in told,
                promised_at=utc(call.due_at) if call else None,
                promised_by=call.by if call else "",
            )
        )
    return CallListView(found.id, title(picture.inventory, found), utc(picture.at), tuple(entries))


def as_text(view: CallListView) -> str:
    """The list to be printed: plain lines, times with their zone."""
    lines = [
        f"Call list of {view.incident}: {view.title}",
        f"{len(view.entries)} to ring up, as of {_moment(view.at)}",
    ]
    for entry in view.entries:
        told = "was sent a notice" if entry.told else "has had no notice"
        lines += [
            "",
            f"[ ] {entry.place:>3}. {entry.phone or 'NO NUMBER'}  {entry.name}  {entry.state.upper()} since {_moment(entry.since_at)}",
            f"         {entry.customer}, {entry.segment}, {entry.language}; {told}",
            *(f"         on {service}" for service in entry.services),
        ]
        if entry.promised_at:
            by = f", by {entry.promised_by}" if entry.promised_by else ""
            lines.append(f"         a call is promised by {_moment(entry.promised_at)}{by}")
    return "\n".join(lines) + "\n"


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M %Z}"


def _is_rung(services: tuple[Service, ...]) -> bool:
    return any(one.segment in CRITICAL_SEGMENTS or "call" in one.notify for one in services)


def _order(incident: Incident, name: str, services: tuple[Service, ...]) -> tuple[bool, int, int, int, str]:
    """Who can be rung, before who can't; by what is wrong; by segment and priority."""
    first = _foremost(services)
    priority = min(max(first.priority, 0), _LOWEST_PRIORITY)
    return not _number(services), _STATES[_state(incident, name)], RANK[first.segment], priority, name


def _foremost(services: tuple[Service, ...]) -> Service:
    return min(services, key=lambda one: (RANK[one.segment], one.priority, one.line))


def _number(services: tuple[Service, ...]) -> str:
    return next((one.phone or one.mobile for one in services if one.phone or one.mobile), "")


def _state(incident: Incident, name: str) -> str:
    if incident.resolved_at is not None:
        return "restored"
    return "out" if name in incident.affected.out else "degraded" if name in incident.affected.degraded else "restored"
