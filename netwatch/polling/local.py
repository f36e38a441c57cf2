"""The monitor's own state: the interfaces that lead to the network, and whether sending works at all."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from netwatch.polling.model import LocalObservation

CHECK_S: Final = 1.0
_ROUTE_EVERY: Final = 5  # checks
_SIOCGIFFLAGS: Final = 0x8913
_IFF_UP_RUNNING: Final = 0x1 | 0x40
_SIOCGIFCONF: Final = 0x8912
_IFREQ: Final = struct.Struct(f"@16sH{struct.calcsize('@LLHBBB0L') - 2}x")  # name, then a union as long as ifmap
_IFCONF: Final = struct.Struct("@iP")
_LOOPBACK_NET: Final = 127
_DISCARD: Final = 9
_MOST_INTERFACES: Final = 1024
_MOST_ADDRESSES: Final = 8


class LocalWatch:
    """Looks at the ways to a few telling addresses: the first hops and the witnesses."""

    def __init__(self, interval_s: float) -> None:
        self._addresses: tuple[str, ...] = ()
        self._interval_s = interval_s
        self._checked_at = -CHECK_S
        self._interfaces: set[str] = set()
        self._told: dict[str, tuple[float, bool]] = {}
        self._checks = 0
        self._counted = (0, 0)

    def look_at(self, addresses: Iterable[str]) -> None:
        """From now on the ways to these matter; the first few of them, that is."""
        self._addresses = tuple(addresses)[:_MOST_ADDRESSES]
        self._checks = 0

    def is_due(self, now: float) -> bool:
        """Whether it is time for the next check."""
        return now - self._checked_at >= CHECK_S

    def check(self, now: float, sent: int, failed: int) -> list[LocalObservation]:
        """What changed, and what has not been told for a while.

        `sent` and `failed` count, since the start, the packets that left and those that the machine refused.
        Sending counts as broken when at least half of what was tried since the last check was refused: a
        single target without a route says nothing about the monitor.
        """
        found: list[LocalObservation] = []
        self._checked_at = now
        if self._checks % _ROUTE_EVERY == 0:
            found += self._follow_routes(now)
        self._checks += 1
        found_running = ((name, is_running(name)) for name in sorted(self._interfaces))
        states = {name: self._as_told(name) if runs is None else runs for name, runs in found_running}
        good, bad = sent - self._counted[0], failed - self._counted[1]
        self._counted = (sent, failed)
        if good or bad:
            states[""] = bad < good or not bad
        else:
            states[""] = self._as_told("")
        for name, ok in states.items():
            if ok is not None:
                found += self._tell(name, ok, now)
        return found

    def _as_told(self, name: str) -> bool | None:
        """What was told last; None = nothing yet."""
        told = self._told.get(name)
        return None if told is None else told[1]

    def _follow_routes(self, now: float) -> list[LocalObservation]:
        """Learn which interfaces matter. One that no way uses any more is told as fine: it is not missed."""
        ways = [egress(address) for address in self._addresses]
        used = {name for name in ways if name}
        if not all(ways):  # some way is lost, perhaps with its interface: go on watching that
            self._interfaces |= used
            return []
        left = sorted(self._interfaces - used)
        self._interfaces = used
        unmissed = [LocalObservation(now, name, ok=True) for name in left if not self._told.get(name, (0.0, True))[1]]
        for name in left:
            self._told.pop(name, None)
        return unmissed

    def _tell(self, name: str, ok: bool, now: float) -> Sequence[LocalObservation]:
        told = self._told.get(name)
        if told is not None and told[1] == ok and now - told[0] < self._interval_s:
            return ()
        self._told[name] = (now, ok)
        return (LocalObservation(now, name, ok),)


def is_running(interface: str) -> bool | None:
    """Whether the interface is up and has carrier. Source: netdevice(7), IFF_UP and IFF_RUNNING.

    None = the machine can't tell now, for want of a free descriptor or of memory: that is no fact about the interface.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            answer = fcntl.ioctl(sock, _SIOCGIFFLAGS, _IFREQ.pack(interface.encode()[:15], 0))
    except OSError as error:
        return False if error.errno in {errno.ENODEV, errno.ENXIO} else None
    flags: int = _IFREQ.unpack(answer)[1]
    return flags & _IFF_UP_RUNNING == _IFF_UP_RUNNING


def egress(address: str) -> str:
    """The interface by which the kernel would send to `address` now; "" when it has no way.

    Connecting a UDP socket sends nothing; it only chooses a way and with it our own address.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((address, _DISCARD))
            source: str = sock.getsockname()[0].partition("%")[0]
        return _holder6(source) if family == socket.AF_INET6 else _holder4(source)
    except OSError:
        return ""


def _holder4(address: str) -> str:
    """The interface that holds an IPv4 address. Source: netdevice(7), SIOCGIFCONF."""
    packed = socket.inet_aton(address)
    if packed[0] == _LOOPBACK_NET:
        return "lo"  # all of 127.0.0.0/8 is its, though it holds only 127.0.0.1
    room = array("B", bytes(_IFREQ.size * _MOST_INTERFACES))
    place, _ = room.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        answer = fcntl.ioctl(sock, _SIOCGIFCONF, _IFCONF.pack(len(room), place))
    used: int = _IFCONF.unpack(answer)[0]
    for start in range(0, used, _IFREQ.size):
        entry = room[start : start + _IFREQ.size].tobytes()
        if entry[20:24] == packed:
            return entry[:16].rstrip(b"\0").decode("ascii", "replace").partition(":")[0]
    return ""


def _holder6(address: str) -> str:
    """The interface that holds an IPv6 address. Source: proc(5), /proc/net/if_inet6."""
    wanted = socket.inet_pton(socket.AF_INET6, address).hex()
    for line in Path("/proc/thread-self/net/if_inet6").read_text(encoding="ascii").splitlines():
        fields = line.split()
        if fields[0] == wanted:
            return fields[5]
    return ""
