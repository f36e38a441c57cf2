"""Observations as JSON lines: what `netwatch replay` reads and `netwatch run --record` writes.

Each line is one object with `at` (seconds from any origin, or RFC 3339 with its offset), `probe`, the
probe's own keys, and optionally `poller`. Nothing is guessed: an unknown, doubled, missing or wrongly
typed key is a fault with the line and the key.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NoReturn

from netwatch.errors import Fault, InputError, Place
from netwatch.polling.model import (
    IcmpObservation,
    InterfaceObservation,
    LocalObservation,
    NeighbourObservation,
    Observation,
    OpticalObservation,
    PowerObservation,
    SnmpObservation,
    TrafficObservation,
    TrapObservation,
    WitnessObservation,
)

MAX_LINE: Final = 16_384
_MAX_TEXT: Final = 1_024
_MAX_COUNT: Final = 1_000_000
_MAX_BPS: Final = 1e15
_MAX_DBM: Final = 100.0
_LAST_AT: Final = 253_402_300_799.0  # the end of the year 9999
_RFC3339: Final = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

ADMIN: Final = ("up", "down", "testing")
"""ifAdminStatus. Source: RFC 2863."""
OPER: Final = ("up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown")
"""ifOperStatus. Source: RFC 2863."""
SOURCES: Final = ("mains", "battery", "none")
STATES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bgp": ("idle", "connect", "active", "opensent", "openconfirm", "established"),
        "ospf": ("down", "attempt", "init", "twoWay", "exchangeStart", "exchange", "loading", "full"),
    }
)
"""bgpPeerState and ospfNbrState. Source: RFC 4273, RFC 4750."""
UP_STATES: Final = frozenset({"established", "twoWay", "full"})

PROBES: Final[Mapping[str, type[Observation]]] = MappingProxyType(
    {
        "icmp": IcmpObservation,
        "snmp": SnmpObservation,
        "interface": InterfaceObservation,
        "trap": TrapObservation,
        "power": PowerObservation,
        "traffic": TrafficObservation,
        "neighbour": NeighbourObservation,
        "optics": OpticalObservation,
        "witness": WitnessObservation,
        "local": LocalObservation,
    }
)
_OF_A_PORT: Final = frozenset({InterfaceObservation, TrafficObservation, OpticalObservation})
_NAMES: Final = MappingProxyType({kind: probe for probe, kind in PROBES.items()})


class _Wrong(Exception):  # noqa: N818 -- never leaves this module
    """A value that its key does not allow."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def to_json(observation: Observation) -> str:
    """The observation as one line without its end; `from_json` gives it back equal."""
    record: dict[str, Any] = {"at": observation.at, "probe": _NAMES[type(observation)]}
    for key in fields(observation):
        value = getattr(observation, key.name)
        if key.name != "at" and not (key.default is not MISSING and value == key.default):
            record[key.name] = value
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def from_json(line: str, where: Place) -> Observation:
    """The observation of one line.

    Raises:
        InputError: the line is not an observation; every fault of it names the line and the key.
    """
    record = _object(line, where)
    kind = _kind(record, where)
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    known = {key.name: key for key in fields(kind)}
    for key, value in record.items():
        if key == "probe":
            continue
        if key not in known:
            faults.append(_fault(where, key[:80], "unknown key", _did_you_mean(key, known)))
            continue
        try:
            values[key] = _CHECKS[key](value)
        except _Wrong as wrong:
            faults.append(_fault(where, key, wrong.what, wrong.mend))
    faults += [
        _fault(where, name, "is missing", f"every {record['probe']} line needs it")
        for name, key in known.items()
        if name not in record and key.default is MISSING
    ]
    if not faults:
        faults += _contradictions(kind, values, where)
    if faults:
        raise InputError(faults)
    return kind(**values)


def _object(line: str, where: Place) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        _refuse(where, "", f"line of {len(line)} characters", f"an observation has at most {MAX_LINE}")
    try:
        record = json.loads(line, object_pairs_hook=_pairs, parse_constant=_constant)
    except _Wrong as wrong:
        _refuse(where, "", wrong.what, wrong.mend)
    except (ValueError, RecursionError):
        _refuse(where, "", "not JSON", "write one JSON object a line")
    if not isinstance(record, dict):
        _refuse(where, "", "not a JSON object", 'write {"at": ..., "probe": ...}')
    return record


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise _Wrong("a key stands twice", "keep one of them")
    return record


def _constant(name: str) -> NoReturn:
    raise _Wrong(f"{name} is not a number that JSON knows", "write a finite number or leave the key out")


def _kind(record: dict[str, Any], where: Place) -> type[Observation]:
    probe = record.get("probe")
    if not isinstance(probe, str) or probe not in PROBES:
        what = "is missing" if probe is None else f"unknown probe {str(probe)[:40]!r}"
        _refuse(where, "probe", what, _did_you_mean(str(probe)[:40], PROBES))
    return PROBES[probe]


