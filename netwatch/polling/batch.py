"""Many datagrams with one system call: sendmmsg(2) and recvmmsg(2), which Python's socket module lacks.

One slab of memory holds all slots, so that a packet is filled in and read out in place. The layouts are
those of the C library (struct mmsghdr, struct cmsghdr) for the machine's word size.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import socket
import struct
from typing import Final, NamedTuple

from netwatch.errors import OperatingError

WORD: Final = "Q" if struct.calcsize("P") == 8 else "I"
_HEADER: Final = struct.Struct("@PIPNPNi0PI0P")  # msghdr, then the received length
_IOVEC: Final = struct.Struct("@PN")
_LENGTH: Final = struct.Struct("@N")  # the second field of an _IOVEC
NAME_BYTES: Final = 32
CONTROL_BYTES: Final = 64
TRANSIENT: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.EINTR, errno.ENOMEM})
"""The kernel could not take the packet now: it was not sent, and nobody is to blame."""

_SO_RCVBUFFORCE: Final = 33  # Source: asm-generic/socket.h
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")  # Source: linux/sock_diag.h: queued bytes first, their limit, ..., drops last
_FULL_RATIO: Final = 0.9
_OURS: Final = frozenset({errno.EBADF, errno.ENOTSOCK, errno.EFAULT, errno.EINVAL})
_PENDING_ERRORS: Final = 3
_SOCKADDR_IN_BYTES: Final = 16

# The interpreter's lock is kept: no call here waits, and whoever gives the lock up waits up to 5 ms for it each time
# while the diagnosis works in its thread; a tick makes a dozen calls.
_LIBC: Final = ctypes.PyDLL(None, use_errno=True)
_recvmmsg: Final = _LIBC.recvmmsg
_recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
_sendmmsg: Final = _LIBC.sendmmsg
_sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)


def socket_address(address: str, port: int) -> bytes:
    """A struct sockaddr_in or sockaddr_in6. Source: ip(7), ipv6(7).

    Raises:
        OSError: the address is none, or its scope names no interface.
    """
    bare, _, scope = address.partition("%")
    if ":" not in bare:
        return struct.pack("=H", socket.AF_INET) + struct.pack("!H4s8x", port, socket.inet_pton(socket.AF_INET, bare))
    packed = socket.inet_pton(socket.AF_INET6, bare)
    place = struct.pack("!HI16s", port, 0, packed)
    return struct.pack("=H", socket.AF_INET6) + place + struct.pack("=I", socket.if_nametoindex(scope) if scope else 0)


def source_of(name: bytes) -> bytes:
    """What of a `socket_address` tells who it is: family, port and address. Compares with `Receiver.source`."""
    return name[:8] if len(name) == _SOCKADDR_IN_BYTES else name[:4] + name[8:24]


def ask_receive_buffer(sock: socket.socket, wanted: int) -> int:
    """Ask for a receive buffer, past the machine's ceiling where that is allowed; what was granted, in bytes."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2  # the kernel doubles for its own bookkeeping


class Overflow(NamedTuple):
    """How a socket's receive buffer fares. `drops`: datagrams that the kernel dropped since the socket was opened."""

    drops: int
    full: bool


def overflow(sock: socket.socket) -> Overflow:
    """What the kernel dropped for want of room, and whether the buffer is as good as full at this moment.

    It is the counter that SO_RXQ_OVFL attaches to packets, read by SO_MEMINFO: SO_RXQ_OVFL tells of a drop only with
    the next packet that arrives, which may be after the losses have been judged. `full` must be read before the
    socket is read empty; drops of a buffer that is not full are packets with a bad checksum.
    Source: sock_diag(7), Linux 4.12.
    """
    found = _MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size))
    return Overflow(found[8], found[0] >= found[1] * _FULL_RATIO)


