"""All pings of the monitor: regular ones at their phase, urgent ones beside them, both paced in ticks.

The engine owns no task and no timer: its owner calls `tick` every `TICK_S` and gets what was decided.
"""

from __future__ import annotations

import socket
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from netwatch.errors import OperatingError
from netwatch.polling.icmp.channel import Channel, Result
from netwatch.polling.icmp.packet import Target
from netwatch.polling.icmp.sockets import Mode, open_socket
from netwatch.polling.pacing import Bucket
from netwatch.polling.schedule import Wheel

TICK_S: Final = 0.02
_CATCH_UP: Final = 2.0  # what a stall delayed goes out at no more than twice the steady rate
_LEAST_PPS: Final = 100.0
_URGENT_MOST: Final = 200_000  # waiting urgent pings; more than any outage asks for

__all__ = ["TICK_S", "Engine", "EngineStatistics", "Result"]


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """Counters since the start. `skipped`: pings that fell due while the one before still waited."""

    targets: int = 0
    sent: int = 0
    received: int = 0
    lost: int = 0
    rejected: int = 0
    unsent: int = 0
    skipped: int = 0
    waiting: int = 0
    buffer_bytes: int = 0
    buffer_capped: bool = False
    local_errors: Counter[int] = field(default_factory=Counter)


class Engine:
    """Pings targets of both families by key.

    A family's socket is opened with its first target.

    Raises (from `add`):
        OperatingError: no socket is allowed, or the address is none.
    """

    def __init__(
        self,
        mode: Mode,
        timeout_s: float,
        rate_pps: float,
        urgent_pps: float,
        receive_buffer_bytes: int,
    ) -> None:
        self._mode = mode
        self._timeout_s = timeout_s
        self._rate_pps = rate_pps
        self._buffer_bytes = receive_buffer_bytes
        self._channels: dict[int, Channel] = {}
        self._targets: dict[str, Target] = {}
        self._wheels: dict[float, Wheel[Target]] = {}
        self._interval_of: dict[str, float] = {}
        self._queue: deque[Target] = deque()
        self._urgent: deque[Target] = deque()
        self._bucket = Bucket(_LEAST_PPS, _LEAST_PPS * TICK_S * 2)
        self._urgent_bucket = Bucket(urgent_pps, urgent_pps * TICK_S * 2)
        self._skipped = 0

    def __contains__(self, key: str) -> bool:
        return key in self._targets

    def add(self, key: str, address: str, interval_s: float) -> None:
        """Ping `address` every `interval_s` from now on; an equal entry that exists is left as it is."""
        known = self._targets.get(key)
        if known is not None:
            if known.address == address and self._interval_of[key] == interval_s:
                return
            self.remove(key)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        channel = self._channels.get(family)
        if channel is None:
            opened = open_socket(family, self._mode, self._buffer_bytes)
            channel = self._channels[family] = Channel(opened, self._timeout_s)
        try:
            target = channel.target(key, address)
        except OSError as error:
            raise OperatingError(f"{key}: {address!r} can't be pinged: {error}", "correct its address") from error
        self._targets[key] = target
        self._interval_of[key] = interval_s
        self._wheels.setdefault(interval_s, Wheel(interval_s, TICK_S)).add(key, target)
        self._set_rate()

    def remove(self, key: str) -> None:
        """Forget a target and its open pings; nothing happens when it is unknown."""
        target = self._targets.pop(key, None)
        if target is not None:
            target.gone = True
            self._wheels[self._interval_of.pop(key)].remove(key, target)
            self._set_rate()

    def known(self) -> Iterable[str]:
        """The keys of all targets, in the order in which they were added."""
        return tuple(self._targets)

    def probe(self, key: str) -> None:
        """Ping a target once more, as soon as the bucket for urgent pings allows."""
        target = self._targets.get(key)
        if target is not None and len(self._urgent) < _URGENT_MOST:
            self._urgent.append(target)

    def tick(self, now: float) -> list[Result]:
        """Read, judge and send what is due; the pings that were decided."""
        results: list[Result] = []
        for channel in self._channels.values():
            channel.tick(now, results)
        for wheel in self._wheels.values():
            for target in wheel.due(now):
                if target.queued:
                    self._skipped += 1
                else:
                    target.queued = True
                    self._queue.append(target)
        if self._urgent:
            self._release(self._urgent, self._urgent_bucket, now)
        if self._queue:
            for target in self._release(self._queue, self._bucket, now):
                target.queued = False
        return results

    def statistics(self) -> EngineStatistics:
        """What happened since the start."""
        channels = tuple(self._channels.values())
        errors: Counter[int] = Counter()
        for channel in channels:
            errors.update(channel.local_errors)
        return EngineStatistics(
            targets=len(self._targets),
            sent=sum(channel.sent for channel in channels),
            received=sum(channel.received for channel in channels),
            lost=sum(channel.lost for channel in channels),
            rejected=sum(channel.rejected for channel in channels),
            unsent=sum(channel.unsent for channel in channels),
            skipped=self._skipped + sum(wheel.missed for wheel in self._wheels.values()),
            waiting=len(self._queue) + len(self._urgent),
            buffer_bytes=min((channel.opened.buffer_bytes for channel in channels), default=0),
            buffer_capped=any(channel.opened.buffer_capped for channel in channels),
            local_errors=errors,
        )

    def close(self) -> None:
        """Close the sockets; the engine is of no use afterwards."""
        for channel in self._channels.values():
            channel.opened.sock.close()

    def _release(self, queue: deque[Target], bucket: Bucket, now: float) -> list[Target]:
        """Send as many from the front of `queue` as the bucket allows; those that have left it."""
        granted = bucket.take(now, len(queue))
        taken = [queue.popleft() for _ in range(granted)]
        back: set[Target] = set()
        for family, channel in self._channels.items():
            own = taken if len(self._channels) == 1 else [target for target in taken if target.family == family]
            back.update(channel.send([target for target in own if not target.gone], now))
        queue.extendleft(reversed([target for target in taken if target in back]))
        return [target for target in taken if target not in back] if back else taken

    def _set_rate(self) -> None:
        pps = sum(len(wheel) / wheel.interval_s for wheel in self._wheels.values())
        self._bucket.rate = max(_LEAST_PPS, min(self._rate_pps, pps * _CATCH_UP))
        self._bucket.burst = max(2.0, self._bucket.rate * TICK_S * 2)
