"""SNMPv3 messages as bytes. Source: RFC 3412 section 6, RFC 3414 section 2.4.

Reading is one function without objects on the way: it runs once for each answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError

AUTHENTIC: Final = 1  # flags of a message
ENCRYPTED: Final = 2
REPORTABLE: Final = 4
LEVEL: Final = AUTHENTIC | ENCRYPTED
SALT_BYTES: Final = 8
LARGEST_MESSAGE_BYTES: Final = 65_507  # what one datagram over IPv4 holds
SMALLEST_MESSAGE_BYTES: Final = 484  # RFC 3412 section 6.3
LAST: Final = (1 << 31) - 1  # of message ids, restarts of an engine, its seconds
SHORTEST_ENGINE_ID: Final = 5  # RFC 3411 section 5, SnmpEngineID
LONGEST_ENGINE_ID: Final = 32
LONGEST_USER: Final = 32
VERSION: Final = b"\x02\x01\x03"
_VERSION_AND_HEADER: Final = VERSION + b"\x30"
_FOUR_BYTES: Final = b"\x02\x04"
_ONE_BYTE_STRING: Final = b"\x04\x01"
_MODEL: Final = b"\x02\x01\x03"  # USM

SALTED: Final = b"\x04\x08"  # the salt's head
UNSALTED: Final = b"\x04\x00"

Parsed = tuple[int, bytes, int, int, bytes, int, int, int, bytes, int]
"""Flags, engine id, boots, time, user, where the value of the time and the MAC begin, where the MAC ends, salt,
where the data begin.

The data are the rest of the datagram: a scoped PDU, or an OCTET STRING with an encrypted one.
"""


def message_id(data: bytes) -> int:
    """The id of an SNMPv3 message, looked at before anything else of it is believed.

    Raises:
        MalformedError: no SNMPv3 message.
    """
    try:
        at = filling(data, 0, ber.SEQUENCE)
        if data[at : at + 4] != _VERSION_AND_HEADER:
            raise MalformedError("version or header")
        if data[at + 4] & 0x80:
            _, at = ber.length(data, at + 4)
        else:
            at += 5
        if data[at : at + 2] == _FOUR_BYTES:  # what we send, and so what we get
            number, end = int.from_bytes(data[at + 2 : at + 6]), at + 6
        else:
            number, end = _number(data, at, len(data))
    except IndexError:
        raise MalformedError("cut off") from None
    if number > LAST or end > len(data):
        raise MalformedError("message id")
    return number


def parse(data: bytes) -> Parsed:
    """The parts of an SNMPv3 message with the user-based security model.

    Raises:
        MalformedError: the bytes are none, or not wholly one, or hold a number out of range.
    """
    try:
        return _parse(data)
    except IndexError:
        raise MalformedError("cut off") from None


def filling(data: bytes, at: int, tag: int) -> int:
    """Where the content of the element at `at` begins, which has `tag` and fills the rest of `data`.

    Raises:
        MalformedError: it has not, or does not.
        IndexError: the data end within its length.
    """
    size, start = data[at + 1], at + 2
    if size == 0x81:
        size, start = data[start], at + 3
    elif size == 0x82:
        size, start = data[start] << 8 | data[at + 3], at + 4
    elif size & 0x80:
        size, start = ber.length(data, at + 1)
    if data[at] != tag or start + size != len(data):
        raise MalformedError("bytes missing or left over")
    return start


def _parse(data: bytes) -> Parsed:
    at = filling(data, 0, ber.SEQUENCE)
    if data[at : at + 4] != _VERSION_AND_HEADER:
        raise MalformedError("version or header")
    flags, at = _header(data, at + 3)
    if data[at] != ber.OCTET_STRING:
        raise MalformedError("security parameters")
    size = data[at + 1]
    at += 2
    if size & 0x80:
        size, at = ber.length(data, at - 1)
    body = at + size
    at, end = ber.content(data, at, body, ber.SEQUENCE)
    if end != body:
        raise MalformedError("bytes after the security parameters")
    engine_id, at = _string(data, at)
    boots, at = _number(data, at, end)
    time_at = at + 2
    time, at = _number(data, at, end)
    user, at = _string(data, at)
    mac, at = _string(data, at)
    mac_end = at
    salt, at = _string(data, at)
    if at != end:
        raise MalformedError("security parameters")
    if len(user) > LONGEST_USER or len(engine_id) > LONGEST_ENGINE_ID:
        raise MalformedError("user or engine id")
    return flags, engine_id, boots, time, user, time_at, mac_end - len(mac), mac_end, salt, body


def _header(data: bytes, at: int) -> tuple[int, int]:
    """Flags, and where the header that begins at `at` ends."""
    size = data[at + 1]
    at += 2
    if size & 0x80:
        size, at = ber.length(data, at - 1)
    end = at + size
    _, at = _number(data, at, end)
    most, at = _number(data, at, end)
    if at + 6 != end or data[at : at + 2] != _ONE_BYTE_STRING or data[at + 3 : end] != _MODEL:
        raise MalformedError("flags or security model")
    flags = data[at + 2]
    if most < SMALLEST_MESSAGE_BYTES or flags & LEVEL == ENCRYPTED:
        raise MalformedError("size or level")
    return flags, end


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """The OCTET STRING at `at` (shorter than 128 bytes: every one here is), and where it ends; the caller looks whether
    that is too late.
    """
    stop = at + 2 + data[at + 1]
    if data[at] != ber.OCTET_STRING:
        raise MalformedError("no string")
    return data[at + 2 : stop], stop


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number from 0 to 2^31 - 1 at `at`, and where it ends."""
    stop = at + 2 + data[at + 1]
    number = int.from_bytes(data[at + 2 : stop])
    if data[at] != ber.INTEGER or stop > end or stop > at + 7 or stop == at + 2:
        raise MalformedError("no number")
    if number > LAST or data[at + 2] & 0x80:
        raise MalformedError("number out of range")
    return number, stop


