"""All pings of the monitor: regular ones at their phase, urgent ones beside them, both paced in ticks.

The engine owns no task and no timer: its owner calls `tick` every `TICK_S` and gets what was decided.
"""

from __future__ import annotations

import socket
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from netwatch.errors import OperatingError
from netwatch.polling.icmp.channel import Channel, Result
from netwatch.polling.icmp.lineup import TICK_S, Lineup
from netwatch.polling.icmp.packet import Target
from netwatch.polling.icmp.sockets import Mode, open_socket
from netwatch.polling.pacing import Bucket

_URGENT_MOST: Final = 200_000  # waiting urgent pings; more than any outage asks for

__all__ = ["TICK_S", "Engine", "EngineStatistics", "Result"]


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """Counters since the start.

    `skipped`: pings that fell due while the one before still waited, or into a stall. `thinned`: left out on overload.
    `late`: sent later than a tenth of their interval, or 1 s, after their moment. `undecided`: without a reply, but at
    a time when the kernel dropped replies for want of room here, `socket_drops` in all.
    """

    targets: int = 0
    sent: int = 0
    received: int = 0
    lost: int = 0
    rejected: int = 0
    unsent: int = 0
    skipped: int = 0
    thinned: int = 0
    late: int = 0
    undecided: int = 0
    socket_drops: int = 0
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
        self._buffer_bytes = receive_buffer_bytes
        self._channels: dict[int, Channel] = {}
        self._targets: dict[str, Target] = {}
        self._lineup = Lineup(rate_pps)
        self._urgent: deque[Target] = deque()
        self._urgent_bucket = Bucket(urgent_pps, urgent_pps * TICK_S * 2)

    def __contains__(self, key: str) -> bool:
        return key in self._targets

    def add(self, key: str, address: str, interval_s: float, *, steady: bool = False) -> None:
        """Ping `address` every `interval_s` from now on; an equal entry that exists is left as it is.

        A steady target is pinged as often on overload too.
        """
        known = self._targets.get(key)
        if known is not None:
            if (known.address, known.interval_s, known.steady) == (address, interval_s, steady):
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
        target.steady = steady
        self._targets[key] = target
        self._lineup.add(target, interval_s)

    def remove(self, key: str) -> None:
        """Forget a target and its open pings; nothing happens when it is unknown."""
        target = self._targets.pop(key, None)
        if target is not None:
            self._lineup.remove(target)

    def known(self) -> Iterable[str]:
        """The keys of all targets, in the order in which they were added."""
        return tuple(self._targets)

    def probe(self, key: str) -> None:
        """Ping a target once more, as soon as the bucket for urgent pings allows."""
        target = self._targets.get(key)
        if target is not None and len(self._urgent) < _URGENT_MOST:
            self._urgent.append(target)

    def stretch(self, factor: int) -> None:
        """From now on ping who is not steady in one turn of so many, evenly."""
        self._lineup.stretch = factor

    @property
    def backlog_s(self) -> float:
        """How long it takes to send the regular pings that wait, at the permitted rate."""
        return self._lineup.backlog_s

    def tick(self, now: float) -> list[Result]:
        """Read, judge and send what is due; the pings that were decided."""
        results: list[Result] = []
        for channel in self._channels.values():
            for target in channel.tick(now, results):  # undecided: ask again
                self.probe(target.key)
        self._lineup.due(now)
        urgent = [self._urgent.popleft() for _ in range(self._urgent_bucket.take(now, len(self._urgent)))]
        self._urgent.extendleft(reversed(self._send(urgent, now)))
        if self._lineup:
            taken = self._lineup.take(now)
            back = self._send(taken, now)
            self._lineup.put_back(back)
            kept = set(back)
            self._lineup.left([target for target in taken if target not in kept] if back else taken, now)
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
            skipped=self._lineup.skipped,
            thinned=self._lineup.thinned,
            late=self._lineup.late,
            undecided=sum(channel.undecided for channel in channels),
            socket_drops=sum(channel.drops for channel in channels),
            waiting=len(self._lineup) + len(self._urgent),
            buffer_bytes=min((channel.opened.buffer_bytes for channel in channels), default=0),
            buffer_capped=any(channel.opened.buffer_capped for channel in channels),
            local_errors=errors,
        )

    def close(self) -> None:
        """Close the sockets; the engine is of no use afterwards."""
        for channel in self._channels.values():
            channel.opened.sock.close()

    def _send(self, targets: Sequence[Target], now: float) -> Sequence[Target]:
        """Ping these; those for whom the kernel had no room now, in order."""
        back: set[Target] = set()
        for family, channel in self._channels.items():
            own = [target for target in targets if target.family == family and not target.gone]
            back.update(channel.send(own, now))
        return [target for target in targets if target in back] if back else ()
