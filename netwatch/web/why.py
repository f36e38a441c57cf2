"""`netwatch why`: an incident in a NOC engineer's words. Pure.

What was seen with its times, what follows from it, what else it could be, what it means for customers,
who has been told. Every sentence stands on a fact of the incident; nothing is guessed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from netwatch.communication.model import ApprovalKind
from netwatch.diagnosis.model import Alternative, Scope
from netwatch.incidents.model import Incident, Status
from netwatch.inventory.model import Inventory, Segment
from netwatch.web.model import AlternativeView, CustomersView, ElementsView, Moment, WhyView
from netwatch.web.names import counted, device_name, element_name, listed, title
from netwatch.web.views import Milestones, Picture, Utc, approval_views, incident_of, incident_view

#: Messages in these states count as told.
_TOLD = frozenset({"accepted", "unsure"})
_UNDONE = frozenset({"failed", "expired", "quarantined"})


def why_view(picture: Picture, incident: str, utc: Utc) -> WhyView:
    """Explains one incident. Raises `UnknownIncidentError`."""
    found = incident_of(picture, incident)
    inventory = picture.inventory
    return WhyView(
        at=utc(picture.at),
        incident=incident_view(picture, found, utc),
        conclusion=_conclusion(inventory, found),
        timeline=_timeline(picture, found, utc),
        reasons=found.reasons,
        alternatives=tuple(_alternative(inventory, other) for other in found.alternatives),
        meaning=tuple(_meaning(inventory, found)),
        telling=tuple(_telling(picture, found, utc)),
        customers=CustomersView(
            out=tuple(sorted(found.affected.out)),
            degraded=tuple(sorted(found.affected.degraded)),
            at_risk=tuple(sorted(found.affected.at_risk)),
        ),
        messages=picture.tallies.get(incident, ()),
        approvals=approval_views(picture, utc, incident),
        elements=_elements(found),
    )


def _elements(incident: Incident) -> ElementsView:
    cut = (ref for ref in (*incident.elements, *incident.roots) if ref.startswith("link:"))
    return ElementsView(
        devices_down=tuple(sorted(incident.down)),
        devices_unreachable=tuple(sorted(incident.unreachable)),
        links_cut=tuple(sorted({ref.partition(":")[2] for ref in cut})),
    )


def _conclusion(inventory: Inventory, incident: Incident) -> str:
    parts = [f"{title(inventory, incident)} (scenario {incident.scenario.value}"]
    parts[0] += ", named by a person)." if incident.scenario_by_human else f", {incident.confidence:.0%} sure)."
    if incident.down and {f"device:{device}" for device in incident.down} != set(incident.roots):
        names = listed(device_name(inventory, device) for device in sorted(incident.down))
        parts.append(f"Down: {names}.")
    if incident.unreachable:
        parts.append(
            f"{counted(len(incident.unreachable), 'device')} behind it can't be reached and may well be healthy."
        )
    if incident.planned:
        parts.append(f"Announced work {incident.planned} explains it: customers get no notice.")
    elif not incident.strong:
        parts.append("Only one kind of evidence so far.")
    if incident.merged_into:
        parts.append(f"It turned out to be part of incident {incident.merged_into}.")
    return " ".join(parts)


def _timeline(picture: Picture, incident: Incident, utc: Utc) -> tuple[Moment, ...]:
    marks = picture.milestones.get(incident.id, Milestones())
    known = [
        (incident.last_good_at, "last good answer: the 180 s count from here"),
        (incident.onset_at, "first failure seen"),
        (incident.confirmed_at, "confirmed: it is really down"),
        (incident.opened_at, "incident opened"),
        (marks.internal_at, "on-call alerted"),
        (marks.page_at, "outage page published"),
        (marks.first_customer_at, "first customer's notice accepted"),
        (marks.all_customers_at, "all customers' notices accepted"),
        (incident.resolved_at, "resolved"),
    ]
    moments = [(at, text) for at, text in known if at is not None]
    moments += [(revision.at, revision.change) for revision in incident.revisions]
    moments.sort(key=lambda moment: moment[0])
    return tuple(Moment(utc(at), round(at - incident.last_good_at, 1), text) for at, text in moments)


def _alternative(inventory: Inventory, other: Alternative) -> AlternativeView:
    text = listed(element_name(inventory, ref) for ref in other.roots)
    # One unit of cost is a factor of ten in likelihood: confidence = 1 / (1 + sum 10^-delta).
    return AlternativeView(other.roots, text, round(10 ** min(other.extra_cost, 6.0), 1))


def _meaning(inventory: Inventory, incident: Incident) -> Iterable[str]:
    affected = incident.affected
    if incident.status in {Status.RESOLVED, Status.DISMISSED, Status.MERGED}:
        yield f"It is over; {counted(len(incident.ever_affected), 'customer')} had noticed it."
        return
    if incident.scope is Scope.MONITORING:
        yield "netwatch can't see the network: nothing is known of customers, and none is told."
        return
    if affected.out:
        yield f"{counted(len(affected.out), 'customer')} out: {_segments(inventory, affected.out)}."
        critical = [c for c in sorted(affected.out) if _has(inventory, c, Segment.CRITICAL)]
        if critical:
            yield f"Critical among them: {listed((_customer(inventory, c) for c in critical), 8)}."
    if affected.degraded:
        yield f"{counted(len(affected.degraded), 'customer')} degraded: one of several services out, or loss."
    if affected.at_risk:
        yield f"{counted(len(affected.at_risk), 'customer')} at risk: they work, but the next failure would cut them."
    if not (affected.out or affected.degraded or affected.at_risk):
        yield "No customer notices anything."
    restored = incident.ever_affected - affected.out - affected.degraded
    if restored:
        yield f"{counted(len(restored), 'customer')} of this incident restored since."


def _segments(inventory: Inventory, customers: Iterable[str]) -> str:
    counts: Counter[str] = Counter()
    for customer in customers:
        services = inventory.customers.get(customer)
        counts[services[0].segment.value if services else "no longer in the inventory"] += 1
    return ", ".join(f"{count:,} {segment}" for segment, count in sorted(counts.items(), key=lambda c: (-c[1], c[0])))


def _has(inventory: Inventory, customer: str, segment: Segment) -> bool:
    return any(service.segment is segment for service in inventory.customers.get(customer, ()))


def _customer(inventory: Inventory, customer: str) -> str:
    return f"{inventory.customers[customer][0].name} ({customer})"


def _telling(picture: Picture, incident: Incident, utc: Utc) -> Iterable[str]:
    counts: Counter[str] = Counter()
    for tally in picture.tallies.get(incident.id, ()):
        counts["told" if tally.state in _TOLD else "undone" if tally.state in _UNDONE else tally.state] += tally.count
    told = len(picture.told.get(incident.id, ()))
    if told:
        yield f"{counted(told, 'customer')} told."
    elif incident.scope in {Scope.REDUNDANCY, Scope.MONITORING} or incident.planned:
        yield "No customer is told of this kind of incident."
    else:
        yield "No customer has been told."
    if counts["undone"]:
        yield f"{counted(counts['undone'], 'message')} could not be delivered."
    if counts["suppressed"]:
        yield f"{counted(counts['suppressed'], 'message')} suppressed: vetoed, or not wanted by the recipient."
    if picture.conditions.hold:
        yield "HOLD is on: customers are told nothing until someone lifts it (netwatch hold off)."
    yield from _promises(picture, incident)
    for approval in approval_views(picture, utc, incident.id):
        which = f"Update {approval.update}" if approval.update else "The first notice"
        if approval.vetoed_by:
            yield f"{which} was vetoed by {approval.vetoed_by}; the next update waits for a person."
        elif approval.kind == ApprovalKind.VETO.value:
            yield f"{which} goes out at the end of its veto window: {approval.reason}."
        else:
            missing = max(1, approval.needed - len(approval.approved_by))
            yield f"{which} waits for {counted(missing, 'approval')}: {approval.reason}."


def _promises(picture: Picture, incident: Incident) -> Iterable[str]:
    """How the promises of this incident went; those that are not due yet are left out."""
    mine = [one for one in picture.promises if one.incident == incident.id]
    for calls, noun in ((False, "promised update"), (True, "promised call")):
        due = [
            one for one in mine if bool(one.customer) is calls and (one.kept_at is not None or one.due_at < picture.at)
        ]
        kept = sum(one.kept_at is not None and one.kept_at <= one.due_at for one in due)
        if due:
            yield f"{kept} of {counted(len(due), noun)} kept in time."
