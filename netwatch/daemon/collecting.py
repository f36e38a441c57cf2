"""Garbage collections in small portions: while one runs, the event loop and every other thread wait.

Left to itself, Python's collector walks all that lives again and again. Here, what outlived a full look that took long
is left alone from then on. It is freed as ever once nobody refers to it; only a circle that arises among what was left
alone stays, until the files are read again. What comes and goes, such as connections, is too little to be left alone.

The collector must not be asked what it looks at (`gc.get_objects`): the answer refers to tuples that another thread is
still filling, and that thread then fails with SystemError.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: A full look that takes so much CPU time is the last one at what it looked at.
_LONG_S: Final = 0.004
_FULL: Final = 2
#: Full looks are so frequent that little that is new comes between two of them. Source: gc.set_threshold.
_THRESHOLDS: Final = (700, 10, 2)


@contextmanager
def bounded_collections(long_s: float = _LONG_S) -> Iterator[None]:
    """Keep each collection inside the block short, however much is remembered. What lives already is left alone."""
    begun = 0.0

    def watch(phase: str, told: dict[str, int]) -> None:
        nonlocal begun
        if phase == "start":
            begun = time.thread_time()
        elif told["generation"] == _FULL and time.thread_time() - begun > long_s:
            gc.freeze()

    leave_alone()
    usual = gc.get_threshold()
    gc.callbacks.append(watch)
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.callbacks.remove(watch)


def leave_alone() -> None:
    """Never look at what lives now again. It takes no time.

    A full look is put off until there is a quarter more than the last one found. So one follows that finds nothing.
    """
    gc.freeze()
    gc.collect()
