"""SNMP messages of version 1 and 2c as bytes. Source: RFC 1157, RFC 1901, RFC 3416."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, cast

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MAX_SUB_IDENTIFIERS, MalformedError, Value

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

_SMALL: Final = b"\x02\x01"  # an INTEGER of one byte
_BEGINS: Final = {
    **dict.fromkeys(range(0x80), 2),
    0x81: 3,
    0x82: 4,
}  # where the content begins, by the length's first byte
_KNOWN_MOST: Final = 20_000  # about 4 MB

VarBind = tuple[bytes, int, Value]
"""Encoded OID, type, value."""


class Status(IntEnum):
    """RFC 3416's error statuses, and three of our own: no answer at all, not sent at all, and an agent that
    answers but does not accept our user or keys.
    """

    REFUSED = -3
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


class Head(NamedTuple):
    """What stands before the bindings; `at` is where these begin."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    error_status: int
    error_index: int
    at: int


def decode(data: bytes) -> Message | TrapV1:
    """The message in a datagram.

    Raises:
        MalformedError: the bytes are none, or not wholly one, or hold a number out of range.
    """
    try:
        version, community, at = _outer(data)
        if version == V1 and data[at] == TRAP_V1:
            return _decode_trap(data, community, *ber.content(data, at, len(data), TRAP_V1), len(data))
        found = Head(version, community, *pdu_head(data, at))
        return Message(*found[:6], bindings(data, found.at))
    except IndexError:
        raise MalformedError("cut off") from None


def head(data: bytes) -> Head:
    """What stands before the bindings of a v1 or v2c message that is no v1 notification.

    Raises:
        MalformedError: as `decode`; the bindings themselves are not looked at.
    """
    try:
        usual = _usual_head(data)
        if usual is not None:
            return usual
        version, community, at = _outer(data)
        return Head(version, community, *pdu_head(data, at))
    except IndexError:
        raise MalformedError("cut off") from None


def _usual_head(data: bytes) -> Head | None:
    """The same for the form in which agents answer us: short community, id of four bytes, small numbers; else None.

    It takes no message that the long way would not take, and reads it the same.
    """
    at = _BEGINS.get(data[1], 0)
    whole = at + (data[1] if at == 2 else int.from_bytes(data[2:at]))
    if not at or data[0] != 0x30 or whole != len(data):
        return None
    version, size = data[at + 2], data[at + 4]
    if version > V2C or size >= 0x80 or data[at : at + 2] != _SMALL or data[at + 3] != 0x04:
        return None
    community = data[at + 5 : at + 5 + size]
    at += 5 + size
    pdu, long = data[at], _BEGINS.get(data[at + 1], 0)
    begin = at + long
    whole = begin + (data[at + 1] if long == 2 else int.from_bytes(data[at + 2 : begin]))
    if pdu not in _PDUS or not long or whole != len(data) or data[begin : begin + 2] != b"\x02\x04":
        return None
    status, index = data[begin + 8], data[begin + 11]
    if status >= 0x80 or index >= 0x80 or not data[begin + 6 : begin + 8] == _SMALL == data[begin + 9 : begin + 11]:
        return None
    number = int.from_bytes(data[begin + 2 : begin + 6], signed=True)
    return Head(version, community, pdu, number, status, index, begin + 12)


def _outer(data: bytes) -> tuple[int, bytes, int]:
    """Version, community, and where the PDU begins."""
    at, end = ber.content(data, 0, len(data), ber.SEQUENCE)
    if end != len(data):
        raise MalformedError("bytes after the message")
    version, at = ber.integer(data, at, end)
    if version not in {V1, V2C}:
        raise MalformedError("version")
    start, at = ber.content(data, at, end, ber.OCTET_STRING)
    return version, data[start:at], at


def pdu_head(data: bytes, at: int) -> tuple[int, int, int, int, int]:
    """Type, request-id, error-status and error-index of the PDU that fills the rest, and where its bindings begin.

    Raises:
        MalformedError: no PDU, or bytes after it.
        IndexError: cut off.
    """
    pdu, end = data[at], len(data)
    if pdu not in _PDUS:
        raise MalformedError("PDU")
    at, stop = ber.content(data, at, end, pdu)
    if stop != end:
        raise MalformedError("bytes after the PDU")
    if data[at : at + 2] == b"\x02\x04" and data[at + 6 : at + 8] == data[at + 9 : at + 11] == b"\x02\x01":
        status, index = data[at + 8], data[at + 11]  # the usual form: an id of four bytes, small numbers
        if status < 0x80 and index < 0x80:
            return pdu, int.from_bytes(data[at + 2 : at + 6], signed=True), status, index, at + 12
    request_id, at = ber.integer(data, at, end)
    status, at = ber.integer(data, at, end)
    index, at = ber.integer(data, at, end)
    return pdu, request_id, status, index, at


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
        bindings(data, at),
    )


