"""Incidents as JSON, for the journal and the doors. Reading gives back what was written, equal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final

from netwatch.diagnosis.model import Affected, Alternative, Scenario, Scope
from netwatch.errors import StorageError
from netwatch.incidents.book import Book
from netwatch.incidents.model import Incident, Revision, Status

_SETS: Final = frozenset({"ever_affected", "announced", "elements", "down", "unreachable"})
_WORDS: Final = frozenset({"roots", "reasons"})
_ENUMS: Final = {"status": Status, "scope": Scope, "scenario": Scenario}


def to_dict(incident: Incident) -> dict[str, Any]:
    """The incident in JSON's types; sets become sorted lists."""
    record: dict[str, Any] = {}
    for key in fields(incident):
        value = getattr(incident, key.name)
        if key.name in _SETS:
            value = sorted(value)
        elif key.name == "muted":
            value = None if value is None else sorted(value)
        elif key.name in _WORDS:
            value = list(value)
        elif key.name in _ENUMS:
            value = value.value
        elif key.name == "affected":
            value = {name: sorted(getattr(value, name)) for name in ("out", "degraded", "at_risk")}
        elif key.name == "alternatives":
            value = [{"roots": list(a.roots), "extra_cost": a.extra_cost} for a in value]
        elif key.name == "revisions":
            value = [{"at": revision.at, "change": revision.change} for revision in value]
        record[key.name] = value
    return record


def from_dict(record: dict[str, Any]) -> Incident:
    """The incident of `to_dict`'s output. Keys that an older netwatch did not write take their defaults.

    Raises:
        StorageError: when the record is not one.
    """
    known = {key.name for key in fields(Incident)}
    try:
        return Incident(**{name: _value(name, value) for name, value in record.items() if name in known})
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise StorageError(f"a journalled incident can't be read: {error}", "restore the newest back-up") from error


def to_json(incident: Incident) -> str:
    """One line of JSON with sorted keys."""
    return json.dumps(to_dict(incident), sort_keys=True, ensure_ascii=False, allow_nan=False)


def from_json(text: str) -> Incident:
    """The incident of `to_json`'s output.

    Raises:
        StorageError: when the text is not one.
    """
    return from_dict(_object(text))


def book_to_json(book: Book) -> str:
    """The book as JSON; timers are left out, since they begin anew after a restart."""
    return json.dumps({"incidents": [to_dict(i) for i in book.incidents.values()]}, sort_keys=True, ensure_ascii=False)


def book_from_json(text: str) -> Book:
    """The book of `book_to_json`'s output.

    Raises:
        StorageError: when the text is not one.
    """
    incidents = _object(text).get("incidents")
    if not isinstance(incidents, list):
        raise StorageError("a journalled book holds no incidents", "restore the newest back-up")
    return Book.of(from_dict(record) for record in incidents)


def _object(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError as error:
        raise StorageError(f"a journalled incident is not JSON: {error}", "restore the newest back-up") from error
    if not isinstance(record, dict):
        raise StorageError("a journalled incident is not a JSON object", "restore the newest back-up")
    return record


def _value(name: str, value: Any) -> Any:
    read = _READ.get(name)
    return value if read is None else read(value)


def _affected(value: dict[str, list[str]]) -> Affected:
    return Affected(*(frozenset(value[part]) for part in ("out", "degraded", "at_risk")))


_READ: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        **dict.fromkeys(_SETS, frozenset),
        **dict.fromkeys(_WORDS, tuple),
        **_ENUMS,
        "affected": _affected,
        "muted": lambda found: None if found is None else frozenset(found),
        "alternatives": lambda found: tuple(Alternative(tuple(a["roots"]), a["extra_cost"]) for a in found),
        "revisions": lambda found: tuple(Revision(each["at"], each["change"]) for each in found),
    }
)
