"""What is drawn: trouble in the network, and the rows of the picture that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """How a device fares. The value is the word beneath its name and in the legend."""

    FAILED = "down"
    UNREACHABLE = "can't be reached"
    DEGRADED = "loses packets"
    HEALTHY = "answers"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong: device and link ids. A device stands in one set only, the gravest.

    `title` is one sentence, `facts` a few short lines below it. `notes` stand beside a device's state, as in
    "42 customers".
    """

    title: str
    facts: tuple[str, ...] = ()
    failed: frozenset[str] = frozenset()
    unreachable: frozenset[str] = frozenset()
    degraded: frozenset[str] = frozenset()
    cut: frozenset[str] = frozenset()
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def state_of(self, device: str) -> State:
        """How the device fares; healthy when nothing is said of it."""
        if device in self.failed:
            return State.FAILED
        if device in self.unreachable:
            return State.UNREACHABLE
        return State.DEGRADED if device in self.degraded else State.HEALTHY


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the picture: a device below the one that leads to it.

    `above` is the number of its parent's row, None for one without. `cut`: the link from there is cut. `lines` stand
    under the name. `summed`: a row that stands for several devices that are not drawn.
    """

    name: str
    state: State
    depth: int
    above: int | None
    cut: bool = False
    lines: tuple[str, ...] = ()
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture in rows. `joins` are links between rows that are not parent and child: (row, row, cut)."""

    title: str
    facts: tuple[str, ...]
    rows: tuple[Row, ...]
    joins: tuple[tuple[int, int, bool], ...] = ()
