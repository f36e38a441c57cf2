"""Large sets of names, out of the garbage collector's sight.

A set of names can be part of no circle of references, yet the collector looks into each name of each set again and
again: half a second when half of 20,000 devices are down, while the event loop and every other thread wait.
"""

from __future__ import annotations

import ctypes
from typing import Final

#: Smaller sets cost less to look into than to ask for.
_LARGE: Final = 500

#: Takes one object out of the collector's sight, as the interpreter itself does with tuples of names.
#: Source: Python/C API, Supporting Cyclic Garbage Collection, PyObject_GC_UnTrack.
_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.argtypes, _untrack.restype = [ctypes.py_object], None


def lasting(names: frozenset[str]) -> frozenset[str]:
    """The same set. The collector looks into it no more; it is freed as ever once nobody refers to it."""
    if len(names) > _LARGE:
        _untrack(names)
    return names