class _Slots:
    """`count` message headers over one slab, each with room for a name, control data and a packet."""

    def __init__(self, count: int, name: int, control: int, data: int) -> None:
        self.count = count
        self.size = name + control + data
        self.slab = mmap.mmap(-1, count * self.size)  # what no packet ever reaches takes no memory
        self.headers = bytearray(count * _HEADER.size)
        self.vectors = bytearray(count * _IOVEC.size)
        # These keep the memory's address fixed: what is exported can't be resized.
        self._pins = [(ctypes.c_char * len(part)).from_buffer(part) for part in (self.slab, self.headers, self.vectors)]
        slab, self.address, vectors = (ctypes.addressof(pin) for pin in self._pins)
        for slot in range(count):
            start = slab + slot * self.size
            vector = vectors + slot * _IOVEC.size
            _IOVEC.pack_into(self.vectors, slot * _IOVEC.size, start + name + control, data)
            place = start + name if control else 0
            _HEADER.pack_into(self.headers, slot * _HEADER.size, start, name, vector, 1, place, control, 0, 0)


class Receiver:
    """Reads up to `count` waiting datagrams at once."""

    def __init__(self, sock: socket.socket, count: int, data: int) -> None:
        self._fd = sock.fileno()
        self._slots = _Slots(count, NAME_BYTES, CONTROL_BYTES, data)
        self._four = sock.family == socket.AF_INET
        self._pristine = bytes(self._slots.headers)
        self.slab = self._slots.slab
        self.slot_bytes = self._slots.size
        self.count = count

    def receive(self) -> int:
        """How many slots were filled; 0 when nothing waits.

        Raises:
            OperatingError: the socket is broken.
        """
        for _ in range(_PENDING_ERRORS):
            self._slots.headers[:] = self._pristine
            got = int(_recvmmsg(self._fd, self._slots.address, self.count, socket.MSG_DONTWAIT, None))
            if got >= 0:
                return got
            code = ctypes.get_errno()
            if code in TRANSIENT:
                return 0
            if code in _OURS:
                raise OperatingError(f"receiving failed: {os.strerror(code)}", "restart netwatch")
        return 0  # errors of packets sent earlier, which each call reports and clears; the next tick reads on

    def length(self, slot: int) -> int:
        """Bytes of the datagram in `slot`, those cut off not counted."""
        return int(_HEADER.unpack_from(self._slots.headers, slot * _HEADER.size)[7])

    def data(self, slot: int) -> bytes:
        """A copy of the datagram in `slot`."""
        start = slot * self.slot_bytes + NAME_BYTES + CONTROL_BYTES
        return bytes(self.slab[start : start + self.length(slot)])

    def source(self, slot: int) -> bytes:
        """Who sent it, as it compares with `source_of`: family, port and address."""
        start = slot * self.slot_bytes
        if self._four:
            return bytes(self.slab[start : start + 8])
        return bytes(self.slab[start : start + 4] + self.slab[start + 8 : start + 24])

    def peer(self, slot: int) -> tuple[int, bytes]:
        """Who sent it: UDP port and packed address. Source: ip(7), ipv6(7), struct sockaddr."""
        start = slot * self.slot_bytes
        address = self.slab[start + 4 : start + 8] if self._four else self.slab[start + 8 : start + 24]
        return int.from_bytes(self.slab[start + 2 : start + 4]), bytes(address)


class Sender:
    """Sends up to `count` datagrams at once; each slot is the socket address followed by the packet."""

    def __init__(self, sock: socket.socket, count: int, name: int, data: int) -> None:
        self._fd = sock.fileno()
        self._slots = _Slots(count, name, 0, data)
        self.slab = self._slots.slab
        self.slot_bytes = self._slots.size
        self.count = count

    def put(self, slot: int, name: bytes, packet: bytes) -> None:
        """Fill a slot with a packet of any length that fits it."""
        start = slot * self.slot_bytes
        body = start + len(name)
        self.slab[start:body] = name
        self.slab[body : body + len(packet)] = packet
        _LENGTH.pack_into(self._slots.vectors, slot * _IOVEC.size + _LENGTH.size, len(packet))

    def send(self, first: int, last: int) -> int:
        """Send the slots from `first` up to but not including `last`.

        Returns:
            How many were sent, at least one; or minus the error number that refused the first of them.
        """
        start = self._slots.address + first * _HEADER.size
        sent = int(_sendmmsg(self._fd, start, last - first, socket.MSG_DONTWAIT))
        return sent if sent > 0 else -(ctypes.get_errno() or errno.EAGAIN)
