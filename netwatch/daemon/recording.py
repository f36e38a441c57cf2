"""Writes observations as JSON lines for `netwatch replay`, in files that rotate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TextIO

from netwatch.errors import OperatingError
from netwatch.polling.model import Observation
from netwatch.polling.record import to_json

_log = logging.getLogger(__name__)

#: A file larger than this becomes FILE.1; what FILE.1 was is gone. Some hours of 1,000 devices.
_LARGEST_BYTES: Final = 256 * 1024 * 1024


class Recorder:
    """Appends to a file, or does nothing without one. A disk that refuses ends the recording, never the polling."""

    def __init__(self, path: Path | None, file: TextIO | None) -> None:
        self._path = path or Path()
        self._file = file
        self._bytes = file.tell() if file is not None else 0

    @classmethod
    @contextmanager
    def open(cls, path: Path | None) -> Iterator[Self]:
        """Append to `path`; None = record nothing.

        Raises:
            OperatingError: the file can't be written.
        """
        try:
            file = None if path is None else path.open("a", encoding="utf-8")
        except OSError as error:
            raise OperatingError(f"can't record to {path}: {error.strerror}", "name a writable file") from error
        recorder = cls(path, file)
        try:
            yield recorder
        finally:
            recorder.close()

    def before(self, sink: Callable[[Observation], None]) -> Callable[[Observation], None]:
        """A sink that records first, or `sink` itself when nothing is recorded."""
        if self._file is None:
            return sink

        def both(observation: Observation) -> None:
            self.write(observation)
            sink(observation)

        return both

    def write(self, observation: Observation) -> None:
        """Append one observation."""
        if self._file is None:
            return
        line = to_json(observation) + "\n"
        try:
            self._file.write(line)
            self._bytes += len(line)
            if self._bytes > _LARGEST_BYTES:
                self._rotate(self._file)
        except OSError as error:
            _log.error("recording to %s ends: %s", self._path, error.strerror)
            self._file = None

    def close(self) -> None:
        """Write out what is buffered and close."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _rotate(self, file: TextIO) -> None:
        file.close()
        self._path.rename(self._path.with_name(self._path.name + ".1"))
        self._file = self._path.open("w", encoding="utf-8")
        self._bytes = 0
