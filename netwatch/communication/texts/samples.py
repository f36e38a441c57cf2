"""Sample facts: every template is rendered with them before it may speak to anyone, and `netwatch render` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from netwatch.communication.model import ENDING, Phase
from netwatch.communication.texts.cells import SMS, TASK
from netwatch.communication.texts.facts import ASKS, Call, Cell, Facts, Root, Supplier, Task

_WORK_FROM = datetime(2026, 12, 1, 1, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
_ENDED = frozenset({
    *(phase.value for phase in ENDING), Phase.CORRECTION.value, Phase.PLANNED.value, Phase.FEEDBACK.value,
})  # fmt: skip
_TASKS: Final = frozenset({TASK, SMS[TASK]})


def sample(cell: Cell) -> Facts:
    """Facts of an invented incident that fit `cell`."""
    began = datetime(2026, 11, 22, 14, 5, tzinfo=ZoneInfo("Europe/Amsterdam"))
    now = began + timedelta(minutes=1 if cell.phase == Phase.OPENED.value else 48)
    ended = cell.phase in _ENDED
    regional = cell.scope == "regional"
    estimated = cell.phase == Phase.ESTIMATE_CHANGED.value
    silent_scope = cell.scope in {"redundancy", "monitoring"}
    return Facts(
        incident="7F3K-2026",
        phase=cell.phase,
        scope=cell.scope,
        scenario=cell.scenario,
        cause_known=cell.scenario != "unknown",
        places=("Twente", "Salland"),
        began_at=began,
        now=now,
        next_update_at=None if ended or silent_scope else now + timedelta(minutes=34),
        resolved_at=now if cell.phase in {Phase.RESOLVED.value, Phase.FEEDBACK.value} else None,
        duration_minutes=int((now - began).total_seconds() // 60),
        company="Voorbeeldnet",
        helpdesk_phone="+44 1632 960100",
        page_url="https://status.example.net/",
        offers_4g_router=True,
        customer="Jansen & Zonen" if cell.text in {"critical", "customer", "critical_call"} else "",
        segment={"critical": "critical", "critical_call": "critical", "customer": "business"}.get(cell.text, ""),
        estimate_from=now + timedelta(hours=2) if estimated else None,
        estimate_until=now + timedelta(hours=4) if estimated else None,
        estimate_before=now + timedelta(hours=1) if estimated else None,
        work_from=_WORK_FROM if cell.phase == Phase.PLANNED.value else None,
        work_until=_WORK_FROM + timedelta(hours=4) if cell.phase == Phase.PLANNED.value else None,
        work_minutes=45 if cell.phase == Phase.PLANNED.value else 0,
        feedback_url="https://help.example.net/how-was-it" if cell.phase == Phase.FEEDBACK.value else "",
        note="Our field engineer reached the site." if cell.phase == Phase.UPDATE.value else "",
        change="" if cell.phase == Phase.OPENED.value else "12 more customers are out.",
        roots=(Root("link", "trunk-17 (hgl-agg-1 - ens-core-1)"),),
        reasons=("both ends of trunk-17 report their port down", "9 devices behind it do not answer"),
        confidence=97,
        devices_down=0,
        devices_unreachable=9,
        customers_out=0 if silent_scope else 214 if regional else 1,
        customers_degraded=3 if regional else 0,
        customers_at_risk=40 if cell.scope == "redundancy" else 0,
        customers_told=0 if silent_scope else 210 if regional else 1,
        customers_silent=7 if regional else 0,
        calls=(Call("Hospital North", "+44 1632 960199", "critical", now + timedelta(minutes=10), "Anna Example"),)
        if regional or cell.text in _TASKS
        else (),
        suppliers=(Supplier("FibreCo", "+44 7700 900123", "F-2210"),),
        tasks=(
            Task(
                "lead",
                "Anna Example",
                "+44 7700 900101",
                "Take the lead and decide about the notices.",
                1,
                1,
                "K7QM",
                now + timedelta(minutes=5),
            ),
            Task("field", "", "", "Get ready to leave.", 3, 2, "3HTX"),
        ),
        ask="handed" if cell.text in _TASKS else "",
        approval="" if silent_scope or ended else "veto",
        approval_reason="214 of 4,000 customers (5.4 %)",
        release_at=None if silent_scope or ended else now + timedelta(seconds=30),
    )


def variants(cell: Cell) -> Iterator[Facts]:
    """`sample`, and what takes the other branches: little is known, much is known, it came back, it merged."""
    base = sample(cell)
    yield replace(base, change="12 more customers are out.")
    if cell.phase == Phase.CORRECTION.value:
        yield replace(base, work_from=_WORK_FROM, work_until=_WORK_FROM + timedelta(hours=4))
    if cell.text in _TASKS:
        yield from (replace(base, ask=ask, next_update_at=base.now + timedelta(minutes=34)) for ask in ASKS)
    yield replace(
        base, cause_known=False, places=(), severity="degraded", helpdesk_phone="", offers_4g_router=False,
        customer="", segment="residential", note="", change="", roots=(), reasons=(), suppliers=(), calls=(),
        customers_out=1, customers_silent=0, approval="", release_at=None, tasks=(), estimate_from=None,
        estimate_until=None, estimate_before=None, work_minutes=0,
    )  # fmt: skip
    yield replace(
        base, again=True, merged_from="2C9D-2026", merged_into="9A1B-2026", planned="m-12", approval="manual",
        approvals_needed=2, places=("Twente", "Salland", "Achterhoek", "Veluwe", "Betuwe", "Drenthe"),
        roots=tuple(Root(kind, "x") for kind in (
            "device", "link", "site", "feed", "duct", "region", "provider", "upstream", "port_group", "port", "monitor",
        )),
    )  # fmt: skip
    yield replace(
        base, approval="auto", release_at=None, segment="critical", severity="degraded",
        estimate_from=base.now + timedelta(hours=9), estimate_until=base.now + timedelta(hours=11),
    )  # fmt: skip
