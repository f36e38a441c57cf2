"""How the process keeps its memory: one heap, and what was needed for a while only goes back to the system."""

from __future__ import annotations

import ctypes
import logging
from typing import Final

_log = logging.getLogger(__name__)

_ARENA_MAX: Final = -8  # Source: malloc.h, M_ARENA_MAX


def use_one_heap() -> None:
    """Have all threads share one heap, where the C library can do so: call it before there are any.

    Usually each has a heap of its own, and what one of them freed the others can't use. Only one thread at a time runs
    Python, so that they do not get into one another's way. Source: mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Return what is free to the system, where the C library can do so; elsewhere nothing happens.

    A few milliseconds with a large network. Source: malloc_trim(3).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
        _log.debug("free memory is given back")