def _contradictions(kind: type[Observation], values: dict[str, Any], where: Place) -> list[Fault]:
    if kind in _OF_A_PORT and not values["interface"]:
        return [_fault(where, "interface", "is empty", "name it")]
    if kind is NeighbourObservation:
        return _neighbour_contradictions(values, where)
    return _icmp_contradictions(values, where) if kind is IcmpObservation else []


def _icmp_contradictions(values: dict[str, Any], where: Place) -> list[Fault]:
    if values["sent"] < 1:
        return [_fault(where, "sent", "no ping was sent", "leave the line out")]
    if values["received"] > values["sent"]:
        return [_fault(where, "received", "more replies than pings", "at most `sent`")]
    if values["received"] == 0 and values.get("rtt_ms") is not None:
        return [_fault(where, "rtt_ms", "a time without a reply", "leave it out")]
    return []


def _neighbour_contradictions(values: dict[str, Any], where: Place) -> list[Fault]:
    protocol, state = values["protocol"], values["state"]
    if state not in STATES[protocol]:
        mend = _did_you_mean(state, dict.fromkeys(STATES[protocol]))
        return [_fault(where, "state", f"{protocol} has no state {state[:40]!r}", mend)]
    if values["up"] != (state in UP_STATES):
        return [_fault(where, "up", f"contradicts the state {state}", "up is established, twoWay or full")]
    return []


def _at(value: Any) -> float:
    if isinstance(value, str):
        return _instant(value)
    return _number(value, -_LAST_AT, _LAST_AT)


def _instant(text: str) -> float:
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise _Wrong(f"{text[:40]!r} is not RFC 3339 with an offset", "write 2026-12-01T01:00:00Z or seconds")
    day, hour_minute, second, fraction, offset = found.groups()
    leap = second == "60"  # RFC 3339 allows it; it is the first instant of the next minute
    whole = f"{day}T{hour_minute}{'59' if leap else second}{'+00:00' if offset in 'Zz' else offset}"
    try:
        seconds = datetime.fromisoformat(whole).timestamp()
    except (ValueError, OverflowError):
        raise _Wrong(f"{text[:40]!r} is no instant", "correct the date or time") from None
    return seconds + leap + float(fraction or 0)


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"{str(value)[:40]!r} is not a number", "write a number without quotes")
    if not low <= value <= high or not math.isfinite(value):
        raise _Wrong(f"{str(value)[:40]} is out of range", f"from {low:g} to {high:g}")
    return float(value)


def _interval(value: Any) -> float:
    seconds = _number(value, 0, 1e9)
    if not seconds:
        raise _Wrong("0 is no interval", "more than 0 seconds")
    return seconds


def _maybe(low: float, high: float) -> Callable[[Any], float | None]:
    return lambda value: None if value is None else _number(value, low, high)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_COUNT:
        raise _Wrong(f"{str(value)[:40]!r} is not a count", f"a whole number from 0 to {_MAX_COUNT}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"{str(value)[:40]!r} is neither true nor false", "write true or false without quotes")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _Wrong("not a text", f"a text of at most {_MAX_TEXT} characters in quotes")
    if not value.isprintable():
        raise _Wrong("holds unprintable characters", "remove them")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if not text:
        raise _Wrong("is empty", "name it")
    return text


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise _Wrong(f"unknown value {str(value)[:40]!r}", _did_you_mean(str(value)[:40], dict.fromkeys(allowed)))
        return value

    return check


_CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "at": _at,
        "poller": _text,
        "device": _name,
        "sent": _count,
        "received": _count,
        "rtt_ms": _maybe(0, 1e9),
        "ok": _flag,
        "uptime_s": _maybe(0, 1e12),
        "interface": _text,
        "admin": _one_of(ADMIN),
        "oper": _one_of(OPER),
        "trap": _name,
        "source": _one_of(SOURCES),
        "minutes_left": _maybe(0, 1e9),
        "witness": _name,
        "interval_s": _interval,
        "speed_bps": _maybe(0, _MAX_BPS),
        "in_bps": _maybe(0, _MAX_BPS),
        "out_bps": _maybe(0, _MAX_BPS),
        "in_errors_per_s": _maybe(0, _MAX_BPS),
        "out_errors_per_s": _maybe(0, _MAX_BPS),
        "in_discards_per_s": _maybe(0, _MAX_BPS),
        "out_discards_per_s": _maybe(0, _MAX_BPS),
        "protocol": _one_of(tuple(STATES)),
        "neighbour": _name,
        "state": _name,
        "up": _flag,
        "enabled": _flag,
        "remote": _text,
        "rx_dbm": _maybe(-_MAX_DBM, _MAX_DBM),
        "tx_dbm": _maybe(-_MAX_DBM, _MAX_DBM),
    }
)


def _did_you_mean(word: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word[:80], list(known), n=1)
    return f'did you mean "{near[0]}"?' if near else f"use one of {', '.join(known)}"


def _fault(where: Place, key: str, what: str, mend: str) -> Fault:
    return Fault(Place(where.file, where.line, where.column, key), what, mend)


def _refuse(where: Place, key: str, what: str, mend: str) -> NoReturn:
    raise InputError([_fault(where, key, what, mend)])
