"""A terminal on which logs scroll by above one moving line, as long as there is something to wait for."""

from __future__ import annotations

import os
from typing import Final, Self, TextIO, cast

from netwatch.daemon.firstlook import Show
from netwatch.web.model import FirstLookView

_CLEAR: Final = "\r\x1b[2K"
_BAR: Final = 16
_NARROW: Final = 80


class Screen:
    """Shows progress at the foot of `out` when that is a terminal; elsewhere `show` is None and nothing moves.

    Logs are to be written to `stream`: each clears the moving line, and that comes again beneath.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._line = ""
        self.stream: TextIO = cast("TextIO", self) if out.isatty() else out
        self.show: Show | None = self._show if out.isatty() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._show(None)

    def write(self, text: str) -> None:
        """Whole lines, above the moving one."""
        self._out.write((_CLEAR if self._line else "") + text + self._line)
        self._out.flush()

    def flush(self) -> None:
        self._out.flush()

    def isatty(self) -> bool:
        return self._out.isatty()

    def fileno(self) -> int:
        return self._out.fileno()

    def _show(self, look: FirstLookView | None) -> None:
        if look is None and not self._line:
            return
        self._line = "" if look is None else bar(look, self._width())
        self._out.write(_CLEAR + self._line)
        self._out.flush()

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._out.fileno()).columns or _NARROW
        except OSError:
            return _NARROW


def bar(look: FirstLookView, width: int) -> str:
    """`[########........] pinged 91 %  agents 80 % (3 silent)  ports 60 %  40 s left`, below `width` columns."""
    counts = [("pinged", look.pinged, look.to_ping), ("agents", look.agents_asked, look.agents)]
    counts.append(("ports", look.ports_resolved, look.ports))
    whole = sum(want for _, _, want in counts)
    filled = _BAR * sum(min(have, want) for _, have, want in counts) // max(1, whole)
    parts = [f"[{'#' * filled}{'.' * (_BAR - filled)}]"]
    for name, have, want in counts:
        if want:
            parts.append(f"{name} {100 * min(have, want) // want} %")
    silent = look.agents_asked - look.agents_answered
    if silent:
        parts.append(f"{silent:,} silent")
    parts.append("learning" if look.left_s is None else f"{look.left_s:,.0f} s left")
    return "  ".join(parts)[: max(1, width - 1)]
