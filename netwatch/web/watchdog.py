"""Tells systemd how netwatch is: ready, alive because it works, stopping. Source: sd_notify(3)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """Writes to the socket that systemd named; without systemd it does nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        usec, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
        mine = usec.isdigit() and pid in {"", str(os.getpid())}
        #: Seconds within which systemd wants a sign of life; None = it doesn't watch.
        self.watchdog_s: float | None = int(usec) / 1e6 if mine else None

    def ready(self, status: str) -> None:
        """Everything listens and polls; `status` is one line for `systemctl status`."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        self._send(f"STATUS={_line(status)}")

    def alive(self) -> None:
        self._send("WATCHDOG=1")

    def stopping(self, status: str = "stopping") -> None:
        self._send(f"STOPPING=1\nSTATUS={_line(status)}")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        # A full or vanished socket must never stop the work; systemd notices silence by itself.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
            out.sendto(text.encode(), self._address)


class Watchdog:
    """Turns completed work into signs of life, so that a daemon that idles in its loop is restarted.

    Call `worked` after each completed step. There is no timer: no work, no sign.
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._every_s = None if notifier.watchdog_s is None else notifier.watchdog_s / 4
        self._told_at = float("-inf")

    def worked(self, now: float) -> None:
        """A step was completed at `now` on the timeline."""
        if self._every_s is not None and now - self._told_at >= self._every_s:
            self._told_at = now
            self._notifier.alive()


def _line(text: str) -> str:
    return " ".join(text.split())
