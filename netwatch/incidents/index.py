"""Which of many sets have anything in common with one: few of thousands do, and only these need be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: Sets larger than this are few; each is compared as a whole instead of being taken apart.
_LARGE: Final = 64


class Index:
    """Sets by their members, and optionally by a key of each. Places are positions in what was handed in."""

    def __init__(self, sets: Sequence[frozenset[str]], keys: Sequence[str] = ()) -> None:
        self._large = [(place, members) for place, members in enumerate(sets) if len(members) > _LARGE]
        self._by_member: dict[str, list[int]] = {}
        for place, members in enumerate(sets):
            if len(members) <= _LARGE:
                for member in members:
                    self._by_member.setdefault(member, []).append(place)
        self._by_key: dict[str, list[int]] = {}
        for place, key in enumerate(keys):
            self._by_key.setdefault(key, []).append(place)

    def touched(self, members: frozenset[str], key: str = "") -> list[int]:
        """Places of all sets that share a member with `members`, or have this key; sorted."""
        found = set(self._by_key.get(key, ()))
        for member in self._by_member.keys() & members:
            found.update(self._by_member[member])
        found.update(place for place, large in self._large if not large.isdisjoint(members))
        return sorted(found)
