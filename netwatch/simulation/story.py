"""What happened, gathered from changes and plans: the account that replay and drill print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netwatch.communication.model import CUSTOMERS, EXTERNAL, Message, Plan
from netwatch.incidents.model import Change, Incident, Status


class Story:
    """Collects changes and plans step by step; `account` is the JSON of design 5.3."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self._out: dict[str, set[str]] = {}
        self._degraded: dict[str, set[str]] = {}
        self._at_risk: dict[str, set[str]] = {}
        self._planned: dict[tuple[str, int], list[Message]] = {}
        self._release_at: dict[tuple[str, int], float] = {}
        self._superseded: set[str] = set()

    def add(self, changes: Iterable[Change], plan: Plan | None, now: float) -> None:
        """Take in one step."""
        for change in changes:
            incident = change.incident
            self.incidents[incident.id] = incident
            if incident.opened_at is not None:
                self._out.setdefault(incident.id, set()).update(incident.affected.out)
                self._degraded.setdefault(incident.id, set()).update(incident.affected.degraded)
                self._at_risk.setdefault(incident.id, set()).update(incident.affected.at_risk)
        if plan is not None and plan:
            self._take_plan(plan, now)

    def _take_plan(self, plan: Plan, now: float) -> None:
        for incident, below in plan.supersede:
            for (owner, number), messages in self._planned.items():
                unsent = self._release_at.get((owner, number), now) > now
                if owner == incident and number < below and unsent:
                    self._superseded.update(m.id for m in messages if m.audience in EXTERNAL)
        for message in plan.messages:
            self._planned.setdefault((message.incident, message.update), []).append(message)
        for approval in plan.approvals:
            self._release_at[approval.incident, approval.update] = approval.release_at

    def messages_of(self, incident: str) -> tuple[int, int]:
        """Messages to customers and inside the house that were not superseded before their release."""
        all_of_it = [
            message
            for (owner, _), messages in self._planned.items()
            for message in messages
            if owner == incident and message.id not in self._superseded
        ]
        customers = sum(message.audience in CUSTOMERS for message in all_of_it)
        return customers, sum(message.audience not in EXTERNAL for message in all_of_it)

    def account(self) -> dict[str, Any]:
        """Every incident that was published and not merged into another, by opening time."""
        published = [i for i in self.incidents.values() if i.opened_at is not None and i.status is not Status.MERGED]
        return {"incidents": [self._of(i) for i in sorted(published, key=lambda i: (i.opened_at or 0.0, i.id))]}

    def _of(self, incident: Incident) -> dict[str, Any]:
        out = self._out.get(incident.id, set())
        degraded = self._degraded.get(incident.id, set()) - out
        at_risk = self._at_risk.get(incident.id, set()) - out - degraded
        customers, internal = self.messages_of(incident.id)
        return {
            "id": incident.id,
            "scope": incident.scope.value,
            "scenario": incident.scenario.value,
            "root_causes": list(incident.roots),
            "opened_at": incident.opened_at,
            "confirmed_at": incident.confirmed_at,
            "resolved_at": incident.resolved_at,
            "customers": {"out": sorted(out), "degraded": sorted(degraded), "at_risk": sorted(at_risk)},
            "confidence": round(incident.confidence, 4),
            "reasons": list(incident.reasons),
            "revisions": [{"at": revision.at, "change": revision.change} for revision in incident.revisions],
            "messages": {"customers": customers, "internal": internal},
        }
