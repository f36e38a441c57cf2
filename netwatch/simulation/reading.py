"""Recorded observations from a file, in the order in which netwatch would have learnt them.

Lines count as learnt in the file's order: a line whose `at` lies before an earlier line's is late, and is handed on
as late as it came. A file in which more than one line in ten is later than any poller's time-out was not written in
the order of arrival at all: it is sorted by `at` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from netwatch.errors import Fault, InputError, OperatingError, Place
from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation
from netwatch.polling.record import from_json

ValueT = TypeVar("ValueT")

#: Lateness that a poller's time-outs cause, in seconds.
TOLERANCE_S: Final = 10.0
_UNSORTED_SHARE: Final = 0.1
_MOST_FAULTS: Final = 50
_AT: Final = re.compile(r'"at"\s*:\s*(?:(-?[0-9.eE+-]+)|"([^"]+)")')

# The shapes that a recorder writes, read without the general reader; whatever else a line holds goes through it.
# A line falls into its time, what stays the same from reading to reading, and a measured value.
_AT_FIRST: Final = re.compile(r'\{"at": -?\d{1,12}(?:\.\d{1,18})?')
_VALUE: Final = re.compile(r"\d{1,12}(?:\.\d{1,18})?")
_NAME: Final = r'"([ !#-\[\]-~]{1,1024})"'
_ICMP: Final = re.compile(rf' "probe": "icmp", "device": {_NAME}, "sent": (\d{{1,6}}), "received": (\d{{1,6}})')
_SNMP: Final = re.compile(rf' "probe": "snmp", "device": {_NAME}, "ok": true')
_PORT: Final = re.compile(
    rf' "probe": "interface", "device": {_NAME}, "interface": {_NAME}, "admin": "(up|down)", '
    r'"oper": "(up|down|unknown|dormant|notPresent|lowerLayerDown|testing)"\}\n?'
)
_MOST_KNOWN: Final = 1_000_000


class LineReader:
    """Reads the lines of one file. What stays the same from line to line is read once."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._ports: dict[str, tuple[str, str, str, str]] = {}
        self._pings: dict[str, tuple[str, int, int]] = {}
        self._polls: dict[str, str] = {}

    def parse(self, line: str, number: int) -> Observation | None:
        """The observation of line `number`; None for an empty line.

        Raises:
            InputError: as `netwatch.polling.record.from_json`.
        """
        first, _, rest = line.partition(",")
        if _AT_FIRST.fullmatch(first) is not None:
            port = self._ports.get(rest)
            if port is not None:
                return InterfaceObservation(float(first[7:]), *port)
            found = self._usual(float(first[7:]), rest)
            if found is not None:
                return found
        text = line.strip()
        return from_json(text, Place(self._file, number)) if text else None

    def _usual(self, at: float, rest: str) -> Observation | None:
        """The observation of a line in one of the usual shapes; None of any other."""
        word = rest[11:13]
        if word == "ic":
            same, _, value = rest.partition(', "rtt_ms": ')
            ping = self._pings.get(same) or self._ping(same)
            if ping is not None and ping[2] and value[-2:] == "}\n" and _VALUE.fullmatch(value, 0, len(value) - 2):
                return IcmpObservation(at, *ping, float(value[:-2]))
        elif word == "sn":
            same, _, value = rest.partition(', "uptime_s": ')
            device = self._polls.get(same) or self._poll(same)
            if device is not None and value[-2:] == "}\n" and _VALUE.fullmatch(value, 0, len(value) - 2):
                return SnmpObservation(at, device, ok=True, uptime_s=float(value[:-2]))
        elif word == "in" and (found := _PORT.fullmatch(rest)) is not None:
            device, interface, admin, oper = found.groups()
            _keep(self._ports, rest, (device, interface, admin, oper))
            return InterfaceObservation(at, device, interface, admin, oper)
        return None

    def _ping(self, text: str) -> tuple[str, int, int] | None:
        found = _ICMP.fullmatch(text)
        if found is None or not int(found[2]) >= max(1, int(found[3])):
            return None
        ping = (found[1], int(found[2]), int(found[3]))
        _keep(self._pings, text, ping)
        return ping

    def _poll(self, text: str) -> str | None:
        found = _SNMP.fullmatch(text)
        if found is None:
            return None
        _keep(self._polls, text, found[1])
        return found[1]


def _keep(known: dict[str, ValueT], text: str, value: ValueT) -> None:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[text] = value


def parse_line(line: str, file: str, number: int) -> Observation | None:
    """The observation of line `number` of `file`; None for an empty line.

    Raises:
        InputError: as `netwatch.polling.record.from_json`.
    """
    return LineReader(file).parse(line, number)


def read(path: Path) -> Iterator[Observation]:
    """All observations of a file in the order of learning.

    Raises:
        InputError: with the faults of all lines (at most 50), each with file, line and key.
        OperatingError: when the file can't be read.
    """
    try:
        if _was_written_by_arrival(path):
            yield from _parsed(path)
        else:
            yield from sorted(_parsed(path), key=lambda observation: observation.at)
    except OSError as error:
        raise OperatingError(f"can't read {path}: {error.strerror}", "check the path and its permissions") from error
    except UnicodeDecodeError as error:
        raise OperatingError(f"{path} is not UTF-8 text", "give the file that `netwatch run --record` wrote") from error


def _parsed(path: Path) -> Iterator[Observation]:
    """Observations up to the first bad line; then only faults are collected, and raised."""
    faults: list[Fault] = []
    parse = LineReader(str(path)).parse
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                observation = parse(line, number)
            except InputError as error:
                faults.extend(error.faults)
                if len(faults) >= _MOST_FAULTS:
                    break
                continue
            if observation is not None and not faults:
                yield observation
    if faults:
        raise InputError(faults)


def _was_written_by_arrival(path: Path) -> bool:
    late = total = 0
    newest_at = float("-inf")
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                at: float | None = float(line[7 : line.index(",", 7)])
            except ValueError:
                at = _instant(line)  # a text, another order of keys, or not an observation at all
            if at is None:
                continue
            total += 1
            if at > newest_at:
                newest_at = at
            elif at < newest_at - TOLERANCE_S:
                late += 1
    return late <= total * _UNSORTED_SHARE


def _instant(line: str) -> float | None:
    """The line's `at`, as far as that can be told at a glance."""
    found = _AT.search(line)
    if found is None:
        return None
    try:
        return float(found[1]) if found[1] is not None else datetime.fromisoformat(found[2]).timestamp()
    except (ValueError, OverflowError):
        return None
