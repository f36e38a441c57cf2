"""Recorded observations from a file, in the order in which netwatch would have learnt them.

Lines count as learnt in the file's order: a line whose `at` lies before an earlier line's is late, and is handed on
as late as it came. A file in which more than one line in ten is later than any poller's time-out was not written in
the order of arrival at all: it is sorted by `at` first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, field, fields, make_dataclass
from datetime import datetime
from heapq import merge
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from netwatch.errors import Fault, InputError, OperatingError, Place
from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation
from netwatch.polling.record import from_json

ValueT = TypeVar("ValueT")

#: An observation not made yet: the place of its maker in `MAKERS`, and what to give it; the first is its time, or it.
Packed = tuple[int, tuple[Any, ...]]


def _itself(observation: Observation) -> Observation:
    return observation


def _maker(kind: type[Observation]) -> Callable[..., Observation]:
    """Makes observations of `kind` at less than half the usual cost: a frozen one sets each of its fields by a call.

    So it is made as an open one with the same slots, which is then declared to be of the frozen kind.
    """
    named = [(key.name, Any, field() if key.default is MISSING else field(default=key.default)) for key in fields(kind)]
    open_kind = make_dataclass(f"Open{kind.__name__}", named, slots=True)

    def make(*values: Any) -> Any:
        made = open_kind(*values)
        made.__class__ = kind
        return made

    return make


PING, POLL, PORT, OTHER = range(4)
MAKERS: Final[tuple[Callable[..., Observation], ...]] = (
    _maker(IcmpObservation),
    _maker(SnmpObservation),
    _maker(InterfaceObservation),
    _itself,
)

#: Lateness that a poller's time-outs cause, in seconds.
TOLERANCE_S: Final = 10.0
_UNSORTED_SHARE: Final = 0.1
_MOST_FAULTS: Final = 50
_REPORT_EVERY: Final = 10_000
_LARGE_BYTES: Final = 10_000_000
_SAMPLE_EVERY: Final = 5
_AT: Final = re.compile(r'"at"\s*:\s*(?:(-?[0-9.eE+-]+)|"([^"]+)")')

# The shapes that a recorder writes, read without the general reader; whatever else a line holds goes through it.
# A line falls into its time, what stays the same from reading to reading, and (but for ports) a measured value.
_NAME: Final = r'"([ !#-\[\]-~]{1,1024})"'
_ICMP: Final = re.compile(
    rf'"probe": "icmp", "device": {_NAME}, "sent": (\d{{1,6}}), "received": (\d{{1,6}}), "rtt_ms"'
)
_SNMP: Final = re.compile(rf'"probe": "snmp", "device": {_NAME}, "ok": true, "uptime_s"')
_PORT: Final = re.compile(
    rf'"probe": "interface", "device": {_NAME}, "interface": {_NAME}, "admin": "(up|down)", '
    r'"oper": "(up|down|unknown|dormant|notPresent|lowerLayerDown|testing)"\}\n?'
)
_MOST_KNOWN: Final = 1_000_000
_LONGEST: Final = 30


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
        found = self.read(line, number)
        return None if found is None else MAKERS[found[0]](*found[1])

    def read(self, line: str, number: int) -> Packed | None:
        """The same, without making the observation where the line has a usual shape."""
        first, _, rest = line.partition(", ")
        at = first[7:]
        if first[:7] == '{"at": ' and at.replace(".", "", 1).isdecimal() and line.isascii() and _whole(at):
            found = self._usual(at, rest)
            if found is not None:
                return found
        text = line.strip()
        return (OTHER, (from_json(text, Place(self._file, number)),)) if text else None

    def _usual(self, at: str, rest: str) -> Packed | None:
        """What a line in one of the usual shapes holds; None of any other."""
        kind = rest[10:12]
        if kind == "in":
            port = self._ports.get(rest) or self._learn_port(rest)
            return (PORT, (float(at), *port)) if port is not None else None
        head, _, value = rest.rpartition(": ")
        measured = value[:-2]
        if value[-2:] != "}\n" or not measured.replace(".", "", 1).isdecimal() or not _whole(measured):
            return None
        if kind == "ic":
            ping = self._pings.get(head) or self._learn_ping(head)
            return (PING, (float(at), *ping, float(measured))) if ping is not None else None
        device = self._polls.get(head) or self._learn_poll(head)
        return (POLL, (float(at), device, True, float(measured))) if device is not None else None

    def _learn_ping(self, head: str) -> tuple[str, int, int] | None:
        found = _ICMP.fullmatch(head)
        if found is None or not int(found[2]) >= int(found[3]) >= 1:
            return None
        return _kept(self._pings, head, (found[1], int(found[2]), int(found[3])))

    def _learn_poll(self, head: str) -> str | None:
        found = _SNMP.fullmatch(head)
        return None if found is None else _kept(self._polls, head, found[1])

    def _learn_port(self, rest: str) -> tuple[str, str, str, str] | None:
        found = _PORT.fullmatch(rest)
        if found is None:
            return None
        device, interface, admin, oper = found.groups()
        return _kept(self._ports, rest, (device, interface, admin, oper))


def _whole(number: str) -> bool:
    """Whether digits with at most one point are a number in JSON, and of a usual length."""
    return number[0] != "." != number[-1] and len(number) <= _LONGEST


def _kept(known: dict[str, ValueT], text: str, value: ValueT) -> ValueT:
    if len(known) >= _MOST_KNOWN:
        known.clear()
    known[text] = value
    return value


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
    return iter(Recording((path,)))


class Recording:
    """Observations of one or several files in the order of learning.

    Several files are merged by time: parts of one recording in any order, or recordings of several pollers. A late
    line keeps its place behind the lines of its own file that came before it.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._read_bytes = dict.fromkeys(self._paths, 0)

    @property
    def size_bytes(self) -> int:
        """The size of all files together; 0 for what is no plain file."""
        return sum(path.stat().st_size for path in self._paths if path.is_file())

    @property
    def read_bytes(self) -> int:
        """How much of them was read so far."""
        return sum(self._read_bytes.values())

    def __iter__(self) -> Iterator[Observation]:
        """Read them from the beginning.

        Raises:
            InputError: with the faults of all lines of a file (at most 50), each with file, line and key.
            OperatingError: when a file can't be read.
        """
        for maker, given in self.packed():
            yield MAKERS[maker](*given)

    def packed(self) -> Iterator[Packed]:
        """The same, not made yet: cheap to hand to another process. Raises the same."""
        if len(self._paths) == 1:
            yield from self._of(self._paths[0])
            return
        for _, found in merge(*(_timed(self._of(path)) for path in self._paths), key=_first):
            yield found

    def _of(self, path: Path) -> Iterator[Packed]:
        try:
            if _was_written_by_arrival(path):
                yield from self._parsed(path)
            else:
                yield from sorted(self._parsed(path), key=_at)
        except OSError as error:
            raise OperatingError(
                f"can't read {path}: {error.strerror}", "check the path and its permissions"
            ) from error
        except UnicodeDecodeError as error:
            raise OperatingError(
                f"{path} is not UTF-8 text", "give the file that `netwatch run --record` wrote"
            ) from error

    def _parsed(self, path: Path) -> Iterator[Packed]:
        """Observations up to the first bad line; then only faults are collected, and raised."""
        faults: list[Fault] = []
        read_line = LineReader(str(path)).read
        with path.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    found = read_line(line, number)
                except InputError as error:
                    faults.extend(error.faults)
                    if len(faults) >= _MOST_FAULTS:
                        break
                    continue
                if found is not None and not faults:
                    yield found
                if not number % _REPORT_EVERY:
                    self._read_bytes[path] = raw.tell()
        if faults:
            raise InputError(faults)


def _at(found: Packed) -> float:
    at: float = found[1][0].at if found[0] == OTHER else found[1][0]
    return at


def _timed(observations: Iterable[Packed]) -> Iterator[tuple[float, Packed]]:
    """Each with the newest time so far: when it was learnt at the earliest."""
    newest_at = float("-inf")
    for found in observations:
        newest_at = max(newest_at, _at(found))
        yield newest_at, found


def _first(timed: tuple[float, Packed]) -> float:
    return timed[0]


def _was_written_by_arrival(path: Path) -> bool:
    """Whether few lines are late. Of a large file every fifth line is looked at."""
    late = total = 0
    newest_at = float("-inf")
    every = _SAMPLE_EVERY if path.stat().st_size > _LARGE_BYTES else 1
    with path.open("rb") as lines:
        for line in islice(lines, 0, None, every):
            try:
                at: float | None = float(line[7 : line.index(b",", 7)])
            except ValueError:
                at = _instant(line.decode())  # a text, another order of keys, or not an observation at all
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
