"""The body of a POST to the local API: JSON to an `Order`, by the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType, NoneType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Order:
    """What a person orders. `by` may differ from the caller's login only for root; `text` is a note, reason or scenario.

    `task` is a number or code, `person` who has it; `until` and `since` are an estimate's ends, or `until` a call's time;
    `customer` and `customers` are ids; `update`: the last update that an approval is for, -1 = whatever waits.
    """

    by: str = ""
    text: str = ""
    on: bool = True
    task: str = ""
    person: str = ""
    until: datetime | None = None
    since: datetime | None = None
    customer: str = ""
    customers: tuple[str, ...] = ()
    incident: str = ""
    update: int = -1
    confirmed: bool = False
    channel: str = ""
    but_ends: bool = False


def read_order(body: bytes) -> Order:
    """The order that a body describes; keys that no order has are ignored, and an empty body is an empty order.

    Raises:
        TypeError, ValueError: it is none.
    """
    try:
        given = json.loads(body or b"{}")
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(given, dict):
        raise TypeError("the body is no object")
    known = [one for one in fields(Order) if one.name in given]
    return Order(**{one.name: _READERS[type(one.default)](given[one.name]) for one in known})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    value.encode()  # half a surrogate pair is no text; its error is one of values
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("no whole number")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return tuple(map(_text, value))


def _instant(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(_text(value))


#: By the type of a field's default.
_READERS: Final[Mapping[type, Callable[[object], Any]]] = MappingProxyType(
    {str: _text, bool: _truth, int: _number, tuple: _texts, NoneType: _instant}
)
