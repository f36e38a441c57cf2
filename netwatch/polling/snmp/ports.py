"""One device's uptime and ports: names resolved to ifIndex, read, and resolved anew when numbers may have moved.

A value is handed out only when it was read under a numbering that is known to hold: the same packet carries
sysUpTime and ifTableLastChange, and when either says that the table may be another one, the packet's ports
are thrown away and the names looked up again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import V1, Status
from netwatch.polling.snmp.dialogue import Answer, Dialogue, Question, get
from netwatch.polling.snmp.names import Resolution, chunks, text
from netwatch.polling.snmp.objects.asking import fetch, number
from netwatch.polling.snmp.objects.terms import ObjectStatistics
from netwatch.polling.snmp.tables import TableShape, walk
from netwatch.polling.snmp.uptime import Uptime, Verdict

_PER_PORT: Final = 3
_STATES: Final = 8  # more than ifOperStatus has values
_KEPT_QUESTIONS: Final = 16  # on suspicion, any part of the ports may be asked for
_UNHEARD: Final = frozenset({Status.TIMEOUT, Status.NOT_SENT, Status.REFUSED})
_NONE: Final[frozenset[str]] = frozenset()  # one object: nearly all devices have every port of the inventory
_log = logging.getLogger(__name__)


class PortState(NamedTuple):
    """One port as read. `moved`: ifLastChange is another than at the reading before, though the status is the same."""

    at: float
    admin: str
    oper: str
    moved: bool


@dataclass(slots=True)
class Reading:
    """What came of asking a device. `status` TIMEOUT: no answer; NOT_SENT: the monitor could not ask;
    REFUSED: it answers, but not to our user. `asked_at` is when the first answered question was sent, `at` the last.
    """

    asked_at: float
    at: float
    status: Status
    uptime_s: float | None
    ports: dict[str, PortState]


@dataclass(slots=True)
class PortStatistics:
    """Counters of all devices together. `resolved` are the devices whose numbering is known now, `missing` the
    wanted ports that they do not have.
    """

    resolutions: int = 0
    resolved: int = 0
    missing: int = 0
    values_out_of_range: int = 0


class _Part(NamedTuple):
    """A question, and the ports that it is about."""

    names: tuple[str, ...]
    question: Question


class DeviceReader:
    """Asks one device, in dialogues. Its owner never runs two of them at once."""

    __slots__ = (
        "_counted", "_device", "_fresh", "_has_table_change", "_last_change", "_max_objects", "_objects", "_parts", "_resolution",
        "_resolve_interval_s", "_resolved_at", "_statistics", "_table_change", "_told", "_uptime", "_wanted",
        "epoch", "shape",
    )  # fmt: skip

    def __init__(
        self,
        device: str,
        shape: TableShape,
        *,
        max_objects: int,
        resolve_interval_s: float,
        statistics: PortStatistics,
        objects: ObjectStatistics,
    ) -> None:
        self._device = device
        self.shape = shape
        self.epoch = 0  # another one after each restart or renumbering
        self._max_objects = max_objects
        self._resolve_interval_s = resolve_interval_s
        self._statistics = statistics
        self._objects = objects
        self._wanted: tuple[str, ...] = ()
        self._resolution: Resolution | None = None
        self._counted = 0  # the missing ports of this resolution
        self._resolved_at = 0.0
        self._fresh = False  # nothing has been read under this resolution yet
        self._has_table_change = True
        self._uptime = Uptime()
        self._table_change: int | None = None
        self._last_change: dict[str, int] = {}  # ifLastChange and ifOperStatus in one number
        self._parts: dict[tuple[str, ...], tuple[_Part, ...]] = {}
        self._told = _NONE

    @property
    def missing(self) -> frozenset[str]:
        """Ports of the inventory that the device did not have when it was last looked at."""
        return self._resolution.missing if self._resolution is not None else frozenset()

    @property
    def index_of(self) -> Mapping[str, int]:
        """The ifIndex of the ports that were found; empty when the numbering is not known."""
        return self._resolution.index_of if self._resolution is not None else {}

    def name_of(self, index: int | None) -> str:
        """The inventory's name of the port with this ifIndex; "" when there is none or the numbering is not known."""
        return next((name for name, known in self.index_of.items() if known == index), "")

    def want(self, names: Collection[str]) -> None:
        """From now on these ports can be read."""
        wanted = tuple(names)
        if wanted != self._wanted:
            self._wanted = wanted
            self._forget()

    def read(self, names: Sequence[str]) -> Dialogue[Reading]:
        """Read sysUpTime and, of `names`, the ports that the device has.

        A first look, a table that moved, and `resolve_interval_s` cost a walk over the names; ports that can't
        be had are left out.
        """
        reading = yield from self._read_held(names)
        if reading.status in _UNHEARD or not names:
            return reading
        before = self._resolution
        if before is not None and reading.at - self._resolved_at < self._resolve_interval_s:
            return reading
        if not (yield from self._resolve(reading.at)) or before is self._resolution:
            return reading
        return (yield from self._read_held(names))

    def _read_held(self, names: Sequence[str]) -> Dialogue[Reading]:
        """Read those of `names` whose ifIndex is known; no port when the numbering proves not to hold."""
        reading = yield from self._read_known(tuple(names))
        self._fresh = False
        if self._resolution is None:
            reading.ports.clear()
        return reading

    def _read_known(self, names: tuple[str, ...]) -> Dialogue[Reading]:
        reading = Reading(0.0, 0.0, Status.NO_ERROR, None, {})
        parts = self._ask_for(names)
        place = 0
        while place < len(parts):
            part = parts[place]
            answer = yield part.question
            if answer.status is not Status.NO_ERROR and self._adapt(answer, part):
                parts, place = self._ask_for(names), 0  # ask otherwise, from the start
                reading.ports.clear()
                continue
            if reading.at and answer.status in _UNHEARD:
                break  # it did answer; the rest comes next time
            reading.at, reading.status = answer.at, answer.status
            reading.asked_at = reading.asked_at or answer.at
            if answer.status is not Status.NO_ERROR or not self._fits(answer, part, reading):
                break
            _, kind, ticks = answer.varbinds[0]
            if kind == ber.TIME_TICKS and isinstance(ticks, int):
                verdict = self._uptime.note(answer.at, ticks)
                if verdict is not Verdict.RUNNING:
                    verdict = yield from self._look_at_engine()
                reading.uptime_s = self._uptime.uptime_s
                if verdict.new_epoch:
                    self._forget()
            if not self._take(answer, part, reading):
                break
            place += 1
        return reading

    def _look_at_engine(self) -> Dialogue[Verdict]:
        """Ask what tells a restart of the device from one of its agent and from a wrap of sysUpTime."""
        oids = [mib.SNMP_ENGINE_TIME, mib.SNMP_ENGINE_BOOTS, mib.HR_SYSTEM_UPTIME]
        got = yield from fetch(oids, self._max_objects, self._objects)
        return self._uptime.resolve(*map(number, got.cells))

    def _fits(self, answer: Answer, part: _Part, reading: Reading) -> bool:
        """Whether the answer is about what was asked."""
        if tuple(name for name, _, _ in answer.varbinds) == part.question.oids:
            return True
        self._statistics.values_out_of_range += 1
        reading.status = Status.GEN_ERR
        return False

    def _ask_for(self, names: tuple[str, ...]) -> tuple[_Part, ...]:
        """The questions that read those of `names` that are known, each with sysUpTime first; one at least."""
        found = self._parts.get(names)
        if found is not None:
            return found
        head = [mib.SYS_UP_TIME, mib.IF_TABLE_LAST_CHANGE] if self._has_table_change else [mib.SYS_UP_TIME]
        index_of = self.index_of
        held = [name for name in names if name in index_of]
        parts: list[_Part] = []
        for part in chunks(held, (self._max_objects - len(head)) // _PER_PORT) or [()]:
            oids = head + [
                ber.instance(column, index_of[name])
                for name in part
                for column in (mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS, mib.IF_LAST_CHANGE)
            ]
            parts.append(_Part(part, get(oids)))
        if len(self._parts) >= _KEPT_QUESTIONS:
            self._parts.clear()
        self._parts[names] = found = tuple(parts)
        return found

    def _adapt(self, answer: Answer, part: _Part) -> bool:
        """Whether asking otherwise can help; the way of asking is changed then."""
        asked, names = part.question.oids, part.names
        if answer.status is Status.TOO_BIG and len(names) > 1:
            self._max_objects = max(_PER_PORT + 2, len(asked) // 2)
        elif answer.status is Status.NO_SUCH_NAME and self.shape.version == V1:
            at_fault = asked[answer.error_index - 1] if answer.error_index else b""
            if at_fault == mib.IF_TABLE_LAST_CHANGE and self._has_table_change:
                self._has_table_change = False
            elif names and at_fault in asked[-_PER_PORT * len(names) :]:
                place = len(asked) - asked.index(at_fault) - 1
                if not self._row_is_gone(names[len(names) - 1 - place // _PER_PORT]):
                    return False
            else:
                return False
        else:
            return False
        self._parts.clear()
        return True

    def _take(self, answer: Answer, part: _Part, reading: Reading) -> bool:
        """Take an answer's ports; False when it says that the numbering may have changed."""
        values = iter(answer.varbinds)
        next(values)
        if self._has_table_change:
            _, kind, change = next(values)
            moved = kind == ber.TIME_TICKS and isinstance(change, int)
            if moved and self._table_change is not None and change != self._table_change:
                self._forget()
            self._table_change = change if moved and isinstance(change, int) else None
        if self._resolution is None:
            return False
        for name in part.names:
            triple = [value if kind in {ber.INTEGER, ber.TIME_TICKS} else None for _, kind, value in
                      (next(values), next(values), next(values))]  # fmt: skip
            self._take_port(name, answer.at, triple, reading)
        return True

    def _take_port(self, name: str, at: float, triple: Sequence[ber.Value], reading: Reading) -> None:
        admin, oper, change = (value if isinstance(value, int) else -1 for value in triple)
        if admin == -1 and oper == -1:
            self._row_is_gone(name)
            return
        if admin not in mib.ADMIN or oper not in mib.OPER:
            self._statistics.values_out_of_range += 1
            return
        told = change * _STATES + oper
        before = self._last_change.get(name)
        if before != told:
            self._last_change[name] = told
        moved = before is not None and before != told and before % _STATES == oper
        reading.ports[name] = PortState(at, mib.ADMIN[admin], mib.OPER[oper], moved)

    def _row_is_gone(self, name: str) -> bool:
        """A row that was there is not: look all names up again; but not for ever. Whether the rest still holds."""
        if not self._fresh or self._resolution is None:
            self._forget()
            return False
        del self._resolution.index_of[name]  # the device names a port that it can't read
        self._hold(self._resolution)
        self._tell(self._resolution)
        return True

    def _forget(self) -> None:
        self._hold(None)
        self.epoch += 1
        self._last_change.clear()

    def _hold(self, found: Resolution | None) -> None:
        """From now on this is the numbering; None = not known."""
        statistics, before = self._statistics, self._resolution
        if before is not None:
            statistics.resolved -= 1
            statistics.missing -= self._counted
        if found is not None:
            statistics.resolved += 1
            self._counted = len(found.missing)
            statistics.missing += self._counted
        self._resolution = found
        self._parts.clear()

    def _resolve(self, at: float) -> Dialogue[bool]:
        """Look the wanted names up. False when the device would not tell."""
        self._statistics.resolutions += 1
        found = Resolution(self._wanted)
        for column in (mib.IF_NAME, mib.IF_DESCR, mib.IF_ALIAS):
            status, (rows,) = yield from walk(self.shape, [column])
            if status in _UNHEARD:
                return False
            if status is Status.NO_ERROR:
                found.add_column({index: text(value) for row, value in rows.items() if (index := ber.index(row))})
            if not found.missing:
                break
        self._resolved_at = at
        held = self._resolution.index_of if self._resolution is not None else None
        if held != found.index_of:
            if held is None or any(found.index_of.get(name) != index for name, index in held.items()):
                self._forget()
            self._hold(found)
            self._fresh = True
        self._tell(found)
        return True

    def _tell(self, found: Resolution) -> None:
        """Log what is missing, once."""
        if found.missing != self._told:
            self._told = found.missing
            for name in sorted(found.missing):
                why = "has several ports of that name" if name in found.ambiguous else "has no such port"
                _log.warning("%s: the device %s; correct the inventory", f"{self._device}:{name}", why)
