"""Memory that was needed for a while only goes back to the system."""

from __future__ import annotations

import ctypes
import logging

_log = logging.getLogger(__name__)


def give_back() -> None:
    """Return what is free to the system, where the C library can do so; elsewhere nothing happens.

    A few milliseconds with a large network. Source: malloc_trim(3).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
        _log.debug("free memory is given back")
