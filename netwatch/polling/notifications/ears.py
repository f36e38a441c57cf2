"""The sockets of the notifications' port: read in bounded portions, counted, answered."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Iterable, Mapping
from typing import Final

from netwatch.errors import OperatingError
from netwatch.polling.batch import TRANSIENT, Receiver, ask_receive_buffer, overflow
from netwatch.polling.notifications.limits import Limits
from netwatch.polling.notifications.model import Heard, NotificationStatistics, Outcome
from netwatch.polling.notifications.own_engine import OwnEngine
from netwatch.polling.notifications.secured import Secured
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import INFORM, RESPONSE, Message, TrapV1, decode, encode
from netwatch.polling.snmp.traps import Hint, hint
from netwatch.polling.snmp.usm.message import VERSION
from netwatch.polling.snmp.usm.user import UsmUser

_SLOTS: Final = 64
_LONGEST: Final = 8192
_CALLS: Final = 8  # of _SLOTS each: at most 512 notifications a tick, about 5 ms, so that polling goes on
_REMEMBERED: Final = 50_000
_CHARGED_BYTES: Final = 832  # what the kernel counts for a small datagram; it doubles what was granted
_SOURCE_PER_S: Final = 50.0
_PER_S: Final = 5_000.0
_log = logging.getLogger(__name__)


class Notifications:
    """Listens on one UDP port of both families.

    `users` are those of SNMPv3; informs of v3 need an engine of our own. A notification about the same port with the
    same word is told once in `spacing_s`.
    """

    def __init__(
        self,
        address: str,
        port: int,
        receive_buffer_bytes: int,
        spacing_s: float,
        *,
        limits: Limits | None = None,
        users: Iterable[UsmUser] = (),
        engine: OwnEngine | None = None,
    ) -> None:
        self._address = address
        self._port = port
        self._buffer_bytes = receive_buffer_bytes
        self._spacing_s = spacing_s
        self._limits = limits or Limits(_SOURCE_PER_S, _PER_S)
        self._secured = Secured(users, engine)
        self._devices: Mapping[bytes, str] = {}
        self._doors: list[tuple[socket.socket, Receiver]] = []
        self._last: dict[int, tuple[int, float]] = {}  # by the hash of device and port: hash of the word, and when
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
                self._doors.append((sock, Receiver(sock, _SLOTS, _LONGEST)))
                self._ask_buffer(sock)

    def apply(self, addresses: Mapping[str, str], users: Iterable[UsmUser] | None = None) -> None:
        """Listen to these devices: their ids by address; and to these users, None = those of before."""
        if users is not None:
            self._secured.apply(users)
        if self._port:
            self._devices = {_packed(address): device for address, device in addresses.items()}
        self._limits.forget_sources()

    def tick(self, now: float) -> list[Heard]:
        """What was heard since the last tick, as far as there was time."""
        heard: list[Heard] = []
        calls = _CALLS
        for sock, receiver in self._doors:
            share = calls
            while share:
                got = receiver.receive()
                for slot in range(got):
                    self._hear(sock, receiver, slot, now, heard)
                share -= 1
                if got < _SLOTS:
                    break
            calls = max(1, share)  # what one family leaves is the other's; neither is ever left out
        if self._doors:
            self.statistics.socket_drops = sum(overflow(sock).drops for sock, _ in self._doors)
        return heard

    def close(self) -> None:
        """Stop listening."""
        for sock, _ in self._doors:
            sock.close()
        self._doors.clear()

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

    def _ask_buffer(self, sock: socket.socket) -> None:
        granted = ask_receive_buffer(sock, self._buffer_bytes)
        told = self.statistics
        told.buffer_bytes = min(granted, told.buffer_bytes or granted)
        if granted < self._buffer_bytes and not told.buffer_capped:
            told.buffer_capped = True
            _log.warning(
                "the receive buffer for notifications is %d bytes of %d asked, room for some %d of them; "
                "raise net.core.rmem_max or allow CAP_NET_ADMIN",
                granted,
                self._buffer_bytes,
                granted * 2 // _CHARGED_BYTES,
            )

    def _hear(self, sock: socket.socket, receiver: Receiver, slot: int, now: float, heard: list[Heard]) -> None:
        outcomes = self.statistics.outcomes
        port, source = receiver.peer(slot)
        device = self._devices.get(source)
        refusal = self._limits.refusal(source, now, known=device is not None)
        if refusal is not None:
            outcomes[refusal] += 1
            return
        try:
            outcome, found, answer = self._read(receiver.data(slot), now)
        except (MalformedError, IndexError):
            outcome, found, answer = Outcome.MALFORMED, None, b""
        if found is not None:
            device = device or self._devices.get(found.agent)
            if device is None:
                outcome = Outcome.UNKNOWN_DEVICE
            elif self._just_said(device, found, now):
                outcome = Outcome.REPEATED
            else:
                heard.append(Heard(device, found))
        outcomes[outcome] += 1
        if answer and device is not None:
            self._answer(sock, answer, source, port, acknowledges=found is not None)

    def _read(self, data: bytes, now: float) -> tuple[Outcome, Hint | None, bytes]:
        """What became of a datagram, what it hints at, and what its sender is answered.

        Raises:
            MalformedError, IndexError: it is no notification.
        """
        at = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
        if data[at : at + 3] == VERSION:
            return self._read_secured(data, now)
        message = decode(data)
        found = _hint(message)
        if isinstance(message, Message) and message.pdu == INFORM:
            return Outcome.HEARD, found, _acknowledgement(message)
        return Outcome.HEARD, found, b""

    def _read_secured(self, data: bytes, now: float) -> tuple[Outcome, Hint | None, bytes]:
        opened = self._secured.open(data, now)
        found = None if opened.notification is None else _hint(opened.notification)
        return opened.outcome, found, opened.answer

    def _just_said(self, device: str, found: Hint, now: float) -> bool:
        key, word = hash((device, found.index, found.names)), hash(found.trap)
        last = self._last.get(key)
        if last is not None and last[0] == word and now - last[1] < self._spacing_s:
            return True
        if len(self._last) >= _REMEMBERED:
            self._last.clear()
        self._last[key] = (word, now)
        return False

    def _answer(self, sock: socket.socket, answer: bytes, source: bytes, port: int, *, acknowledges: bool) -> None:
        try:
            sock.sendto(answer, (socket.inet_ntop(sock.family, source), port))
            self.statistics.acknowledged += acknowledges
        except OSError as error:
            if error.errno not in TRANSIENT:
                _log.warning("an inform could not be answered: %s", error.strerror)


def _hint(message: Message | TrapV1) -> Hint:
    found = hint(message)
    if found is None:
        raise MalformedError("no notification")
    return found


def _acknowledgement(message: Message) -> bytes:
    """The answer to an inform, so that its sender does not repeat it. Source: RFC 3416 section 4.2.7."""
    return encode(Message(message.version, message.community, RESPONSE, message.request_id, 0, 0, message.varbinds))


def _packed(address: str) -> bytes:
    bare = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in bare else socket.AF_INET, bare)
