"""All pinging: the engine's results as observations of devices and witnesses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from netwatch.inventory.model import Witness
from netwatch.polling.icmp.engine import Engine, EngineStatistics
from netwatch.polling.icmp.windows import PingStatistics, Window
from netwatch.polling.model import IcmpObservation, Observation, WitnessObservation
from netwatch.polling.plan import DevicePlan
from netwatch.polling.settings import PollingSettings

_WITNESS: Final = "witness:"
"""Begins the keys of witnesses; a device's key is its id, which holds no colon."""


class Pinged(NamedTuple):
    """A device's ping that was decided."""

    device: str
    answered: bool


class Pings:
    """Pings devices and witnesses on schedule, and devices on request. With `icmp: off` it does nothing."""

    def __init__(self, settings: PollingSettings, emit: Callable[[Observation], None]) -> None:
        self._settings = settings
        self._emit = emit
        self._windows: dict[str, Window] = {}
        self._engine: Engine | None = None
        if settings.icmp != "off":
            self._engine = Engine(
                settings.icmp,
                timeout_s=settings.icmp_timeout_s,
                rate_pps=settings.icmp_rate_pps,
                urgent_pps=settings.confirm_rate_pps,
                receive_buffer_bytes=settings.receive_buffer_bytes,
            )

    def apply(self, plans: Iterable[DevicePlan], witnesses: Iterable[Witness]) -> None:
        """Ping these from now on; those that stay as they are notice nothing.

        Raises:
            OperatingError: the machine allows no ICMP socket, or an address is none.
        """
        if self._engine is None:
            return
        wanted: Mapping[str, tuple[str, float]] = {
            **{plan.device: (plan.address, plan.intervals.icmp_interval_s) for plan in plans if plan.icmp},
            **{_WITNESS + entry.id: (entry.address, self._settings.witness_interval_s) for entry in witnesses},
        }
        for key in self._engine.known():
            if key not in wanted:
                self._engine.remove(key)
                self._windows.pop(key, None)
        for key, (address, interval_s) in wanted.items():
            witness = key.startswith(_WITNESS)
            self._engine.add(key, address, interval_s, steady=witness)
            if not witness and key not in self._windows:
                self._windows[key] = Window()

    def probe(self, device: str) -> None:
        """Ping a device once more, now; an unknown one is left alone."""
        if self._engine is not None:
            self._engine.probe(device)

    def stretch(self, factor: int) -> None:
        """From now on ping devices in one turn of so many; witnesses as always."""
        if self._engine is not None:
            self._engine.stretch(factor)

    def backlog_s(self) -> float:
        """How long what waits takes to send at the permitted rate, in seconds."""
        return 0.0 if self._engine is None else self._engine.backlog_s

    def tick(self, now: float) -> list[Pinged]:
        """Read, judge and send; observations are emitted, the devices' results also returned."""
        found: list[Pinged] = []
        if self._engine is None:
            return found
        for key, at, rtt_ms in self._engine.tick(now):
            answered = rtt_ms is not None
            window = self._windows.get(key)
            if window is None:
                self._emit(WitnessObservation(at, key.removeprefix(_WITNESS), answered))
                continue
            window.add(at, rtt_ms)
            self._emit(IcmpObservation(at, key, 1, int(answered), rtt_ms))
            found.append(Pinged(key, answered))
        return found

    def statistics_of(self, device: str, now: float) -> PingStatistics | None:
        """A device's loss and round trips over the last five minutes; None when it is not pinged."""
        window = self._windows.get(device)
        return None if window is None else window.statistics(now)

    def statistics(self) -> EngineStatistics:
        """What the engine counted."""
        return EngineStatistics() if self._engine is None else self._engine.statistics()

    def close(self) -> None:
        """Close the sockets."""
        if self._engine is not None:
            self._engine.close()
