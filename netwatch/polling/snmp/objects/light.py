"""Which sensor is whose transceiver's, and what its numbers mean. Pure.

Source: RFC 3433 (EntitySensorDataType, -DataScale, -Precision); RFC 6933 (entAliasMappingTable); dBm as type 14 is
what vendors took over from CISCO-ENTITY-SENSOR-MIB.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

WATTS: Final = 6
DBM: Final = 14
NO_LIGHT_DBM: Final = -40.0
"""What a sensor of watts sees at 0.1 uW, the least that SFF-8472 knows; less is told as this."""

_UNITS_SCALE: Final = 9
_SCALES: Final = range(1, 14)  # yocto to tera; larger ones measure nothing that is light
_PRECISIONS: Final = range(-8, 10)
_OVERFLOW: Final = 1_000_000_000  # entPhySensorValue's word for "can't be told"
_MOST_DBM: Final = 40.0
_LEAST_DBM: Final = -60.0
_MOST_WATTS: Final = 0.1  # more on a port is power over Ethernet, not light
_RX: Final = re.compile(r"(?<![a-z])(?:rx(?:[ _-]?power|[ _-]?pwr)?|recv|receiver?|received|input)(?![a-z])")
_TX: Final = re.compile(r"(?<![a-z])(?:tx(?:[ _-]?power|[ _-]?pwr)?|transmit(?:ted|ter)?|output)(?![a-z])")
_NO_READING: Final = re.compile(r"threshold|alarm|warning|(?<![a-z])poe(?![a-z])|inline|supply|(?<![a-z])bias(?![a-z])")
_MOST_CLIMB: Final = 8


class Sensor(NamedTuple):
    """A sensor that is read: its entPhysicalIndex, whose port, which way, and how its numbers are scaled."""

    entity: int
    interface: str
    receives: bool
    watts: bool
    factor: float


class Entity(NamedTuple):
    """What is known of a physical entity. `inside` is entPhysicalContainedIn, 0 = in nothing."""

    name: str
    descr: str
    inside: int


def factor_of(scale: int | None, precision: int | None) -> float | None:
    """What entPhySensorValue is multiplied by to have units; None when the agent talks nonsense."""
    if scale not in _SCALES or precision not in _PRECISIONS or scale is None or precision is None:
        return None
    return float(10.0 ** (3 * (scale - _UNITS_SCALE) - max(0, precision)))


def level_dbm(raw: int, *, watts: bool, factor: float) -> float | None:
    """A sensor's value in dBm, to a hundredth; None when no light level is like that."""
    if abs(raw) >= _OVERFLOW:
        return None
    value = raw * factor
    if not watts:
        return round(value, 2) if _LEAST_DBM <= value <= _MOST_DBM else None
    if not 0 <= value <= _MOST_WATTS:
        return None
    return max(NO_LIGHT_DBM, round(10 * math.log10(value * 1000), 2)) if value else NO_LIGHT_DBM


def receives(entity: Entity) -> bool | None:
    """Which way a sensor looks, by its own words; None when they do not say, or say that it is no light level."""
    text = f"{entity.name} {entity.descr}".lower()
    rx, tx = _RX.search(text) is not None, _TX.search(text) is not None
    return rx if rx != tx and not _NO_READING.search(text) else None


def chain(index: int, entities: Mapping[int, Entity]) -> list[int]:
    """The entity and what it is inside of, from the inside out, as far as known."""
    found = [index]
    while len(found) <= _MOST_CLIMB:
        entity = entities.get(found[-1])
        if entity is None or entity.inside <= 0 or entity.inside in found:
            break
        found.append(entity.inside)
    return found


class PortNames:
    """Finds interfaces' names in what agents write about their parts."""

    def __init__(self, names: Collection[str]) -> None:
        # A name without letters and digits ("1", "uplink") stands in too many texts to mean a port.
        telling = [name for name in names if re.search(r"[A-Za-z]", name) and re.search(r"\d", name)]
        words = "|".join(re.escape(name) for name in sorted(telling, key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![\w/.:-])(?:{words})(?![\w/]|[.:-]\w)") if words else None

    def within(self, text: str) -> set[str]:
        """The names that stand in `text` as words of their own."""
        return set(self._pattern.findall(text)) if self._pattern is not None else set()


def port_of(
    index: int,
    entities: Mapping[int, Entity],
    aliases: Mapping[int, Sequence[int]],
    names: Mapping[int, str],
    known: PortNames,
) -> str:
    """The wanted port whose sensor this is; "" when it is another's, or not certain.

    `aliases` are the ifIndexes of entities, `names` the wanted ports' names by ifIndex. The innermost entity that
    says anything decides; where none has an alias, the innermost text that names one port does.
    """
    around = chain(index, entities)
    for part in around:
        numbers = aliases.get(part)
        if numbers:
            return names.get(numbers[0], "") if len(set(numbers)) == 1 else ""
    for part in around:
        entity = entities.get(part)
        found = known.within(f"{entity.name}\n{entity.descr}") if entity is not None else set()
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""
