"""Back-ups of the running store, and the ballast that a full disk gives back."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import Connection
from typing import Final

#: Copied at a time, 2 MiB: a few milliseconds.
_PAGES: Final = 512


def back_up(connection: Connection, directory: Path, now: float, kept: int) -> Path:
    """Copy the store as it is now; complete or absent, never half. Of all back-ups the newest `kept` stay.

    Raises:
        OSError, sqlite3.Error: the disk of the back-ups refuses.
    """
    return finish(copy_store(connection, directory, now), kept)


def copy_store(connection: Connection, directory: Path, now: float, between: Callable[[], None] = lambda: None) -> Path:
    """Copy the store to an unfinished back-up, which is returned. `between` is called after each few pages.

    What the connection writes in `between` is in the copy too.

    Raises:
        OSError, sqlite3.Error: the disk of the back-ups refuses.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = directory / f"netwatch-{now:015.3f}.part"
    # Those that a crash or a full disk left unfinished would fill the disk for good.
    for left in directory.glob("netwatch-*.part"):
        left.unlink()
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(half)) as copy:
        # `finish` syncs it, outside the store's thread.
        copy.execute("PRAGMA synchronous=OFF")
        connection.backup(copy, pages=_PAGES, progress=lambda *_: between())
        copy.execute("PRAGMA journal_mode=DELETE")
    return half


def finish(half: Path, kept: int) -> Path:
    """Make the copy last and give it its name; it needs no connection."""
    target, directory = half.with_suffix(".db"), half.parent
    _sync(half)
    half.replace(target)
    _sync(directory)
    for old in newest_backups(directory)[kept:]:
        old.unlink(missing_ok=True)
    return target


def newest_backups(directory: Path) -> list[Path]:
    """The back-ups, newest first."""
    return sorted(directory.glob("netwatch-*.db"), reverse=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def load_ballast(path: Path, mebibytes: int) -> None:
    """Keep space in reserve, as far as the disk has it."""
    size = mebibytes * 1024 * 1024
    if size and not (path.exists() and path.stat().st_size == size):
        with suppress(OSError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(handle, 0, size)
            finally:
                os.close(handle)


def drop_ballast(path: Path) -> bool:
    """Give the reserve back. False: no room was made: it was gone already, or the disk refuses even that."""
    try:
        path.unlink()
    except OSError:
        return False
    return True
