"""Dialogues with many agents over one UDP socket a family, one question in flight a device.

The client owns no task: its owner calls `tick` every 40 ms or so. A tick reads all that waits, then judges
what is overdue, then sends, so that a busy event loop loses no answer. Answers go into the dialogue at once,
and its next question leaves with the same tick.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from netwatch.clock import Clock
from netwatch.errors import OperatingError
from netwatch.polling.batch import TRANSIENT, Receiver, overflow
from netwatch.polling.pacing import Bucket
from netwatch.polling.snmp.agent import Agent, Talk, family_of
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import FIRST_REQUEST_ID, RESPONSE, Status, VarBind, bindings, head, pdu_head
from netwatch.polling.snmp.dialogue import Answer, Dialogue, Question
from netwatch.polling.snmp.door import LARGEST_QUESTION, RECEIVE_SLOTS, SEND_SLOTS, Door
from netwatch.polling.snmp.session import Community
from netwatch.polling.snmp.usm.message import message_id
from netwatch.polling.snmp.usm.session import MOST_AGAIN, Kind, UsmSession

T = TypeVar("T")
TICK_S: Final = 0.04
_DRAIN_CALLS: Final = 64
_BACK_OFF: Final = 2.0
_LONGEST: Final = 2.0  # times the profile's time-out
_WAITING_MOST: Final = 64  # dialogues that wait behind one another at one agent
_IDS_AT_ONCE: Final = 256
_STATUS: Final = {int(status): status for status in Status if status >= 0}
_VERSION_3: Final = b"\x02\x01\x03"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ClientStatistics:
    """Counters since the start. `refused` are answers that say: your user or key is wrong; `socket_drops` datagrams
    that the kernel dropped for want of room.
    """

    requests: int = 0
    responses: int = 0
    retries: int = 0
    timeouts: int = 0
    rejected: int = 0
    malformed: int = 0
    refused: int = 0
    unsent: int = 0
    local_errors: int = 0
    waiting: int = 0
    socket_drops: int = 0
    buffer_bytes: int = 0
    buffer_capped: bool = False


class Client:
    """Drives dialogues. Each question gets one answer, in bounded time."""

    def __init__(self, clock: Clock, rate_rps: float, receive_buffer_bytes: int, rng: random.Random) -> None:
        self._clock = clock
        self._buffer_bytes = receive_buffer_bytes
        self._rng = rng
        self._bucket = Bucket(rate_rps, rate_rps * TICK_S * 2)
        self._doors: dict[int, Door[Talk]] = {}
        self._open: dict[int, Talk] = {}
        self._deadlines: dict[float, deque[tuple[float, int]]] = defaultdict(deque)  # by length, so each in order
        self._urgent: deque[Talk] = deque()
        self._ready: deque[Talk] = deque()
        self._later: list[tuple[float, int, Talk]] = []
        self._numbers = itertools.count()
        self._ids: list[int] = []
        self._known: dict[bytes, VarBind] = {}
        self._counts = ClientStatistics()

    def open(self, addresses: Iterable[str]) -> None:
        """Open the sockets by which these addresses are asked, now rather than with the first question.

        Raises:
            OperatingError: one is not to be had.
        """
        for family in sorted({family_of(address) for address in addresses}.difference(self._doors)):
            door = self._doors[family] = Door(family, self._buffer_bytes)
            self._counts.buffer_bytes = door.buffer_bytes
            self._counts.buffer_capped |= door.buffer_bytes < self._buffer_bytes

    def converse(
        self, agent: Agent, dialogue: Dialogue[T], done: Callable[[T], None], *, retries: int | None = None,
        urgent: bool = False,
    ) -> bool:  # fmt: skip
        """Begin a dialogue; `done` gets what it returns, in a later tick. Another with the same agent goes first.

        `retries` are at most that many, None = the agent's own. An urgent dialogue passes those that wait.
        False when too many wait for this agent: the dialogue is then closed, and `done` is not called.
        """
        tries = agent.retries if retries is None else min(retries, agent.retries)
        talk = Talk(agent, dialogue, done, tries, urgent)
        if agent.talk is None:
            agent.talk = talk
            self._put(talk, None)
            return True
        if agent.waiting is None:
            agent.waiting = deque()
        if len(agent.waiting) >= _WAITING_MOST:
            dialogue.close()
            return False
        if urgent:
            agent.waiting.appendleft(talk)
        else:
            agent.waiting.append(talk)
        return True

    async def talk(self, agent: Agent, dialogue: Dialogue[T], *, retries: int | None = None) -> T:
        """Hold a dialogue and wait for what it returns.

        Raises:
            OperatingError: too many dialogues wait for this agent.
        """
        found: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(value: T) -> None:
            if not found.done():
                found.set_result(value)

        if not self.converse(agent, dialogue, done, retries=retries):
            raise OperatingError(f"too much is being asked of {agent.device}", "ask again later")
        return await found

    def forget(self, agent: Agent) -> None:
        """End every dialogue with an agent; none of them is told."""
        talks = [*([agent.talk] if agent.talk else ()), *(agent.waiting or ())]
        agent.talk, agent.waiting = None, None
        for talk in talks:
            self._close_question(talk)
            talk.dialogue.close()

    def tick(self, now: float) -> None:
        """Read, judge, send."""
        drained, spilled = True, False
        for door in self._doors.values():
            drops, full = overflow(door.sock)
            spilled |= full and drops > door.drops
            door.drops = drops
            drained &= self._drain(door.receiver, now)
        if drained:
            self._expire(now, spilled=spilled)
        while self._later and self._later[0][0] <= now:
            self._enqueue(heapq.heappop(self._later)[2])
        if self._urgent or self._ready:
            self._send(now)
        self._counts.waiting = len(self._ready) + len(self._urgent)

    def backlog_s(self) -> float:
        """How long what waits takes to send at the permitted rate, in seconds."""
        return (len(self._urgent) + len(self._ready)) / self._bucket.rate

    def statistics(self) -> ClientStatistics:
        """What was counted."""
        return replace(self._counts, socket_drops=sum(door.drops for door in self._doors.values()))

    def close(self) -> None:
        """Close the sockets; the client is of no use afterwards."""
        for door in self._doors.values():
            door.sock.close()

    def _put(self, talk: Talk, answer: Answer | None) -> None:
        """Hand an answer to a dialogue (None begins it), and queue what it asks next, or end it."""
        try:
            talk.question = talk.dialogue.send(answer)  # type: ignore[arg-type]  # None is how a generator begins
        except StopIteration as end:
            self._end(talk, end.value)
            return
        agent = talk.agent
        talk.tries_left = talk.retries
        talk.again = 0
        talk.timeout_s = agent.timeout_s
        if agent.pause_s and agent.free_at > self._clock.now():
            heapq.heappush(self._later, (agent.free_at, next(self._numbers), talk))
        else:
            self._enqueue(talk)

    def _end(self, talk: Talk, value: Any) -> None:
        agent = talk.agent
        agent.talk = agent.waiting.popleft() if agent.waiting else None
        agent.waiting = agent.waiting or None  # an empty deque is 600 bytes an agent
        if agent.talk is not None:
            self._put(agent.talk, None)
        talk.done(value)

    def _enqueue(self, talk: Talk) -> None:
        if not talk.queued:
            talk.queued = True
            (self._urgent if talk.urgent else self._ready).append(talk)

    def _finish(self, talk: Talk, answer: Answer) -> None:
        self._close_question(talk)
        if talk.agent.pause_s:
            talk.agent.free_at = self._clock.now() + talk.agent.pause_s
        self._put(talk, answer)

    def _close_question(self, talk: Talk) -> None:
        for number in talk.tries:
            self._open.pop(number, None)
        talk.tries.clear()
        talk.question = None

    # -- sending

    def _send(self, now: float) -> None:
        granted = self._bucket.take(now, len(self._urgent) + len(self._ready))
        for _ in range(granted):
            talk = self._urgent.popleft() if self._urgent else self._ready.popleft()
            talk.queued = False
            if talk.question is None or talk.agent.talk is not talk:  # answered while its next try waited, or forgotten
                continue
            if not self._fill(talk, talk.question, now):
                break
        for door in self._doors.values():
            self._flush(door, now)

    def _fill(self, talk: Talk, question: Question, now: float) -> bool:
        """Put one try into its door; False when the kernel has no room now."""
        agent, number = talk.agent, self._fresh_id()
        packet = agent.session.packet(question.numbered(number), number, now)
        if len(packet) > LARGEST_QUESTION:
            self._finish(talk, Answer(now, Status.TOO_BIG, 0, []))
            return True
        door = self._doors.get(agent.family)
        if door is None:
            try:
                self.open([agent.address])
            except OperatingError:  # this question fails by it, not who ticks
                self._not_sent(talk, now)
                return True
            door = self._doors[agent.family]
        door.sender.put(len(door.pending), agent.name, packet)
        door.pending.append((talk, number))
        return len(door.pending) < SEND_SLOTS or self._flush(door, now)

    def _flush(self, door: Door[Talk], now: float) -> bool:
        """Send what is in a door; False when the kernel had no room for all: the rest is tried again."""
        pending, done = door.pending, 0
        door.pending = []
        while done < len(pending):
            sent = door.sender.send(done, len(pending))
            if sent > 0:
                for talk, number in pending[done : done + sent]:
                    self._sent(talk, number, now)
                done += sent
            elif -sent in TRANSIENT:
                self._counts.unsent += 1
                for talk, _ in reversed(pending[done:]):
                    talk.queued = True
                    (self._urgent if talk.urgent else self._ready).appendleft(talk)
                return False
            else:
                self._not_sent(pending[done][0], now)
                done += 1
        return True

    def _not_sent(self, talk: Talk, now: float) -> None:
        self._counts.local_errors += 1
        self._finish(talk, Answer(now, Status.NOT_SENT, 0, []))

    def _sent(self, talk: Talk, number: int, now: float) -> None:
        talk.sent_at = now
        talk.tries[number] = now
        self._open[number] = talk
        self._deadlines[talk.timeout_s].append((now + talk.timeout_s, number))
        self._counts.requests += 1

    def _fresh_id(self) -> int:
        """A request-id that is not in use and can't be guessed from those before."""
        while True:
            if not self._ids:
                bits = self._rng.getrandbits(30 * _IDS_AT_ONCE)
                self._ids = [bits >> 30 * place & 0x3FFFFFFF for place in range(_IDS_AT_ONCE)]
            number = FIRST_REQUEST_ID + self._ids.pop()
            if number not in self._open:
                return number

    # -- receiving

    def _drain(self, receiver: Receiver, now: float) -> bool:
        """Read what waits; whether nothing is left."""
        for _ in range(_DRAIN_CALLS):
            got = receiver.receive()
            for slot in range(got):
                try:
                    self._receive(receiver.data(slot), receiver.source(slot), now)
                except (MalformedError, IndexError):
                    self._counts.malformed += 1
            if got < RECEIVE_SLOTS:
                return True
        return False

    def _receive(self, data: bytes, source: bytes, now: float) -> None:
        """One datagram.

        Raises:
            MalformedError, IndexError: it is none of SNMP's.
        """
        at = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
        if data[at : at + 3] == _VERSION_3:
            self._receive_secured(data, source, now)
            return
        version, community, pdu, number, status, index, at = head(data)
        talk = self._open.get(number)
        if talk is None or source != talk.agent.source or pdu != RESPONSE:
            self._counts.rejected += 1
            return
        session = talk.agent.session
        if not isinstance(session, Community) or session.version != version or session.community != community:
            self._counts.rejected += 1
            return
        self._answered(talk, number, status, index, bindings(data, at, self._known))

    def _receive_secured(self, data: bytes, source: bytes, now: float) -> None:
        """A datagram of SNMPv3. Source: RFC 3412, RFC 3414."""
        number = message_id(data)
        talk = self._open.get(number)
        session = talk.agent.session if talk is not None else None
        if talk is None or source != talk.agent.source or not isinstance(session, UsmSession):
            self._counts.rejected += 1
            return
        opened = session.open(data, now)
        if opened.kind is Kind.ANSWER:
            pdu, request_id, status, index, at = pdu_head(opened.pdu, 0)
            if pdu != RESPONSE or request_id != number:
                self._counts.rejected += 1
                return
            self._answered(talk, number, status, index, bindings(opened.pdu, at, self._known))
        elif opened.kind is Kind.AGAIN and talk.again < MOST_AGAIN:
            question = talk.question
            self._close_question(talk)
            talk.question, talk.again = question, talk.again + 1
            self._enqueue(talk)
        elif opened.kind is Kind.DROP:
            self._counts.rejected += 1
        else:
            unsettled = "the agent's engine or clock does not settle"
            self._refused(talk, number, unsettled if opened.kind is Kind.AGAIN else opened.reason)

    def _refused(self, talk: Talk, number: int, reason: str) -> None:
        self._counts.refused += 1
        talk.agent.refused = reason
        _tell(talk.agent, f"answers but refuses us: {reason}")
        self._finish(talk, Answer(talk.tries[number], Status.REFUSED, 0, []))

    def _answered(self, talk: Talk, number: int, status: int, index: int, varbinds: list[VarBind]) -> None:
        question, known = talk.question, _STATUS.get(status)
        if question is None or known is None or not 0 <= index <= len(question.oids):
            self._counts.rejected += 1
            return
        self._counts.responses += 1
        talk.agent.refused = talk.agent.complaint = ""
        self._finish(talk, Answer(talk.tries[number], known, index, varbinds))

    def _expire(self, now: float, *, spilled: bool) -> None:
        """Try again, or give up. When the kernel just dropped answers for want of room, no try is counted."""
        for deadlines in self._deadlines.values():
            while deadlines and deadlines[0][0] <= now:
                number = deadlines.popleft()[1]
                talk = self._open.get(number)
                if talk is None or talk.tries.get(number) != talk.sent_at:
                    continue  # answered, or tried again since
                if talk.tries_left > 0 or spilled:
                    talk.tries_left -= not spilled
                    talk.timeout_s = min(talk.timeout_s * _BACK_OFF, talk.agent.timeout_s * _LONGEST)
                    self._counts.retries += 1
                    self._enqueue(talk)
                else:
                    self._counts.timeouts += 1
                    session = talk.agent.session
                    if isinstance(session, UsmSession) and session.ready and session.silence:
                        _tell(talk.agent, session.silence)
                    self._finish(talk, Answer(talk.sent_at, Status.TIMEOUT, 0, []))


def _tell(agent: Agent, complaint: str) -> None:
    """Log what is wrong with an agent's security, once until it changes."""
    if agent.complaint != complaint:
        agent.complaint = complaint
        _log.warning("%s: %s", agent.device, complaint)
