"""Whether a device restarted, only its agent did, or sysUpTime merely began anew at zero after 497 days. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

TICKS_PER_S: Final = 100
WRAP_TICKS: Final = 1 << 32
_SLACK_S: Final = 5.0
_SLACK_RATIO: Final = 0.01  # how far a device's clock may run behind ours
_ENGINE_SLACK_S: Final = 60.0  # an agent may start its engine some time before it counts sysUpTime
_ENGINE_SLACK_RATIO: Final = 0.0005  # two clocks of one device, over years
_MOST_WRAPS: Final = 64  # 87 years: more than snmpEngineTime can tell


class Verdict(StrEnum):
    """What a reading of sysUpTime says about the time since the reading before."""

    FIRST = "first"
    RUNNING = "running"
    UNCLEAR = "unclear"
    WRAPPED = "wrapped"
    AGENT_RESTARTED = "agent_restarted"
    RESTARTED = "restarted"

    @property
    def new_epoch(self) -> bool:
        """Whether numbers and counters from before may mean something else now."""
        return self in {Verdict.AGENT_RESTARTED, Verdict.RESTARTED}


class Uptime:
    """Follows one device's sysUpTime.

    `note` each reading. After UNCLEAR ask for what `resolve` takes, and give what came of it, all None if nothing:
    until then `uptime_s` and the verdict are open. After FIRST that is worth asking too: it tells the wraps before.

    Source: RFC 3418 (sysUpTime), RFC 3411 (snmpEngineTime, snmpEngineBoots), RFC 2790 (hrSystemUptime).
    """

    __slots__ = ("_at", "_before", "_boots", "_offset", "_ticks", "_uncertain_since_at")

    def __init__(self) -> None:
        self._at = 0.0
        self._ticks = -1  # nothing read yet
        self._offset = 0  # ticks to add: wraps seen, or the time before the agent alone restarted
        self._before = -1  # what the uptime would be had nothing happened, while the last reading is unclear
        self._uncertain_since_at = 0.0
        self._boots = -1  # snmpEngineBoots when it was last told

    @property
    def uptime_s(self) -> float | None:
        """Seconds since the device started as far as known, beyond 497 days too. None = not read, or unclear."""
        return None if self._ticks < 0 or self._before >= 0 else (self._ticks + self._offset) / TICKS_PER_S

    def note(self, at: float, ticks: int) -> Verdict:
        """Take sysUpTime as read at `at`. UNCLEAR: it went back, and `resolve` must say why."""
        if self._ticks < 0:
            self._at, self._ticks = at, ticks
            return Verdict.FIRST
        if self._before >= 0:  # the unclear reading before was never resolved: as if nothing more could be learnt
            self.resolve(None, None)
        elapsed_s = max(0.0, at - self._at)
        before, since_at = self._ticks, self._at
        self._at, self._ticks = at, ticks
        expected = before + elapsed_s * TICKS_PER_S
        if ticks >= expected - _slack(elapsed_s) or ticks == before:  # a clock that stands still did not restart
            return Verdict.RUNNING
        self._before = before + self._offset + int(elapsed_s * TICKS_PER_S)
        self._uncertain_since_at = since_at
        return Verdict.UNCLEAR

    def resolve(self, engine_time_s: int | None, engine_boots: int | None, host_ticks: int | None = None) -> Verdict:
        """Say what the last reading meant, by snmpEngineTime, snmpEngineBoots and hrSystemUptime; None = not told.

        Without any of them a sysUpTime that stands where a wrap would have put it has wrapped, else it restarted.
        What only an agent can tell, and does not, counts as a restart of the device. AGENT_RESTARTED also means that
        another agent answered: a clock that is older than the reading before did not start since then.
        """
        if self._ticks < 0:
            return Verdict.FIRST
        if self._before < 0:
            return self._look_back(engine_time_s, engine_boots, host_ticks)
        expected, self._before = self._before, -1
        elapsed_s = self._at - self._uncertain_since_at
        ran_on = self._engine_ran_on(engine_time_s, engine_boots, elapsed_s)
        wrapped = abs(expected - self._offset - WRAP_TICKS - self._ticks) <= _slack(elapsed_s)
        if ran_on is None:
            ran_on = wrapped
        if wrapped and ran_on:
            self._offset += WRAP_TICKS
            return Verdict.WRAPPED
        since = elapsed_s * TICKS_PER_S + _slack(elapsed_s)  # the most that has passed since a restart in between
        if ran_on or self._ticks > since or (host_ticks is not None and host_ticks > since):
            self._offset = max(0, expected - self._ticks)
            return Verdict.AGENT_RESTARTED
        self._offset = 0
        return Verdict.RESTARTED

    def _look_back(self, engine_time_s: int | None, engine_boots: int | None, host_ticks: int | None) -> Verdict:
        """After a reading that was clear: learn the engine's boots, and what happened before the first reading."""
        if engine_boots is not None:
            self._boots = engine_boots
        if self._offset == 0 and engine_time_s is not None:
            engine_ticks = engine_time_s * TICKS_PER_S
            wraps = round((engine_ticks - self._ticks) / WRAP_TICKS)
            apart = abs(engine_ticks - self._ticks - wraps * WRAP_TICKS)
            if 0 < wraps <= _MOST_WRAPS and apart <= _ENGINE_SLACK_S * TICKS_PER_S + engine_ticks * _ENGINE_SLACK_RATIO:
                self._offset = wraps * WRAP_TICKS
        if self._offset == 0 and host_ticks is not None and host_ticks > self._ticks:
            self._offset = host_ticks - self._ticks
        return Verdict.RUNNING

    def _engine_ran_on(self, time_s: int | None, boots: int | None, elapsed_s: float) -> bool | None:
        """Whether the SNMP engine started before the reading before the last one; None = not told."""
        known, self._boots = self._boots, self._boots if boots is None else boots
        if boots is not None and known >= 0 and boots != known:
            return False
        if time_s is None:
            return True if boots is not None and known >= 0 else None
        return time_s > elapsed_s * (1 + _SLACK_RATIO) + _SLACK_S


def _slack(elapsed_s: float) -> float:
    """By how many ticks a reading may be off after so long."""
    return (_SLACK_S + elapsed_s * _SLACK_RATIO) * TICKS_PER_S
