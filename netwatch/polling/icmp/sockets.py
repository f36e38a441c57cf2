"""The sockets that ping: raw where it is allowed, datagram ICMP where only that is."""

from __future__ import annotations

import errno
import logging
import socket
import struct
from dataclasses import dataclass
from typing import Final, Literal

from netwatch.errors import OperatingError
from netwatch.polling.batch import ask_receive_buffer, overflow
from netwatch.polling.icmp.packet import ECHO_REPLY

Mode = Literal["auto", "raw", "datagram"]

_SO_TIMESTAMPNS: Final = 35  # Source: asm-generic/socket.h
_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1  # Source: linux/icmp.h; a bit that is set blocks that type
_SOL_ICMPV6: Final = 58
_ICMPV6_FILTER: Final = 1  # Source: linux/icmpv6.h
_PROTOCOL: Final[dict[int, int]] = {
    socket.AF_INET: socket.IPPROTO_ICMP,
    socket.AF_INET6: socket.IPPROTO_ICMPV6,
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IcmpSocket:
    """An open socket and what the kernel does for it. `buffer_bytes` is what the kernel granted."""

    sock: socket.socket
    family: int
    raw: bool
    buffer_bytes: int
    buffer_capped: bool

    @property
    def ip_header(self) -> bool:
        """Whether received packets begin with the IP header."""
        return self.raw and self.family == socket.AF_INET


def open_socket(family: int, mode: Mode, buffer_bytes: int) -> IcmpSocket:
    """A socket of `family` that receives echo replies only, with kernel time stamps.

    Raises:
        OperatingError: the kernel allows neither kind that `mode` asks for.
    """
    sock, raw = _first_allowed(family, mode)
    try:
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        if raw:
            _only_replies(sock, family)
        granted = ask_receive_buffer(sock, buffer_bytes)
        overflow(sock)
    except OSError as error:
        sock.close()
        raise OperatingError(
            f"the ICMP socket can't be set up: {error.strerror}", "run on Linux 4.12 or newer"
        ) from error
    capped = granted < buffer_bytes
    if capped:
        _log.warning(
            "ICMP receive buffer is %d bytes of %d asked; raise net.core.rmem_max or allow CAP_NET_ADMIN",
            granted,
            buffer_bytes,
        )
    return IcmpSocket(sock, family, raw, granted, capped)


def _first_allowed(family: int, mode: Mode) -> tuple[socket.socket, bool]:
    kinds = {"auto": (True, False), "raw": (True,), "datagram": (False,)}[mode]
    reasons: list[str] = []
    for raw in kinds:
        try:
            kind = socket.SOCK_RAW if raw else socket.SOCK_DGRAM
            return socket.socket(family, kind | socket.SOCK_CLOEXEC, _PROTOCOL[family]), raw
        except OSError as error:
            name = errno.errorcode.get(error.errno or 0, "error")
            reasons.append(f"{'raw' if raw else 'datagram'} socket: {name}")
    version = "IPv4" if family == socket.AF_INET else "IPv6"
    raise OperatingError(
        f"pinging over {version} is not allowed here ({', '.join(reasons)})",
        "give netwatch CAP_NET_RAW, or put its group into net.ipv4.ping_group_range, "
        'or set polling.icmp to "off" and poll by SNMP only',
    )


def _only_replies(sock: socket.socket, family: int) -> None:
    if family == socket.AF_INET:
        passed = ~(1 << ECHO_REPLY[family]) & 0xFFFFFFFF
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", passed))
        return
    words = [0xFFFFFFFF] * 8
    kind = ECHO_REPLY[family]
    words[kind >> 5] &= ~(1 << (kind & 31)) & 0xFFFFFFFF
    sock.setsockopt(_SOL_ICMPV6, _ICMPV6_FILTER, struct.pack("=8I", *words))
