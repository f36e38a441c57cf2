"""The ear for notifications: traps and informs of v1 and v2c, decoded, counted, and boiled down to hints."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from netwatch.errors import OperatingError
from netwatch.polling.batch import TRANSIENT, Receiver, ask_receive_buffer
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import INFORM, RESPONSE, Message, decode, encode
from netwatch.polling.snmp.traps import Hint, hint

_SLOTS: Final = 64
_LONGEST: Final = 8192
_CALLS: Final = 8  # of _SLOTS each: at most 512 notifications a tick, about 5 ms, so that polling goes on
_REMEMBERED: Final = 100_000
_log = logging.getLogger(__name__)


class Heard(NamedTuple):
    """A notification of a device of the inventory."""

    device: str
    hint: Hint


@dataclass(slots=True)
class NotificationStatistics:
    """Counters since the start. `unknown`: from no device of the inventory; `repeated`: said just before."""

    received: int = 0
    malformed: int = 0
    unknown: int = 0
    repeated: int = 0
    acknowledged: int = 0


class Notifications:
    """Listens on one UDP port of both families."""

    def __init__(self, address: str, port: int, receive_buffer_bytes: int, spacing_s: float) -> None:
        self._address = address
        self._port = port
        self._buffer_bytes = receive_buffer_bytes
        self._spacing_s = spacing_s
        self._devices: Mapping[bytes, str] = {}
        self._doors: list[tuple[socket.socket, Receiver]] = []
        self._last: dict[tuple[str, int | None, tuple[str, ...]], tuple[str, float]] = {}
        self.statistics = NotificationStatistics()

    def open(self) -> None:
        """Begin to listen; not at all on port 0.

        Raises:
            OperatingError: the port is taken or not allowed.
        """
        families = [socket.AF_INET, socket.AF_INET6] if self._port else []
        if self._port and self._address:
            families = [socket.AF_INET6 if ":" in self._address else socket.AF_INET]
        for family in families:
            sock = self._bound(family)
            if sock is not None:
                ask_receive_buffer(sock, self._buffer_bytes)
                self._doors.append((sock, Receiver(sock, _SLOTS, _LONGEST)))

    def apply(self, addresses: Mapping[str, str]) -> None:
        """Listen to these devices: their ids by address."""
        self._devices = {_packed(address): device for address, device in addresses.items()}

    def tick(self, now: float) -> list[Heard]:
        """What was heard since the last tick, as far as there was time."""
        heard: list[Heard] = []
        for sock, receiver in self._doors:
            for _ in range(_CALLS):
                got = receiver.receive()
                for slot in range(got):
                    self._hear(sock, receiver, slot, now, heard)
                if got < _SLOTS:
                    break
        return heard

    def close(self) -> None:
        """Stop listening."""
        for sock, _ in self._doors:
            sock.close()

    def _bound(self, family: int) -> socket.socket | None:
        try:
            sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        except OSError as error:
            if family == socket.AF_INET6 and error.errno == errno.EAFNOSUPPORT and not self._address:
                return None
            raise OperatingError(f"no UDP socket: {error.strerror}", "raise the limit of open files") from error
        try:
            sock.settimeout(0)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((self._address, self._port))
        except OSError as error:
            sock.close()
            if family == socket.AF_INET6 and error.errno == errno.EADDRNOTAVAIL and not self._address:
                return None
            raise OperatingError(
                f"can't listen for notifications on UDP port {self._port}: {error.strerror}",
                "choose another snmp.trap_port, stop who holds it, or below 1024 allow CAP_NET_BIND_SERVICE",
            ) from error
        return sock

    def _hear(self, sock: socket.socket, receiver: Receiver, slot: int, now: float, heard: list[Heard]) -> None:
        self.statistics.received += 1
        port, source = receiver.peer(slot)
        try:
            message = decode(receiver.data(slot))
            found = hint(message)
        except MalformedError:
            self.statistics.malformed += 1
            return
        if found is None:
            self.statistics.malformed += 1
            return
        device = self._devices.get(source) or self._devices.get(found.agent)
        if device is None:
            self.statistics.unknown += 1
            return
        if isinstance(message, Message) and message.pdu == INFORM:
            self._acknowledge(sock, message, source, port)
        if not self._just_said(device, found, now):
            heard.append(Heard(device, found))

    def _just_said(self, device: str, found: Hint, now: float) -> bool:
        key = (device, found.index, found.names)
        last = self._last.get(key)
        if last is not None and last[0] == found.trap and now - last[1] < self._spacing_s:
            self.statistics.repeated += 1
            return True
        if len(self._last) >= _REMEMBERED:
            self._last.clear()
        self._last[key] = (found.trap, now)
        return False

    def _acknowledge(self, sock: socket.socket, message: Message, source: bytes, port: int) -> None:
        """Answer an inform, so that its sender does not repeat it. Source: RFC 3416 section 4.2.7."""
        answer = Message(message.version, message.community, RESPONSE, message.request_id, 0, 0, message.varbinds)
        try:
            sock.sendto(encode(answer), (socket.inet_ntop(sock.family, source), port))
            self.statistics.acknowledged += 1
        except OSError as error:
            if error.errno not in TRANSIENT:
                _log.warning("an inform could not be acknowledged: %s", error.strerror)


def _packed(address: str) -> bytes:
    bare = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
