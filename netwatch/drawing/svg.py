"""Rows to SVG: shapes, lines and words at fixed places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from netwatch.drawing.marks import LEGEND, mark, style_of
from netwatch.drawing.model import Figure, Row, State

WIDTH: Final = 360
_MARGIN: Final = 12
_INDENT: Final = 18
_DEEPEST: Final = 8
_LINE: Final = 16
_GAP: Final = 12
_LANE: Final = 7
_INK: Final = "#1a1a1a"
_SOFT: Final = "#4d4d4d"
#: Widths of one character in px, on the safe side of what common sans-serif fonts need.
_WIDE: Final = 7.7
_NARROW: Final = 6.6


def draw(figure: Figure) -> str:
    """The figure as one SVG document."""
    canvas = _Canvas(figure)
    body = [*canvas.head(), *canvas.lines(), *canvas.rows(), *canvas.legend()]
    height = canvas.bottom + _MARGIN
    frame = f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="Arial, Helvetica, sans-serif"'
    said = " ".join((figure.title, *figure.facts))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" {frame}>',
            f"<title>{_text(figure.title)}</title>",
            f"<desc>{_text(said)}</desc>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *body,
            "</svg>\n",
        ]
    )


class _Canvas:
    """Places everything from top to bottom; `bottom` is how far it has come."""

    def __init__(self, figure: Figure) -> None:
        self._figure = figure
        self._lanes = _lanes(figure)
        self._right = WIDTH - _MARGIN - (_LANE * (max(self._lanes, default=-1) + 1) + 6 if self._lanes else 0)
        title = wrapped(figure.title, WIDTH - 2 * _MARGIN, _WIDE * 16 / 13, 4)
        self._title = title
        self._facts = [line for fact in figure.facts for line in wrapped(fact, WIDTH - 2 * _MARGIN, _NARROW, 3)]
        top = _MARGIN + 20 * len(title) + _LINE * len(self._facts) + _GAP
        self._tops: list[int] = []
        for row in figure.rows:
            self._tops.append(top)
            top += _LINE * (1 + len(row.lines)) + _GAP
        self.bottom = top

    def head(self) -> Iterator[str]:
        y = _MARGIN
        for line in self._title:
            y += 20
            yield f'<text x="{_MARGIN}" y="{y - 5}" font-size="16" font-weight="bold" fill="{_INK}">{_text(line)}</text>'
        for line in self._facts:
            y += _LINE
            yield f'<text x="{_MARGIN}" y="{y - 4}" font-size="13" fill="{_SOFT}">{_text(line)}</text>'

    def lines(self) -> Iterator[str]:
        """Links: down from the parent's mark, then across to the child's."""
        for number, row in enumerate(self._figure.rows):
            if row.above is None:
                continue
            x, y = self._x(self._figure.rows[row.above]), self._tops[row.above] + 18
            to_x, to_y = self._x(row) - 10, self._tops[number] + 8
            dead = row.state is State.FAILED or self._figure.rows[row.above].state is State.FAILED
            yield f'<path d="M{x} {y}V{to_y}H{to_x}" fill="none" {_stroke(row.state, cut=row.cut, dead=dead)}/>'
            if row.cut:
                yield _cross(x, to_y - 10)
        for (upper, lower, cut), lane in zip(self._figure.joins, self._lanes, strict=True):
            x = self._right + 6 + lane * _LANE
            y, to_y = self._tops[upper] + 8, self._tops[lower] + 8
            states = {self._figure.rows[upper].state, self._figure.rows[lower].state}
            dead = bool(states & {State.FAILED, State.UNREACHABLE})
            start, end = self._end(upper), self._end(lower)
            yield f'<path d="M{start} {y}H{x}V{to_y}H{end}" fill="none" {_stroke(State.HEALTHY, cut=cut, dead=dead)}/>'
            if cut:
                yield _cross(x, (y + to_y) // 2)

    def rows(self) -> Iterator[str]:
        for number, row in enumerate(self._figure.rows):
            x, y = self._x(row), self._tops[number] + 8
            if not row.summed:
                yield mark(row.state, x, y)
            yield self._name(row, x + 14, y + 5)
            for line, words in enumerate(row.lines, 1):
                room = self._right - x - 14
                yield (
                    f'<text x="{x + 14}" y="{y + 5 + _LINE * line}" font-size="12" fill="{_SOFT}">'
                    f"{_text(cut_to(words, room, _NARROW))}</text>"
                )

    def legend(self) -> Iterator[str]:
        """What the shapes mean: those that are used."""
        used = {row.state for row in self._figure.rows}
        cut = any(row.cut for row in self._figure.rows) or any(join[2] for join in self._figure.joins)
        shown = [state for state in LEGEND if state in used]
        yield f'<path d="M{_MARGIN} {self.bottom}H{WIDTH - _MARGIN}" stroke="#cccccc"/>'
        y = self.bottom + 16
        for place, state in enumerate(shown):
            x = _MARGIN + 8 + (place % 2) * (WIDTH // 2 - _MARGIN)
            yield mark(state, x, y)
            yield f'<text x="{x + 14}" y="{y + 5}" font-size="12" fill="{_INK}">{_text(state.value)}</text>'
            y += 22 * (place % 2)
        y += 22 * (len(shown) % 2)
        if cut:
            yield f'<path d="M{_MARGIN} {y}H{_MARGIN + 32}" fill="none" {_stroke(State.UNREACHABLE, cut=True)}/>'
            yield _cross(_MARGIN + 16, y)
            yield f'<text x="{_MARGIN + 40}" y="{y + 5}" font-size="12" fill="{_INK}">link that is cut</text>'
            y += 22
        self.bottom = y - 8

    def _x(self, row: Row) -> int:
        return _MARGIN + 8 + _INDENT * min(row.depth, _DEEPEST)

    def _end(self, number: int) -> int:
        """Where the words of a row end, so that a line may begin there."""
        row = self._figure.rows[number]
        words = cut_to(row.name, self._right - self._x(row) - 14, _WIDE)
        return min(self._right, self._x(row) + 18 + int(len(words) * _WIDE))

    def _name(self, row: Row, x: int, y: int) -> str:
        weight = ' font-weight="bold"' if row.state is State.FAILED and not row.summed else ""
        style = ' font-style="italic"' if row.summed else ""
        words = cut_to(row.name, self._right - x, _WIDE)
        return f'<text x="{x}" y="{y}" font-size="13"{weight}{style} fill="{_INK}">{_text(words)}</text>'


def _lanes(figure: Figure) -> list[int]:
    """A lane at the right for each join, so that none that overlap share one."""
    lanes: list[int] = []
    for upper, lower, _ in figure.joins:
        taken = {
            lanes[number]
            for number, (top, bottom, _) in enumerate(figure.joins[: len(lanes)])
            if top <= lower and upper <= bottom
        }
        lanes.append(next(lane for lane in range(len(figure.joins)) if lane not in taken))
    return lanes


def _stroke(state: State, *, cut: bool, dead: bool = False) -> str:
    if cut:
        return f'stroke="{style_of(State.FAILED)}" stroke-width="2" stroke-dasharray="5 4"'
    if dead or state is State.UNREACHABLE:
        return 'stroke="#767676" stroke-width="1.5" stroke-dasharray="2 3"'
    return f'stroke="{style_of(state)}" stroke-width="1.5"'


def _cross(x: int, y: int) -> str:
    return f'<path d="M{x - 4} {y - 4}l8 8m0 -8l-8 8" stroke="{style_of(State.FAILED)}" stroke-width="2.5"/>'


def cut_to(words: str, room: float, each: float) -> str:
    """`words`, shortened in the middle to what fits into `room` px."""
    most = max(4, int(room / each))
    if len(words) <= most:
        return words
    tail = (most - 1) // 3
    return f"{words[: most - 1 - tail]}…{words[len(words) - tail :]}"


def wrapped(words: str, room: float, each: float, most: int) -> list[str]:
    """`words` in at most `most` lines of `room` px; the last one is shortened where it must be."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        longer = f"{line} {word}".strip()
        if line and len(longer) * each > room:
            lines.append(line)
            line = word
        else:
            line = longer
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [cut_to(each_line, room, each) for each_line in lines if each_line]


def _text(words: str) -> str:
    """`words` safe in SVG: what does not print is shown as a mark."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in words))
