"""Questions to many agents over one UDP socket a family, answered one by one.

The client owns no task: its owner calls `tick` every 20 ms or so. A tick reads all that waits, then judges
what is overdue, so that a busy event loop loses no answer.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import random
import socket
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from netwatch.clock import Clock
from netwatch.errors import OperatingError
from netwatch.polling.batch import TRANSIENT, Receiver, ask_receive_buffer
from netwatch.polling.pacing import Bucket
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import (
    FIRST_REQUEST_ID,
    RESPONSE,
    Message,
    Request,
    Status,
    VarBind,
    decode,
)

TICK_S: Final = 0.02
LARGEST_DATAGRAM: Final = 65_535
_SLOTS: Final = 16
_DRAIN_CALLS: Final = 128
_BACK_OFF: Final = 2.0
_LONGEST: Final = 2.0  # times the profile's time-out
_WAITING_MOST: Final = 64  # questions that wait behind one another at one agent
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Agent:
    """Where one device is asked, and how."""

    device: str
    address: str
    port: int
    version: int
    community: bytes = field(repr=False)
    timeout_s: float
    retries: int
    family: int = field(init=False)
    place: tuple[str, int] = field(init=False)
    source: tuple[int, bytes] = field(init=False)
    busy: bool = False
    waiting: deque[_Exchange] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        packed = socket.inet_pton(self.family, self.address.partition("%")[0])
        self.place = (self.address, self.port)
        self.source = (self.port, packed)


class Answer(NamedTuple):
    """What became of a question. `at` is when the try that was answered (or the last one) was sent."""

    at: float
    status: Status
    error_index: int
    varbinds: list[VarBind]


@dataclass(slots=True, eq=False)
class _Exchange:
    agent: Agent
    request: Request
    tries_left: int
    timeout_s: float
    answer: asyncio.Future[Answer]
    sent_at: float = 0.0
    over: bool = False
    tries: dict[int, float] = field(default_factory=dict)  # request-id -> when it was sent


@dataclass(slots=True)
class ClientStatistics:
    """Counters since the start."""

    requests: int = 0
    responses: int = 0
    retries: int = 0
    timeouts: int = 0
    rejected: int = 0
    malformed: int = 0
    unsent: int = 0
    local_errors: int = 0
    waiting: int = 0
    buffer_bytes: int = 0
    buffer_capped: bool = False


class Client:
    """Asks agents. Each question gets one answer, in bounded time."""

    def __init__(self, clock: Clock, rate_rps: float, receive_buffer_bytes: int, rng: random.Random) -> None:
        self._clock = clock
        self._buffer_bytes = receive_buffer_bytes
        self._rng = rng
        self._bucket = Bucket(rate_rps, rate_rps * TICK_S * 2)
        self._doors: dict[int, tuple[socket.socket, Receiver]] = {}
        self._open: dict[int, _Exchange] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._ready: deque[_Exchange] = deque()
        self._counts = ClientStatistics()

    async def ask(self, agent: Agent, request: Request, *, retries: int | None = None) -> Answer:
        """Ask; further questions to the same agent wait for this one's answer.

        `retries` are at most that many, None = the agent's own.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        tries = agent.retries if retries is None else min(retries, agent.retries)
        exchange = _Exchange(agent, request, tries, agent.timeout_s, answer)
        if len(agent.waiting) >= _WAITING_MOST:
            return Answer(self._clock.now(), Status.NOT_SENT, 0, [])
        if agent.busy:
            agent.waiting.append(exchange)
        else:
            agent.busy = True
            self._ready.append(exchange)
        return await answer

    def tick(self, now: float) -> None:
        """Read, judge, send."""
        drained = True
        for _, receiver in self._doors.values():
            drained &= self._drain(receiver)
        if drained:
            self._expire(now)
        granted = self._bucket.take(now, len(self._ready))
        for _ in range(granted):
            exchange = self._ready.popleft()
            if exchange.over:  # answered while its next try waited here
                continue
            if exchange.answer.done():  # its asker was cancelled
                self._finish(exchange, Answer(now, Status.NOT_SENT, 0, []))
            elif not self._send(exchange, now):
                self._ready.appendleft(exchange)
                break
        self._counts.waiting = len(self._ready)

    def statistics(self) -> ClientStatistics:
        """What was counted."""
        return replace(self._counts)

    def close(self) -> None:
        """Close the sockets; the client is of no use afterwards."""
        for sock, _ in self._doors.values():
            sock.close()

    def _door(self, family: int) -> tuple[socket.socket, Receiver]:
        door = self._doors.get(family)
        if door is None:
            try:
                sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            except OSError as error:
                raise OperatingError(f"no UDP socket: {error.strerror}", "raise the limit of open files") from error
            sock.settimeout(0)
            granted = ask_receive_buffer(sock, self._buffer_bytes)
            self._counts.buffer_bytes = granted
            self._counts.buffer_capped |= granted < self._buffer_bytes
            if granted < self._buffer_bytes:
                _log.warning("SNMP receive buffer is %d bytes; raise net.core.rmem_max", granted)
            sock.bind(("", 0))  # before the first packet, so that the port is random and ours
            door = self._doors[family] = (sock, Receiver(sock, _SLOTS, LARGEST_DATAGRAM))
        return door

    def _send(self, exchange: _Exchange, now: float) -> bool:
        """Send one try; False when the kernel has no room now."""
        request_id = self._fresh_id()
        agent = exchange.agent
        try:
            self._door(agent.family)[0].sendto(exchange.request.packet(request_id), agent.place)
        except OSError as error:
            if error.errno in TRANSIENT:
                self._counts.unsent += 1
                return False
            self._counts.local_errors += 1
            self._finish(exchange, Answer(now, Status.NOT_SENT, 0, []))
            return True
        exchange.sent_at = now
        exchange.tries[request_id] = now
        self._open[request_id] = exchange
        heapq.heappush(self._deadlines, (now + exchange.timeout_s, request_id))
        self._counts.requests += 1
        return True

    def _fresh_id(self) -> int:
        """A request-id that is not in use and can't be guessed from the one before."""
        request_id = FIRST_REQUEST_ID + self._rng.getrandbits(30)
        while request_id in self._open:
            request_id = FIRST_REQUEST_ID + self._rng.getrandbits(30)
        return request_id

    def _drain(self, receiver: Receiver) -> bool:
        """Read what waits; whether nothing is left."""
        for _ in range(_DRAIN_CALLS):
            got = receiver.receive()
            for slot in range(got):
                self._receive(receiver, slot)
            if got < _SLOTS:
                return True
        return False

    def _receive(self, receiver: Receiver, slot: int) -> None:
        try:
            message = decode(receiver.data(slot))
        except MalformedError:
            self._counts.malformed += 1
            return
        exchange = self._open.get(message.request_id) if isinstance(message, Message) else None
        if exchange is None or not isinstance(message, Message) or not _belongs(message, receiver.peer(slot), exchange):
            self._counts.rejected += 1
            return
        self._counts.responses += 1
        status = Status(message.error_status)
        self._finish(
            exchange, Answer(exchange.tries[message.request_id], status, message.error_index, list(message.varbinds))
        )

    def _expire(self, now: float) -> None:
        deadlines = self._deadlines
        while deadlines and deadlines[0][0] <= now:
            _, request_id = heapq.heappop(deadlines)
            exchange = self._open.get(request_id)
            if exchange is None or exchange.tries[request_id] != exchange.sent_at:
                continue  # answered, or tried again since
            if exchange.tries_left > 0 and not exchange.answer.done():
                exchange.tries_left -= 1
                exchange.timeout_s = min(exchange.timeout_s * _BACK_OFF, exchange.agent.timeout_s * _LONGEST)
                self._counts.retries += 1
                self._ready.append(exchange)
            else:
                self._counts.timeouts += 1
                self._finish(exchange, Answer(exchange.sent_at, Status.TIMEOUT, 0, []))

    def _finish(self, exchange: _Exchange, answer: Answer) -> None:
        exchange.over = True
        for request_id in exchange.tries:
            self._open.pop(request_id, None)
        if not exchange.answer.done():
            exchange.answer.set_result(answer)
        self._next_of(exchange.agent)

    def _next_of(self, agent: Agent) -> None:
        if agent.waiting:
            self._ready.append(agent.waiting.popleft())
        else:
            agent.busy = False


def _belongs(message: Message, source: tuple[int, bytes], exchange: _Exchange) -> bool:
    """Whether a message can be the answer to this question and nothing else."""
    agent = exchange.agent
    if message.pdu != RESPONSE or source != agent.source:
        return False
    if message.version != agent.version or message.community != agent.community:
        return False
    return 0 <= message.error_status <= max(Status) and 0 <= message.error_index <= len(exchange.request.oids)