def encrypted_pdu(data: bytes, at: int) -> bytes:
    """The encrypted scoped PDU at `at`, which must be the rest.

    Raises:
        MalformedError: it is not, or is empty.
    """
    try:
        found = data[filling(data, at, ber.OCTET_STRING) :]
    except IndexError:
        raise MalformedError("cut off") from None
    if not found:
        raise MalformedError("encrypted PDU")
    return found


def scoped_pdu(plain: bytes, *, padded: bool = False) -> tuple[bytes, bytes, bytes]:
    """Context engine id, context name and complete PDU of a plain scoped PDU.

    `padded` allows some bytes after it, with which some agents fill the cipher's last block.

    Raises:
        MalformedError: it is none.
    """
    try:
        at, end = ber.content(plain, 0, len(plain), ber.SEQUENCE)
        start, at = ber.content(plain, at, end, ber.OCTET_STRING)
        engine_id = plain[start:at]
        start, at = ber.content(plain, at, end, ber.OCTET_STRING)
        name = plain[start:at]
        _, stop = ber.content(plain, at, end, plain[at])
    except IndexError:
        raise MalformedError("cut off") from None
    if stop != end or not 0 <= len(plain) - end <= (15 if padded else 0):
        raise MalformedError("bytes after the scoped PDU")
    return engine_id, name, plain[at:end]


@dataclass(frozen=True, slots=True)
class Message:
    """All parts of an SNMPv3 message. `data` is a scoped PDU, or an OCTET STRING with an encrypted one."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    time_s: int
    user: bytes
    mac: bytes
    salt: bytes
    data: bytes
    largest_bytes: int = LARGEST_MESSAGE_BYTES


def header_end(level: int) -> bytes:
    """What follows the message id in the header of our questions."""
    return _header_end(level | REPORTABLE, LARGEST_MESSAGE_BYTES)


def _header_end(flags: int, largest_bytes: int) -> bytes:
    return ber.encode_integer(largest_bytes) + _ONE_BYTE_STRING + bytes((flags,)) + _MODEL


def encode(message: Message) -> bytes:
    """The bytes of a message whose MAC and encryption are done (or are not wanted)."""
    security = b"".join(
        (
            ber.element(ber.OCTET_STRING, message.engine_id),
            ber.encode_integer(message.boots),
            ber.encode_integer(message.time_s),
            ber.element(ber.OCTET_STRING, message.user),
            ber.element(ber.OCTET_STRING, message.mac),
            ber.element(ber.OCTET_STRING, message.salt),
        )
    )
    header = ber.encode_integer(message.message_id) + _header_end(message.flags, message.largest_bytes)
    parameters = ber.element(ber.OCTET_STRING, ber.element(ber.SEQUENCE, security))
    return ber.element(ber.SEQUENCE, VERSION + ber.element(ber.SEQUENCE, header) + parameters + message.data)


def encode_scoped(context_engine_id: bytes, context: bytes, pdu: bytes) -> bytes:
    """A scoped PDU."""
    names = ber.element(ber.OCTET_STRING, context_engine_id) + ber.element(ber.OCTET_STRING, context)
    return ber.element(ber.SEQUENCE, names + pdu)


def decode(data: bytes) -> Message:
    """All parts of a message, neither authenticated nor decrypted.

    Raises:
        MalformedError: as `parse` does, or the data are no single element of the kind that the flags say.
    """
    number = message_id(data)
    flags, engine_id, boots, time_s, user, _, mac_at, mac_end, salt, at = parse(data)
    if flags & ENCRYPTED:
        encrypted_pdu(data, at)
    else:
        scoped_pdu(data[at:])
    header, end = ber.content(data, filling(data, 0, ber.SEQUENCE) + 3, len(data), ber.SEQUENCE)
    _, place = _number(data, header, end)
    most, _ = _number(data, place, end)
    return Message(number, flags, engine_id, boots, time_s, user, data[mac_at:mac_end], salt, data[at:], most)
