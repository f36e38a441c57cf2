"""Writes observations as JSON lines for `netwatch replay`, in files that rotate; a thread of its own does the writing.

Whatever ends the process, a line is in the file whole or not at all: no line crosses a page of the file, and a write
that a signal cuts short ends at a page. Source: write(2) and the kernel's generic_perform_write, which copies page by
page and looks for a deadly signal in between.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Final, Self

from netwatch.errors import OperatingError
from netwatch.polling.model import Observation
from netwatch.polling.record import to_json

_log = logging.getLogger(__name__)

MEGABYTES: Final = 100.0
FILES: Final = 5
_PAGE: Final = 4096
#: Between two writes.
_EVERY_S: Final = 0.25
#: At the end a disk that hangs is waited for no longer than this.
_LAST_S: Final = 5.0
#: Observations that wait to be written at most, a minute of 10,000 devices; what comes on top is left out and counted.
_WAITING: Final = 100_000
#: Lines of one write at most, so that a full disk is noticed early.
_AT_ONCE: Final = 2_000
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Recording:
    """Where observations are written: `path`, and `files` - 1 older ones beside it, `path`.1 the newest of them.

    None is larger than `megabytes` MiB.
    """

    path: Path
    megabytes: float = MEGABYTES
    files: int = FILES


class Recorder:
    """Records on a thread, or does nothing without a `Recording`. A disk that refuses ends it, never the polling."""

    def __init__(self, recording: Recording | None) -> None:
        self._recording = recording
        self._waiting: deque[Observation] = deque()
        self._end = Event()
        self._thread: Thread | None = None
        self._open = False
        self._file = -1
        self._bytes = 0
        self.dropped = 0

    @classmethod
    @contextmanager
    def open(cls, recording: Recording | None) -> Iterator[Self]:
        """Append to the file; what an earlier power cut left of a last line is taken off first.

        Raises:
            OperatingError: the file can't be written.
        """
        recorder = cls(recording)
        recorder._begin()
        try:
            yield recorder
        finally:
            recorder.close()

    def before(self, sink: Callable[[Observation], None]) -> Callable[[Observation], None]:
        """A sink that records too, or `sink` itself when nothing is recorded."""
        if self._recording is None:
            return sink

        def both(observation: Observation) -> None:
            self.write(observation)
            sink(observation)

        return both

    def write(self, observation: Observation) -> None:
        """Take one observation; never waits."""
        if not self._open or len(self._waiting) >= _WAITING:
            self.dropped += self._recording is not None
            return
        self._waiting.append(observation)

    def close(self) -> None:
        """Write out what waits and close."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(_LAST_S)
            self._thread = None

    def _begin(self) -> None:
        if self._recording is None:
            return
        try:
            self._file = _opened(self._recording.path)
            self._bytes = _without_torn_line(self._file)
        except OSError as error:
            self._shut()
            raise OperatingError(
                f"can't record to {self._recording.path}: {error.strerror}", "name a writable file"
            ) from error
        self._open = True
        self._thread = Thread(target=self._run, name="recorder", args=(self._recording,), daemon=True)
        self._thread.start()

    def _run(self, recording: Recording) -> None:
        """Write until the end, or until the disk refuses."""
        told = 0
        try:
            while not self._end.wait(_EVERY_S):
                self._write_waiting(recording)
                if self.dropped > told:
                    _log.warning("recording can't keep up: %d observations left out so far", self.dropped)
                    told = 2 * self.dropped
            self._write_waiting(recording)
        except OSError as error:
            _log.error("recording to %s ends, polling goes on: %s", recording.path, error.strerror)
        finally:
            self._open = False
            self._shut()
            self._waiting.clear()

    def _write_waiting(self, recording: Recording) -> None:
        most = int(recording.megabytes * _MIB)
        while self._waiting:
            lines = [to_json(self._waiting.popleft()) for _ in range(min(_AT_ONCE, len(self._waiting)))]
            while lines:
                part, taken = packed(lines, self._bytes, most - self._bytes)
                if taken:
                    self._put(part)
                    del lines[:taken]
                else:
                    self._rotate(recording)

    def _put(self, part: bytes) -> None:
        """Write `part`, or nothing of its last, cut line."""
        written = 0
        try:
            while written < len(part):
                written += os.write(self._file, part[written:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._bytes + part.rfind(b"\n", 0, written) + 1)
            raise
        self._bytes += written

    def _rotate(self, recording: Recording) -> None:
        """`path` becomes `path`.1, that `path`.2, and so on; the oldest goes."""
        self._shut()
        path = recording.path
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, recording.files))]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with suppress(FileNotFoundError):
                newer.rename(older)
        if recording.files == 1:
            path.unlink()
        self._file, self._bytes = _opened(path), 0

    def _shut(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


def packed(lines: Sequence[str], offset: int, room: int) -> tuple[bytes, int]:
    """The first of `lines` for a file that is `offset` long and may grow by `room` bytes; and how many they are.

    Where a line would cross a page, blanks come before it. An empty file takes one line, however long.
    """
    part, at = bytearray(), offset
    for taken, line in enumerate(lines):
        raw = line.encode() + b"\n"
        left = _PAGE - at % _PAGE
        blanks = left if left < len(raw) else 0
        if len(part) + blanks + len(raw) > room and at:
            return bytes(part), taken
        part += b" " * blanks + raw
        at += blanks + len(raw)
    return bytes(part), len(lines)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)


def _without_torn_line(file: int) -> int:
    """Cut off what follows the last line's end; the file's length then."""
    size = os.fstat(file).st_size
    end = size
    while end:
        start = max(0, end - _PAGE)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)
    return end
