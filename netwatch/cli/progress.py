"""One line of progress on a terminal; nothing at all elsewhere."""

from __future__ import annotations

import sys
from typing import Self


class Progress:
    """`with Progress("reading") as progress: progress.show(done, of)`. The line is gone at the end."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._shown = ""
        self._live = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def show(self, done: int, of: int) -> None:
        """So much of so much; `of` 0 = nobody knows how much."""
        share = f" {min(1.0, done / of):4.0%} ({done:,} of {of:,})" if of else f" {done:,}" if done else ""
        self._write(f"{self._doing} ...{share}")

    def _write(self, text: str) -> None:
        if self._live and text != self._shown:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._shown = text
