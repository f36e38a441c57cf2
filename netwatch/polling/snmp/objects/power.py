"""What feeds a device: UPS-MIB, APC's PowerNet, NetSure's rectifiers. Only what their words say for certain is told.

A battery that is merely being tested is no sign of a mains failure: while a test runs nothing is told.
Source: RFC 1628; PowerNet-MIB; NETSURE-MIB.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from netwatch.polling.model import Observation, PowerObservation
from netwatch.polling.snmp import mib
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Dialogue
from netwatch.polling.snmp.objects.asking import fetch, number
from netwatch.polling.snmp.objects.terms import NO_EPOCH, Refusal, Terms

_LONGEST_MINUTES: Final = 10_080.0  # a week: what is above it is no estimate
_MINUTE_TICKS: Final = 6_000
_TEST_IN_PROGRESS: Final = 5
_SELF_TEST: Final = 9

_UPS_SOURCES: Final = {2: "none", 3: "mains", 4: "mains", 5: "battery", 6: "mains", 7: "mains"}
_UPS_LOW: Final = 3
_UPS_DEPLETED: Final = 4
# onLine, onSmartBoost, the three bypasses, onSmartTrim; onBattery; off, sleepingUntilPowerReturn.
_APC_SOURCES: Final = {
    2: "mains", 4: "mains", 6: "mains", 9: "mains", 10: "mains", 12: "mains", 3: "battery", 7: "none", 11: "none",
}  # fmt: skip
_APC_LOW: Final = 3
# floatCharging and the ways of boost charging need mains; acFail. Tests say nothing.
_NETSURE_SOURCES: Final = {2: "mains", 9: "mains", 10: "mains", 11: "mains", 12: "mains", 8: "battery"}

Judged = tuple[str, float | None]
"""Source and minutes left; source "" = not certain."""


def judge_ups(values: Sequence[int | None]) -> Judged:
    """By upsOutputSource, upsBatteryStatus, upsSecondsOnBattery, upsEstimatedMinutes- and -ChargeRemaining, and
    upsTestResultsSummary.
    """
    output, status, seconds, minutes, charge, test = values
    source = _UPS_SOURCES.get(output or 0, "")
    if not source and seconds is not None and seconds > 0:
        source = "battery"  # zero is told whenever it is not on battery
    if source != "battery":
        return source, None
    if test == _TEST_IN_PROGRESS:
        return "", None
    if status == _UPS_DEPLETED or charge == 0:
        return source, 0.0
    return source, _minutes(minutes, low=status == _UPS_LOW)


def judge_apc(values: Sequence[int | None]) -> Judged:
    """By upsBasicOutputStatus, upsBasicBatteryStatus, upsAdvBatteryRunTimeRemaining, upsAdvInputLineFailCause."""
    output, status, ticks, cause = values
    source = _APC_SOURCES.get(output or 0, "")
    if source != "battery":
        return source, None
    if cause == _SELF_TEST:  # most models call a self-test onBattery
        return "", None
    return source, _minutes(None if ticks is None else ticks / _MINUTE_TICKS, low=status == _APC_LOW)


def judge_netsure(values: Sequence[int | None]) -> Judged:
    """By psStatusBatteryMode; how long the battery lasts is not told."""
    return _NETSURE_SOURCES.get(values[0] or 0, ""), None


def _minutes(told: float | None, *, low: bool) -> float | None:
    """An estimate that can be one. Nought is believed only of a battery that is low."""
    if told is None or not 0 <= told <= _LONGEST_MINUTES or (told == 0 and not low):
        return None
    return float(told)


class _Family(NamedTuple):
    """Objects of one MIB, the telling one first, and what they mean together."""

    oids: tuple[bytes, ...]
    judge: Callable[[Sequence[int | None]], Judged]


# In the order of preference: a vendor's own words tell more than the common ones beside them.
_FAMILIES: Final = (
    _Family(
        (mib.APC_OUTPUT_STATUS, mib.APC_BATTERY_STATUS, mib.APC_RUN_TIME_REMAINING, mib.APC_LINE_FAIL_CAUSE), judge_apc
    ),
    _Family((mib.NETSURE_BATTERY_MODE,), judge_netsure),
    _Family(
        (mib.UPS_OUTPUT_SOURCE, mib.UPS_BATTERY_STATUS, mib.UPS_SECONDS_ON_BATTERY, mib.UPS_ESTIMATED_MINUTES_REMAINING,
         mib.UPS_ESTIMATED_CHARGE_REMAINING, mib.UPS_TEST_RESULTS_SUMMARY), judge_ups,
    ),
)  # fmt: skip


class Power:
    """One device's supply."""

    __slots__ = ("_absent_until_at", "_device", "_epoch", "_family", "_terms")

    def __init__(self, device: str, terms: Terms) -> None:
        self._device = device
        self._terms = terms
        self._epoch = NO_EPOCH
        self._family: _Family | None = None
        self._absent_until_at = 0.0

    def read(self, index_of: Mapping[str, int], epoch: int, now: float) -> Dialogue[Sequence[Observation]]:
        """Tell what feeds the device, when its agent knows and is certain."""
        del index_of
        if epoch != self._epoch:
            self._epoch, self._family, self._absent_until_at = epoch, None, now
        if self._family is None:
            if now < self._absent_until_at:
                return []
            yield from self._look(now)
            if self._family is None:
                return []
        family = self._family
        got = yield from fetch(family.oids, self._terms.max_objects, self._terms.statistics)
        if got.status is not Status.NO_ERROR or got.at is None:
            return []
        values = [number(cell) for cell in got.cells]
        if values[0] is None:
            self._family = None  # it has gone: look again at the next reading
        source, minutes = family.judge(values)
        if not source:
            self._terms.statistics.refused[Refusal.UNCERTAIN] += 1
            return []
        return [PowerObservation(got.at, self._device, source, minutes)]

    def _look(self, now: float) -> Dialogue[None]:
        """Find the family whose telling object the agent has."""
        got = yield from fetch(
            [family.oids[0] for family in _FAMILIES], self._terms.max_objects, self._terms.statistics
        )
        for family, cell in zip(_FAMILIES, got.cells, strict=True):
            if number(cell) is not None:
                self._family = family
                return
        if got.status is Status.NO_ERROR:
            self._absent_until_at = self._terms.absent_until(now)
