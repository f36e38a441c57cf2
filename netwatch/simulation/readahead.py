"""A large recording read by a second process, so that this one has its core for the diagnosis alone."""

from __future__ import annotations

import marshal
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator
from itertools import islice
from multiprocessing.connection import Connection
from typing import Final

from netwatch.errors import NetwatchError, OperatingError
from netwatch.polling.model import Observation
from netwatch.simulation.reading import MAKERS, OTHER, Packed, Recording

#: Smaller recordings are read here: a process costs more than it saves.
LARGE_BYTES: Final = 20_000_000
_BATCH: Final = 4_000
_MAKERS: Final[tuple[Callable[..., Observation], ...]] = (*MAKERS[:OTHER], pickle.loads)


def read_ahead(
    recording: Recording, progress: Callable[[int, int], None] | None = None, large_bytes: int = LARGE_BYTES
) -> Iterator[Observation]:
    """The recording's observations, in its order. `progress` hears now and then how many bytes of how many were read.

    Raises:
        InputError: as the recording does, after the observations before the fault.
        OperatingError: a file can't be read, or the reading process died.
    """
    size = recording.size_bytes
    here = size < large_bytes or len(os.sched_getaffinity(0)) < 2
    batches = _here(recording) if here else _from_child(recording)
    for read_bytes, observations in batches:
        if progress is not None:
            progress(read_bytes, size)
        yield from observations


def _here(recording: Recording) -> Iterator[tuple[int, list[Observation]]]:
    observations = iter(recording)
    while batch := list(islice(observations, _BATCH)):
        yield recording.read_bytes, batch


def _there(recording: Recording) -> Iterator[tuple[int, list[Packed]]]:
    observations = recording.packed()
    while batch := list(islice(observations, _BATCH)):
        yield recording.read_bytes, [_sendable(found) for found in batch]


def _sendable(found: Packed) -> Packed:
    return (OTHER, (pickle.dumps(found[1][0]),)) if found[0] == OTHER else found


def _from_child(recording: Recording) -> Iterator[tuple[int, list[Observation]]]:
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(recording, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        while True:
            read_bytes, packed, error = marshal.loads(_received(mine))  # noqa: S302 -- our own child wrote it
            if error is not None:
                raise pickle.loads(error)  # noqa: S301 -- our own child wrote it
            if not packed:
                return
            yield read_bytes, [_MAKERS[code](*fields) for code, fields in packed]
    finally:
        mine.close()
        child.terminate()
        child.join()


def _received(source: Connection) -> bytes:
    try:
        return source.recv_bytes()
    except EOFError:
        raise OperatingError("the process that reads the recording died", "is there memory enough?") from None


def _send(recording: Recording, target: Connection) -> None:
    try:
        for read_bytes, packed in _there(recording):
            target.send_bytes(marshal.dumps((read_bytes, packed, None)))
        target.send_bytes(marshal.dumps((0, [], None)))
    except NetwatchError as error:
        target.send_bytes(marshal.dumps((0, [], pickle.dumps(error))))
