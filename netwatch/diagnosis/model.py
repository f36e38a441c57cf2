"""The words of a diagnosis.

A *ref* names an element as `kind:id`: device, link, site, feed, duct, region, provider, upstream,
port_group, port (`port:<device>:<interface>`), or the bare word `monitor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from netwatch.inventory.model import Port


class Scope(StrEnum):
    """Whom it concerns."""

    REGIONAL = "regional"
    CUSTOMER = "customer"
    REDUNDANCY = "redundancy"
    MONITORING = "monitoring"


class Scenario(StrEnum):
    """What kind of fault it is; each has its prepared texts."""

    POWER = "power"
    CABLE = "cable"
    EQUIPMENT = "equipment"
    UPSTREAM = "upstream"
    WEATHER = "weather"
    OVERLOAD = "overload"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Affected:
    """Customers by id. out: no service works. degraded: some services out, or loss. at_risk: redundancy lost.

    The three sets are disjoint; out wins over degraded, degraded over at_risk.
    """

    out: frozenset[str] = frozenset()
    degraded: frozenset[str] = frozenset()
    at_risk: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another explanation that was considered: its roots and its cost above the chosen one's."""

    roots: tuple[str, ...]
    extra_cost: float


@dataclass(frozen=True)
class Explanation:
    """One fault as it is understood now.

    `key` stays the same from step to step while the same fault is seen (it lets incidents follow it).
    `roots` are sorted refs. `down` and `unreachable` are device ids; `dead_ports` and `cut_links` what else
    does not carry; `degraded` device ids with loss. `last_good_at` is the last answer before the first
    failure (the 180 s count from here), `onset_at` the first failure, `confirmed_at` when it was certain
    that something is down (None = still suspected). `confidence` is that of the cause; `impact_confidence` that of who
    is hit by it, which causes that silence the same devices share (None = like `confidence`). `strong`: two kinds of evidence. `settled`: every
    neighbour has answered since the onset, so that waiting longer adds nothing. `planned`: the id of the
    maintenance that announces it. `reasons` are sentences with names and numbers, most telling first.
    """

    key: str
    roots: tuple[str, ...]
    scope: Scope
    scenario: Scenario
    onset_at: float
    last_good_at: float
    confirmed_at: float | None
    confidence: float
    strong: bool
    settled: bool = False
    planned: str | None = None
    down: frozenset[str] = frozenset()
    unreachable: frozenset[str] = frozenset()
    degraded: frozenset[str] = frozenset()
    cut_links: frozenset[str] = frozenset()
    dead_ports: frozenset[Port] = frozenset()
    affected: Affected = field(default_factory=Affected)
    reasons: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    impact_confidence: float | None = None

    @cached_property
    def failed(self) -> frozenset[str]:
        """Refs of the devices, links and ports that are held for failed, silent or lossy."""
        return frozenset(
            (
                *(f"device:{device}" for device in self.down),
                *(f"device:{device}" for device in self.unreachable),
                *(f"device:{device}" for device in self.degraded),
                *(f"link:{link}" for link in self.cut_links),
                *(f"port:{port}" for port in self.dead_ports),
            )
        )

    @cached_property
    def elements(self) -> frozenset[str]:
        """Refs of all that failed, and of what is held to be the cause."""
        return self.failed.union(self.roots)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that is wrong at `at`.

    `isolated`: the monitor can't see; `explanations` then holds the one `monitoring` explanation and what
    was known before, frozen. `warm`: two full cycles since the start and 90 % of the devices polled.
    `blind_until_at`: conclusions about new faults wait until then after the view returned (None = none).
    `unheard`: devices that have not answered once since netwatch started: nothing may be called mended by their silence.
    """

    at: float
    explanations: tuple[Explanation, ...]
    isolated: bool = False
    warm: bool = True
    blind_until_at: float | None = None
    unheard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the incidents tell the diagnosis: the roots of open incidents by explanation key, published or not.

    `published` explanations are sticky: the same cause is preferred while it still explains what is seen.
    """

    published: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    settling: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class InventoryDoubt:
    """Where inventory and network seem to disagree: the element as a ref, and a sentence for the operator."""

    ref: str
    sentence: str


class PortReading(NamedTuple):
    """What was last read of a port that says whether it carries, in IF-MIB's words."""

    at: float
    admin: str
    oper: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one element over a restart: a device's or link's believed state and since when."""

    ref: str
    state: str
    since_at: float
    last_good_at: float
