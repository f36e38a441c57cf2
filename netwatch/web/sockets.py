"""Listening sockets, opened before anything else starts, with one clear message when that can't be."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from netwatch.errors import OperatingError

_BACKLOG = 64
_LIVE_TIMEOUT_S = 1.0
#: sun_path holds 108 bytes with its final NUL. Source: unix(7).
_LONGEST_PATH = 107


def open_unix(path: Path, setting: str = "web.socket", mode: int = 0o660) -> socket.socket:
    """A listening socket at `path` with `mode`, so that only owner and group can speak to it.

    A file left behind by a dead daemon is replaced, in one step: there is no moment with wrong permissions.

    Raises:
        OperatingError: a daemon answers there, `path` is something else, or the folder refuses.
    """
    _refuse_if_taken(path, setting)
    fresh = path.with_name(f".{os.getpid()}.sock")
    if max(len(os.fsencode(path)), len(os.fsencode(fresh))) > _LONGEST_PATH:
        raise OperatingError(f"the socket's path {path} is too long", f"set {setting} to a path below 100 characters")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        fresh.unlink(missing_ok=True)
        listener.bind(str(fresh))
        fresh.chmod(mode)
        listener.listen(_BACKLOG)
        fresh.rename(path)
    except OSError as error:
        listener.close()
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise OperatingError(
            f"can't make the socket {path}: {error.strerror}",
            f"let the folder {path.parent} exist and be writable, or set {setting}",
        ) from error
    return listener


def close_unix(listener: socket.socket, path: Path) -> None:
    """Closes and removes the file, unless another daemon has put its own there."""
    # After a rename the name in the kernel is the old one; who answers there tells whose file it is.
    listener.close()
    with suppress(OSError):
        if stat.S_ISSOCK(path.lstat().st_mode) and not _answers(path):
            path.unlink()


def _refuse_if_taken(path: Path, setting: str) -> None:
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise OperatingError(f"{path} is not a socket and is left alone", f"move it away, or set {setting}")
    if _answers(path):
        raise OperatingError(
            f"another netwatch answers at {path}", f"stop it first, or give this one its own {setting} and storage"
        )


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
        asker.settimeout(_LIVE_TIMEOUT_S)
        try:
            asker.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError as error:
            # Full backlog or not allowed: somebody holds it.
            return error.errno not in {errno.ENOTSOCK, errno.ENAMETOOLONG}
    return True


def open_tcp(host: str, port: int, setting: str) -> socket.socket:
    """A listening TCP socket on a literal address; port 0 takes a free one (`address_of` tells which).

    Raises:
        OperatingError: the port is taken or needs rights, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Naming TCP makes asyncio send at once; without it each answer waits 40 ms for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise OperatingError(*_tcp_words(host, port, setting, error)) from error
    return listener


def _tcp_words(host: str, port: int, setting: str, error: OSError | OverflowError) -> tuple[str, str]:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return f"{host} port {port} is taken by another program", f"set {setting} to a free port, or to 0 for any"
        case errno.EACCES:
            return f"port {port} needs more rights", f"set {setting} to a port above 1023"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine", f"set {setting} to one, 127.0.0.1 for this machine only"
        case _:
            return f"can't listen on {host} port {port}: {error}", f"mend {setting}"


def address_of(listener: socket.socket) -> str:
    """`host:port` of a TCP listener as it is, for the log and the terminal."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
