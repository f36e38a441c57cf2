"""Light levels of the ports at the ends of links. Source: RFC 3433 (ENTITY-SENSOR-MIB), RFC 6933 (ENTITY-MIB)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from netwatch.polling.model import Observation, OpticalObservation
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Dialogue
from netwatch.polling.snmp.names import text
from netwatch.polling.snmp.objects.asking import Cell, fetch, number, row_numbers, walk_within
from netwatch.polling.snmp.objects.light import (
    DBM,
    WATTS,
    Entity,
    PortNames,
    Sensor,
    chain,
    factor_of,
    level_dbm,
    port_of,
    receives,
)
from netwatch.polling.snmp.objects.terms import NO_EPOCH, Refusal, Terms
from netwatch.polling.snmp.tables import TableShape

MOST_SENSORS: Final = 512  # light sensors that are looked at, of all a device has
_MOST_ENTITIES: Final = 2_048
_CLIMBS: Final = 6
_INDEXES: Final = 1 << 31
_OK: Final = 1
_WORDS: Final = (mib.ENT_PHYSICAL_NAME, mib.ENT_PHYSICAL_DESCR, mib.ENT_PHYSICAL_CONTAINED_IN)
_KIND: Final = (mib.ENT_PHY_SENSOR_SCALE, mib.ENT_PHY_SENSOR_PRECISION)
_VALUE: Final = (mib.ENT_PHY_SENSOR_VALUE, mib.ENT_PHY_SENSOR_OPER_STATUS)


class Optics:
    """One device's transceivers.

    Which sensor belongs to which port is learnt once an epoch, and anew when entLastChangeTime says that a part was
    put in or taken out, since numbers may then mean other parts; readings after that are one GET.
    """

    __slots__ = ("_absent_until_at", "_changed", "_device", "_epoch", "_learnt_at", "_most", "_ports", "_sensors", "_shape",
                 "_terms")  # fmt: skip

    def __init__(self, device: str, ports: tuple[str, ...], shape: TableShape, terms: Terms) -> None:
        self._device = device
        self._ports = ports
        self._shape = shape
        self._terms = terms
        self._most = terms.max_objects
        self._epoch = NO_EPOCH
        self._absent_until_at = 0.0
        self._sensors: tuple[Sensor, ...] | None = None
        self._learnt_at: float | None = None
        self._changed: int | None = None

    def rests(self, epoch: int, now: float) -> bool:
        """Whether `read` would ask nothing, since the device lacks the MIB by what it said lately."""
        return epoch == self._epoch and now < self._absent_until_at

    def read(self, index_of: Mapping[str, int], epoch: int, now: float) -> Dialogue[Sequence[Observation]]:
        """Tell the levels of the wanted ports whose sensors are known for certain."""
        if epoch != self._epoch:
            self._epoch, self._sensors, self._absent_until_at, self._learnt_at = epoch, None, now, None
            self._most = self._terms.max_objects
        names = {index_of[name]: name for name in self._ports if name in index_of}
        if not names or now < self._absent_until_at:
            return []
        may_learn = self._learnt_at is None or now - self._learnt_at >= self._terms.resolve_interval_s
        if self._sensors is None and may_learn:
            yield from self._learn(names, now)
        if self._sensors is None or (not self._sensors and self._changed is None):
            return []
        told = yield from self._read_values(self._sensors)
        if told is None:
            self._sensors = None  # parts were moved: learn anew which they are
        return told or []

    def _read_values(self, sensors: Sequence[Sensor]) -> Dialogue[Sequence[Observation] | None]:
        """The levels; None when the numbers may mean other parts by now."""
        oids = [mib.ENT_LAST_CHANGE_TIME]
        oids += [ber.instance(column, sensor.entity) for sensor in sensors for column in _VALUE]
        got = yield from fetch(oids, self._most, self._terms.statistics)
        self._most = got.most
        if got.at is None or got.status is not Status.NO_ERROR:
            return []
        if number(got.cells[0]) != self._changed:
            return None
        levels: dict[tuple[str, bool], float] = {}
        for place, sensor in enumerate(sensors):
            level = self._level(sensor, *got.cells[1 + 2 * place : 3 + 2 * place])
            if level is not None:
                key = (sensor.interface, sensor.receives)
                levels[key] = min(level, levels.get(key, level))
        ports = dict.fromkeys(sensor.interface for sensor in sensors)
        return [
            OpticalObservation(got.at, self._device, port, levels.get((port, True)), levels.get((port, False)))
            for port in ports
            if (port, True) in levels or (port, False) in levels
        ]

    def _level(self, sensor: Sensor, value: Cell | None, status: Cell | None) -> float | None:
        raw = number(value)
        if raw is None or number(status) != _OK:
            return None
        level = level_dbm(raw, watts=sensor.watts, factor=sensor.factor)
        if level is None:
            self._terms.statistics.refused[Refusal.OUT_OF_RANGE] += 1
        return level

    # -- learning whose sensors there are

    def _learn(self, names: Mapping[int, str], now: float) -> Dialogue[None]:
        """Find the wanted ports' sensors. `_sensors` stays None when the device did not say all."""
        self._learnt_at = now
        changed = yield from fetch([mib.ENT_LAST_CHANGE_TIME], self._most, self._terms.statistics)
        walked = yield from walk_within(self._shape, [mib.ENT_PHY_SENSOR_TYPE], self._terms.statistics)
        if walked is not None and walked.status is not Status.NO_ERROR:
            return
        kinds: dict[int, int] = {}
        for row, kind in (walked.columns[0] if walked is not None else {}).items():
            index = ber.index(row)
            if index is not None and isinstance(kind, int) and kind in {WATTS, DBM}:
                kinds[index] = kind
        if not kinds:
            self._absent_until_at = self._terms.absent_until(now)
            return
        if len(kinds) > MOST_SENSORS:
            self._terms.statistics.refused[Refusal.TOO_MANY_ROWS] += len(kinds) - MOST_SENSORS
            kinds = dict(sorted(kinds.items())[:MOST_SENSORS])
        entities = yield from self._entities(kinds)
        aliases = yield from self._aliases()
        if entities is None or aliases is None:
            return
        known = PortNames(names.values())
        owned = {index: port_of(index, entities, aliases, names, known) for index in kinds if index in entities}
        wanted = [index for index, port in owned.items() if port and receives(entities[index]) is not None]
        rows = yield from self._rows(wanted, _KIND)
        if rows is None:
            return
        self._changed = number(changed.cells[0])
        self._sensors = tuple(
            Sensor(index, owned[index], bool(receives(entities[index])), kinds[index] == WATTS, factor)
            for index in wanted
            if (factor := factor_of(*map(number, rows[index]))) is not None
        )

    def _entities(self, kinds: Mapping[int, int]) -> Dialogue[dict[int, Entity] | None]:
        """The words of these sensors and of what they are inside of; None when the device fell silent."""
        found: dict[int, Entity] = {}
        wanted = sorted(kinds)
        for _ in range(_CLIMBS):
            rows = yield from self._rows(wanted, _WORDS)
            if rows is None:
                return None
            for index, (name, descr, inside) in rows.items():
                found[index] = Entity(_words(name), _words(descr), _entity(inside))
            outer = {chain(index, found)[-1] for index in wanted} - found.keys()
            wanted = sorted(outer)[: max(0, _MOST_ENTITIES - len(found))]
            if not wanted:
                break
        return found

    def _aliases(self) -> Dialogue[dict[int, list[int]] | None]:
        """The ifIndexes of entities; None when the device fell silent. A table too long counts as empty."""
        walked = yield from walk_within(self._shape, [mib.ENT_ALIAS_MAPPING_IDENTIFIER], self._terms.statistics)
        if walked is None:
            return {}
        if walked.status is not Status.NO_ERROR:
            return None
        found: dict[int, list[int]] = {}
        for row, value in walked.columns[0].items():
            entity = row_numbers(row)
            if len(entity) == 2 and isinstance(value, bytes) and value.startswith(mib.IF_INDEX):
                index = ber.index(value[len(mib.IF_INDEX) :])
                if index is not None:
                    found.setdefault(entity[0], []).append(index)
        return found

    def _rows(
        self, indexes: Sequence[int], columns: Sequence[bytes]
    ) -> Dialogue[dict[int, Sequence[Cell | None]] | None]:
        """Rows of a table by their index; None when the device fell silent."""
        oids = [ber.instance(column, index) for index in indexes for column in columns]
        got = yield from fetch(oids, self._most, self._terms.statistics)
        self._most = got.most
        if got.status is not Status.NO_ERROR:
            return None
        width = len(columns)
        return {index: got.cells[place * width : (place + 1) * width] for place, index in enumerate(indexes)}


def _entity(cell: Cell | None) -> int:
    """An entPhysicalIndex; 0 when there is none."""
    told = number(cell)
    return told if told is not None and 0 < told < _INDEXES else 0


def _words(cell: Cell | None) -> str:
    return text(cell.value) if cell is not None and cell.tag == ber.OCTET_STRING else ""
