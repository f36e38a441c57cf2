"""A network of one's own for each test: a fresh namespace with only its loopback, where any traffic is fine."""

from __future__ import annotations

import ctypes
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network():
    """Inside, this thread and what it starts are in a new network namespace, gone at the end."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if LIBC.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        LIBC.setns(before, CLONE_NEWNET)
        os.close(before)


@pytest.fixture
def loopback(root):
    """All of 127.0.0.0/8 answers pings; nothing else exists."""
    assert root
    with own_network():
        yield


def nft(script: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True)


@pytest.fixture
def silence(loopback):  # noqa: ARG001 -- a fixture can't say usefixtures
    """Silence addresses: their pings vanish on the way in."""

    def silenced(*addresses: str) -> None:
        nft("add table ip quiet; flush table ip quiet; add chain ip quiet in { type filter hook input priority 0; };")
        for address in addresses:
            nft(f"add rule ip quiet in ip daddr {address} icmp type echo-request drop")

    return silenced


class SnmpAgent:
    """A real net-snmp agent on 127.0.0.1, restarted with other interfaces or uptimes as a test wants it."""

    def __init__(self, folder: Path, port: int = 16161, extra: str = "", version: str = "") -> None:
        self.port = port
        self.folder = folder
        self.extra = extra
        self.community = "rocommunity public"
        self.version = version
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "snmpd.conf"
        config.write_text(f"{self.community}\nagentaddress udp:127.0.0.1:{self.port}\n{self.extra}\n")
        self.process = subprocess.Popen(
            [
                "/usr/sbin/snmpd",
                "-f",
                "-Lf",
                str(self.folder / "log"),
                "-C",
                "-c",
                str(config),
                "-p",
                str(self.folder / "pid"),
            ],
            env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(self.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def snmpd(loopback, tmp_path):  # noqa: ARG001 -- a fixture can't say usefixtures
    agent = SnmpAgent(tmp_path / "snmpd")
    agent.start()
    yield agent
    agent.stop()
