"""A large recording read by a second process, so that this one has its core for the diagnosis alone."""

from __future__ import annotations

import marshal
import multiprocessing
import os
import pickle
from collections.abc import Callable, Iterator
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any, Final

from netwatch.errors import NetwatchError, OperatingError
from netwatch.polling.model import IcmpObservation, InterfaceObservation, Observation, SnmpObservation
from netwatch.simulation.reading import Recording

#: Smaller recordings are read here: a process costs more than it saves.
LARGE_BYTES: Final = 20_000_000
_BATCH: Final = 4_000
_OTHER: Final = 3
_MAKERS: Final[tuple[Callable[..., Any], ...]] = (IcmpObservation, SnmpObservation, InterfaceObservation, pickle.loads)


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
        for read_bytes, observations in _here(recording):
            target.send_bytes(marshal.dumps((read_bytes, [_packed(each) for each in observations], None)))
        target.send_bytes(marshal.dumps((0, [], None)))
    except NetwatchError as error:
        target.send_bytes(marshal.dumps((0, [], pickle.dumps(error))))


def _packed(seen: Observation) -> tuple[int, tuple[Any, ...]]:
    if isinstance(seen, InterfaceObservation):
        return 2, (seen.at, seen.device, seen.interface, seen.admin, seen.oper, seen.poller)
    if isinstance(seen, IcmpObservation):
        return 0, (seen.at, seen.device, seen.sent, seen.received, seen.rtt_ms, seen.poller)
    if isinstance(seen, SnmpObservation):
        return 1, (seen.at, seen.device, seen.ok, seen.uptime_s, seen.poller)
    return _OTHER, (pickle.dumps(seen),)
