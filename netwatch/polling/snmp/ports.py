"""One device's uptime and ports: names resolved to ifIndex, read, and resolved anew when numbers may have moved.

A value is handed out only when it was read under a numbering that is known to hold: the same packet carries
sysUpTime and ifTableLastChange, and when either says that the table may be another one, the packet's ports
are thrown away and the names looked up again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.client import Agent, Answer, Client
from netwatch.polling.snmp.codec import GET, V1, Request, Status, request
from netwatch.polling.snmp.names import Resolution, chunks, text
from netwatch.polling.snmp.tables import Walker

_TICKS_PER_S: Final = 100
_SLACK_S: Final = 5.0
_SLACK_RATIO: Final = 0.01  # how far a device's clock may run behind ours
_PER_PORT: Final = 3
_KEPT_QUESTIONS: Final = 64  # on suspicion, any part of the ports may be asked for
_log = logging.getLogger(__name__)


class PortState(NamedTuple):
    """One port as read. `moved`: ifLastChange is another than at the reading before, though the status is the same."""

    at: float
    admin: str
    oper: str
    moved: bool


@dataclass(slots=True)
class Reading:
    """What came of asking a device. `status` TIMEOUT: no answer; NOT_SENT: the monitor could not ask."""

    at: float
    status: Status
    uptime_s: float | None
    ports: dict[str, PortState]


@dataclass(slots=True)
class PortStatistics:
    """Counters of all devices together."""

    resolutions: int = 0
    values_out_of_range: int = 0


@dataclass(frozen=True, slots=True)
class _Question:
    names: tuple[str, ...]
    request: Request


class DeviceReader:
    """Asks one device. Its owner never runs two readings of it at once."""

    def __init__(
        self, client: Client, agent: Agent, *, max_repetitions: int, max_objects: int, resolve_interval_s: float,
        statistics: PortStatistics,
    ) -> None:  # fmt: skip
        self._client = client
        self._agent = agent
        self._walker = Walker(client, agent, max_repetitions)
        self._max_objects = max_objects
        self._resolve_interval_s = resolve_interval_s
        self._statistics = statistics
        self._wanted: frozenset[str] = frozenset()
        self._resolution: Resolution | None = None
        self._resolved_at = 0.0
        self._fresh = False  # nothing has been read under this resolution yet
        self._has_table_change = True
        self._uptime: tuple[float, int] | None = None  # when it was read, ticks
        self._table_change: int | None = None
        self._last_change: dict[str, tuple[str, int]] = {}
        self._questions: dict[tuple[str, ...], list[_Question]] = {}
        self._told: frozenset[str] = frozenset()

    @property
    def missing(self) -> frozenset[str]:
        """Ports of the inventory that the device did not have when it was last looked at."""
        return self._resolution.missing if self._resolution is not None else frozenset()

    def name_of(self, index: int | None) -> str:
        """The inventory's name of the port with this ifIndex; "" when there is none or the numbering is not known."""
        if self._resolution is None:
            return ""
        return next((name for name, known in self._resolution.index_of.items() if known == index), "")

    def want(self, names: Collection[str]) -> None:
        """From now on these ports can be read."""
        wanted = frozenset(names)
        if wanted != self._wanted:
            self._wanted = wanted
            self._forget()

    async def read(self, names: Sequence[str], *, retries: int | None = None) -> Reading:
        """Read sysUpTime and, of `names`, the ports that the device has.

        A first look and a table that moved cost a walk over the names; ports that can't be had are left out.
        """
        reading = await self._read_held(names, retries)
        if reading.status in {Status.TIMEOUT, Status.NOT_SENT} or not names:
            return reading
        if self._resolution is not None and not self._look_is_due(reading.at):
            return reading
        if not await self._resolve(reading.at):
            return reading
        return await self._read_held(names, retries)

    async def _read_held(self, names: Sequence[str], retries: int | None) -> Reading:
        """Read those of `names` whose ifIndex is known; no port when the numbering proves not to hold."""
        known = [name for name in names if self._resolution is not None and name in self._resolution.index_of]
        reading = await self._read_known(known, retries)
        self._fresh = False
        if self._resolution is None:
            reading.ports.clear()
        return reading

    async def _read_known(self, names: Sequence[str], retries: int | None) -> Reading:
        reading = Reading(0.0, Status.NO_ERROR, None, {})
        questions = self._ask_for(tuple(names))
        while questions:
            question = questions.pop(0)
            answer = await self._client.ask(self._agent, question.request, retries=retries)
            if answer.status is not Status.NO_ERROR and self._adapt(answer, question):
                questions = self._ask_for(tuple(names))  # ask otherwise, from the start
                reading.ports.clear()
                continue
            if reading.at and answer.status in {Status.TIMEOUT, Status.NOT_SENT}:
                break  # it did answer; the rest comes next time
            reading.at, reading.status = answer.at, answer.status
            if answer.status is not Status.NO_ERROR or not self._take(answer, question, reading):
                break
        return reading

    def _ask_for(self, names: tuple[str, ...]) -> list[_Question]:
        """The requests that read `names`, each with sysUpTime first; one at least."""
        found = self._questions.get(names)
        if found is None:
            head = [mib.SYS_UP_TIME, mib.IF_TABLE_LAST_CHANGE] if self._has_table_change else [mib.SYS_UP_TIME]
            index_of = self._resolution.index_of if self._resolution is not None else {}
            held = [name for name in names if name in index_of]
            found = []
            for part in chunks(held, (self._max_objects - len(head)) // _PER_PORT) or [()]:
                oids = head + [
                    ber.instance(column, index_of[name])
                    for name in part
                    for column in (mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS, mib.IF_LAST_CHANGE)
                ]
                agent = self._agent
                found.append(_Question(part, request(agent.version, agent.community, GET, oids)))
            if len(self._questions) >= _KEPT_QUESTIONS:
                self._questions.clear()
            self._questions[names] = found
        return list(found)

    def _adapt(self, answer: Answer, question: _Question) -> bool:
        """Whether asking otherwise can help; the way of asking is changed then."""
        if answer.status is Status.TOO_BIG and len(question.names) > 1:
            self._max_objects = max(_PER_PORT + 2, len(question.request.oids) // 2)
        elif answer.status is Status.NO_SUCH_NAME and self._agent.version == V1:
            asked = question.request.oids
            at_fault = asked[answer.error_index - 1] if answer.error_index else b""
            if at_fault == mib.IF_TABLE_LAST_CHANGE and self._has_table_change:
                self._has_table_change = False
            elif at_fault in asked[-_PER_PORT * len(question.names) :]:
                place = len(asked) - asked.index(at_fault) - 1
                if not self._row_is_gone(question.names[len(question.names) - 1 - place // _PER_PORT]):
                    return False
            else:
                return False
        else:
            return False
        self._questions.clear()
        return True

    def _take(self, answer: Answer, question: _Question, reading: Reading) -> bool:
        """Take an answer's values; False when it says that the numbering may have changed."""
        asked = question.request.oids
        if [name for name, _, _ in answer.varbinds] != list(asked):
            self._statistics.values_out_of_range += 1
            reading.status = Status.GEN_ERR
            return False
        values = iter(answer.varbinds)
        _, kind, ticks = next(values)
        if kind == ber.TIME_TICKS and isinstance(ticks, int):
            reading.uptime_s = ticks / _TICKS_PER_S
            if self._restarted(answer.at, ticks):
                self._forget()
        if self._has_table_change:
            _, kind, change = next(values)
            moved = kind == ber.TIME_TICKS and isinstance(change, int)
            if moved and self._table_change is not None and change != self._table_change:
                self._forget()
            self._table_change = change if moved and isinstance(change, int) else None
        if self._resolution is None:
            return False
        for name in question.names:
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
        state = mib.OPER[oper]
        before = self._last_change.get(name)
        moved = before is not None and before[0] == state and before[1] != change
        self._last_change[name] = (state, change)
        reading.ports[name] = PortState(at, mib.ADMIN[admin], state, moved)

    def _row_is_gone(self, name: str) -> bool:
        """A row that was there is not: look all names up again; but not for ever. Whether the rest still holds."""
        if not self._fresh or self._resolution is None:
            self._forget()
            return False
        del self._resolution.index_of[name]  # the device names a port that it can't read
        self._questions.clear()
        self._tell(self._resolution)
        return True

    def _restarted(self, at: float, ticks: int) -> bool:
        """Whether sysUpTime went back (a wrap after 497 days counts as well: looking again costs little)."""
        before = self._uptime
        self._uptime = (at, ticks)
        if before is None:
            return False
        elapsed_s = at - before[0]
        expected = before[1] + (elapsed_s * (1 - _SLACK_RATIO) - _SLACK_S) * _TICKS_PER_S
        return ticks < expected and ticks != before[1]  # an agent whose clock stands still did not restart

    def _look_is_due(self, at: float) -> bool:
        missing = self._resolution is not None and bool(self._resolution.missing)
        return missing and at - self._resolved_at >= self._resolve_interval_s

    def _forget(self) -> None:
        self._resolution = None
        self._questions.clear()
        self._last_change.clear()

    async def _resolve(self, at: float) -> bool:
        """Look the wanted names up. False when the device would not tell."""
        self._statistics.resolutions += 1
        found = Resolution(self._wanted)
        for column in (mib.IF_NAME, mib.IF_DESCR, mib.IF_ALIAS):
            status, rows = await self._walker.column(column)
            if status in {Status.TIMEOUT, Status.NOT_SENT}:
                return False
            if status is Status.NO_ERROR:
                found.add_column({index: text(value) for index, value in rows.items()})
            if not found.missing:
                break
        self._questions.clear()
        self._last_change.clear()
        self._resolution = found
        self._resolved_at = at
        self._fresh = True
        self._tell(found)
        return True

    def _tell(self, found: Resolution) -> None:
        """Log what is missing, once."""
        if found.missing != self._told:
            self._told = found.missing
            for name in sorted(found.missing):
                why = "has several ports of that name" if name in found.ambiguous else "has no such port"
                _log.warning("%s: the device %s; correct the inventory", f"{self._agent.device}:{name}", why)
