"""Customers from CSV files, line by line, and from the `customers:` list of YAML files."""

from __future__ import annotations

import csv
from operator import itemgetter
from pathlib import Path
from typing import Final

from netwatch.errors import Place
from netwatch.inventory.draft import Draft
from netwatch.inventory.services import COLUMNS, REQUIRED, Services
from netwatch.sources import Node, Suggester, file_lines, hidden_character, quoted

_LIMIT_BYTES: Final = 2_000_000_000


def take_csv(path: Path, draft: Draft, services: Services, *, lenient: bool, named_at: Place | None = None) -> None:
    """Read one CSV file of services into the draft.

    Raises:
        InputError: the file can't be read, or its header is wrong.
    """
    rows = csv.reader(file_lines(path, limit_bytes=_LIMIT_BYTES, named_at=named_at), strict=True)
    file = str(path)
    line = begun = 0

    def place_of(column: str) -> Place:
        return Place(file, line, 0, column)

    try:
        header = [cell.strip() for cell in next(rows, [])]
        if not _check_header(header, file, draft, lenient=lenient):
            return
        # An absent column is read from the empty cell that is added at the end of each row.
        pick = itemgetter(*(header.index(column) if column in header else -1 for column in COLUMNS))
        width = len(header)
        begun = rows.line_num
        for row in rows:
            line, begun = begun + 1, rows.line_num
            if not any(row):
                continue
            if len(row) != width:
                _wrong_width(row, width, Place(file, line), draft)
                continue
            row.append("")
            services.take(tuple(map(str.strip, pick(row))), line, place_of)
    except csv.Error as error:
        what, mend = _csv_words(str(error))
        draft.faults.add(Place(file, begun + 1), what, mend)


def _csv_words(said: str) -> tuple[str, str]:
    if "end of data" in said or "field larger" in said:
        return "a quote is opened here or below, and not closed", 'close it, or write quotes inside a value twice ("")'
    if "expected after" in said:
        return "text stands behind a closing quote", 'write quotes inside a value twice ("")'
    return f"this is no CSV: {said}", 'put values that hold commas or quotes in quotes ("...")'


def take_block(node: Node, services: Services, draft: Draft) -> None:
    """Read one entry of a `customers:` list into the draft."""
    if not isinstance(node.value, dict):
        draft.faults.add(node.place, f"expected a block of keys, found {node.kind}", 'write "key: value" pairs')
        return
    count = len(draft.faults)
    cells: dict[str, str] = {}
    for name, child in node.items():
        if name not in COLUMNS:
            mend = f"known here: {', '.join(COLUMNS)}{Suggester(COLUMNS).hint(name)}"
            draft.faults.add(child.key_place, f"unknown key {quoted(name)}", mend)
        elif isinstance(child.value, list) and name == "notify":
            cells[name] = " ".join(str(entry.value) for entry in child.entries())
        elif child.value is not None and not isinstance(child.value, str):
            draft.faults.add(
                child.place, f"expected a single value, found {child.kind}", "write one value after the key"
            )
        else:
            cells[name] = (child.value or "").strip()
    for name in REQUIRED:
        if node.get(name) is None:
            draft.faults.add(node.place_of(name), f"the key {quoted(name)} is missing", f'add "{name}: ..."')
    if len(draft.faults) == count:
        services.take(tuple(cells.get(column, "") for column in COLUMNS), node.line, node.place_of)


def _check_header(header: list[str], file: str, draft: Draft, *, lenient: bool) -> bool:
    """Whether rows can be read at all."""
    place = Place(file, 1)
    if not any(header):
        draft.faults.add(Place(file), "the file is empty", f"begin it with the line {','.join(COLUMNS)}")
        return False
    if len(header) == 1 and (separator := next((mark for mark in ";\t|" if mark in header[0]), None)):
        name = "tabs" if separator == "\t" else f'"{separator}"'
        draft.faults.add(place, f"the columns are separated by {name}", 'separate them by commas (",")')
        return False
    for number, column in enumerate(header):
        if column in header[:number]:
            draft.faults.add(place, f"the column {quoted(column)} stands twice", "remove one of the two")
        elif hidden := hidden_character(column):
            draft.faults.add(place, f"the invisible character {hidden} stands in the name of a column", "remove it")
        elif column not in COLUMNS and lenient:
            draft.warn(place, f"the column {quoted(column)} is unknown and ignored", "")
        elif column not in COLUMNS:
            mend = f"remove it, or read the file with --lenient{Suggester(COLUMNS).hint(column)}"
            draft.faults.add(place, f"unknown column {quoted(column)}", mend)
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        what = f"missing {'column' if len(missing) == 1 else 'columns'}: {', '.join(missing)}"
        draft.faults.add(place, what, "add to the first line, and a value to every line")
    return not missing


def _wrong_width(row: list[str], width: int, place: Place, draft: Draft) -> None:
    what = f"{len(row)} values, but the first line names {width} columns"
    mend = "put values that hold commas in quotes" if len(row) > width else "add the missing commas"
    draft.faults.add(place, what, mend)
