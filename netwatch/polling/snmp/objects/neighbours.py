"""BGP and OSPF neighbours. Source: RFC 4273 (BGP4-MIB), RFC 4750 (OSPF-MIB), RFC 2328 section 10.1 (states)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from netwatch.polling.model import NeighbourObservation, Observation
from netwatch.polling.snmp import mib
from netwatch.polling.snmp.ber import Value
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Dialogue
from netwatch.polling.snmp.objects.asking import Walked, row_numbers, walk_within
from netwatch.polling.snmp.objects.terms import NO_EPOCH, Refusal, Terms
from netwatch.polling.snmp.tables import TableShape

MOST_ROWS: Final = 1_024
_BGP: Final = (mib.BGP_PEER_STATE, mib.BGP_PEER_ADMIN_STATUS, mib.BGP_PEER_REMOTE_AS)
_OSPF: Final = (mib.OSPF_NBR_STATE, mib.OSPF_NBR_RTR_ID)
_BGP_STATES: Final = ("", "idle", "connect", "active", "opensent", "openconfirm", "established")
_OSPF_STATES: Final = ("", "down", "attempt", "init", "twoWay", "exchangeStart", "exchange", "loading", "full")
_UP: Final = frozenset({"established", "twoWay", "full"})
_STOP: Final = 1
_ADDRESS: Final = 4
_MOST_AS: Final = (1 << 32) - 1
_GONE_TOLD_S: Final = 3_600.0


class Neighbours:
    """One device's routing sessions.

    An OSPF neighbour that is lost vanishes from the table (RFC 2328): it is then told as down for an hour, or until
    it is back or the device restarts. A BGP peer stays in the table; one that vanishes was taken away.
    """

    __slots__ = ("_absent_until_at", "_device", "_epoch", "_seen", "_shape", "_terms")

    def __init__(self, device: str, shape: TableShape, terms: Terms) -> None:
        self._device = device
        self._shape = shape
        self._terms = terms
        self._epoch = NO_EPOCH
        self._absent_until_at = (0.0, 0.0)  # BGP, OSPF
        # OSPF neighbours that were up: when they were last in the table, and their router ids.
        self._seen: dict[str, tuple[float, str]] | None = None

    def read(self, index_of: Mapping[str, int], epoch: int, now: float) -> Dialogue[Sequence[Observation]]:
        """Tell every neighbour that the device knows."""
        del index_of
        if epoch != self._epoch:
            self._epoch = epoch
            self._absent_until_at = (now, now)
            self._seen = None
        bgp_at, ospf_at = self._absent_until_at
        told: list[Observation] = []
        if now >= bgp_at:
            found, absent = yield from self._walk(_BGP, missed=False)
            told += self._bgp(found)
            bgp_at = self._terms.absent_until(now) if absent else bgp_at
        if now >= ospf_at:
            found, absent = yield from self._walk(_OSPF, missed=bool(self._seen))
            told += self._ospf(found)
            ospf_at = self._terms.absent_until(now) if absent else ospf_at
        self._absent_until_at = (bgp_at, ospf_at)
        return told

    def _walk(self, columns: Sequence[bytes], *, missed: bool) -> Dialogue[tuple[Walked | None, bool]]:
        """The whole table, None when it is not known whole; and whether it is to be left alone for some time.

        `missed`: there were rows before, so that an empty table is news.
        """
        found = yield from walk_within(self._shape, columns, self._terms.statistics)
        if found is None:
            return None, True
        if found.status is not Status.NO_ERROR:
            return None, False
        return found, not found.columns[0] and not missed

    def _bgp(self, found: Walked | None) -> list[NeighbourObservation]:
        if found is None or found.at is None:
            return []
        states, admins, numbers = found.columns
        told: dict[str, NeighbourObservation] = {}
        for row, value in self._rows(states):
            state, address = _word(_BGP_STATES, value), row_numbers(row)
            if not state or len(address) != _ADDRESS or max(address) > 255:
                self._terms.statistics.refused[Refusal.OUT_OF_RANGE] += 1
                continue
            remote = numbers.get(row)
            told[_dotted(address)] = NeighbourObservation(
                found.at, self._device, "bgp", _dotted(address), state, state in _UP,
                enabled=admins.get(row) != _STOP,
                remote=str(remote) if isinstance(remote, int) and 0 < remote <= _MOST_AS else "",
            )  # fmt: skip
        return list(told.values())

    def _ospf(self, found: Walked | None) -> list[NeighbourObservation]:
        if found is None or found.at is None:
            return []
        states, routers = found.columns
        told: dict[str, NeighbourObservation] = {}
        present: set[str] = set()
        seen = self._seen or {}
        for row, value in self._rows(states):
            state, name = _word(_OSPF_STATES, value), _ospf_name(row)
            present.add(name)
            if not state or not name:
                self._terms.statistics.refused[Refusal.OUT_OF_RANGE] += 1
                continue
            router = routers.get(row)
            remote = _dotted(router) if isinstance(router, bytes) and len(router) == _ADDRESS else ""
            up = state in _UP
            told[name] = NeighbourObservation(found.at, self._device, "ospf", name, state, up, remote=remote)
            if name in seen or (up and len(seen) < MOST_ROWS):
                seen[name] = (found.at, remote)
        if len(states) <= MOST_ROWS:
            told |= self._gone(found.at, present, seen)
        self._seen = seen or None
        return list(told.values())

    def _gone(
        self, at: float, present: set[str], seen: dict[str, tuple[float, str]]
    ) -> dict[str, NeighbourObservation]:
        """Neighbours that were up and are in the table no more."""
        told: dict[str, NeighbourObservation] = {}
        for name, (seen_at, remote) in list(seen.items()):
            if name in present:
                continue
            if at - seen_at > _GONE_TOLD_S:
                del seen[name]
            else:
                told[name] = NeighbourObservation(at, self._device, "ospf", name, "down", up=False, remote=remote)
        return told

    def _rows(self, column: Mapping[bytes, Value]) -> list[tuple[bytes, Value]]:
        """The rows that are looked at, in a fixed order."""
        rows = sorted(column.items())
        if len(rows) > MOST_ROWS:
            self._terms.statistics.refused[Refusal.TOO_MANY_ROWS] += len(rows) - MOST_ROWS
        return rows[:MOST_ROWS]


def _word(words: Sequence[str], value: Value) -> str:
    return words[value] if isinstance(value, int) and 0 < value < len(words) else ""


def _ospf_name(row: bytes) -> str:
    """The address of a row, with the ifIndex of an unnumbered link behind "%"; "" when it is none."""
    index = row_numbers(row)
    if len(index) != _ADDRESS + 1 or max(index[:_ADDRESS]) > 255:
        return ""
    return _dotted(index[:_ADDRESS]) + (f"%{index[_ADDRESS]}" if index[_ADDRESS] else "")


def _dotted(numbers: Sequence[int]) -> str:
    return ".".join(map(str, numbers))
