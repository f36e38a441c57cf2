"""Steps of the pipeline as one transaction: their changes, their plans, and what is to be remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection
from types import MappingProxyType

from netwatch.communication.model import Plan
from netwatch.diagnosis.model import Memory
from netwatch.incidents.model import Change
from netwatch.storage import approvals, journal, outbox, reach


@dataclass(frozen=True, slots=True)
class Entry:
    """What a step decided.

    `communication` (JSON) None = unchanged. `memories` are those that changed, None = the diagnosis was not asked; what
    it did not hand out then is as good as it was. `documents` by the caller's names.
    """

    changes: Sequence[Change] = ()
    plan: Plan = field(default_factory=Plan)
    communication: str | None = None
    memories: Sequence[Memory] | None = None
    documents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def write_step(connection: Connection, step: Entry, now: float) -> int:
    """Write all of it; writing the same again adds no message. Returns how many messages were new.

    The order matters: incidents first, for what their end overtakes; then what the plan overtakes; then its messages.
    """
    journal.write_changes(connection, step.changes)
    approvals.write_approvals(connection, step.plan.approvals, step.plan.messages)
    for incident, update in step.plan.supersede:
        outbox.overtake_update(connection, incident, update, now)
    entered = outbox.enter(connection, step.plan.messages, now)
    reach.deal_with(connection, step.plan.dealt_with)
    for incident in dict.fromkeys(change.incident.id for change in step.changes):
        outbox.overtake_incident(connection, incident, now)
    for change in step.changes:
        if change.incident.planned is not None:
            outbox.overtake_announced(connection, change.incident.id, now)
    journal.write_promises(connection, step.plan.promises)
    journal.write_page(connection, step.plan.page)
    for name, document in step.documents.items():
        journal.write_kept(connection, f"document.{name}", document)
    if step.communication is not None:
        journal.write_kept(connection, "communication", step.communication)
    if step.memories is not None:
        journal.write_memories(connection, step.memories, now)
    return entered
