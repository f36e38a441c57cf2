"""Walking columns of a table, gently: as many rows a time as fit a packet, and never in circles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import Value
from netwatch.polling.snmp.codec import V1, Status
from netwatch.polling.snmp.dialogue import Answer, Dialogue, get_bulk, get_next

MAX_ROWS: Final = 65_536
_ROOM: Final = 1_350  # bytes for bindings in a packet that needs no fragments
_BINDING: Final = 10  # tags and lengths of one binding, about
_MOST_REPETITIONS: Final = 100
_ENDS_FROM: Final = ber.NO_SUCH_OBJECT  # the types that say that there is nothing more have the highest numbers
_SAMPLE: Final = 8  # bindings whose size is taken
_ROWS_KEPT: Final = 1_024  # of each column, about 0.2 MB
_COLUMNS_KEPT: Final = 16
_FEW: Final = 4  # rows: when so few get no answer, their size is not why

Column = dict[bytes, Value]
"""Rows by what follows the column in the encoded OID."""


@dataclass(slots=True)
class TableShape:
    """What is known of an agent's way with tables.

    `repetitions` are the bindings asked at once, `ceiling` the most that it bears. `walked` is the first
    column of the table last walked, `counted` how many rows it had; negative = not known.
    """

    version: int
    repetitions: int
    ceiling: int = _MOST_REPETITIONS
    walked: bytes = b""
    counted: int = -1


def walk(shape: TableShape, columns: Sequence[bytes]) -> Dialogue[tuple[Status, list[Column]]]:
    """Read columns of one table together. A status other than NO_ERROR: they are not complete.

    GEN_ERR: the agent leads in circles, or has no end.
    """
    found: list[Column] = [{} for _ in columns]
    lasts = list(columns)
    going = list(range(len(columns)))
    longest = 0
    expected = shape.counted if columns and shape.walked == columns[0] else -1
    while going:
        if longest >= MAX_ROWS:
            return Status.GEN_ERR, found
        answer, asked = yield from _next_rows(shape, [lasts[place] for place in going], expected - longest)
        if answer.status is Status.NO_SUCH_NAME and shape.version == V1:
            if not 0 < answer.error_index <= len(going):
                return Status.GEN_ERR, found
            del going[answer.error_index - 1]  # this column's end, in v1's words
            continue
        if answer.status is not Status.NO_ERROR:
            return answer.status, found
        ended = _take(answer, going, columns, found, lasts)
        if ended is None:
            return Status.GEN_ERR, found
        _fit(shape, answer, full=not ended and len(answer.varbinds) >= asked)
        going = [place for place in going if place not in ended]
        longest = max(map(len, found))
    if columns:
        shape.walked, shape.counted = columns[0], longest
    return Status.NO_ERROR, found


def _take(
    answer: Answer, going: Sequence[int], columns: Sequence[bytes], found: list[Column], lasts: list[bytes]
) -> set[int] | None:
    """Sort an answer's rows into their columns; those that ended. None when the answer makes no sense."""
    if not answer.varbinds:
        return None
    ended: set[int] = set()
    for offset, place in enumerate(going):
        part, rows = answer.varbinds[offset :: len(going)], found[place]
        row_of, before = _rows_of(columns[place]), len(rows)
        inside = {row: value for name, tag, value in part if tag < _ENDS_FROM and (row := row_of[name]) is not None}
        if len(inside) < len(part):
            beyond = part[len(inside) :]
            if any(tag < _ENDS_FROM and row_of[name] is not None for name, tag, _ in beyond):
                return None  # a row twice, or one after the end
            ended.add(place)
        if inside:
            rows.update(inside)
            lasts[place] = part[len(inside) - 1][0]
        if len(rows) < before + len(inside):
            return None  # the agent would lead us in circles
    return ended


class _RowsOf(dict[bytes, bytes | None]):
    """A column's rows by their encoded OIDs: one object for all devices that have the row. None: of another column."""

    def __init__(self, column: bytes) -> None:
        super().__init__()
        self._column = column

    def __missing__(self, name: bytes) -> bytes | None:
        if not name.startswith(self._column):
            return None
        if len(self) >= _ROWS_KEPT:
            self.clear()
        row = self[name] = name[len(self._column) :]
        return row


@lru_cache(maxsize=_COLUMNS_KEPT)
def _rows_of(column: bytes) -> _RowsOf:
    return _RowsOf(column)


def _next_rows(shape: TableShape, lasts: Sequence[bytes], expected: int) -> Dialogue[tuple[Answer, int]]:
    """The rows after `lasts`, and how many bindings were asked for; `expected` more of each, negative = not known."""
    if shape.version == V1:
        return (yield get_next(lasts)), MAX_ROWS
    failed = 0
    while True:
        most = max(1, shape.repetitions // len(lasts))
        if expected >= 0:
            most = min(most, expected + 1)  # one more shows that it was the last
        answer = yield get_bulk(lasts, non_repeaters=0, max_repetitions=most)
        asked = most * len(lasts)
        if answer.status is Status.NO_ERROR:
            if failed:
                shape.ceiling = max(1, failed // 2)
            return answer, asked
        if answer.status not in {Status.TOO_BIG, Status.TIMEOUT} or most == 1:
            return answer, asked
        if answer.status is Status.TIMEOUT and asked <= _FEW:
            return answer, asked
        failed = asked
        shape.repetitions = max(1, asked // 2 if answer.status is Status.TOO_BIG else _FEW)


def _fit(shape: TableShape, answer: Answer, *, full: bool) -> None:
    """Ask for no more bindings than an unfragmented answer holds, and for more when the agent gave all of them."""
    sample = answer.varbinds[:: max(1, len(answer.varbinds) // _SAMPLE)]
    size = sum(len(name) + (len(value) if isinstance(value, bytes) else 4) for name, _, value in sample)
    room = int(_ROOM * len(sample) / (size + _BINDING * len(sample)))
    if room < shape.repetitions:
        shape.repetitions = max(1, room)
    elif full:
        shape.repetitions = min(room, shape.repetitions * 2, shape.ceiling)
