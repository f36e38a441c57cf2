"""`netwatch drill`: what the operator's netwatch would do about a fault, second by second; nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from netwatch.communication.model import Plan
from netwatch.communication.planning import CommunicationState
from netwatch.config import Config
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.inventory.model import Inventory
from netwatch.simulation.faults import Breakage
from netwatch.simulation.replay import planner_of
from netwatch.simulation.routes import Routes
from netwatch.simulation.runner import Rehearsal, RehearsalLog, simulate_with
from netwatch.simulation.story import Story
from netwatch.simulation.telling import Told, follow
from netwatch.simulation.verdict import COLLEAGUE, PROMISE_S, Account, Hits, Verdict, account_of, judge

#: A fault without `for` is watched for so long.
_OPEN_END_S: Final = 600.0
#: After the last mend the recovery is watched for so long.
_AFTER_S: Final = 240.0
#: A drill's warm-up begins at 2026-01-05 02:00 UTC, a Monday: equal drills give equal texts, on whatever day.
_ORIGIN_AT: Final = 1_767_578_400.0


def drill(
    settings: Config,
    inventory: Inventory,
    faults: Sequence[Breakage],
    seed: int = 0,
    approve_after_s: float | None = None,
) -> dict[str, Any]:
    """The account of a drill: the JSON of `netwatch drill --json`.

    Times count from the end of the warm-up, as the faults' do. A message that waits for a person's approval, or
    that a newer one overtook, is released at null. `accepted_at` reckons with relays as fast as the settings ask.
    `approve_after_s`: people approve so many seconds after they are asked; None = nobody does.

    Raises:
        InputError: with every fault of the playbook or the texts.
    """
    ends = [fault.at_s + _OPEN_END_S if fault.for_s is None else fault.end_s + _AFTER_S for fault in faults]
    rehearsal = Rehearsal(
        inventory,
        tuple(faults),
        seed,
        duration_s=max(ends, default=_AFTER_S),
        diagnosis=settings.diagnosis,
        incidents=settings.incidents,
        polling=settings.polling,
        approve_after_s=approve_after_s,
        origin_at=_ORIGIN_AT,
    )
    log = simulate_with(rehearsal, planner_of(settings, inventory), CommunicationState())
    told = follow(log.plans, settings.channels.delivery.mailing_budget_s, approve_after_s)
    hits = Hits.of(log.network, log.warmup_s + rehearsal.duration_s)
    routes = Routes.of(settings, inventory)
    verdict = judge(hits, published(log), told, routes.missing_for)
    accounts = accounts_of(log, told, hits)
    return {
        "faults": [str(fault) for fault in faults],
        "seed": seed,
        "promise_s": PROMISE_S,
        "incidents": _incidents(log),
        "accounts": [_account(account, log.warmup_s) for account in accounts],
        "timeline": [_moment(at, what, log.warmup_s) for at, what in _timeline(log)],
        "messages": [_message(one, log.warmup_s, routes.real) for one in told],
        "approvals": list(_approvals(log)),
        "page": list(_page(log)),
        "truth": _truth(log, rehearsal.duration_s),
        "promise": {**_promise(verdict, accounts), **routes.account(verdict)},
    }


def published(log: RehearsalLog) -> list[Incident]:
    """Incidents that were told to anyone, as they ended; without those that were merged into another."""
    return [i for i in log.incidents.values() if i.opened_at is not None and i.status is not Status.MERGED]


def accounts_of(log: RehearsalLog, told: Sequence[Told], hits: Hits) -> list[Account]:
    """The stages of each published incident, by the time of its opening."""
    found = []
    for incident in sorted(published(log), key=lambda one: (one.opened_at or 0.0, one.id)):
        pages = [at for at, plan in log.plans for entry in plan.page if entry.incident == incident.id]
        before = [at for at in log.network.changes_at if at <= incident.onset_at]
        found.append(account_of(incident, told, min(pages, default=None), hits, max(before, default=0.0)))
    return found


def _incidents(log: RehearsalLog) -> list[dict[str, Any]]:
    story = Story()
    story.add(log.changes, None, 0.0)
    for at, plan in log.plans:
        story.add((), plan, at)
    found: list[dict[str, Any]] = story.account()["incidents"]
    for incident in found:
        for key in ("opened_at", "confirmed_at", "resolved_at"):
            if incident[key] is not None:
                incident[key] = round(incident[key] - log.warmup_s, 3)
        for revision in incident["revisions"]:
            revision["at"] = round(revision["at"] - log.warmup_s, 3)
        incident["alternatives"] = [
            {"root_causes": list(other.roots), "extra_cost": round(other.extra_cost, 3)}
            for other in log.incidents[incident["id"]].alternatives
        ]
    return found


def _account(account: Account, warmup_s: float) -> dict[str, Any]:
    return {
        "incident": account.incident,
        "fault_at": round(account.fault_at - warmup_s, 3),
        "customers": account.customers,
        "stages": [asdict(stage) for stage in account.stages],
    }


def _moment(at: float, what: str, warmup_s: float) -> dict[str, Any]:
    return {"at": round(at - warmup_s, 3), "what": what}


def _timeline(log: RehearsalLog) -> list[tuple[float, str]]:
    """What really happens to the network, and what netwatch makes of it, in order."""
    moments = [(at, f"the network: {what}") for at, what in log.network.story() if at >= log.warmup_s]
    moments += [(change.at, f"{change.incident.id}: {_change(change)}") for change in log.changes if change.reason]
    moments += [(at, what) for at, plan in log.plans for what in _planned(plan)]
    return sorted(moments, key=lambda moment: moment[0])


def _change(change: Change) -> str:
    word = "" if change.kind is ChangeKind.INTERNAL else f"{change.kind.value.replace('_', ' ')}. "
    joined = f" +{len(change.newly_affected):,} customers." if change.newly_affected else ""
    left = f" -{len(change.restored):,} customers." if change.restored else ""
    return f"{word}{change.reason}{joined}{left}".strip()


def _planned(plan: Plan) -> Iterator[str]:
    counts: dict[tuple[str, str, str, str], int] = {}
    for message in plan.messages:
        key = (message.incident, message.phase.value, message.audience.value, message.channel)
        counts[key] = counts.get(key, 0) + 1
    for (incident, phase, audience, channel), count in counts.items():
        yield f'{incident}: {count:,} texts "{phase}" to {audience} by {channel}'
    for entry in plan.page:
        yield f"{entry.incident}: the outage page {'is withdrawn' if entry.withdrawn else 'is written'}"


def _message(one: Told, warmup_s: float, routes: Collection[str]) -> dict[str, Any]:
    """A message whose channel has no route is told at the times at which it would leave."""
    message = one.message
    return {
        "planned_at": round(one.planned_at - warmup_s, 3),
        "released_at": _since(one.released_at, warmup_s),
        "accepted_at": _since(one.accepted_at, warmup_s),
        "fate": one.fate.value if message.channel in routes else "no route",
        "incident": message.incident,
        "phase": message.phase.value,
        "update": message.update,
        "audience": message.audience.value,
        "channel": message.channel,
        "recipient": message.recipient,
        "address": message.address,
        "language": message.language,
        "priority": message.priority,
        "subject": message.subject,
        "body": message.body,
    }


def _since(at: float | None, warmup_s: float) -> float | None:
    return None if at is None else round(at - warmup_s, 3)


def _approvals(log: RehearsalLog) -> Iterator[dict[str, Any]]:
    for at, plan in log.plans:
        for approval in plan.approvals:
            yield {
                "at": round(at - log.warmup_s, 3),
                "incident": approval.incident,
                "update": approval.update,
                "kind": approval.kind.value,
                "release_at": round(approval.release_at - log.warmup_s, 3),
                "needed": approval.needed,
                "reason": approval.reason,
            }


def _page(log: RehearsalLog) -> Iterator[dict[str, Any]]:
    """The page as it would read after each change of it, with what the phone queue reads out."""
    for at, plan in log.plans:
        for entry in plan.page:
            yield {
                "at": round(at - log.warmup_s, 3),
                "incident": entry.incident,
                "resolved": entry.resolved_at is not None,
                "withdrawn": entry.withdrawn,
                "next_update_at": _since(entry.next_update_at, log.warmup_s),
                "texts": list(_texts(entry.texts)),
                "phone": list(_texts(entry.phone)),
            }


def _texts(texts: Iterable[tuple[str, str, str]]) -> Iterator[dict[str, str]]:
    for language, title, body in texts:
        yield {"language": language, "title": title, "body": body}


def _truth(log: RehearsalLog, duration_s: float) -> list[dict[str, Any]]:
    """Who is really without service after each change of the network."""
    end_at = log.warmup_s + duration_s
    found: list[dict[str, Any]] = []
    for at in (at for at in log.network.changes_at if log.warmup_s <= at < end_at):
        affected = log.network.affected(at)
        now = {name: sorted(getattr(affected, name)) for name in ("out", "degraded", "at_risk")}
        if not found or {name: found[-1][name] for name in now} != now:
            found.append({"at": round(at - log.warmup_s, 3), **now})
    return found


def _promise(verdict: Verdict, accounts: Sequence[Account]) -> dict[str, Any]:
    """The verdict. Seconds count from the failure of each customer's own service, or of the incident's elements."""
    inside_s = [
        stage.since_fault_s
        for account in accounts
        for stage in account.stages
        if stage.name == COLLEAGUE and stage.since_fault_s is not None
    ]
    lists = ("late", "missed", "wrong", "waiting", "unreachable", "unrouted")
    return {
        "kept": verdict.kept,
        "sentence": verdict.sentence,
        "customers_told": verdict.told,
        "first_colleague_s": min(inside_s, default=None),
        "first_customer_s": verdict.best_s,
        "last_first_notice_s": verdict.worst_s,
        "waits_for_approval": len(verdict.waiting),
        **{name: list(getattr(verdict, name)) for name in lists},
    }
