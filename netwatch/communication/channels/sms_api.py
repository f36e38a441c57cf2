"""One SMS as a gateway's API wants it, and what its answer means. Pure: descriptions and bytes in, values out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from netwatch.communication.channels import paths
from netwatch.communication.channels.http import Answer
from netwatch.communication.channels.sms_settings import Body, NumberForm, SmsApi, SmsRoute
from netwatch.communication.delivery.outcome import Outcome, Result, of_status
from netwatch.sources import read_yaml, validate

_PRESETS: Final = Path(__file__).with_name("sms_presets.yaml")
#: What may stand in logs of a gateway's own words.
_UNTELLABLE: Final = re.compile(r"[^A-Za-z0-9._-]")
_CODE_LONGEST: Final = 24


def presets() -> Mapping[str, SmsApi]:
    """The descriptions that come with netwatch, by name."""
    found = validate(read_yaml(_PRESETS), dict[str, SmsApi])
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True)
class Sms:
    """One message for a gateway. `to` is international; `unicode`: beyond the GSM alphabet; `callback` "" = none."""

    to: str
    text: str
    reference: str
    unicode: bool
    callback: str = ""


def request(api: SmsApi, route: SmsRoute, sms: Sms) -> dict[str, Any]:
    """What is sent, as httpx' json, data or params."""
    named = {
        api.to_field: written(sms.to, api.numbers),
        api.text_field: sms.text,
        api.sender_field: route.sender,
        api.reference_field: sms.reference,
        api.callback_field: sms.callback,
        **api.fields,
        **(api.unicode_fields if sms.unicode else {}),
    }
    wanted = {field: value for field, value in named.items() if field and value}
    if api.body is not Body.JSON:
        return {"data" if api.body is Body.FORM else "params": wanted}
    document: dict[str, Any] = {}
    for field, value in wanted.items():
        paths.put(document, field, value)
    return {"json": document}


def written(number: str, form: NumberForm) -> str:
    """An international number as the gateway writes it."""
    digits = number.removeprefix("+")
    return {NumberForm.PLUS: f"+{digits}", NumberForm.DIGITS: digits, NumberForm.ZEROS: f"00{digits}"}[form]


def address(template: str, **values: str) -> str:
    """An address with its {names} filled in, each as one part of the path."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template


def document_of(answer: Answer) -> Any:
    """The answer's JSON; None when it is none."""
    try:
        return None if answer.cut else json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def verdict(api: SmsApi, answer: Answer) -> tuple[Result, str]:
    """What became of a message, and the gateway's own id of it ("" = it gave none).

    An answer that can't be understood, with a status that means accepted, leaves doubt: the message may have gone.
    """
    document = document_of(answer)
    code = (paths.get(document, api.error_field) or "") if api.error_field else ""
    detail = f"http {answer.status}" + (f" code {_told(code)}" if code else "")
    expected = answer.status in api.accepted_statuses
    if expected and _accepted(api, document):
        return Result(Outcome.ACCEPTED, f"http {answer.status}"), _id(api, document)
    for codes, outcome in (
        (api.repeated_codes, Outcome.ACCEPTED),
        (api.throttled_codes, Outcome.THROTTLED),
        (api.recipient_codes, Outcome.RECIPIENT_PERMANENT),
        (api.configuration_codes, Outcome.CONFIGURATION),
    ):
        if code in codes:
            return Result(outcome, detail, of_status(429, answer.retry_after).retry_after_s), ""
    if not 200 <= answer.status < 300:
        found = of_status(answer.status, answer.retry_after, idempotent=api.idempotent)
        return Result(found.outcome, detail, found.retry_after_s), ""
    if code:
        return Result(Outcome.CONTENT, detail), ""
    return Result(Outcome.UNKNOWN, f"{detail}, not understood"), ""


def _accepted(api: SmsApi, document: Any) -> bool:
    if not api.accepted_field:
        return True
    value = paths.get(document, api.accepted_field)
    return value is not None and (not api.accepted_values or value in api.accepted_values)


def _id(api: SmsApi, document: Any) -> str:
    found = paths.get(document, api.id_field) if api.id_field else None
    return found if found is not None and len(found) <= 200 else ""


def _told(code: str) -> str:
    return _UNTELLABLE.sub("?", code[:_CODE_LONGEST])


def delivered(api: SmsApi, state: str | None) -> bool | None:
    """What a receipt's state says: on the phone, never to be, or not known yet (None)."""
    if state in api.delivered_values:
        return True
    return False if state in api.undelivered_values else None
