"""Two readings of a port's counters and the rates between them, or why there are none. Pure.

Source: RFC 2863 (ifHCInOctets, ifCounterDiscontinuityTime), RFC 2578 section 7.1.6 (what a counter's value means).
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from netwatch.polling.snmp.objects.terms import Refusal

LINE_RATE_SLACK: Final = 1.1
SHORTEST_S: Final = 1.0
_WRAP: Final = 1 << 32
_NO_SPEED_BPS: Final = 1e14  # above what any port carries
_TICKS_PER_S: Final = 100
_CLOCK_SLACK_TICKS: Final = 500
_CLOCK_SLACK_RATIO: Final = 0.01
_PACKED: Final = Struct("<dI?HIId6Q")
PACKED_BYTES: Final = _PACKED.size


class Counters(NamedTuple):
    """One reading of one port. None = the agent has no such object. `wide`: the octets are 64-bit counters.

    `values` are octets in and out, errors in and out, discards in and out.
    """

    at: float
    if_index: int
    wide: bool
    uptime_ticks: int | None
    discontinuity: int | None
    speed_bps: float | None
    values: tuple[int | None, ...]

    def packed(self) -> bytes:
        """The same as 79 bytes: a large network keeps some for every device."""
        known = 0
        fields: list[float] = []
        for place, value in enumerate((self.uptime_ticks, self.discontinuity, self.speed_bps, *self.values)):
            known |= (value is not None) << place
            fields.append(value or 0)
        return _PACKED.pack(self.at, self.if_index, self.wide, known, *fields)

    @classmethod
    def unpacked(cls, packed: bytes | bytearray, start: int = 0) -> Counters:
        """What `packed` made, from `start` on."""
        at, if_index, wide, known, *fields = _PACKED.unpack_from(packed, start)
        ticks, discontinuity, speed_bps, *values = [
            value if known >> place & 1 else None for place, value in enumerate(fields)
        ]
        return cls(at, if_index, wide, ticks, discontinuity, speed_bps, tuple(values))


class Rates(NamedTuple):
    """Per second, in the order of `Counters.values`, octets as bits; None = not told."""

    interval_s: float
    speed_bps: float | None
    values: tuple[float | None, ...]
    refused: Refusal | None


def rates(before: Counters, now: Counters, longest_s: float) -> Rates | Refusal:
    """The average rates between two readings that are at least `SHORTEST_S` apart.

    A refusal means that the two readings can't be compared. `Rates.refused` means that only the octets can't.
    """
    interval_s = now.at - before.at
    if interval_s > longest_s:
        return Refusal.STALE
    if not _comparable(before, now, interval_s):
        return Refusal.DISCONTINUITY
    steps = [
        None if old is None or new is None else new - old for old, new in zip(before.values, now.values, strict=True)
    ]
    speed_bps = max(before.speed_bps or 0.0, now.speed_bps or 0.0)
    refused: Refusal | None = None
    back = [place for place, step in enumerate(steps) if step is not None and step < 0]
    if back:
        if now.wide or len(back) > 1 or back[0] > 1 or (steps[back[0]] or 0) + _WRAP >= _WRAP // 2:
            return Refusal.WENT_BACK
        steps[back[0]] = (steps[back[0]] or 0) + _WRAP
    if not now.wide and (not speed_bps or speed_bps * LINE_RATE_SLACK * interval_s / 8 >= _WRAP):
        refused = Refusal.AMBIGUOUS_WRAP
        steps[:2] = None, None
    found = [None if step is None else step / interval_s for step in steps]
    for place in (0, 1):
        octets = found[place]
        if octets is not None:
            found[place] = octets * 8
            if octets * 8 > (speed_bps * LINE_RATE_SLACK or _NO_SPEED_BPS):
                return Refusal.BEYOND_LINE_RATE
    told = tuple(None if rate is None else round(rate, 3) for rate in found)
    return Rates(round(interval_s, 3), now.speed_bps, told, refused)


def _comparable(before: Counters, now: Counters, interval_s: float) -> bool:
    """Whether the same counters ran on between the two readings."""
    if (before.if_index, before.wide, before.discontinuity) != (now.if_index, now.wide, now.discontinuity):
        return False
    if before.uptime_ticks is None or now.uptime_ticks is None or before.uptime_ticks == now.uptime_ticks:
        return True  # no clock, or one that stands still
    least = before.uptime_ticks + interval_s * _TICKS_PER_S * (1 - _CLOCK_SLACK_RATIO) - _CLOCK_SLACK_TICKS
    return now.uptime_ticks >= least
