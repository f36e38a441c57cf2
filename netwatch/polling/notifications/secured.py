"""SNMPv3 notifications: who says it, whether it is authentic and of now, and what is answered to an inform.

A trap is secured by its sender's engine: nobody is asked, the engine id in the message tells which keys to take.
An inform is secured by ours: its sender learns our engine and clock from the reports that answer its first tries.
Pure but for the salts. Source: RFC 3412 sections 7.1 and 7.2, RFC 3414 sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from netwatch.polling.notifications.clocks import WINDOW_S, EngineClocks
from netwatch.polling.notifications.model import Outcome
from netwatch.polling.notifications.own_engine import OwnEngine
from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import (
    INFORM,
    REPORT,
    RESPONSE,
    TRAP_V2,
    Message,
    VarBind,
    bindings,
    encode_varbinds,
    pdu_head,
)
from netwatch.polling.snmp.usm import message as wire
from netwatch.polling.snmp.usm.privacy import AesCfb
from netwatch.polling.snmp.usm.reports import (
    DECRYPTION_ERRORS,
    NOT_IN_TIME_WINDOWS,
    UNKNOWN_ENGINE_IDS,
    UNKNOWN_USER_NAMES,
    UNSUPPORTED_SECURITY_LEVELS,
    WRONG_DIGESTS,
)
from netwatch.polling.snmp.usm.user import UsmUser

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hmac import HMAC

VERSION: Final = 3
_KEYS_MOST: Final = 4096
_SALTS: Final = (1 << 64) - 1
_REPORTED: Final[Mapping[Outcome, bytes]] = MappingProxyType({
    Outcome.UNKNOWN_ENGINE: UNKNOWN_ENGINE_IDS,
    Outcome.UNKNOWN_USER: UNKNOWN_USER_NAMES,
    Outcome.WRONG_LEVEL: UNSUPPORTED_SECURITY_LEVELS,
    Outcome.WRONG_DIGEST: WRONG_DIGESTS,
    Outcome.OUT_OF_TIME: NOT_IN_TIME_WINDOWS,
    Outcome.UNDECIPHERABLE: DECRYPTION_ERRORS,
})  # fmt: skip


class Opened(NamedTuple):
    """What came out of a datagram: a notification or the reason why not, and the datagram to answer (empty = none)."""

    notification: Message | None
    outcome: Outcome
    answer: bytes = b""


@dataclass(slots=True)
class _Keys:
    """A user's keys at one engine."""

    mac: HMAC | None
    cipher: AesCfb | None = None

    def digest(self, data: bytes, place: slice) -> bytes:
        """The MAC of a message, whose own stands at `place`; empty without keys. Source: RFC 3414 section 6.3."""
        if self.mac is None:
            return b""
        size = place.stop - place.start
        mac = self.mac.copy()
        mac.update(data[: place.start] + bytes(size) + data[place.stop :])
        return mac.finalize()[:size]


@dataclass(slots=True)
class _Letter:
    """A message that came, at `now`. `own` is our engine when the message is an inform's, which is secured by it."""

    data: bytes
    now: float
    own: OwnEngine | None
    number: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    name: bytes
    mac: slice
    salt: bytes
    at: int

    @property
    def confirmed(self) -> bool:
        """Whether its sender waits for an answer."""
        return bool(self.flags & wire.REPORTABLE)

    def is_authentic(self, user: UsmUser, keys: _Keys) -> bool:
        mac = self.data[self.mac]
        fits = user.auth is not None and len(mac) == user.auth.mac_bytes
        return fits and compare_digest(keys.digest(self.data, self.mac), mac)


