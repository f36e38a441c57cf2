"""Which of many sets have anything in common with one: few of thousands do, and only these need be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: Sets larger than this are few; each is compared as a whole instead of being taken apart.
_LARGE: Final = 64
#: So many questions are cheaper without an index.
_FEW: Final = 8


class Index:
    """Sets by their members, and optionally by a key of each. Places are positions in what was handed in.

    The first few questions are answered by looking at every set; the index is made when there are more.
    """

    def __init__(self, sets: Sequence[frozenset[str]], keys: Sequence[str] = ()) -> None:
        self._sets = sets
        self._keys = keys
        self._asked = 0
        self._by_member: dict[str, list[int]] = {}
        self._by_key: dict[str, list[int]] = {}
        self._large: list[tuple[int, frozenset[str]]] = []

    def _make(self) -> None:
        for place, members in enumerate(self._sets):
            if len(members) > _LARGE:
                self._large.append((place, members))
                continue
            for member in members:
                self._by_member.setdefault(member, []).append(place)
        for place, key in enumerate(self._keys):
            self._by_key.setdefault(key, []).append(place)

    def touched(self, members: frozenset[str], key: str = "") -> list[int]:
        """Places of all sets that share a member with `members`, or have this key; sorted."""
        self._asked += 1
        if self._asked <= _FEW:
            found = {place for place, one in enumerate(self._sets) if not one.isdisjoint(members)}
            found.update([place for place, one in enumerate(self._keys) if one == key])
            return sorted(found)
        if self._asked == _FEW + 1:
            self._make()
        found = set(self._by_key.get(key, ()))
        for member in self._by_member.keys() & members:
            found.update(self._by_member[member])
        found.update(place for place, large in self._large if not large.isdisjoint(members))
        return sorted(found)