def bindings(data: bytes, at: int, known: dict[bytes, VarBind] | None = None) -> list[VarBind]:  # noqa: C901, PLR0912, PLR0915 -- unrolled: a call a field costs twice
    """The list of variable bindings that fills the rest. The inner loop of every response.

    `known` keeps bindings that come again and again, a port's status mostly, by their bytes; it stays bounded.

    Raises:
        MalformedError: no list of bindings, or bytes after it, or a number out of range.
        IndexError: cut off.
    """
    end = len(data)
    at, stop = ber.content(data, at, end, ber.SEQUENCE)
    if stop != end:
        raise MalformedError("bytes after the bindings")
    known = {} if known is None else known
    if at < end and (again := _all_known(data, at, end, known)):
        return again
    found: list[VarBind] = []
    take, recall = found.append, known.get
    while at < end:
        begin = at
        size = data[at + 1]
        if binding := recall(data[at : at + 2 + size]):
            take(binding)
            at += 2 + size
            continue
        if data[at] != 0x30:
            raise MalformedError("binding")
        at += 2
        if size & 0x80:
            size, at = ber.length(data, at - 1)
        stop = at + size
        if stop > end or data[at] != 0x06:
            raise MalformedError("binding")
        size = data[at + 1]
        start = at + 2
        if size & 0x80:
            size, start = ber.length(data, at + 1)
        at = start + size
        if at >= stop:
            raise MalformedError("binding")
        name = data[start:at]
        if size >= MAX_SUB_IDENTIFIERS or not size or not name.isascii():
            ber.checked_oid(name)
        tag = data[at]
        size = data[at + 1]
        start = at + 2
        if size & 0x80:
            size, start = ber.length(data, at + 1)
        if start + size != stop:
            raise MalformedError("binding")
        if tag == 0x02 and size == 1:  # the usual status: an INTEGER of one byte
            small = data[start]
            binding = (name, tag, small - ((small & 0x80) << 1))
            if stop - begin < 0x80:
                if len(known) >= _KNOWN_MOST:
                    known.clear()
                known[data[begin:stop]] = binding
            take(binding)
        elif 0x41 <= tag <= 0x43 and 0 < size <= 4:  # Counter32, Gauge32, TimeTicks
            take((name, tag, int.from_bytes(data[start:stop])))
        elif tag == 0x04:
            take((name, tag, data[start:stop]))
        else:
            take((name, tag, ber.value(data, tag, start, stop)))
        at = stop
    return found


def _all_known(data: bytes, at: int, end: int, known: dict[bytes, VarBind]) -> list[VarBind] | None:
    """The bindings from `at` to `end` when they are all of one size and were seen before: most of a table; else None."""
    size = 2 + data[at + 1]
    if data[at : at + size] not in known or (end - at) % size:
        return None
    found = [known.get(data[begin : begin + size]) for begin in range(at, end, size)]
    return None if None in found else cast("list[VarBind]", found)


def encode(message: Message) -> bytes:
    """The bytes of a message."""
    body = (
        ber.encode_integer(message.request_id)
        + ber.encode_integer(message.error_status)
        + ber.encode_integer(message.error_index)
        + encode_varbinds(message.varbinds)
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
        + encode_varbinds(trap.varbinds)
    )
    return _wrap(V1, trap.community, ber.element(TRAP_V1, body))


def _wrap(version: int, community: bytes, pdu: bytes) -> bytes:
    return ber.element(ber.SEQUENCE, ber.encode_integer(version) + ber.element(ber.OCTET_STRING, community) + pdu)


def encode_varbinds(varbinds: Sequence[VarBind]) -> bytes:
    """The bytes of a list of variable bindings."""
    return ber.element(
        ber.SEQUENCE,
        b"".join(
            ber.element(ber.SEQUENCE, ber.element(ber.OBJECT_IDENTIFIER, name) + ber.encode_value(tag, value))
            for name, tag, value in varbinds
        ),
    )


FIRST_REQUEST_ID: Final = 1 << 24
LAST_REQUEST_ID: Final = (1 << 31) - 1
"""Between these a request-id takes four bytes."""
