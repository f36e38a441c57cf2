"""The clocks of the engines that send SNMPv3 traps: whether an authentic message is of now. Pure.

A trap is its sender's own: the sender's engine is the authoritative one, and nobody can be asked for its clock. So
the first authentic message of an engine is believed, and from then on its clock runs here.
Source: RFC 3414 sections 2.3 and 3.2 step 7 b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netwatch.polling.snmp.usm.message import LAST

WINDOW_S: Final = 150.0  # RFC 3414 section 2.2.3
_ENGINES_MOST: Final = 100_000


@dataclass(slots=True)
class _Clock:
    boots: int
    latest_s: int  # latestReceivedEngineTime
    ahead_s: float  # the engine's time minus ours


class EngineClocks:
    """Remembers who was heard; beyond 100,000 engines the one heard first is forgotten."""

    def __init__(self) -> None:
        self._clocks: dict[bytes, _Clock] = {}

    def in_time(self, engine_id: bytes, boots: int, time_s: int, now: float) -> bool:
        """Whether an authentic message is of now; its clock is then the engine's."""
        clock = self._clocks.get(engine_id)
        if clock is None:
            if len(self._clocks) >= _ENGINES_MOST:
                del self._clocks[next(iter(self._clocks))]
            self._clocks[engine_id] = _Clock(boots, time_s, time_s - now)
        elif boots > clock.boots or (boots == clock.boots and time_s > clock.latest_s):
            clock.boots, clock.latest_s, clock.ahead_s = boots, time_s, time_s - now
        elif boots < clock.boots or time_s < now + clock.ahead_s - WINDOW_S:
            return False
        return boots != LAST
