"""One family's pings: filled, sent, matched and expired. The hot path of netwatch.

Times of sending and arrival are the kernel's wall clock (SO_TIMESTAMPNS), so that a round trip is true even
when this process was busy; deadlines are on the timeline, so that a step of the wall clock loses no host.
"""

from __future__ import annotations

import math
import secrets
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from netwatch.polling.batch import TRANSIENT, Receiver, Sender, overflow
from netwatch.polling.icmp.packet import (
    DATA_BYTES,
    ECHO_REPLY,
    ICMP,
    ICMP_BYTES,
    IPV4_PLAIN,
    SEQUENCE,
    SOCKADDR_BYTES,
    TIMESTAMP,
    Target,
    sender_layout,
    slot_layout,
)
from netwatch.polling.icmp.sockets import IcmpSocket

SEND_SLOTS: Final = 32
RECEIVE_SLOTS: Final = 128
_STEP_NS: Final = 5_000_000
_DRAIN_CALLS: Final = 64  # of RECEIVE_SLOTS each; a flood may not hold the event loop for longer


class Result(NamedTuple):
    """One ping. `at` is when it was sent, on the timeline; `rtt_ms` is None when it was lost."""

    key: str
    at: float
    rtt_ms: float | None


class Channel:
    """Pings over one socket. Not one instant is read here but the wall clock's that belong to packets."""

    def __init__(self, opened: IcmpSocket, timeout_s: float) -> None:
        self.opened = opened
        self._timeout_s = timeout_s
        self._timeout_ms = timeout_s * 1e3
        self._identifier = secrets.randbits(16)
        self._targets: list[Target] = []
        self._open: dict[int, int] = {}  # target number << 16 | sequence as sent -> wall nanoseconds of sending
        self._batches: deque[tuple[float, Sequence[int]]] = deque()  # sent at, their keys
        self._sender = Sender(opened.sock, SEND_SLOTS, SOCKADDR_BYTES[opened.family], ICMP_BYTES)
        self._receiver = Receiver(opened.sock, RECEIVE_SLOTS, DATA_BYTES)
        self._send_layout = sender_layout(opened.family)
        self._slot_layout = slot_layout(opened.family, ip_header=opened.ip_header)
        self._offset_ns = 0  # timeline minus wall clock
        self._wall_ns = 0  # wall clock minus boot clock
        self.sent = 0
        self.received = 0
        self.lost = 0
        self.rejected = 0
        self.unsent = 0
        self.drops = 0
        self.undecided = 0
        self._overflowed_at = -math.inf
        self.local_errors: Counter[int] = Counter()

    def target(self, key: str, address: str) -> Target:
        """A new target; numbers are never used twice, so that nothing old answers for something new."""
        made = Target(key, address, self.opened.family, len(self._targets), secrets.randbits(64))
        made.sequence = secrets.randbits(16)
        made.prepare(self._identifier)
        self._targets.append(made)
        return made

    def tick(self, now: float, results: list[Result]) -> Sequence[Target]:
        """Read every reply that waits, then judge what is overdue. Both go to `results`.

        Returns:
            Those of whom nothing can be said, since their replies may be among those that found no room here.
        """
        self._follow_wall_clock(now)
        drops, full = overflow(self.opened.sock)
        if full and drops != self.drops:
            self._overflowed_at = now
        self.drops = drops
        return self._expire(now, results) if self._drain(results) else ()

    def _follow_wall_clock(self, now: float) -> None:
        self._offset_ns = int(now * 1e9) - time.time_ns()
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        wall = time.time_ns() - before
        if time.clock_gettime_ns(time.CLOCK_BOOTTIME) - before > _STEP_NS // 5:
            return  # interrupted between the two clocks: this says nothing
        moved = wall - self._wall_ns
        if abs(moved) > _STEP_NS:  # the wall clock was set: what is open was sent on the old one
            self._open = {key: sent_ns + moved for key, sent_ns in self._open.items()}
        self._wall_ns = wall

    def send(self, targets: Sequence[Target], now: float) -> Sequence[Target]:
        """Ping `targets`; those for whom the kernel had no room now are returned, to be tried again."""
        for start in range(0, len(targets), SEND_SLOTS):
            chunk = targets[start : start + SEND_SLOTS]
            kept = self._send_chunk(chunk, now)
            if kept < len(chunk):
                self.unsent += 1
                return targets[start + kept :]
        return ()

    def _send_chunk(self, chunk: Sequence[Target], now: float) -> int:
        """Send at most a slab full; how many were dealt with before the kernel had no room."""
        slab, size, pack = self._sender.slab, self._sender.slot_bytes, self._send_layout.pack_into
        identifier, opened = self._identifier, self._open
        keys: list[int] = []
        place = 0
        for target in chunk:
            target.sequence = sequence = (target.sequence + 1) & 0xFFFF
            if not sequence:
                self._renew(target, keys)
            wire = SEQUENCE[sequence]
            total = target.base_sum + wire
            pack(
                slab,
                place,
                target.prefix,
                ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF,
                identifier,
                wire,
                target.number,
                target.cookie,
            )
            keys.append(target.number << 16 | wire)
            place += size
        done = 0
        while done < len(keys):
            before = time.time_ns()
            sent = self._sender.send(done, len(keys))
            if sent > 0:
                step = (time.time_ns() - before) // sent
                for key in keys[done : done + sent]:
                    opened[key] = before
                    before += step
                self._batches.append((now, keys[done : done + sent]))
                self.sent += sent
                done += sent
            elif -sent in TRANSIENT:
                break
            else:
                self.local_errors[-sent] += 1
                done += 1
        return done

    def _renew(self, target: Target, leaving: Sequence[int]) -> None:
        """The sequence begins again: with another cookie, so that no reply of the last round fits this one.

        With a ping under way, or just `leaving`, the old cookie stays for another round.
        """
        if not any(key >> 16 == target.number for key in (*self._open, *leaving)):
            target.renew(secrets.randbits(64), self._identifier)

    def _drain(self, results: list[Result]) -> bool:
        """Read what waits; whether nothing is left."""
        for _ in range(_DRAIN_CALLS):
            got = self._receiver.receive()
            if got:
                self._match(got, results)
            if got < RECEIVE_SLOTS:
                return True
        return False

    def _match(self, got: int, results: list[Result]) -> None:
        slab, size, unpack = self._receiver.slab, self._receiver.slot_bytes, self._slot_layout.unpack_from
        opened, targets, known = self._open, self._targets, len(self._targets)
        header = self.opened.ip_header
        shortest = ICMP_BYTES + (20 if header else 0)
        reply = ECHO_REPLY[self.opened.family]
        for slot in range(got):
            fields = unpack(slab, slot * size)
            source, _, level, kind, seconds, nanoseconds = fields[:6]
            if header and fields[6] != IPV4_PLAIN:
                fields = self._with_options(slot, fields)
            icmp_type, _, _, _, wire, number, cookie = fields[-7:]
            if number >= known or self._receiver.length(slot) < shortest:
                self.rejected += 1
                continue
            target = targets[number]
            if target.cookie != cookie or target.source != source or icmp_type != reply:
                self.rejected += 1
                continue
            sent_ns = opened.pop(number << 16 | wire, None)
            if sent_ns is None or target.gone:
                self.rejected += 1  # a duplicate, or later than its deadline
                continue
            arrived = seconds * 1_000_000_000 + nanoseconds if (level, kind) == TIMESTAMP else time.time_ns()
            self._judge(target, sent_ns, (arrived - sent_ns) / 1e6, results)

    def _judge(self, target: Target, sent_ns: int, rtt_ms: float, results: list[Result]) -> None:
        at = (sent_ns + self._offset_ns) / 1e9
        if rtt_ms > self._timeout_ms:  # it came, but too late: the same verdict as when nobody was busy
            self.lost += 1
            results.append(Result(target.key, at, None))
        else:
            self.received += 1
            results.append(Result(target.key, at, max(0.0, rtt_ms)))

    def _with_options(self, slot: int, fields: tuple[int, ...]) -> tuple[int, ...]:
        """The fields of a packet whose IP header carries options."""
        start = (slot + 1) * self._receiver.slot_bytes - DATA_BYTES + (fields[6] & 0x0F) * 4
        return (*fields[:7], *ICMP.unpack_from(self._receiver.slab, start))

    def _expire(self, now: float, results: list[Result]) -> Sequence[Target]:
        batches, opened, targets = self._batches, self._open, self._targets
        undecided: list[Target] = []
        while batches and now - batches[0][0] > self._timeout_s:
            at, keys = batches.popleft()
            for key in keys:
                sent_ns = opened.pop(key, None)
                if sent_ns is None or targets[key >> 16].gone:
                    continue
                if at <= self._overflowed_at:
                    undecided.append(targets[key >> 16])
                else:
                    self.lost += 1
                    results.append(Result(targets[key >> 16].key, (sent_ns + self._offset_ns) / 1e9, None))
        self.undecided += len(undecided)
        return undecided
