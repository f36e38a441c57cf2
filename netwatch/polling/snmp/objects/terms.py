"""What all purposes of all devices share: their terms and their counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from netwatch.polling.model import Observation
from netwatch.polling.snmp.dialogue import Dialogue

NO_EPOCH: Final = -(1 << 62)
"""An epoch that no device has."""


class Refusal(StrEnum):
    """Why something that was read is not told."""

    MISMATCH = "other_objects_than_asked"
    OUT_OF_RANGE = "out_of_range"
    DISCONTINUITY = "discontinuity"
    WENT_BACK = "went_back"
    STALE = "too_old"
    AMBIGUOUS_WRAP = "ambiguous_wrap"
    BEYOND_LINE_RATE = "beyond_line_rate"
    UNCERTAIN = "uncertain"
    TOO_MANY_ROWS = "too_many_rows"


@dataclass(slots=True)
class ObjectStatistics:
    """Counters of all devices together. `absent`: how often a MIB was found to be missing."""

    refused: Counter[Refusal] = field(default_factory=Counter)
    absent: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """One object for all devices that are asked alike.

    `max_objects` is the most of a GET, `interval_s` the time between two readings of the traffic, and
    `resolve_interval_s` how long an absent MIB is left alone.
    """

    statistics: ObjectStatistics
    resolve_interval_s: float = 600.0
    max_objects: int = 48
    interval_s: float = 300.0

    def absent_until(self, now: float) -> float:
        """A MIB was not there: when it may be asked for again within the same epoch."""
        self.statistics.absent += 1
        return now + self.resolve_interval_s


class Purpose(Protocol):
    """One kind of reading of one device."""

    def read(self, index_of: Mapping[str, int], epoch: int, now: float) -> Dialogue[Sequence[Observation]]:
        """Ask, and tell what is certain; nothing where there is nothing to ask."""
        ...
