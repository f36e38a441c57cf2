"""Getting many objects at once whatever an agent makes of it, and walking within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError, Value
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Answer, Dialogue, get
from netwatch.polling.snmp.objects.terms import ObjectStatistics, Refusal
from netwatch.polling.snmp.tables import Column, TableShape, walk

MOST_QUESTIONS: Final = 64  # of one walk: about a second and a half of a device that answers at once
_NOT_THERE: Final = frozenset({ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW})
_OF_ONE_OBJECT: Final = frozenset(
    {Status.NO_SUCH_NAME, Status.GEN_ERR, Status.NO_ACCESS, Status.AUTHORIZATION_ERROR, Status.RESOURCE_UNAVAILABLE}
)
_PREFIX: Final = ber.oid("1.3")
_NUMBERS: Final = frozenset({ber.COUNTER32, ber.GAUGE32, ber.TIME_TICKS, ber.COUNTER64, ber.INTEGER})


class Cell(NamedTuple):
    """One object as read: when it was asked for, its type, its value."""

    at: float
    tag: int
    value: Value


@dataclass(slots=True)
class Fetched:
    """What came of a `fetch`, in the order of the objects; None = the agent does not have it, or did not say.

    `status` other than NO_ERROR: the agent fell silent or answered nonsense, so what is None may be there. `most` is how many
    objects a GET may have with this agent. `at` is when the first question was asked; None = none was.
    """

    status: Status
    cells: list[Cell | None]
    most: int
    at: float | None = None


def fetch(oids: Sequence[bytes], most: int, statistics: ObjectStatistics, row: int = 1) -> Dialogue[Fetched]:
    """Get `oids`, at most `most` at a time, each `row` of them in one question if that can be.

    Objects that an agent refuses are left out one by one, and questions too big for it are halved; an agent that
    refuses on and on is left alone.
    """
    found = Fetched(Status.NO_ERROR, [None] * len(oids), max(row, most // row * row))
    size = found.most
    rest = deque(range(len(oids)))
    part: list[int] = []
    refusals = 0
    while refusals <= MOST_QUESTIONS:
        part = part or [rest.popleft() for _ in range(min(size, len(rest)))]
        if not part:
            return found
        asked = [oids[place] for place in part]
        answer: Answer = yield get(asked)
        found.at = answer.at if found.at is None else found.at
        if answer.status is Status.NO_ERROR:
            _take(answer, part, asked, found, statistics)
            part = []
            continue
        refusals += 1
        if answer.status in _OF_ONE_OBJECT and 0 < answer.error_index <= len(part):
            del part[answer.error_index - 1]
        elif answer.status is Status.TOO_BIG or answer.status in _OF_ONE_OBJECT:
            half = len(part) // 2
            size = max(1, half // row * row or half)
            if answer.status is Status.TOO_BIG:
                found.most = size
            rest.extendleft(reversed(part if half else []))
            part = []
        else:
            found.status = answer.status
            return found
    found.status = Status.GEN_ERR
    return found


def _take(
    answer: Answer, part: Sequence[int], asked: Sequence[bytes], found: Fetched, statistics: ObjectStatistics
) -> None:
    """Put an answer's values into their places; none of them when it is not about what was asked."""
    if [name for name, _, _ in answer.varbinds] != asked:
        statistics.refused[Refusal.MISMATCH] += 1
        found.status = Status.GEN_ERR
        return
    for place, (_, tag, value) in zip(part, answer.varbinds, strict=True):
        found.cells[place] = None if tag in _NOT_THERE else Cell(answer.at, tag, value)


class Walked(NamedTuple):
    """What came of a walk. `at` is when it began; None = not even a question was asked."""

    at: float | None
    status: Status
    columns: list[Column]


def walk_within(shape: TableShape, columns: Sequence[bytes], statistics: ObjectStatistics) -> Dialogue[Walked | None]:
    """Walk columns of one table by at most 64 questions; None when it is longer."""
    dialogue = walk(shape, columns)
    begun_at: float | None = None
    try:
        question = next(dialogue)
        for _ in range(MOST_QUESTIONS):
            answer = yield question
            begun_at = answer.at if begun_at is None else begun_at
            question = dialogue.send(answer)
    except StopIteration as end:
        status, found = end.value
        return Walked(begun_at, status, found)
    dialogue.close()
    statistics.refused[Refusal.TOO_MANY_ROWS] += 1
    return None


def row_numbers(row: bytes) -> tuple[int, ...]:
    """The numbers of a row's encoded index; () when it is none."""
    try:
        return ber.sub_identifiers(_PREFIX + row)[2:]
    except MalformedError:
        return ()


def number(cell: Cell | None) -> int | None:
    """The whole number in a cell; None when it holds none."""
    return cell.value if cell is not None and cell.tag in _NUMBERS and isinstance(cell.value, int) else None
