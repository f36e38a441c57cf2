"""Lines of a recording that differ from one another in their time and at most one measured value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from types import MappingProxyType
from typing import Any, Final

from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation

#: An observation not made yet: the place of its line's shape, its time, and what was measured where the shape has
#: something. At the place `OTHER` stands the observation itself, in no usual shape.
Packed = tuple[int, float, Any]
OTHER: Final = -1


@dataclass(frozen=True, slots=True)
class Shape:
    """What stays the same from reading to reading: the kind and its fields between time and measured value."""

    probe: str
    fields: tuple[Any, ...]


def _open(kind: type[Observation]) -> Callable[..., Any]:
    """The same without protection: setting the fields of a frozen one takes a call each."""
    named = [(key.name, Any, field() if key.default is MISSING else field(default=key.default)) for key in fields(kind)]
    return make_dataclass(f"Open{kind.__name__}", named, slots=True)


_PING, _POLL, _PORT = "icmp", "snmp", "interface"
#: By probe: the kind of observation, the same without protection, and whether it ends in a measured value.
_KINDS: Final = MappingProxyType({
    _PING: (IcmpObservation, _open(IcmpObservation), True),
    _POLL: (SnmpObservation, _open(SnmpObservation), True),
    _PORT: (InterfaceObservation, _open(InterfaceObservation), False),
})  # fmt: skip


# The shapes that a recorder writes, read without the general reader; whatever else a line holds goes through it.
# A line falls into its time, what stays the same from reading to reading, and (but for ports) a measured value.
_NAME: Final = r'"([ !#-\[\]-~]{1,1024})"'
_ICMP: Final = re.compile(
    rf'"probe": "icmp", "device": {_NAME}, "sent": (\d{{1,6}}), "received": (\d{{1,6}}), "rtt_ms"'
)
_SNMP: Final = re.compile(rf'"probe": "snmp", "device": {_NAME}, "ok": true, "uptime_s"')
_PORT_LINE: Final = re.compile(
    rf'"probe": "interface", "device": {_NAME}, "interface": {_NAME}, "admin": "(up|down)", '
    r'"oper": "(up|down|unknown|dormant|notPresent|lowerLayerDown|testing)"\}\n?'
)


def shape_of_measured(head: str) -> Shape | None:
    """The shape of a ping or poll, given all between its time and its measured value; None = neither."""
    ping = _ICMP.fullmatch(head)
    if ping is not None and int(ping[2]) >= int(ping[3]) >= 1:
        return Shape(_PING, (ping[1], int(ping[2]), int(ping[3])))
    poll = _SNMP.fullmatch(head)
    return None if poll is None else Shape(_POLL, (poll[1], True))


def shape_of_port(rest: str) -> Shape | None:
    """The shape of a reading of a port, given all after its time; None = none."""
    found = _PORT_LINE.fullmatch(rest)
    return None if found is None else Shape(_PORT, found.groups())


class Maker:
    """Makes observations at less than half the usual cost. `shapes` may grow meanwhile."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self._known: list[tuple[type[Observation], Callable[..., Any], bool, tuple[Any, ...]]] = []

    def make(self, packed: Iterable[Packed]) -> list[Observation]:
        """Each is made as an open one with the same slots, which is then declared to be of the frozen kind."""
        known = self._known
        if len(known) < len(self._shapes):
            known += [(*_KINDS[shape.probe], shape.fields) for shape in self._shapes[len(known) :]]
        found = []
        for place, at, value in packed:
            if place == OTHER:
                found.append(value)
                continue
            kind, open_kind, measured, same = known[place]
            one = open_kind(at, *same, value) if measured else open_kind(at, *same)
            one.__class__ = kind
            found.append(one)
        return found
