"""Recorded observations from a file, in the order in which netwatch would have learnt them.

Lines count as learnt in the file's order: a line whose `at` lies before an earlier line's is late, and is handed on
as late as it came. A file in which more than one line in ten is later than any poller's time-out was not written in
the order of arrival at all: it is sorted by `at` first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Final

from netwatch.errors import Fault, InputError, OperatingError, Place
from netwatch.polling.model import Observation
from netwatch.polling.record import from_json
from netwatch.simulation.shapes import OTHER, Maker, Packed, Shape, shape_of_measured, shape_of_port

#: Lateness that a poller's time-outs cause, in seconds.
TOLERANCE_S: Final = 10.0
_UNSORTED_SHARE: Final = 0.1
_MOST_FAULTS: Final = 50
_REPORT_EVERY: Final = 10_000
_LARGE_BYTES: Final = 10_000_000
_SAMPLE_EVERY: Final = 5
_AT: Final = re.compile(r'"at"\s*:\s*(?:(-?[0-9.eE+-]+)|"([^"]+)")')
_MOST_KNOWN: Final = 1_000_000
_LONGEST: Final = 30


class LineReader:
    """Reads the lines of one file. What stays the same from line to line is read once, and appended to `shapes`."""

    def __init__(self, file: str, shapes: list[Shape]) -> None:
        self._file = file
        self._shapes = shapes
        self._places: dict[str, int] = {}

    def read(self, line: str, number: int) -> Packed | None:
        """What line `number` says; None for an empty line.

        Raises:
            InputError: as `netwatch.polling.record.from_json`.
        """
        first, _, rest = line.partition(", ")
        at = first[7:]
        if first[:7] == '{"at": ' and at.replace(".", "", 1).isdecimal() and line.isascii() and _whole(at):
            found = self._usual(float(at), rest)
            if found is not None:
                return found
        text = line.strip()
        if not text:
            return None
        observation = from_json(text, Place(self._file, number))
        return OTHER, observation.at, observation

    def _usual(self, at: float, rest: str) -> Packed | None:
        """What a line in one of the usual shapes holds; None of any other."""
        if rest[10:12] == "in":
            place = self._places.get(rest)
            if place is None:
                place = self._learn(rest, shape_of_port(rest))
            return (place, at, 0.0) if place != OTHER else None
        head, _, value = rest.rpartition(": ")
        measured = value[:-2]
        if value[-2:] != "}\n" or not measured.replace(".", "", 1).isdecimal() or not _whole(measured):
            return None
        place = self._places.get(head)
        if place is None:
            place = self._learn(head, shape_of_measured(head))
        return (place, at, float(measured)) if place != OTHER else None

    def _learn(self, text: str, shape: Shape | None) -> int:
        """The place of a new shape; `OTHER` when it is none, or too many are known."""
        place = len(self._shapes)
        if shape is None or place >= _MOST_KNOWN:
            return OTHER
        self._places[text] = place
        self._shapes.append(shape)
        return place


def _whole(number: str) -> bool:
    """Whether digits with at most one point are a number in JSON, and of a usual length."""
    return number[0] != "." != number[-1] and len(number) <= _LONGEST


def parse_line(line: str, file: str, number: int) -> Observation | None:
    """The observation of line `number` of `file`; None for an empty line.

    Raises:
        InputError: as `netwatch.polling.record.from_json`.
    """
    shapes: list[Shape] = []
    found = LineReader(file, shapes).read(line, number)
    return None if found is None else Maker(shapes).make((found,))[0]


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
        #: Of the lines read so far.
        self.shapes: list[Shape] = []

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
        packed = self.packed()
        maker = Maker(self.shapes)
        for found in packed:
            yield from maker.make((found,))

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
        read_line = LineReader(str(path), self.shapes).read
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
    return found[1]


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
