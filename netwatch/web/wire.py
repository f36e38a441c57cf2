"""Answers as JSON and back, in one place: what the local API writes, the command line reads with the same classes.

Unknown keys are ignored when reading, so that an older command line understands a newer daemon.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from netwatch.errors import OperatingError
from netwatch.web.model import ApprovalView, IncidentView

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


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return _built(cast("Hashable", kind))


@lru_cache(maxsize=64)
def _built(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", kind))


def encode(answer: object) -> bytes:
    """Compact UTF-8 JSON of one of the model's dataclasses; instants as RFC 3339 in UTC."""
    return _adapter(type(answer)).dump_json(answer)


def encode_pretty(answer: object) -> str:
    """The same for people's eyes and for `jq`: indented by two."""
    return _adapter(type(answer)).dump_json(answer, indent=2).decode()


def decode(kind: type[T], data: bytes) -> T:
    """Raises `OperatingError` when `data` is not a `kind`: another version, or not netwatch at all."""
    try:
        found: T = _adapter(kind).validate_json(data)
    except ValidationError as error:
        raise OperatingError(
            f"the answer is not a {kind.__name__} ({error.error_count()} differences)",
            "compare `netwatch version` with the running daemon's version; restart the daemon after an upgrade",
        ) from error
    return found
