"""Which ifIndex an interface's name means: by ifName, else ifDescr, else ifAlias. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Resolution:
    """What has been found of the names wanted. A name that a column holds twice is not taken from that column."""

    wanted: Collection[str]
    index_of: dict[str, int] = field(default_factory=dict)
    ambiguous: frozenset[str] = frozenset()

    @property
    def missing(self) -> frozenset[str]:
        """What no column named so far."""
        return frozenset(name for name in self.wanted if name not in self.index_of)

    def add_column(self, names: Mapping[int, str]) -> None:
        """Take a further column, less trusted than those before: ifIndex and what stands there."""
        own = {name: name for name in self.missing}  # the inventory's strings are kept, not the agent's copies
        holders: dict[str, list[int]] = defaultdict(list)
        for index, name in names.items():
            if name in own:
                holders[own[name]].append(index)
        for name, indexes in holders.items():
            if len(indexes) == 1:
                self.index_of[name] = indexes[0]
                if name in self.ambiguous:
                    self.ambiguous -= {name}
            else:
                self.ambiguous |= {name}


def text(raw: object) -> str:
    """A DisplayString as text. Agents pad with NUL bytes and write what they like."""
    return raw.rstrip(b"\0").decode("utf-8", "replace").strip() if isinstance(raw, bytes) else ""


def chunks(names: Iterable[str], size: int) -> list[tuple[str, ...]]:
    """`names` in order, at most `size` at a time."""
    ordered = tuple(names)
    step = max(1, size)
    return [ordered[start : start + step] for start in range(0, len(ordered), step)]
