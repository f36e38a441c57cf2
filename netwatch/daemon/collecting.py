"""Garbage collections in small portions: while one runs, the event loop and every other thread wait.

Left to itself, Python's collector walks all that lives, name by name, again and again: half a second when half of
20,000 devices are down. Most of it are sets of names, which can be part of no circle of references: it need not look
into these. And what outlived one full look is left alone from then on when it is much. It is freed as ever once nobody
refers to it; only a circle that arises among what was left alone stays, until the files are read again. What comes and
goes, such as connections, is too little to be left alone.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

#: So many objects may be looked at in full again and again; it takes some 10 ms.
_FEW: Final = 20_000
#: Smaller sets cost less to look into than to ask for.
_LARGE: Final = 500
_YOUNG: Final = 0
_FULL: Final = 2
#: Full looks are so frequent that little that is new comes between two of them. Source: gc.set_threshold.
_THRESHOLDS: Final = (700, 10, 2)


@contextmanager
def bounded_collections(few: int = _FEW) -> Iterator[None]:
    """Keep each collection inside the block short, however much is remembered. What lives already is left alone."""
    overlook = _overlooker()

    def watch(phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            for one in gc.get_objects(generation=_YOUNG):
                if type(one) is frozenset and len(one) > _LARGE and type(next(iter(one))) is str:
                    overlook(one)
        elif told["generation"] == _FULL and len(gc.get_objects(generation=_FULL)) > few:
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


def _overlooker() -> Callable[[Any], None]:
    """Takes one object out of the collector's sight, as the interpreter itself does with tuples of names.

    Source: Python/C API, Supporting Cyclic Garbage Collection, PyObject_GC_UnTrack.
    """
    overlook = ctypes.pythonapi.PyObject_GC_UnTrack
    overlook.argtypes, overlook.restype = [ctypes.py_object], None
    return overlook
