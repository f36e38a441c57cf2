"""SNMP messages of version 1 and 2c as bytes. Source: RFC 1157, RFC 1901, RFC 3416."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError, Value

V1: Final = 0
V2C: Final = 1
GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
SET: Final = 0xA3
TRAP_V1: Final = 0xA4
GET_BULK: Final = 0xA5
INFORM: Final = 0xA6
TRAP_V2: Final = 0xA7
REPORT: Final = 0xA8
_PDUS: Final = frozenset({GET, GET_NEXT, RESPONSE, SET, GET_BULK, INFORM, TRAP_V2, REPORT})

VarBind = tuple[bytes, int, Value]
"""Encoded OID, type, value."""


class Status(IntEnum):
    """RFC 3416's error statuses, and two of our own: no answer at all, and not sent at all."""

    NOT_SENT = -2
    TIMEOUT = -1
    NO_ERROR = 0
    TOO_BIG = 1
    NO_SUCH_NAME = 2
    BAD_VALUE = 3
    READ_ONLY = 4
    GEN_ERR = 5
    NO_ACCESS = 6
    WRONG_TYPE = 7
    WRONG_LENGTH = 8
    WRONG_ENCODING = 9
    WRONG_VALUE = 10
    NO_CREATION = 11
    INCONSISTENT_VALUE = 12
    RESOURCE_UNAVAILABLE = 13
    COMMIT_FAILED = 14
    UNDO_FAILED = 15
    AUTHORIZATION_ERROR = 16
    NOT_WRITABLE = 17
    INCONSISTENT_NAME = 18


