"""Exit codes, the same for every command. Documented in docs/reference/cli.md."""

from __future__ import annotations

from enum import IntEnum

from netwatch.cli.client import NotReachableError
from netwatch.errors import NetwatchError
from netwatch.web.model import RefusedError, UnknownDeviceError, UnknownIncidentError


class Exit(IntEnum):
    """Why the command ended."""

    OK = 0
    NEGATIVE = 1
    """Faults were found, or the answer is no: not ready, no such incident, nobody matches."""
    USAGE = 2
    """The command was not understood."""
    UNREACHABLE = 3
    """No daemon answers at the socket."""
    REFUSED = 4
    """The daemon won't: nothing waits for approval, not your login."""
    FAULT = 70
    """A fault of netwatch itself; please report it."""
    INTERRUPTED = 130
    """Ctrl-C."""
    PIPE = 141
    """The reader of the output went away."""


def code_of(error: NetwatchError) -> Exit:
    """The exit code for an error that ended a command."""
    match error:
        case UnknownIncidentError() | UnknownDeviceError():
            return Exit.NEGATIVE
        case RefusedError():
            return Exit.REFUSED
        case NotReachableError():
            return Exit.UNREACHABLE
        case _:
            return Exit.NEGATIVE
