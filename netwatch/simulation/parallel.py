"""One function on many arguments, each call in a process of its own that begins with this one's state."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeVar

from netwatch.errors import OperatingError

ArgumentT = TypeVar("ArgumentT")
ResultT = TypeVar("ResultT")
#: A process that does not answer for so long is given up, in seconds.
_PATIENCE_S: Final = 900.0


def map_forked(
    function: Callable[[ArgumentT], ResultT],
    arguments: Sequence[ArgumentT],
    jobs: int | None = None,
    learn: Callable[[ResultT, int, int], None] | None = None,
) -> list[ResultT]:
    """The results in the order of the arguments. What a call changes stays in its own process.

    `jobs` processes at once, None = one a core. Results must be picklable, arguments need not. `learn` sees each
    result as it comes, with how many of how many have come; what it changes here, later calls begin with.

    Raises:
        OperatingError: a process ended without a result.
    """
    context = multiprocessing.get_context("fork")
    most = jobs or len(os.sched_getaffinity(0))
    results: dict[int, ResultT] = {}
    running: dict[Connection, tuple[int, Any]] = {}
    started = 0
    gc.freeze()  # else each child's collector would touch, and so copy, all that it shares with this process
    try:
        while len(results) < len(arguments):
            while started < len(arguments) and len(running) < most:
                mine, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_call, args=(function, arguments[started], theirs))
                process.start()
                theirs.close()
                running[mine] = (started, process)
                started += 1
            ready = set(map(id, wait(list(running), _PATIENCE_S) or _give_up()))
            for mine in [connection for connection in running if id(connection) in ready]:
                number, process = running.pop(mine)
                results[number] = _received(mine)
                process.join()
                mine.close()
                if learn is not None:
                    learn(results[number], len(results), len(arguments))
    finally:
        gc.unfreeze()
        for _, process in running.values():
            process.terminate()
            process.join()
    return [results[number] for number in range(len(arguments))]


def _call(function: Callable[[Any], Any], argument: Any, target: Connection) -> None:
    target.send(function(argument))
    target.close()


def _received(source: Connection) -> Any:
    try:
        return source.recv()
    except EOFError:
        raise OperatingError(
            "a rehearsal ended without a result", "look for its traceback above; is there memory enough?"
        ) from None


def _give_up() -> list[Connection]:
    raise OperatingError(f"a rehearsal gave no result within {_PATIENCE_S:.0f} s", "try fewer faults, or --jobs 1")
