"""When anything at all was heard: a moment without any answer may be the monitor's own, and says nothing of others."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

_SPACING_S: Final = 0.1
_KEPT: Final = 4000
_ENOUGH: Final = 20
_UNUSUAL: Final = 5.0


class Sights:
    """Instants at which something answered, of the last minutes, and how far apart they usually are."""

    def __init__(self) -> None:
        self._at: list[float] = []

    def add(self, at: float) -> None:
        """Something answered at `at`."""
        if not self._at or at > self._at[-1] + _SPACING_S:
            self._at.append(at)
            if len(self._at) > _KEPT:
                del self._at[: _KEPT // 2]

    def between(self, after_at: float, until_at: float) -> bool:
        """Whether anything was heard between two instants.

        Taken for granted of a time long past, and where answers are so rare that their absence is no wonder.
        """
        known = self._at
        if len(known) < _ENOUGH or after_at < known[0]:
            return True
        usual_s = (known[-1] - known[0]) / (len(known) - 1)
        if until_at - after_at < _UNUSUAL * usual_s:
            return True
        place = bisect_left(known, after_at)
        return place < len(known) and known[place] <= until_at
