"""What people may do to an incident, and what then happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from netwatch.diagnosis.model import Scenario
from netwatch.incidents.book import Book, hit
from netwatch.incidents.closing import finish
from netwatch.incidents.model import LIVE, PUBLISHED, ChangeKind, Command, Incident, Order, Status
from netwatch.incidents.sheet import Sheet

#: An estimate that lies further ahead is a slip of the pen, seconds.
_FURTHEST_S: Final = 30 * 86_400.0


def refusal(command: Command, book: Book) -> str | None:
    """Why the order can't be carried out, with what to do instead; None when it can. For the doors."""
    incident = book.incidents.get(command.incident)
    if incident is None:
        return f'no incident "{command.incident}" is at hand; `netwatch incidents` lists them'
    if command.order is Order.CORRECT:
        told = incident.status in PUBLISHED or incident.status is Status.RESOLVED
        return None if told else f"incident {incident.id} is {incident.status}; nobody was told of it under that number"
    if incident.status not in LIVE:
        return f"incident {incident.id} is {incident.status}; only one that is not over takes orders"
    if command.order is Order.SCENARIO and command.text not in set(Scenario):
        return f'"{command.text}" is no scenario; use one of {", ".join(Scenario)}'
    return _unfit_estimate(command) if command.order is Order.ESTIMATE else None


def _unfit_estimate(command: Command) -> str | None:
    if command.until_at is None:
        return None
    if command.until_at <= command.at:
        return "that time has passed; an estimate lies ahead"
    if command.until_at > command.at + _FURTHEST_S:
        return "that is more than 30 days away; give a nearer time, or say that nobody knows yet"
    if command.from_at is not None and command.from_at > command.until_at:
        return "the estimate ends before it begins; give the earlier time first"
    return None


def obey(sheet: Sheet, command: Command, book: Book) -> None:
    """Carry out one order; one that `refusal` refuses changes nothing."""
    incident = sheet.incident(command.incident)
    if incident is None or refusal(command, book) is not None:
        return
    if command.order is not Order.CORRECT and incident.status not in LIVE:
        return  # an order before this one ended it
    told = incident.status in PUBLISHED
    if command.order is Order.NOTE:
        after = replace(incident, note=command.text)
        sheet.report(after, ChangeKind.NOTED if told else ChangeKind.INTERNAL, f"Note by {command.by}: {command.text}")
    elif command.order is Order.SCENARIO:
        after = replace(incident, scenario=Scenario(command.text), scenario_by_human=True)
        kind = ChangeKind.CAUSE_CHANGED if told else ChangeKind.INTERNAL
        sheet.report(after, kind, f"Scenario set to {command.text} by {command.by}.")
    elif command.order is Order.ESTIMATE:
        _estimate(sheet, incident, command, told=told)
    elif command.order is Order.CORRECT:
        _correct(sheet, incident, command)
    else:
        _resolve(sheet, incident, command, told=told)


def _estimate(sheet: Sheet, incident: Incident, command: Command, *, told: bool) -> None:
    after = replace(
        incident,
        estimate_from_at=command.from_at,
        estimate_until_at=command.until_at,
        note=command.text or incident.note,
    )
    if after == incident:
        return
    said = "nobody can say how long it takes"
    if command.until_at is not None:
        said = f"over in {max(1, round((command.until_at - sheet.now) / 60))} minutes at the latest"
    words = f". Note: {command.text}" if command.text else ""
    sentence = f"Estimate by {command.by}: {said}{words}"
    sheet.report(after, ChangeKind.ESTIMATED if told else ChangeKind.INTERNAL, sentence)


def _correct(sheet: Sheet, incident: Incident, command: Command) -> None:
    """Told by mistake: to some, and it goes on; to all, and it is over."""
    why = f": {command.text}" if command.text else ""
    if command.customers:
        sentence = f"Corrected for {len(command.customers)} customers by {command.by}{why}."
        sheet.report(incident, ChangeKind.CORRECTED, sentence, restored=command.customers)
        return
    sentence = f"Corrected by {command.by}{why}."
    if incident.status in PUBLISHED:
        finish(sheet, _muted(sheet, incident), sentence, sheet.now, ChangeKind.CORRECTED)
    else:
        sheet.report(incident, ChangeKind.CORRECTED, sentence)


def _muted(sheet: Sheet, incident: Incident) -> Incident:
    """The same, not told again for those who are cut off while the fault is still seen."""
    track = sheet.track(incident.id)
    seen = track is None or track.healthy_since_at is None
    return replace(incident, muted=hit(incident) if seen else None)


def _resolve(sheet: Sheet, incident: Incident, command: Command, *, told: bool) -> None:
    why = f": {command.text}" if command.text else ""
    sentence = f"Resolved by {command.by}{why}."
    incident = _muted(sheet, incident)
    if told:
        finish(sheet, incident, sentence, restored_at=sheet.now)
    else:
        sheet.report(replace(incident, status=Status.DISMISSED), ChangeKind.INTERNAL, sentence)
        sheet.put_track(incident.id, None)
