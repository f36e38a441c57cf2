"""The Basic Encoding Rules as far as SNMP uses them. Source: RFC 3417 section 8, X.690."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
OPAQUE: Final = 0x44
COUNTER64: Final = 0x46
NO_SUCH_OBJECT: Final = 0x80
NO_SUCH_INSTANCE: Final = 0x81
END_OF_MIB_VIEW: Final = 0x82

MAX_SUB_IDENTIFIERS: Final = 128  # Source: RFC 2578 section 3.5
_UNSIGNED_LIMIT: Final = {COUNTER32: 1 << 32, GAUGE32: 1 << 32, TIME_TICKS: 1 << 32, COUNTER64: 1 << 64}
_EMPTY: Final = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW})
_OPAQUE_BYTES: Final = frozenset({OCTET_STRING, OPAQUE})

_KEPT_OIDS: Final = 16_384
_USUAL_OID: Final = re.compile(rb"(?:[\x00-\x7f]|[\x81-\xff][\x80-\xff]{0,2}[\x00-\x7f])+", re.DOTALL)
"""Sub-identifiers of up to 28 bits, none padded: valid whatever they are."""

Value = int | bytes | None
"""INTEGER and the counters are int; strings, addresses and OIDs (encoded) are bytes; the rest is None."""


class MalformedError(Exception):
    """Bytes that are not what they should be. It never leaves the SNMP receiver."""


def length(data: bytes, at: int) -> tuple[int, int]:
    """The length that stands at `at`, and where the content begins.

    Raises:
        MalformedError: indefinite, or longer than any datagram.
        IndexError: the data ends within it.
    """
    first = data[at]
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    if not 0 < count <= 4:
        raise MalformedError("length")
    end = at + 1 + count
    if end > len(data):
        raise MalformedError("length cut off")
    return int.from_bytes(data[at + 1 : end]), end


def content(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at `at` begins and ends; it must have `tag` and end by `end`."""
    if at >= end or data[at] != tag:
        raise MalformedError(f"no element {tag:#x}")
    size, start = length(data, at + 1)
    if start + size > end:
        raise MalformedError("element cut off")
    return start, start + size


def integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The Integer32 at `at`, and where it ends."""
    start, stop = content(data, at, end, INTEGER)
    return _signed(data[start:stop]), stop


def _signed(octets: bytes) -> int:
    """An Integer32. One octet too many is let pass when it changes nothing: some writers pad -2^31 (X.690 8.3.2)."""
    number = int.from_bytes(octets, signed=True)
    if not 0 < len(octets) <= 5 or not -(2**31) <= number < 2**31:
        raise MalformedError("integer size")
    return number


def value(data: bytes, tag: int, start: int, stop: int) -> Value:
    """The value of a variable binding.

    Raises:
        MalformedError: an unknown type, or a size or number that the type does not allow.
    """
    size = stop - start
    if tag == INTEGER:
        return _signed(data[start:stop])
    limit = _UNSIGNED_LIMIT.get(tag)
    if limit is not None:
        return _unsigned(data[start:stop], limit)
    if tag in _OPAQUE_BYTES:
        return data[start:stop]
    if tag == OBJECT_IDENTIFIER:
        return checked_oid(data[start:stop])
    if tag in _EMPTY:
        if size:
            raise MalformedError("content where none is allowed")
        return None
    if tag == IP_ADDRESS and size == 4:
        return data[start:stop]
    raise MalformedError(f"type {tag:#x}")


def _unsigned(raw: bytes, limit: int) -> int:
    """An unsigned number. Some agents forget the leading zero byte; the sign bit is then part of the number."""
    number = int.from_bytes(raw)
    if not raw or number >= limit:
        raise MalformedError("unsigned number")
    return number


def checked_oid(raw: bytes) -> bytes:
    """The encoded OID itself, when it is one.

    Raises:
        MalformedError: empty, cut off, too long, or with a sub-identifier above 2^32 - 1 or padded.
    """
    if not raw or raw[-1] & 0x80:
        raise MalformedError("OID")
    if len(raw) < MAX_SUB_IDENTIFIERS and _USUAL_OID.fullmatch(raw):
        return raw
    sub_identifiers(raw)
    return raw


def sub_identifiers(raw: bytes) -> tuple[int, ...]:
    """The numbers of an encoded OID."""
    numbers: list[int] = []
    number = 0
    fresh = True
    for byte in raw:
        if fresh and byte == 0x80:
            raise MalformedError("OID padded")
        number = number << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            numbers.append(number)
            number = 0
        elif number >= 1 << 28:  # one more group of seven bits would pass 35 bits
            raise MalformedError("sub-identifier")
    if not fresh or not numbers:
        raise MalformedError("OID cut off")
    first = min(numbers[0] // 40, 2)
    all_numbers = (first, numbers[0] - 40 * first, *numbers[1:])
    if len(all_numbers) > MAX_SUB_IDENTIFIERS or max(all_numbers) >= 1 << 32:
        raise MalformedError("sub-identifier")
    return all_numbers


def oid(dotted: str) -> bytes:
    """The encoded form of `1.3.6.1.2.1`."""
    numbers = [int(part) for part in dotted.lstrip(".").split(".")]
    return b"".join(map(_base128, (numbers[0] * 40 + numbers[1], *numbers[2:])))


def dotted(raw: bytes) -> str:
    """The dotted form of an encoded OID."""
    return ".".join(map(str, sub_identifiers(raw)))


def index(row: bytes) -> int | None:
    """The number that is all of a row's encoded index; None when the index is something else."""
    if len(row) == 1 and row[0] < 0x80:  # the usual case
        return row[0]
    if not 0 < len(row) <= 5:
        return None
    number = 0
    for position, byte in enumerate(row):
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            return number if position == len(row) - 1 else None
    return None


@lru_cache(maxsize=_KEPT_OIDS)
def instance(column: bytes, index: int) -> bytes:
    """The encoded OID of one row of a column; one object for all devices that have it."""
    return column + _base128(index)


def _base128(number: int) -> bytes:
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))


def element(tag: int, body: bytes) -> bytes:
    """Tag, length, content."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + body


def encode_integer(number: int) -> bytes:
    """A signed number in the fewest bytes."""
    magnitude = number if number >= 0 else ~number
    return element(INTEGER, number.to_bytes(magnitude.bit_length() // 8 + 1, signed=True))


def encode_value(tag: int, content_: Value) -> bytes:
    """A value of a variable binding."""
    if tag == INTEGER and isinstance(content_, int):
        return encode_integer(content_)
    if isinstance(content_, int):
        return element(tag, content_.to_bytes(content_.bit_length() // 8 + 1))
    return element(tag, content_ or b"")
