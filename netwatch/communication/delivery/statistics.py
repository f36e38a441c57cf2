"""Figures of delivery for the metrics: counted since the start, copied out as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from netwatch.communication.delivery.breaker import BreakerState
from netwatch.communication.delivery.model import Brake


@dataclass(frozen=True, slots=True)
class DeliveryStatistics:
    """A snapshot.

    `outcomes`: attempts by (channel, outcome). `settled`: messages by (channel, state) that left flight.
    `waiting`: claimable now by channel. `in_flight` by channel. `breakers` by route. `oldest_ready_at`: since when
    the longest waiting message could have been sent, None = none waits. `brake`: why customers wait.
    `store_failures`: turns that the store refused.
    """

    outcomes: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    settled: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    waiting: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    in_flight: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    breakers: Mapping[str, BreakerState] = field(default_factory=lambda: MappingProxyType({}))
    latency_s: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    oldest_ready_at: float | None = None
    brake: Brake | None = None
    turned_at: float | None = None
    store_failures: int = 0
