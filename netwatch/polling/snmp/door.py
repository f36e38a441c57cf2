"""One family's UDP socket: what waits there, and what is about to leave by it."""

from __future__ import annotations

import errno
import logging
import socket
from typing import Final, Generic, TypeVar

from netwatch.errors import OperatingError
from netwatch.polling.batch import Receiver, Sender, ask_receive_buffer

T = TypeVar("T")
RECEIVE_SLOTS: Final = 32
SEND_SLOTS: Final = 32
LARGEST_QUESTION: Final = 8_192
_LARGEST_DATAGRAM: Final = 65_535
_SOCKADDR_BYTES: Final = {socket.AF_INET: 16, socket.AF_INET6: 28}
_log = logging.getLogger(__name__)


class Door(Generic[T]):
    """A socket bound to a random port. `pending` is what the sender's first slots hold, `drops` what the kernel dropped.

    Raises:
        OperatingError: no socket is to be had.
    """

    def __init__(self, family: int, wanted_bytes: int) -> None:
        try:
            self.sock, self.buffer_bytes = _open(family, wanted_bytes)
        except OSError as error:
            version = "IPv6" if family == socket.AF_INET6 else "IPv4"
            lacks_family = error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}
            mend = f"give this machine {version}" if lacks_family else "raise the limit of open files"
            raise OperatingError(f"no {version} socket for SNMP: {error.strerror}", mend) from error
        if self.buffer_bytes < wanted_bytes:
            _log.warning("SNMP receive buffer is %d bytes; raise net.core.rmem_max", self.buffer_bytes)
        self.receiver = Receiver(self.sock, RECEIVE_SLOTS, _LARGEST_DATAGRAM)
        self.sender = Sender(self.sock, SEND_SLOTS, _SOCKADDR_BYTES[socket.AddressFamily(family)], LARGEST_QUESTION)
        self.pending: list[tuple[T, int]] = []
        self.drops = 0


def _open(family: int, wanted_bytes: int) -> tuple[socket.socket, int]:
    """A socket, bound before its first packet so that the port is random and ours; and its receive buffer's bytes."""
    sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    try:
        sock.settimeout(0)
        granted = ask_receive_buffer(sock, wanted_bytes)
        sock.bind(("", 0))
    except OSError:
        sock.close()
        raise
    return sock, granted
