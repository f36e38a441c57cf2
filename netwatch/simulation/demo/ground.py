"""Where the demo's network stands: this machine's loopback, or a loopback of its own.

As root the demo unshares a network namespace on one thread and does everything there that touches the network:
start processes, make sockets. Nothing has a name on the machine, so nothing is left behind however the demo ends:
the kernel removes the namespace with its last process.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol, TypeVar

from netwatch.errors import OperatingError

T = TypeVar("T")

_CLONE_NEWNET: Final = 0x40000000  # Source: sched.h
_TABLE: Final = """\
table inet demo {
 set silent { type ipv4_addr; }
 chain in { type filter hook input priority 0; policy accept; ip daddr @silent drop; }
}
"""


class Ground(Protocol):
    """What the demo's network needs of the place where it stands."""

    @property
    def icmp(self) -> bool:
        """Whether pings may be sent here, and addresses fall silent for them."""
        ...

    @property
    def own(self) -> bool:
        """Whether ports here are out of a browser's reach."""
        ...

    def do(self, what: Callable[[], T]) -> T:
        """Runs `what` where the network is: sockets made in it, and processes started in it, belong there."""
        ...

    def silence(self, addresses: Collection[str]) -> None:
        """Nothing sent to these addresses arrives any more."""
        ...

    def unsilence(self, addresses: Collection[str]) -> None: ...

    def close(self) -> None: ...


class HostLoopback:
    """The machine's own loopback, for a user without privileges: no pings, and nothing can be silenced here."""

    icmp = False
    own = False

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="demo-ground")

    def do(self, what: Callable[[], T]) -> T:
        return self._thread.submit(what).result()

    def silence(self, addresses: Collection[str]) -> None:
        """The agents are stopped instead."""

    def unsilence(self, addresses: Collection[str]) -> None:
        """The agents go on instead."""

    def close(self) -> None:
        self._thread.shutdown()


class OwnNamespace(HostLoopback):
    """A network namespace of the demo's own. Needs root (CAP_SYS_ADMIN), ip(8) and nft(8).

    Raises:
        OperatingError: the machine does not allow it.
    """

    icmp = True
    own = True

    def __init__(self) -> None:
        super().__init__()
        try:
            self.do(_enter)
        except BaseException:
            self.close()
            raise

    def silence(self, addresses: Collection[str]) -> None:
        self._change("add", addresses)

    def unsilence(self, addresses: Collection[str]) -> None:
        self._change("delete", addresses)

    def _change(self, verb: str, addresses: Collection[str]) -> None:
        members = ", ".join(sorted(addresses))
        self.do(lambda: _run(["nft", "-f", "-"], f"{verb} element inet demo silent {{ {members} }}\n"))


def choose() -> Ground:
    """A namespace of its own for root where the machine allows it, else the machine's loopback."""
    if os.geteuid() == 0 and find("ip") and find("nft"):
        try:
            return OwnNamespace()
        except OperatingError:
            return HostLoopback()
    return HostLoopback()


def find(program: str) -> str | None:
    """Its path, also where a user's PATH lacks the system's programs; None when it is not installed."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/local/sbin")


def start(command: Sequence[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process that writes to `log` and dies with the thread that starts it.

    It leads a session of its own, so that Ctrl-C reaches only the demo, which then ends all in order.
    """
    guard = find("setpriv")
    prefix = [guard, "--pdeathsig", "KILL", "--"] if guard else []
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - commands are the demo's own, no shell
            [*prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )


def udp_socket() -> socket.socket:
    """A socket for requests to the agents, with a time-out of a second."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(1.0)
    return made


def _enter() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise OperatingError(f"no network namespace can be made here: {reason}", "run the demo as another user")
    _run(["ip", "link", "set", "lo", "up"], "")
    _run(["nft", "-f", "-"], _TABLE)


def _run(command: Sequence[str], text: str) -> None:
    path = find(command[0]) or command[0]
    done = subprocess.run([path, *command[1:]], input=text, capture_output=True, text=True, check=False, timeout=10)  # noqa: S603 - the same
    if done.returncode:
        raise OperatingError(f"{' '.join(command)} failed: {done.stderr.strip()}", "install iproute2 and nftables")
