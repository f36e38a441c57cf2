"""Modules that are loaded when they are first used, for what most runs never need.

A daemon without webhooks, calendars and SNMPv3 would otherwise keep a fifth of its memory for their libraries, and
every command would start later. Elsewhere an import stands at the top of its module; here, and here only, it happens
while the program runs. What is late is named in docs/decisions/0007-loaded-when-used.md.

    if TYPE_CHECKING:
        import httpx
    else:
        httpx = late("httpx")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Late:
    """Stands in for a module. What was taken from it once is an attribute of this object, as fast as the module's."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)
        return found


def late(name: str) -> Any:
    """The module `name`, loaded when something of it is first used.

    Raises (at that use):
        ImportError: there is none.
        AttributeError: it has no such name.
    """
    return _Late(name)
