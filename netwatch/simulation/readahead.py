"""A large recording read by a second process, so that this one has its core for the diagnosis alone."""

from __future__ import annotations

import fcntl
import marshal
import multiprocessing
import os
import pickle
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any, Final

from netwatch.errors import NetwatchError, OperatingError
from netwatch.polling.model import Observation
from netwatch.simulation.reading import Recording
from netwatch.simulation.shapes import OTHER, Maker, Shape

#: Smaller recordings are read here: a process costs more than it saves.
LARGE_BYTES: Final = 20_000_000
_BATCH: Final = 4_000
#: So far the reader runs ahead while a step takes its time; what Linux grants everyone. Source: pipe(7).
_AHEAD_BYTES: Final = 1 << 20


@contextmanager
def read_ahead(
    recording: Recording, progress: Callable[[int, int], None] | None = None, large_bytes: int = LARGE_BYTES
) -> Iterator[Iterator[Observation]]:
    """The recording's observations, in its order; they are read from the begin of the block on.

    `progress` hears now and then how many bytes of how many were read.

    Raises:
        InputError: as the recording does, after the observations before the fault.
        OperatingError: a file can't be read, or the reading process died.
    """
    size = recording.size_bytes
    if size < large_bytes or len(os.sched_getaffinity(0)) < 2:
        yield _told(_here(recording), size, progress)
    else:
        with _child(recording) as source:
            yield _told(_from_child(source), size, progress)


def _told(
    batches: Iterable[tuple[int, list[Observation]]], size: int, progress: Callable[[int, int], None] | None
) -> Iterator[Observation]:
    for read_bytes, observations in batches:
        if progress is not None:
            progress(read_bytes, size)
        yield from observations


def _here(recording: Recording) -> Iterator[tuple[int, list[Observation]]]:
    packed, maker = recording.packed(), Maker(recording.shapes)
    while batch := list(islice(packed, _BATCH)):
        yield recording.read_bytes, maker.make(batch)


#: Bytes read, the places, times and values of a batch as plain numbers, its observations in no usual shape by their
#: place in it, the shapes that are new, and the error that ended the reading.
_Batch = tuple[int, bytes, bytes, bytes, list[tuple[int, bytes]], list[tuple[str, tuple[Any, ...]]], bytes | None]


def _there(recording: Recording) -> Iterator[_Batch]:
    packed, known = recording.packed(), 0
    while batch := list(islice(packed, _BATCH)):
        others = [(number, pickle.dumps(one[2])) for number, one in enumerate(batch) if one[0] == OTHER]
        yield (
            recording.read_bytes,
            array("i", [place for place, _, _ in batch]).tobytes(),
            array("d", [at for _, at, _ in batch]).tobytes(),
            array("d", [0.0 if place == OTHER else value for place, _, value in batch]).tobytes(),
            others,
            [(shape.probe, shape.fields) for shape in recording.shapes[known:]],
            None,
        )
        known = len(recording.shapes)


@contextmanager
def _child(recording: Recording) -> Iterator[Connection]:
    """Where a second process tells what it reads; it ends with the block."""
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    fcntl.fcntl(mine.fileno(), fcntl.F_SETPIPE_SZ, _AHEAD_BYTES)
    child = context.Process(target=_send, args=(recording, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        yield mine
    finally:
        mine.close()
        child.terminate()
        child.join()


def _from_child(source: Connection) -> Iterator[tuple[int, list[Observation]]]:
    shapes: list[Shape] = []
    maker = Maker(shapes)
    while True:
        batch: _Batch = marshal.loads(_received(source))  # noqa: S302 -- our own child wrote it
        read_bytes, places, times, measured, others, fresh, error = batch
        if error is not None:
            raise pickle.loads(error)  # noqa: S301 -- our own child wrote it
        if not places:
            return
        shapes += [Shape(*shape) for shape in fresh]
        values: list[Any] = list(array("d", measured))
        for number, other in others:
            values[number] = pickle.loads(other)  # noqa: S301 -- our own child wrote it
        yield read_bytes, maker.make(zip(array("i", places), array("d", times), values, strict=True))


def _received(source: Connection) -> bytes:
    try:
        return source.recv_bytes()
    except EOFError:
        raise OperatingError("the process that reads the recording died", "is there memory enough?") from None


def _send(recording: Recording, target: Connection) -> None:
    error = None
    try:
        for batch in _there(recording):
            target.send_bytes(marshal.dumps(batch))
    except NetwatchError as found:
        error = pickle.dumps(found)
    last: _Batch = (0, b"", b"", b"", [], [], error)
    target.send_bytes(marshal.dumps(last))
