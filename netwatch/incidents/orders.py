"""What people may do to an incident, and what then happens."""

from __future__ import annotations

from dataclasses import replace

from netwatch.diagnosis.model import Scenario
from netwatch.incidents.book import LIVE, PUBLISHED, Book, hit
from netwatch.incidents.closing import finish
from netwatch.incidents.model import ChangeKind, Command, Incident, Order, Status
from netwatch.incidents.sheet import Sheet


def refusal(command: Command, book: Book) -> str | None:
    """Why the order can't be carried out, with what to do instead; None when it can. For the doors."""
    incident = book.incidents.get(command.incident)
    if incident is None:
        return f'no incident "{command.incident}" is at hand; `netwatch incidents` lists them'
    if incident.status not in LIVE:
        return f"incident {incident.id} is {incident.status}; only one that is not over takes orders"
    if command.order is Order.SCENARIO and command.text not in set(Scenario):
        return f'"{command.text}" is no scenario; use one of {", ".join(Scenario)}'
    return None


def obey(sheet: Sheet, command: Command, book: Book) -> None:
    """Carry out one order; one that `refusal` refuses changes nothing."""
    incident = sheet.incident(command.incident)
    if incident is None or incident.status not in LIVE or refusal(command, book) is not None:
        return
    told = incident.status in PUBLISHED
    if command.order is Order.NOTE:
        after = replace(incident, note=command.text)
        sheet.report(after, ChangeKind.NOTED if told else ChangeKind.INTERNAL, f"Note by {command.by}: {command.text}")
    elif command.order is Order.SCENARIO:
        after = replace(incident, scenario=Scenario(command.text), scenario_by_human=True)
        kind = ChangeKind.CAUSE_CHANGED if told else ChangeKind.INTERNAL
        sheet.report(after, kind, f"Scenario set to {command.text} by {command.by}.")
    else:
        _resolve(sheet, incident, command, told=told)


def _resolve(sheet: Sheet, incident: Incident, command: Command, *, told: bool) -> None:
    why = f": {command.text}" if command.text else ""
    sentence = f"Resolved by {command.by}{why}."
    track = sheet.track(incident.id)
    seen = track is None or track.healthy_since_at is None
    incident = replace(incident, muted=hit(incident) if seen else None)
    if told:
        finish(sheet, incident, sentence, restored_at=sheet.now)
    else:
        sheet.report(replace(incident, status=Status.DISMISSED), ChangeKind.INTERNAL, sentence)
        sheet.put_track(incident.id, None)
