"""Traffic, errors and discards of the ports at the ends of links. Source: RFC 2863 (IF-MIB)."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from netwatch.polling.model import Observation, TrafficObservation
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import V1, Status
from netwatch.polling.snmp.dialogue import Dialogue
from netwatch.polling.snmp.objects.asking import Cell, fetch, number
from netwatch.polling.snmp.objects.counters import PACKED_BYTES, SHORTEST_S, Counters, Rates, rates
from netwatch.polling.snmp.objects.terms import NO_EPOCH, Terms
from netwatch.polling.snmp.tables import TableShape

_COMMON: Final = (mib.IF_IN_ERRORS, mib.IF_OUT_ERRORS, mib.IF_IN_DISCARDS, mib.IF_OUT_DISCARDS)
_WIDE: Final = (
    mib.IF_HC_IN_OCTETS,
    mib.IF_HC_OUT_OCTETS,
    *_COMMON,
    mib.IF_HIGH_SPEED,
    mib.IF_COUNTER_DISCONTINUITY_TIME,
)
_NARROW: Final = (mib.IF_IN_OCTETS, mib.IF_OUT_OCTETS, *_COMMON, mib.IF_SPEED)
_VALUES: Final = 6  # of the columns, the first that are counters
_UNKNOWN_SPEED: Final = (1 << 32) - 1  # ifSpeed of what is faster than it can tell
_MOST_MBPS: Final = 1e8
_INTERVALS_AT_MOST: Final = 3.5  # two readings may be lost


class Load(NamedTuple):
    """How full a port was, as `TrafficObservation.utilisation` tells; None = its speed or its rates are not known."""

    at: float
    utilisation: float | None


class Traffic:
    """One device's counters. 64-bit counters are taken where the port has them, else those of 32 bits.

    What is kept of each port lies in two blocks of memory, by its place among the ports: a large network has many.
    """

    __slots__ = (
        "_absent_until_at", "_before", "_device", "_epoch", "_loads", "_most", "_narrow", "_ports", "_shape", "_terms",
    )  # fmt: skip

    def __init__(self, device: str, ports: tuple[str, ...], shape: TableShape, terms: Terms) -> None:
        self._device = device
        self._ports = ports
        self._shape = shape
        self._terms = terms
        self._most = terms.max_objects
        self._epoch = NO_EPOCH
        self._absent_until_at = 0.0
        self._before = bytearray()  # packed counters; zeros = none
        self._loads = array("d")  # when and how full, as last told; when 0 = never, how full below 0 = not known
        self._narrow: tuple[int, ...] = ()  # places of ports without 64-bit counters

    def rests(self, epoch: int, now: float) -> bool:
        """Whether `read` would ask nothing, since the device lacks the MIB by what it said lately."""
        return epoch == self._epoch and now < self._absent_until_at

    def read(self, index_of: Mapping[str, int], epoch: int, now: float) -> Dialogue[Sequence[Observation]]:
        """Read the counters; rates where there is a reading of this epoch to compare with."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._most = self._terms.max_objects
            self._before, self._narrow, self._absent_until_at = bytearray(), (), now
        known = [(place, index_of[name]) for place, name in enumerate(self._ports) if name in index_of]
        if not known or now < self._absent_until_at:
            return []
        found: dict[int, Counters] = {}
        wide = [port for port in known if port[0] not in self._narrow] if self._shape.version != V1 else []
        status = yield from self._ask(wide, _WIDE, found)
        without = [port for port in known if port[0] not in found]
        if status is Status.NO_ERROR:
            status = yield from self._ask(without, _NARROW, found)
        if status is Status.NO_ERROR:
            self._narrow = tuple(place for place, _ in without if place in found)
            if not found:
                self._absent_until_at = self._terms.absent_until(now)
        return [told for place, counters in found.items() if (told := self._tell(place, counters)) is not None]

    def loads(self) -> Iterator[tuple[str, Load]]:
        """What was last told of each port."""
        for place, name in enumerate(self._ports if self._loads else ()):
            at, share = self._loads[2 * place : 2 * place + 2]
            if at:
                yield name, Load(at, None if share < 0 else share)

    def _ask(
        self, ports: Sequence[tuple[int, int]], columns: Sequence[bytes], found: dict[int, Counters]
    ) -> Dialogue[Status]:
        """Read `columns` of these ports; those that have any octets are added to `found`."""
        if not ports:
            return Status.NO_ERROR
        row = len(columns) + 1
        oids = [
            oid for _, index in ports for oid in (*(ber.instance(column, index) for column in columns), mib.SYS_UP_TIME)
        ]
        got = yield from fetch(oids, self._most, self._terms.statistics, row)
        self._most = got.most
        for turn, (place, index) in enumerate(ports):
            cells = got.cells[turn * row : (turn + 1) * row]
            counters = _counters(index, cells, wide=columns is _WIDE)
            if counters is not None:
                found[place] = counters
        return got.status

    def _tell(self, place: int, counters: Counters) -> TrafficObservation | None:
        """The rates since the reading before, when they are certain."""
        start, end = place * PACKED_BYTES, (place + 1) * PACKED_BYTES
        self._before = self._before or bytearray(PACKED_BYTES * len(self._ports))
        before = Counters.unpacked(self._before, start) if any(self._before[start:end]) else None
        if before is not None and counters.at - before.at < SHORTEST_S:
            return None  # too near: the older one goes on to count
        self._before[start:end] = counters.packed()
        if before is None:
            return None
        result = rates(before, counters, self._terms.interval_s * _INTERVALS_AT_MOST)
        refusal = result.refused if isinstance(result, Rates) else result
        if refusal is not None:
            self._terms.statistics.refused[refusal] += 1
        if not isinstance(result, Rates) or all(value is None for value in result.values):
            return None
        octets_in, octets_out, *others = result.values
        errors_in, errors_out, discards_in, discards_out = others
        told = TrafficObservation(
            counters.at, self._device, self._ports[place], result.interval_s, result.speed_bps, octets_in, octets_out,
            errors_in, errors_out, discards_in, discards_out,
        )  # fmt: skip
        share = told.utilisation
        self._loads = self._loads or array("d", bytes(16 * len(self._ports)))
        self._loads[2 * place : 2 * place + 2] = array("d", (told.at, -1.0 if share is None else share))
        return told


def _counters(index: int, cells: Sequence[Cell | None], *, wide: bool) -> Counters | None:
    """One port's row as read; None when it has no octets of that width."""
    tag = ber.COUNTER64 if wide else ber.COUNTER32
    octets = [_of_type(cell, tag) for cell in cells[:2]]
    first = next((cell for cell in cells[:2] if cell is not None), None)
    if first is None or octets == [None, None]:
        return None
    others = [_of_type(cell, ber.COUNTER32) for cell in cells[2:_VALUES]]
    discontinuity = _of_type(cells[_VALUES + 1], ber.TIME_TICKS) if wide else None
    speed_bps = _speed_bps(number(cells[_VALUES]), wide=wide)
    return Counters(
        first.at, index, wide, _of_type(cells[-1], ber.TIME_TICKS), discontinuity, speed_bps, (*octets, *others)
    )


def _of_type(cell: Cell | None, tag: int) -> int | None:
    return cell.value if cell is not None and cell.tag == tag and isinstance(cell.value, int) else None


def _speed_bps(told: int | None, *, wide: bool) -> float | None:
    """The line rate by ifHighSpeed (in millions) or ifSpeed; None when it is not known."""
    if told is None or told <= 0:
        return None
    if wide:
        return told * 1e6 if told <= _MOST_MBPS else None
    return float(told) if told < _UNKNOWN_SPEED else None
