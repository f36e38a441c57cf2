"""Facts for `render`: those of an incident that the daemon knows, or of a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

from netwatch.communication.settings import CommunicationSettings, zone_of
from netwatch.communication.texts.facts import VARIABLES, Facts, Root, clean, clean_note
from netwatch.errors import InputError
from netwatch.sources import Faults, Suggester, read_yaml, validate
from netwatch.web.model import IncidentView


def of_settings(facts: Facts, settings: CommunicationSettings) -> Facts:
    """Sample facts in the operator's own name."""
    critical = facts.segment in {"critical", "wholesale"}
    phone = settings.priority_phone if critical and settings.priority_phone else settings.helpdesk_phone
    return replace(
        facts,
        company=clean(settings.company),
        page_url=settings.page_url,
        helpdesk_phone=clean(phone),
        offers_4g_router=settings.offers_4g_router,
    )


def of_incident(facts: Facts, incident: IncidentView, settings: CommunicationSettings, now: datetime) -> Facts:
    """What the daemon knows of an incident in place of the samples; what it does not tell is left out."""
    zone = zone_of(settings)
    end = incident.resolved_at or now
    return replace(
        of_settings(facts, settings),
        incident=incident.id,
        scenario=incident.scenario,
        cause_known=incident.scenario != "unknown" and incident.confidence >= settings.sure_confidence,
        places=(),
        began_at=incident.onset_at.astimezone(zone),
        now=now.astimezone(zone),
        next_update_at=_local(incident.next_update_at, zone),
        resolved_at=_local(incident.resolved_at, zone),
        duration_minutes=max(0, round((end - incident.onset_at).total_seconds() / 60)),
        severity="degraded" if incident.customers_degraded and not incident.customers_out else "out",
        note=clean_note(incident.note),
        change="",
        roots=tuple(
            Root(ref.partition(":")[0], clean(name))
            for ref, name in zip(incident.root_causes, incident.root_names, strict=False)
        ),
        reasons=(),
        confidence=round(incident.confidence * 100),
        planned=clean(incident.planned or ""),
        devices_down=incident.devices_down,
        devices_unreachable=incident.devices_unreachable,
        customers_out=incident.customers_out,
        customers_degraded=incident.customers_degraded,
        customers_at_risk=incident.customers_at_risk,
        customers_told=incident.told,
        customers_silent=0,
        calls=(),
        suppliers=(),
        tasks=(),
        approval="",
        approval_reason="",
        release_at=None,
    )


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)


def of_file(facts: Facts, path: Path, zone: ZoneInfo) -> Facts:
    """The same with the variables that a YAML file gives. A time without a zone is one of `zone`.

    Raises:
        InputError: every unknown variable and wrong value.
    """
    node = read_yaml(path)
    kinds = get_type_hints(Facts)
    faults = Faults()
    given: dict[str, Any] = {}
    for name, value in node.items():
        if name not in kinds:
            hint = Suggester(VARIABLES).hint(name)
            faults.add(value.key_place, f'no variable is named "{name}"', f"see docs/reference/texts.md{hint}")
            continue
        try:
            given[name] = validate(value, kinds[name], lines=True)
        except InputError as error:
            faults.extend(error.faults)
    faults.raise_any()
    for name, value in given.items():
        if isinstance(value, datetime):
            given[name] = value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    return replace(facts, **given)
