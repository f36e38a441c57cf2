"""Words on the terminal: colour only there, wrapped to its width, nothing that a hostile name could command it with."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import NoReturn

from rich.console import Console
from rich.text import Text

_BROKEN_PIPE = 141
#: A piece of a line: plain, or with one of rich's styles.
Piece = str | tuple[str, str]


def clean(text: str) -> str:
    """`text` without control characters, direction marks and other things that don't print."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        _leave_quietly()


class Terminal:
    """Standard output for people. Off a terminal nothing is coloured and no line is wrapped, so that grep works."""

    def __init__(self) -> None:
        self._console = _Console(highlight=False, markup=False, emoji=False)

    def line(self, *pieces: Piece, indent: int = 0, hang: int = 0) -> None:
        """One line, wrapped at words and indented; what wraps hangs `hang` columns further in."""
        text = Text()
        for piece in pieces:
            words, style = (piece, "") if isinstance(piece, str) else piece
            text.append(clean(words), style)
        if not self._console.is_terminal:
            self._console.print(" " * indent + text.plain, soft_wrap=True)
            return
        margin = indent + hang
        room = max(20, self._console.width - margin)
        rows = text.wrap(self._console, room)
        for number, row in enumerate(rows):
            row.rstrip()
            self._console.print(Text(" " * (margin if number else indent)) + row, soft_wrap=True)

    def block(self, text: str, indent: int = 0) -> None:
        """Several lines as they are."""
        for row in text.splitlines():
            self.line(row, indent=indent)

    def blank(self) -> None:
        self.line("")


def say_json(text: str) -> None:
    """`text` on standard output, as it is."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_quietly()


def complain(text: str) -> None:
    """An error or a hint on standard error, in red on a terminal."""
    rows = [clean(row) for row in text.splitlines()]
    Console(stderr=True, highlight=False, markup=False, emoji=False).print(
        Text("\n".join(rows), "red" if sys.stderr.isatty() else ""), soft_wrap=True
    )


def _leave_quietly() -> NoReturn:
    # Python would complain at exit when it can't flush; see the note on SIGPIPE in docs.python.org/3/library/signal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(_BROKEN_PIPE)


def local(at: datetime) -> datetime:
    """An instant in the zone of the person who reads."""
    return at.astimezone()


def clock_time(at: datetime, now: datetime) -> str:
    """Local wall time; with the day when it is not today."""
    own = local(at)
    return f"{own:%H:%M:%S}" if own.date() == local(now).date() else f"{own:%-d %b %H:%M:%S}"


def span(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    whole = int(max(0.0, seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    if whole < 172800:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"
