"""The talk with one agent: whose engine it is, what its clock says, and what each of its datagrams is worth.

Source: RFC 3414 sections 3 and 4. Two rules go beyond it, see docs/decisions/0005-snmpv3-without-a-library.md:
a clock that went back is learned again instead of being refused for ever, and a report without authentication
can make us ask again, never believe.
"""

from __future__ import annotations

from hmac import compare_digest
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import GET, REPORT, RESPONSE
from netwatch.polling.snmp.usm.message import (
    ENCRYPTED,
    LAST,
    LEVEL,
    LONGEST_ENGINE_ID,
    REPORTABLE,
    SALT_BYTES,
    SHORTEST_ENGINE_ID,
    VERSION,
    Message,
    encode,
    encode_scoped,
    encrypted_pdu,
    filling,
    parse,
    scoped_pdu,
)
from netwatch.polling.snmp.usm.privacy import AesCfb
from netwatch.polling.snmp.usm.reports import NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS, reason, reported
from netwatch.polling.snmp.usm.user import UsmUser
from netwatch.polling.snmp.usm.verdicts import (
    ASK_CLOCK,
    IN_PLAIN_TEXT,
    NEW_CLOCK,
    NEW_ENGINE,
    NO_AUTHENTIC_CLOCK,
    NO_CLOCK,
    NO_ENGINE,
    NO_WORD,
    USED_UP,
    Kind,
    Opened,
    dropped,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hmac import HMAC

__all__ = ["MOST_AGAIN", "Kind", "Opened", "UsmSession"]
WINDOW_S: Final = 150  # RFC 3414 section 2.2.3
MOST_AGAIN: Final = 3
"""Times that a question may be asked again for `AGAIN` before it counts as unanswered.

An honest agent needs two (its engine, then its clock) and one more when it restarts meanwhile. The caller keeps
count, so that no sender of reports can make it ask for ever.
"""
_SALTS: Final = (1 << 64) - 1
_START: Final = VERSION + b"\x30\x11\x02\x04"  # version, header of 17 bytes, message id of 4
_HEAD_BYTES: Final = len(_START) + 4
#: The same with headers of other sizes, as agents with another largest message write.
_STARTS: Final = MappingProxyType(
    {one: one for size in b"\x10\x11\x12" for one in (VERSION + bytes((48, size, 2, 4)),)}
)
_ANSWER: Final = Kind.ANSWER
_opened: Final = tuple.__new__  # without the call of a function that a NamedTuple costs


class UsmSession:
    """Makes datagrams for one agent and opens those that come from it.

    The caller has matched a datagram before it is opened: it came from the agent's address and port, and its
    message id (`message.message_id`) is the number of a question that is open at this agent. Numbers must be hard
    to guess and not return soon; then whoever can't read our traffic achieves nothing, and an old authentic message
    can't be told again.
    """

    __slots__ = (
        "_ahead_s",
        "_asks_clock",
        "_authenticator",
        "_boots",
        "_cipher",
        "_engine_id",
        "_head",
        "_latest_s",
        "_like",
        "_scope",
        "_served",
        "_start",
        "_time_bytes",
        "_user",
    )

    def __init__(self, user: UsmUser) -> None:
        self._user = user
        self._engine_id = b""
        self._asks_clock = False
        self._boots = 0
        self._latest_s = -1  # latestReceivedEngineTime; -1 = nothing authentic was received
        self._ahead_s = 0.0  # the engine's time minus ours
        self._authenticator: HMAC | None = None
        self._cipher: AesCfb | None = None
        self._scope = b""
        self._head = b""
        self._time_bytes = 0
        self._start = b""
        self._like = b""
        self._served = False

    @property
    def ready(self) -> bool:
        """Whether the next packet can be answered; otherwise it only serves to learn the engine or its clock."""
        return bool(self._engine_id) and not self._asks_clock

    @property
    def silence(self) -> str:
        """What it probably means, and what mends it, when a question gets no answer; empty: the agent has answered.

        Some agents, net-snmp among them, say nothing to what they can't decrypt or to a context that they have not.
        """
        if self._served:
            return ""
        if not self._engine_id:
            return NO_ENGINE
        return NO_WORD if self.ready else NO_CLOCK

    def packet(self, pdu: bytes, number: int, now: float) -> bytes:
        """The datagram that asks `pdu`, a complete plain PDU.

        `number` is its message id, of four bytes: from codec.FIRST_REQUEST_ID to LAST_REQUEST_ID. While the engine
        is not known this is the discovery of RFC 3414 section 4; while its clock is not known the question is
        authenticated with no time (as section 4 asks), and the agent answers with an authentic report of its time.
        `now` need not be the time of day.
        """
        if not self._engine_id:
            return _discovery(number)
        if self._asks_clock or self._authenticator is None:
            boots = time_s = 0
            size, head = 1, self._head_of(0, 1)
        else:
            boots, time_s = self._boots, int(now + self._ahead_s)
            if not 0 <= time_s <= LAST:
                time_s = 0 if time_s < 0 else LAST
            size = time_s.bit_length() // 8 + 1
            if size != self._time_bytes:
                self._time_bytes, self._head = size, self._head_of(boots, size)
            head = self._head
        length = len(self._scope) + len(pdu)
        plain = (bytes((48, length)) if length < 128 else b"\x30\x82" + length.to_bytes(2)) + self._scope + pdu
        user = self._user
        if self._cipher is None:
            rest = user.salted + plain
        else:
            salt = next(user.salts) & _SALTS
            secret = self._cipher.encrypt(plain, boots << 96 | time_s << 64 | salt)
            length = len(secret)
            start = bytes((4, length)) if length < 128 else b"\x04\x82" + length.to_bytes(2)
            rest = user.salted + salt.to_bytes(SALT_BYTES) + start + secret
        first = _START + number.to_bytes(4) + head + time_s.to_bytes(size) + user.tail
        length = len(first) + user.mac_bytes + len(rest)
        first = (bytes((48, length)) if length < 128 else b"\x30\x82" + length.to_bytes(2)) + first
        if self._authenticator is None:
            return first + rest
        hmac = self._authenticator.copy()
        hmac.update(first + user.zeros + rest)
        return first + hmac.finalize()[: user.mac_bytes] + rest

    def open(self, data: bytes, now: float) -> Opened:
        """What a datagram from the agent is worth. The caller has matched it as the class says.

        Raises:
            MalformedError: the bytes are no SNMPv3 message.
        """
        known = self._like_the_last(data)
        if known is not None:
            time_s, mac_at, body = known
            return self._judge(data, now, mac_at, body, level=self._user.level, boots=self._boots, time_s=time_s)
        flags, engine_id, boots, time_s, name, time_at, mac_at, mac_end, salt, body = parse(data)
        if engine_id != self._engine_id or not engine_id:
            return self._from_another_engine(flags, engine_id, data[body:])
        user, level = self._user, flags & LEVEL
        if level & ~user.level or (level and name != user.name):
            return dropped("another user, or a higher level than asked for")
        if len(salt) != (SALT_BYTES if level & ENCRYPTED else 0):
            raise MalformedError("salt")
        if level and mac_end - mac_at != user.mac_bytes:
            return dropped("not authentic")
        opened = self._judge(data, now, mac_at, body, level=level, boots=boots, time_s=time_s)
        if opened.kind is _ANSWER:
            self._served = True
            self._remember(data, time_at)
        return opened

    def _like_the_last(self, data: bytes) -> tuple[int, int, int] | None:
        """The engine's time, and where MAC and data begin, of a message that is written like the last answer.

        All bytes before the data are compared, save the numbers and the MAC and the salt. None: it is written in
        another way, or a number is out of range.
        """
        like, user = self._like, self._user
        try:
            at = filling(data, 0, ber.SEQUENCE)
            if not like or not data.startswith(like, at + _HEAD_BYTES) or not data.startswith(self._start, at):
                return None
            first = data[at + len(_START)]
            at += _HEAD_BYTES + len(like)
            end = at + like[-1]
            mac_at = end + len(user.tail)
            body = mac_at + user.mac_bytes
            if (first | data[at]) & 0x80:
                return None
            if not data.startswith(user.tail, end) or not data.startswith(user.salted, body):
                return None
        except IndexError:
            raise MalformedError("cut off") from None
        return int.from_bytes(data[at:end]), mac_at, body + user.salted[1] + 2

    def _remember(self, data: bytes, time_at: int) -> None:
        """How the agent writes: the next answer is most probably written alike."""
        at = filling(data, 0, ber.SEQUENCE)
        start = _STARTS.get(data[at : at + _HEAD_BYTES - 4])
        user = self._user
        end = time_at + data[time_at - 1]
        if start is not None and end <= time_at + 4 and data.startswith(user.tail, end):
            self._start, self._like = start, data[at + _HEAD_BYTES : time_at]

    def _judge(  # noqa: C901, PLR0911 -- unrolled: it runs for every answer, and a call a step costs a tenth of it
        self, data: bytes, now: float, mac_at: int, body: int, *, level: int, boots: int, time_s: int
    ) -> Opened:
        """What a message from our engine is worth, whose parts have their right sizes.

        The clock follows every authentic message that is later than those before it; older ones have a window of
        150 s. RFC 3414 section 3.2 step 7b.
        """
        user = self._user
        timely = later = True
        if level:
            mac_end = mac_at + user.mac_bytes
            assert self._authenticator is not None  # the level is not above the user's
            hmac = self._authenticator.copy()
            hmac.update(data[:mac_at] + user.zeros + data[mac_end:])
            if not compare_digest(hmac.finalize()[: user.mac_bytes], data[mac_at:mac_end]):
                return dropped("not authentic")
            if boots == self._boots and time_s > self._latest_s:  # the usual
                self._latest_s, self._ahead_s, self._asks_clock = time_s, time_s - now, False
            elif boots == LAST:
                return USED_UP
            elif boots > self._boots:
                self._set_clock(boots, time_s, now)
            else:
                later = False
                timely = boots == self._boots and time_s >= now + self._ahead_s - WINDOW_S
        if level & ENCRYPTED:
            assert self._cipher is not None  # the same
            vector = (boots << 32 | time_s).to_bytes(8) + data[body - SALT_BYTES : body]
            pdu = self._within(self._cipher.decrypt(encrypted_pdu(data, body), vector), padded=True)
        else:
            pdu = self._within(data[body:], padded=False)
        tag = pdu[0] if pdu else 0
        if tag == RESPONSE and timely and level == user.level:
            return _opened(Opened, (_ANSWER, pdu, ""))
        if tag != REPORT:
            return self._no_answer(tag, level, timely=timely)
        name = reported(pdu)
        if name == NOT_IN_TIME_WINDOWS:
            if not level:
                return self._hint_of_clock()
            return self._clock_report(boots, time_s, now, later=later)
        return self._report(name, timely=timely)

    def _head_of(self, boots: int, time_bytes: int) -> bytes:
        """What stands between the message id and the engine's time, which has `time_bytes` bytes."""
        user = self._user
        engine = ber.element(ber.OCTET_STRING, self._engine_id) + ber.encode_integer(boots)
        length = len(engine) + 2 + time_bytes + len(user.tail) + user.mac_bytes + len(user.salted) + user.salted[1]
        inner = ber.element(ber.SEQUENCE, bytes(length))[:-length]
        outer = ber.element(ber.OCTET_STRING, inner + bytes(length))[: -length - len(inner)]
        return user.header + outer + inner + engine + bytes((ber.INTEGER, time_bytes))

    def _within(self, plain: bytes, *, padded: bool) -> bytes:
        """The PDU within a plain scoped PDU: any report, or what is of our context; empty for another context."""
        scope = self._scope
        try:
            at = filling(plain, 0, ber.SEQUENCE)
            if plain.startswith(scope, at):
                return plain[at + len(scope) :]
        except (IndexError, MalformedError):
            if not padded:
                raise MalformedError("scoped PDU") from None
        engine_id, context, pdu = scoped_pdu(plain, padded=padded)
        right = pdu[0] == REPORT or (engine_id, context) == (self._engine_id, self._user.context)
        return pdu if right else b""

    def _set_clock(self, boots: int, time_s: int, now: float) -> None:
        self._boots, self._latest_s, self._ahead_s = boots, time_s, time_s - now
        self._asks_clock = False
        self._time_bytes, self._like = 0, b""

    def _report(self, name: bytes, *, timely: bool) -> Opened:
        if name == UNKNOWN_ENGINE_IDS:
            return dropped("a report that the agent does not know its own engine id")
        if not timely:
            return dropped("outside the time window")
        return Opened(Kind.REFUSED, b"", reason(name))

    def _hint_of_clock(self) -> Opened:
        """An agent, or somebody else, says that our time is not the agent's: the agent itself is asked for it."""
        if self._asks_clock or not self._user.level:
            return NO_AUTHENTIC_CLOCK
        self._asks_clock = True
        return ASK_CLOCK

    def _clock_report(self, boots: int, time_s: int, now: float, *, later: bool) -> Opened:
        """The agent says that our time is not its own, and authenticates its own.

        A later time is followed already. A time that went back (of an agent that forgot its restarts) counts only
        as the answer to a question for it.
        """
        if later:
            return NEW_CLOCK
        if self._asks_clock:
            self._set_clock(boots, time_s, now)
            return NEW_CLOCK
        self._asks_clock = True
        return ASK_CLOCK

    def _no_answer(self, tag: int, level: int, *, timely: bool) -> Opened:
        if not tag:
            return dropped("another context")
        if tag != RESPONSE:
            return dropped("neither an answer nor a report")
        if not timely:
            return dropped("outside the time window")
        return IN_PLAIN_TEXT if level else dropped("an answer without authentication")

    def _from_another_engine(self, flags: int, engine_id: bytes, data: bytes) -> Opened:
        """The report that tells an engine id for the first time, or after the hardware was exchanged."""
        if flags & LEVEL or not SHORTEST_ENGINE_ID <= len(engine_id) <= LONGEST_ENGINE_ID:
            return dropped("another engine")
        _, _, pdu = scoped_pdu(data)
        if pdu[0] != REPORT:
            return dropped("another engine")
        name = reported(pdu)
        if name == UNKNOWN_ENGINE_IDS:
            self._learn(engine_id)
            return NEW_ENGINE
        return dropped("another engine") if self._engine_id else Opened(Kind.REFUSED, b"", reason(name))

    def _learn(self, engine_id: bytes) -> None:
        user = self._user
        self._engine_id = engine_id
        self._scope = ber.element(ber.OCTET_STRING, engine_id) + ber.element(ber.OCTET_STRING, user.context)
        self._authenticator = user.authenticator(engine_id)
        self._cipher = user.cipher(engine_id)
        self._asks_clock = self._authenticator is not None
        self._boots, self._latest_s, self._ahead_s = 0, -1, 0.0
        self._served = False
        self._time_bytes, self._like = 0, b""


def _discovery(number: int) -> bytes:
    """The question to which an agent answers with its engine id. Source: RFC 3414 section 4."""
    nothing = ber.encode_integer(0)
    pdu = ber.element(GET, ber.encode_integer(number) + nothing + nothing + ber.element(ber.SEQUENCE, b""))
    return encode(Message(number, REPORTABLE, b"", 0, 0, b"", b"", b"", encode_scoped(b"", b"", pdu)))
