"""An SNMP SetRequest, written out: just what the demo needs to tell an agent that a port went down.

netwatch itself only ever reads; its own codec has no SET. Source: RFC 3416, 4.2.5; X.690 for the encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_OCTET_STRING: Final = 0x04
_OBJECT_IDENTIFIER: Final = 0x06
_RESPONSE: Final = 0xA2
_SET: Final = 0xA3
_VERSION_2C: Final = 1
_LONG_FORM: Final = 0x80


def encode(community: str, request: int, values: Iterable[tuple[str, int]]) -> bytes:
    """A v2c SetRequest of integers; `request` is a number of 31 bits that the answer repeats."""
    bindings = b"".join(_field(_SEQUENCE, _oid(oid) + _integer(value)) for oid, value in values)
    body = _integer(request) + _integer(0) + _integer(0) + _field(_SEQUENCE, bindings)
    name = _field(_OCTET_STRING, community.encode())
    return _field(_SEQUENCE, _integer(_VERSION_2C) + name + _field(_SET, body))


def succeeded(packet: bytes) -> bool:
    """Whether a response says error-status 0; a malformed one does not."""
    try:
        (outer,) = _fields(packet)
        _version, _community, (kind, body) = _fields(outer[1])
        _request, (_tag, status), *_rest = _fields(body)
    except (ValueError, IndexError):
        return False
    return kind == _RESPONSE and not any(status)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & _LONG_FORM:
            count = length & ~_LONG_FORM
            length = int.from_bytes(data[at : at + count])
            at += count
        if at + length > len(data):
            raise ValueError("cut short")
        yield tag, data[at : at + length]
        at += length


def _field(tag: int, content: bytes) -> bytes:
    if len(content) < _LONG_FORM:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes(2)
    return bytes((tag, _LONG_FORM | 2)) + size + content


def _integer(value: int) -> bytes:
    return _field(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def _oid(text: str) -> bytes:
    first, second, *rest = (int(part) for part in text.split("."))
    content = bytearray([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        content.extend(reversed(groups))
    return _field(_OBJECT_IDENTIFIER, bytes(content))
