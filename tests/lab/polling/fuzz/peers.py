"""Agents that answer truthfully, and can write any lie in the right envelope."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Sequence

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.codec import (
    FIRST_REQUEST_ID,
    GET,
    GET_BULK,
    REPORT,
    RESPONSE,
    V1,
    Message,
    VarBind,
    bindings,
    decode,
    encode,
    encode_varbinds,
    pdu_head,
)
from netwatch.polling.snmp.session import Community
from netwatch.polling.snmp.usm import message as wire
from netwatch.polling.snmp.usm.reports import NOT_IN_TIME_WINDOWS, UNKNOWN_ENGINE_IDS
from netwatch.polling.snmp.usm.session import UsmSession
from netwatch.polling.snmp.usm.user import UsmUser

BOOTS = 7
KINDS = (
    (ber.INTEGER, 1), (ber.INTEGER, -(2**31)), (ber.COUNTER32, 2**32 - 1), (ber.GAUGE32, 0), (ber.TIME_TICKS, 123_456),
    (ber.COUNTER64, 2**64 - 1), (ber.OCTET_STRING, b"ge-0/0/1"), (ber.OCTET_STRING, b""), (ber.IP_ADDRESS, b"\x7f\0\0\1"),
    (ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.4.1.9")), (ber.OPAQUE, b"\x9f\x78\x04\0\0\0\0"), (ber.NO_SUCH_INSTANCE, None),
)  # fmt: skip
FORGED = b"a forgery"


def element_pdu(kind: int, number: int, varbinds: Sequence[VarBind], status: int = 0, index: int = 0) -> bytes:
    head = ber.encode_integer(number) + ber.encode_integer(status) + ber.encode_integer(index)
    return ber.element(kind, head + encode_varbinds(varbinds))


def truth(kind: int, names: Sequence[bytes], repetitions: int, *, old: bool) -> list[VarBind]:
    """What stands under these names, always the same."""
    if kind == GET:
        asked = list(names)
    elif kind == GET_BULK:
        asked = [name + bytes((turn + 1,)) for turn in range(min(repetitions, 12)) for name in names]
    else:
        asked = [name + b"\x01" for name in names]
    found = []
    for name in asked:
        tag, value = KINDS[hashlib.blake2b(name, digest_size=1).digest()[0] % len(KINDS)]
        if old and tag in {ber.COUNTER64, ber.NO_SUCH_INSTANCE}:
            tag, value = ber.INTEGER, 1
        found.append((name, tag, value))
    return found


def seal(user: UsmUser, engine_id: bytes, time_s: int, number: int, scoped: bytes, level: int | None = None) -> bytes:
    """A scoped PDU as its engine sends it, with all the security of the user (or of `level`)."""
    flags = user.level if level is None else level
    salt, data = b"", scoped
    cipher = user.cipher(engine_id) if flags & wire.ENCRYPTED else None
    if cipher is not None:
        counted = next(user.salts) & (1 << 64) - 1
        salt = counted.to_bytes(8)
        data = ber.element(ber.OCTET_STRING, cipher.encrypt(scoped or b"\0", BOOTS << 96 | time_s << 64 | counted))
    mac = bytes(user.auth.mac_bytes) if user.auth is not None and flags & wire.AUTHENTIC else b""
    raw = wire.encode(wire.Message(number, flags, engine_id, BOOTS, time_s, user.name, mac, salt, data))
    hmac = user.authenticator(engine_id) if mac else None
    if hmac is None:
        return raw
    at = raw.index(ber.element(ber.OCTET_STRING, user.name) + ber.element(ber.OCTET_STRING, mac))
    at += len(user.name) + 4
    hmac.update(raw)
    return raw[:at] + hmac.finalize()[: len(mac)] + raw[at + len(mac) :]


class Peer:
    """One agent on an address of its own. `said` is the true answer to the question asked last, `number` its number, `past` that of
    the question before, which nobody waits for any more.

    `resealed`: this time it may say anything, and authentically.
    """

    def __init__(self, device: str, address: str, session: Community | UsmUser) -> None:
        self.session = session
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 0))
        self.sock.settimeout(0)
        self.other_sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.other_sock.bind((address, 0))
        other = Community(session.version, session.community) if isinstance(session, Community) else UsmSession(session)
        self.agent = Agent(device, address, self.sock.getsockname()[1], other, timeout_s=0.1, retries=1)
        self.engine_id = b"\x80\0\0\0\5" + device.encode()
        self.said: list[VarBind] = []
        self.resealed = False
        self.number = self.past = FIRST_REQUEST_ID
        self.time_s = 1000

    def close(self) -> None:
        self.sock.close()
        self.other_sock.close()

    @property
    def authentic(self) -> bool:
        """Whether nobody else can write in its name."""
        return isinstance(self.session, UsmUser) and self.session.auth is not None

    def answer(self, request: bytes) -> bytes:
        """The true answer to a request."""
        if isinstance(self.session, Community):
            asked = decode(request)
            assert isinstance(asked, Message)
            self._note(asked.request_id, truth(
                asked.pdu, [name for name, _, _ in asked.varbinds], asked.error_index, old=asked.version == V1))  # fmt: skip
            return self.write(self.number, self.said)
        flags, engine_id, boots, time_s, _, _, _, _, salt, at = wire.parse(request)
        self.number = wire.message_id(request)
        if engine_id != self.engine_id:
            return self.report(UNKNOWN_ENGINE_IDS, 0)
        if flags & wire.AUTHENTIC and (boots, time_s) == (0, 0):
            return self.report(NOT_IN_TIME_WINDOWS, wire.AUTHENTIC)
        plain = request[at:]
        cipher = self.session.cipher(self.engine_id)
        if cipher is not None:
            vector = boots.to_bytes(4) + time_s.to_bytes(4) + salt
            plain = cipher.decrypt(wire.encrypted_pdu(request, at), vector)
        kind, number, _, index, at = pdu_head(pdu := wire.scoped_pdu(plain)[2], 0)
        self._note(number, truth(kind, [name for name, _, _ in bindings(pdu, at)], index, old=False))
        return self.write(number, self.said)

    def write(self, number: int, varbinds: Sequence[VarBind], kind: int = RESPONSE, inner: int | None = None) -> bytes:
        """These bindings as it would answer them; `inner` is another request-id within."""
        if isinstance(self.session, Community):
            return encode(Message(self.session.version, self.session.community, kind, number, 0, 0, varbinds))
        pdu = element_pdu(kind, number if inner is None else inner, varbinds)
        return self.reseal(number, wire.encode_scoped(self.engine_id, b"", pdu))

    def reseal(self, number: int, scoped: bytes) -> bytes:
        """Any bytes as authentic and as secret as all that it says."""
        assert isinstance(self.session, UsmUser)
        self.time_s += 1
        return seal(self.session, self.engine_id, self.time_s, number, scoped)

    def scoped(self) -> bytes:
        """The plain content of the true answer."""
        return wire.encode_scoped(self.engine_id, b"", element_pdu(RESPONSE, self.number, self.said))

    def report(self, name: bytes, level: int) -> bytes:
        """A report, with this security."""
        assert isinstance(self.session, UsmUser)
        scoped = wire.encode_scoped(self.engine_id, b"", element_pdu(REPORT, 0, [(name, ber.COUNTER32, 1)]))
        return seal(self.session, self.engine_id, self.time_s, self.number, scoped, level)

    def _note(self, number: int, varbinds: list[VarBind]) -> None:
        self.number = number
        self.said = varbinds
        self.resealed = False