@dataclass(frozen=True, slots=True)
class Message:
    """A v1 or v2c message. In a GETBULK `error_status` and `error_index` are non-repeaters and max-repetitions."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: Sequence[VarBind]


@dataclass(frozen=True, slots=True)
class TrapV1:
    """A v1 notification. Source: RFC 1157 section 4.1.6."""

    community: bytes
    enterprise: bytes
    agent_address: bytes
    generic: int
    specific: int
    time_stamp: int
    varbinds: Sequence[VarBind]


def decode(data: bytes) -> Message | TrapV1:
    """The message in a datagram.

    Raises:
        MalformedError: the bytes are none, or not wholly one, or hold a number out of range.
    """
    try:
        return _decode(data)
    except IndexError:
        raise MalformedError("cut off") from None


def _decode(data: bytes) -> Message | TrapV1:
    at, end = ber.content(data, 0, len(data), ber.SEQUENCE)
    if end != len(data):
        raise MalformedError("bytes after the message")
    version, at = ber.integer(data, at, end)
    if version not in {V1, V2C}:
        raise MalformedError("version")
    start, at = ber.content(data, at, end, ber.OCTET_STRING)
    community = data[start:at]
    pdu = data[at]
    if pdu == TRAP_V1 and version == V1:
        return _decode_trap(data, community, *ber.content(data, at, end, TRAP_V1), end)
    if pdu not in _PDUS:
        raise MalformedError("PDU")
    at, stop = ber.content(data, at, end, pdu)
    if stop != end:
        raise MalformedError("bytes after the PDU")
    request_id, at = ber.integer(data, at, end)
    status, at = ber.integer(data, at, end)
    index, at = ber.integer(data, at, end)
    return Message(version, community, pdu, request_id, status, index, _varbinds(data, at, end))


def _decode_trap(data: bytes, community: bytes, at: int, stop: int, end: int) -> TrapV1:
    if stop != end:
        raise MalformedError("bytes after the PDU")
    start, at = ber.content(data, at, end, ber.OBJECT_IDENTIFIER)
    enterprise = ber.checked_oid(data[start:at])
    start, at = ber.content(data, at, end, ber.IP_ADDRESS)
    if at - start != 4:
        raise MalformedError("agent address")
    address = data[start:at]
    generic, at = ber.integer(data, at, end)
    specific, at = ber.integer(data, at, end)
    start, at = ber.content(data, at, end, ber.TIME_TICKS)
    ticks = ber.value(data, ber.TIME_TICKS, start, at)
    return TrapV1(
        community,
        enterprise,
        address,
        generic,
        specific,
        ticks if isinstance(ticks, int) else 0,
        _varbinds(data, at, end),
    )


def _varbinds(data: bytes, at: int, end: int) -> list[VarBind]:  # noqa: C901 -- unrolled: a call a field costs twice
    """The list of variable bindings that fills the rest. The inner loop of every response."""
    at, stop = ber.content(data, at, end, ber.SEQUENCE)
    if stop != end:
        raise MalformedError("bytes after the bindings")
    found: list[VarBind] = []
    long, value, checked = ber.length, ber.value, ber.checked_oid
    while at < end:
        if data[at] != 0x30:
            raise MalformedError("binding")
        size = data[at + 1]
        at += 2
        if size & 0x80:
            size, at = long(data, at - 1)
        stop = at + size
        if stop > end or data[at] != 0x06:
            raise MalformedError("binding")
        size = data[at + 1]
        start = at + 2
        if size & 0x80:
            size, start = long(data, at + 1)
        at = start + size
        if at >= stop:
            raise MalformedError("binding")
        name = data[start:at]
        tag = data[at]
        size = data[at + 1]
        start = at + 2
        if size & 0x80:
            size, start = long(data, at + 1)
        if start + size != stop:
            raise MalformedError("binding")
        if tag == 0x02 and size == 1:  # the usual status: an INTEGER of one byte
            small = data[start]
            found.append((checked(name), tag, small - ((small & 0x80) << 1)))
        else:
            found.append((checked(name), tag, value(data, tag, start, stop)))
        at = stop
    return found


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    body = (
        ber.encode_integer(message.request_id)
        + ber.encode_integer(message.error_status)
        + ber.encode_integer(message.error_index)
        + _encode_varbinds(message.varbinds)
    )
    return _wrap(message.version, message.community, ber.element(message.pdu, body))


def encode_trap(trap: TrapV1) -> bytes:
    """The bytes of a v1 notification."""
    body = (
        ber.element(ber.OBJECT_IDENTIFIER, trap.enterprise)
        + ber.element(ber.IP_ADDRESS, trap.agent_address)
        + ber.encode_integer(trap.generic)
        + ber.encode_integer(trap.specific)
        + ber.encode_value(ber.TIME_TICKS, trap.time_stamp)
        + _encode_varbinds(trap.varbinds)
    )
    return _wrap(V1, trap.community, ber.element(TRAP_V1, body))


def _wrap(version: int, community: bytes, pdu: bytes) -> bytes:
    return ber.element(ber.SEQUENCE, ber.encode_integer(version) + ber.element(ber.OCTET_STRING, community) + pdu)


def _encode_varbinds(varbinds: Sequence[VarBind]) -> bytes:
    return ber.element(
        ber.SEQUENCE,
        b"".join(
            ber.element(ber.SEQUENCE, ber.element(ber.OBJECT_IDENTIFIER, name) + ber.encode_value(tag, value))
            for name, tag, value in varbinds
        ),
    )


FIRST_REQUEST_ID: Final = 1 << 24
LAST_REQUEST_ID: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class Request:
    """A question that is encoded once and sent with ever new request-ids of four bytes."""

    pdu: int
    oids: tuple[bytes, ...]
    head: bytes
    tail: bytes

    def packet(self, request_id: int) -> bytes:
        """The datagram; `request_id` from FIRST_REQUEST_ID to LAST_REQUEST_ID."""
        return self.head + request_id.to_bytes(4) + self.tail


def request(
    version: int, community: bytes, pdu: int, oids: Sequence[bytes], *, non_repeaters: int = 0, max_repetitions: int = 0
) -> Request:
    """Prepare a GET, GETNEXT or GETBULK."""
    mark = LAST_REQUEST_ID
    whole = encode(
        Message(version, community, pdu, mark, non_repeaters, max_repetitions, [(o, ber.NULL, None) for o in oids])
    )
    tail = (
        ber.encode_integer(non_repeaters)
        + ber.encode_integer(max_repetitions)
        + _encode_varbinds([(name, ber.NULL, None) for name in oids])
    )
    return Request(pdu, tuple(oids), whole[: len(whole) - len(tail) - 4], tail)
