"""Echo requests and replies as bytes.

A request carries the target's number and a secret cookie behind the ICMP header, so that a reply finds its
target without a search and cannot be guessed. All fields are in the machine's byte order: the Internet
checksum does not care (RFC 1071), and only the sequence, which people read in captures, is swapped.
"""

from __future__ import annotations

import socket
import struct
from array import array
from dataclasses import dataclass, field
from typing import Final

from netwatch.polling.batch import CONTROL_BYTES, NAME_BYTES, WORD, socket_address

ECHO_REQUEST: Final[dict[int, int]] = {socket.AF_INET: 8, socket.AF_INET6: 128}
ECHO_REPLY: Final[dict[int, int]] = {socket.AF_INET: 0, socket.AF_INET6: 129}
SOCKADDR_BYTES: Final[dict[int, int]] = {socket.AF_INET: 16, socket.AF_INET6: 28}
ICMP_BYTES: Final = 20
DATA_BYTES: Final = 96  # the longest IPv4 header and ours
IPV4_PLAIN: Final = 0x45  # version 4, header of 20 bytes: no options
TIMESTAMP: Final = (socket.SOL_SOCKET, 35)  # SCM_TIMESTAMPNS

_ICMP: Final = "BBHHHIQ"  # type, code, checksum, identifier, sequence, target number, cookie
ICMP: Final = struct.Struct(f"={_ICMP}")
_CONTROL: Final = f"{WORD}ii{WORD}{WORD}"  # cmsghdr, timespec
_CONTROL_PAD: Final = CONTROL_BYTES - struct.calcsize(f"={_CONTROL}")


def _swapped() -> array[int]:
    numbers = array("H", range(65536))
    if struct.pack("=H", 1) != struct.pack("!H", 1):
        numbers.byteswap()
    return numbers


SEQUENCE: Final = _swapped()
"""The sequence number as it stands in the packet, by its value."""


def slot_layout(family: int, *, ip_header: bool) -> struct.Struct:
    """A received slot: source, control message, first byte of the IP header (or padding), ICMP fields."""
    name = f"4xI{NAME_BYTES - 8}x" if family == socket.AF_INET else f"8x16s{NAME_BYTES - 24}x"
    before = "B19x" if ip_header else ""
    return struct.Struct(f"={name}{_CONTROL}{_CONTROL_PAD}x{before}{_ICMP}")


def sender_layout(family: int) -> struct.Struct:
    """A slot to send: socket address with type and code, checksum, identifier, sequence, target number, cookie."""
    return struct.Struct(f"={SOCKADDR_BYTES[family] + 2}sHHHIQ")


@dataclass(slots=True, eq=False)
class Target:
    """One address that is pinged, and its packet up to checksum and sequence.

    `due_at` is the moment whose ping waits or was sent last; a steady target is never pinged more rarely.
    """

    key: str
    address: str
    family: int
    number: int
    cookie: int
    source: int | bytes = field(init=False)
    prefix: bytes = field(init=False)
    base_sum: int = 0
    sequence: int = 0
    interval_s: float = 0.0
    late_after_s: float = 1.0
    due_at: float = 0.0
    steady: bool = False
    queued: bool = False
    gone: bool = False

    def prepare(self, identifier: int) -> None:
        """Build what stays the same from ping to ping.

        Raises:
            OSError: the address is none of the target's family.
        """
        packed = socket.inet_pton(self.family, self.address.partition("%")[0])
        self.source = struct.unpack("=I", packed)[0] if self.family == socket.AF_INET else packed
        kind = bytes((ECHO_REQUEST[self.family], 0))
        self.prefix = socket_address(self.address, 0) + kind
        self.renew(self.cookie, identifier)

    @property
    def payload(self) -> bytes:
        """What stands behind the ICMP header: the target's number and its cookie."""
        return struct.pack("=IQ", self.number, self.cookie)

    def renew(self, cookie: int, identifier: int) -> None:
        """From now on ask with this cookie; replies to another one are nobody's."""
        self.cookie = cookie
        self.base_sum = ones_sum(self.prefix[-2:] + struct.pack("=H", identifier) + self.payload)


def ones_sum(data: bytes) -> int:
    """The ones' complement sum of 16-bit words, in the machine's byte order. Source: RFC 1071."""
    words: tuple[int, ...] = struct.unpack(f"={len(data) // 2}H", data)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) + (total >> 16)