class Secured:
    """Opens SNMPv3 notifications of these users. Without an engine of our own no inform is taken."""

    def __init__(self, users: Iterable[UsmUser], engine: OwnEngine | None) -> None:
        self._engine = engine
        self._reports: Counter[Outcome] = Counter()
        self.apply(users)

    def apply(self, users: Iterable[UsmUser]) -> None:
        """From now on hear these users.

        The engines' clocks are learned anew. So a reload is what lets an engine be heard again whose clock went back,
        as after a reset to factory settings.
        """
        self._clocks = EngineClocks()
        self._users: dict[bytes, list[UsmUser]] = defaultdict(list)
        for user in users:
            self._users[user.name].append(user)
        self._keys: dict[tuple[UsmUser, bytes], _Keys] = {}

    def open(self, data: bytes, now: float) -> Opened:
        """What a datagram says.

        Raises:
            MalformedError: it is no SNMPv3 notification.
        """
        letter = self._letter(data, now)
        own, engine_id = letter.own, letter.engine_id
        if letter.confirmed and (own is None or engine_id != own.engine_id):
            return self._refused(Outcome.UNKNOWN_ENGINE, letter)
        if not wire.SHORTEST_ENGINE_ID <= len(engine_id) <= wire.LONGEST_ENGINE_ID:
            raise MalformedError("engine id")
        user, refusal = self._authentic(letter)
        if user is None:
            return self._refused(refusal, letter)
        if user.auth is not None and not self._in_time(letter):
            return self._refused(Outcome.OUT_OF_TIME, letter, user)
        try:
            context_engine, context, pdu = self._plain(user, letter)
        except MalformedError:
            if user.privacy is None:
                raise
            return self._refused(Outcome.UNDECIPHERABLE, letter)
        kind, request_id, status, index, at = pdu_head(pdu, 0)
        if kind != (INFORM if letter.confirmed else TRAP_V2):
            raise MalformedError("no notification")
        found = Message(VERSION, letter.name, kind, request_id, status, index, bindings(pdu, at))
        if own is None:
            return Opened(found, Outcome.HEARD)
        answer = wire.encode_scoped(context_engine, context, _pdu(RESPONSE, request_id, found.varbinds))
        return Opened(found, Outcome.HEARD, self._sealed(own, user, letter, answer, user.level))

    def _letter(self, data: bytes, now: float) -> _Letter:
        number = wire.message_id(data)
        flags, engine_id, boots, time_s, name, _, start, stop, salt, at = wire.parse(data)
        own = self._engine if flags & wire.REPORTABLE else None
        return _Letter(data, now, own, number, flags, engine_id, boots, time_s, name, slice(start, stop), salt, at)

    def _authentic(self, letter: _Letter) -> tuple[UsmUser | None, Outcome]:
        """Whose message it is; without any, why. Keys are kept once they have fitted: engine ids cost a forger nothing."""
        known = self._users.get(letter.name, ())
        users = [user for user in known if user.level == letter.flags & wire.LEVEL]
        for user in users:
            if user.auth is None:
                return user, Outcome.HEARD
            keys = self._keys_of(user, letter.engine_id)
            if letter.is_authentic(user, keys):
                self._keep(user, letter.engine_id, keys)
                return user, Outcome.HEARD
        if not known:
            return None, Outcome.UNKNOWN_USER
        return None, Outcome.WRONG_DIGEST if users else Outcome.WRONG_LEVEL

    def _in_time(self, letter: _Letter) -> bool:
        own, boots, time_s = letter.own, letter.boots, letter.time_s
        if own is None:
            return self._clocks.in_time(letter.engine_id, boots, time_s, letter.now)
        return boots == own.boots != wire.LAST and abs(time_s - own.time_s(letter.now)) <= WINDOW_S

    def _plain(self, user: UsmUser, letter: _Letter) -> tuple[bytes, bytes, bytes]:
        """Context engine id, context and PDU."""
        cipher = self._cipher(user, letter.engine_id)
        if cipher is None:
            return wire.scoped_pdu(letter.data[letter.at :])
        if len(letter.salt) != wire.SALT_BYTES:
            raise MalformedError("salt")
        vector = letter.boots.to_bytes(4) + letter.time_s.to_bytes(4) + letter.salt
        return wire.scoped_pdu(cipher.decrypt(wire.encrypted_pdu(letter.data, letter.at), vector), padded=True)

    def _cipher(self, user: UsmUser, engine_id: bytes) -> AesCfb | None:
        if user.privacy is None:
            return None
        keys = self._keys_of(user, engine_id)
        if keys.cipher is None:
            keys.cipher = user.cipher(engine_id)
            self._keep(user, engine_id, keys)
        return keys.cipher

    def _keys_of(self, user: UsmUser, engine_id: bytes) -> _Keys:
        return self._keys.get((user, engine_id)) or _Keys(user.authenticator(engine_id))

    def _keep(self, user: UsmUser, engine_id: bytes, keys: _Keys) -> None:
        if (user, engine_id) not in self._keys and len(self._keys) >= _KEYS_MOST:
            self._keys.clear()
        self._keys[user, engine_id] = keys

    def _refused(self, outcome: Outcome, letter: _Letter, user: UsmUser | None = None) -> Opened:
        """Why a message is not heard; an inform's sender is told by a report, authentic when `user` is given."""
        own = letter.own
        if own is None:
            return Opened(None, outcome)
        self._reports[outcome] += 1
        count = (_REPORTED[outcome], ber.COUNTER32, self._reports[outcome] & 0xFFFFFFFF)
        scoped = wire.encode_scoped(own.engine_id, b"", _pdu(REPORT, 0, [count]))
        if user is not None:
            return Opened(None, outcome, self._sealed(own, user, letter, scoped, wire.AUTHENTIC))
        time_s = own.time_s(letter.now)
        report = wire.Message(letter.number, 0, own.engine_id, own.boots, time_s, letter.name, b"", b"", scoped)
        return Opened(None, outcome, wire.encode(report))

    def _sealed(self, own: OwnEngine, user: UsmUser, letter: _Letter, scoped: bytes, level: int) -> bytes:
        """The datagram that answers with a scoped PDU, encrypted and authenticated as `level` says."""
        time_s, salt, data = own.time_s(letter.now), b"", scoped
        cipher = self._cipher(user, own.engine_id) if level & wire.ENCRYPTED else None
        if cipher is not None:
            counted = next(user.salts) & _SALTS
            salt = counted.to_bytes(wire.SALT_BYTES)
            data = ber.element(ber.OCTET_STRING, cipher.encrypt(scoped, own.boots << 96 | time_s << 64 | counted))
        mac = bytes(user.auth.mac_bytes) if user.auth is not None else b""
        plain = wire.Message(letter.number, level, own.engine_id, own.boots, time_s, user.name, mac, salt, data)
        raw = wire.encode(plain)
        start, stop = wire.parse(raw)[6:8]
        return raw[:start] + self._keys_of(user, own.engine_id).digest(raw, slice(start, stop)) + raw[stop:]


def _pdu(kind: int, request_id: int, varbinds: Sequence[VarBind]) -> bytes:
    head = ber.encode_integer(request_id) + ber.encode_integer(0) + ber.encode_integer(0)
    return ber.element(kind, head + encode_varbinds(varbinds))
