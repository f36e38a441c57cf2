"""Answers as JSON and back, in one place: what the local API writes, the command line reads with the same classes.

Writing needs the standard library alone, so that the daemon keeps no other.
Unknown keys are ignored when reading, so that an older command line understands a newer daemon.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from netwatch.errors import OperatingError
from netwatch.late import late
from netwatch.sources import adapter_of
from netwatch.web.model import ApprovalView, IncidentView

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = late("pydantic")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Incidents:
    """A list of incidents under its name, so that more can stand beside it later."""

    incidents: tuple[IncidentView, ...]


@dataclass(frozen=True, slots=True)
class Approvals:
    """What waits for people or time."""

    approvals: tuple[ApprovalView, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error: what is wrong and what mends it. `error` is a stable word for programs."""

    error: str
    what: str
    mend: str = ""


def encode(answer: object) -> bytes:
    """Compact UTF-8 JSON of one of the model's dataclasses; instants as RFC 3339 in UTC."""
    return json.dumps(answer, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def encode_pretty(answer: object) -> str:
    """The same for people's eyes and for `jq`: indented by two."""
    return json.dumps(answer, default=_plain, ensure_ascii=False, indent=2)


def _plain(value: object) -> object:
    """What JSON has for a value that is none of its own."""
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} can't be told in JSON")


def decode(kind: type[T], data: bytes) -> T:
    """Raises `OperatingError` when `data` is not a `kind`: another version, or not netwatch at all."""
    try:
        return adapter_of(kind).validate_json(data)
    except pydantic.ValidationError as error:
        raise OperatingError(
            f"the answer is not a {kind.__name__} ({error.error_count()} differences)",
            "compare `netwatch version` with the running daemon's version; restart the daemon after an upgrade",
        ) from error
