"""Reads shifts from a CSV file: duty,person,start,end, one line a shift, times as on the wall."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from netwatch.communication.people import Duty
from netwatch.communication.planning.duties.model import StandIn
from netwatch.errors import Place
from netwatch.sources import Faults, one_of, quoted, read_text

COLUMNS: Final = ("duty", "person", "start", "end")
_LIMIT_BYTES: Final = 4_000_000
_DUTIES: Final = tuple(duty.value for duty in Duty)


def read_shifts(path: Path, faults: Faults, *, named_at: Place | None = None) -> tuple[StandIn, ...]:
    """The shifts of a file; every fault is noted, and the lines without one are kept."""
    with faults.collecting():
        lines = read_text(path, limit_bytes=_LIMIT_BYTES, named_at=named_at).splitlines()
        rows = csv.reader(lines)
        header = [name.strip() for name in next(rows, [])]
        if tuple(header) != COLUMNS:
            faults.add(Place(str(path), 1), f"the columns are {quoted(','.join(header))}", f"write {','.join(COLUMNS)}")
            return ()
        return tuple(_shifts(path, rows, faults))
    return ()


def _shifts(path: Path, rows: Iterator[list[str]], faults: Faults) -> Iterator[StandIn]:
    for line, row in enumerate(rows, start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        place = Place(str(path), line)
        if len(cells) != len(COLUMNS):
            faults.add(place, f"{len(cells)} cells where {len(COLUMNS)} belong", f"write {','.join(COLUMNS)}")
            continue
        duty, person, start, end = cells
        begins, ends = _moment(start), _moment(end)
        if duty not in _DUTIES:
            faults.add(place, f"no duty is named {quoted(duty)}", one_of(_DUTIES, duty))
        elif begins is None or ends is None:
            wrong = start if begins is None else end
            faults.add(place, f"{quoted(wrong)} is no date and time", "write it as in 2026-12-24 08:00")
        else:
            yield StandIn(Duty(duty), person, begins, ends)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
