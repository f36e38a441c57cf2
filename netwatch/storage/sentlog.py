"""The sent log: an append-only file of ids and states beside the store, so that a restore mails nobody twice.

One line a fact, `<id> <state> <at>`, synced before the store's transaction commits. It states what may have left the
house, so a line whose transaction failed does no harm. No personal data: an id is a digest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from netwatch.communication.model import State

#: What a sent log tells; anything else never left the house.
TOLD = frozenset({State.SENDING, State.ACCEPTED, State.UNSURE, State.READY, State.FAILED})


@dataclass(frozen=True, slots=True)
class Fact:
    """The last word on one message: `state` at `at`."""

    id: str
    state: State
    at: float


class SentLog:
    """Collects lines and writes them with one sync. Used in the store's thread only."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lines: list[str] = []
        self._file = _open(path)
        # A crash or a full disk may have left half a line; what follows must not become its other half.
        self._torn = True

    def note(self, message: str, state: State, at: float) -> None:
        """Remember a line for the next `flush`."""
        self._lines.append(f"{message} {state.value} {at:.3f}\n")

    def flush(self) -> None:
        """All noted lines are on the disk when it returns.

        Raises:
            OSError: the disk refuses.
        """
        if not self._lines:
            return
        block = ("\n" * self._torn + "".join(self._lines)).encode("ascii")
        self._torn = True
        try:
            while block:
                block = block[os.write(self._file, block) :]
            os.fdatasync(self._file)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error
        self._torn = False
        self._lines.clear()

    def forget(self) -> None:
        """Drop what was noted since the last `flush`: its transaction was rolled back."""
        self._lines.clear()

    def rotate(self, kept: int) -> None:
        """Begin a new file; of the older ones `kept` stay, as `sent.log.1` (the newest) and so on.

        Raises:
            OSError: the disk refuses; the log goes on in the file that it has.
        """
        fresh = self._path.with_name(f"{self._path.name}.new")
        file = _open(fresh)
        try:
            for number in range(kept, 0, -1):
                older = _numbered(self._path, number - 1)
                with suppress(FileNotFoundError):
                    older.replace(_numbered(self._path, number))
            fresh.replace(self._path)
        except OSError:
            os.close(file)
            raise
        self._file, before = file, self._file
        os.close(before)

    def close(self) -> None:
        os.close(self._file)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}") if number else path


def replay(path: Path, kept: int) -> dict[str, Fact]:
    """The last word on every message in the log and its `kept` older parts. A torn last line is skipped."""
    facts: dict[str, Fact] = {}
    for number in range(kept, -1, -1):
        with suppress(FileNotFoundError):
            facts.update(
                (fact.id, fact) for fact in _facts(_numbered(path, number).read_text("ascii", "replace").splitlines())
            )
    return facts


def _facts(lines: Iterable[str]) -> Iterable[Fact]:
    states = {state.value: state for state in TOLD}
    for line in lines:
        parts = line.split(" ")
        if len(parts) == 3 and parts[1] in states:
            with suppress(ValueError):
                yield Fact(parts[0], states[parts[1]], float(parts[2]))
