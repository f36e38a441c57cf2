"""Makes the public page's files and writes them into a directory that any web server can serve."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from netwatch.clock import Clock
from netwatch.communication.model import PageEntry
from netwatch.communication.page.forms import as_json, atom, fit, html, phone
from netwatch.communication.page.view import instants, views
from netwatch.communication.settings import CommunicationSettings, zone_of
from netwatch.communication.texts.languages import LANGUAGES
from netwatch.errors import OperatingError


class PageError(OperatingError):
    """The page could not be written, or did not read back as written; the old one still stands."""


def publish(
    directory: Path, entries: Sequence[PageEntry], clock: Clock, settings: CommunicationSettings
) -> tuple[Path, ...]:
    """Bring the page up to date with all `entries`, current and solved; what was written, in order. Blocking.

    Raises:
        PageError: a file can't be written or reads back differently.
    """
    return write(directory, contents(entries, clock, settings))


def write(directory: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Replace each of `files` as a whole, in their order, and read it back. Blocking.

    Raises:
        PageError: a file can't be written or reads back differently.
    """
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            written.append(_replace(directory, name, content))
        _sync(directory)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        mend = "give netwatch's user write permission there, or name another directory"
        raise PageError(f"the outage page in {directory} can't be written: {reason}", mend) from error
    return tuple(written)


def contents(entries: Sequence[PageEntry], clock: Clock, settings: CommunicationSettings) -> dict[str, bytes]:
    """The content of every file, by name.

    index.html comes last, so that whoever sees news there finds it in the other files too.

    Raises:
        PageError: this machine can't open the page's own template, which is read when it is first needed.
    """
    try:
        return _contents(entries, clock, settings)
    except (OSError, ImportError) as error:
        reason = (getattr(error, "strerror", "") or type(error).__name__).lower()
        raise PageError(f"the outage page can't be made: {reason}", "raise the limit of open files") from error


def _contents(entries: Sequence[PageEntry], clock: Clock, settings: CommunicationSettings) -> dict[str, bytes]:
    now = clock.now()
    utc = {at: clock.utc(at) for at in instants(entries, now)}
    spoken = {f"phone.{language}.txt": phone(entries, now, language) for language in LANGUAGES}
    made = {
        **spoken,
        "outages.json": as_json(entries, now, utc, settings),
        "outages.atom": atom(entries, now, utc, settings),
        "index.html": html(views(entries, now, utc, zone_of(settings)), utc[now], settings),
    }
    return {name: fit(text).encode() for name, text in made.items()}


def _replace(directory: Path, name: str, content: bytes) -> Path:
    """Old or new, never half: written aside, synced, renamed, and read back."""
    path, aside = directory / name, directory / f".{name}.new"
    with aside.open("wb") as file:
        # A web server with another user must read it, whatever the umask.
        os.fchmod(file.fileno(), 0o644)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    if path.read_bytes() != content:
        raise PageError(f"{path} reads back other than it was written", "look at the disk, and at who else writes it")
    return path


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
