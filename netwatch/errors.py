"""The errors of netwatch: one root, a short tree.

    NetwatchError
    +-- InputError        files, settings or inventory are wrong; holds every fault found
    +-- OperatingError    the machine or a peer refuses something now (socket, permission, disk)
        +-- StorageError  the store refuses or is damaged

Every error tells what is wrong and what mends it; `str()` is the line a user reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the operator's files something stands.

    `line` and `column` count from 1; 0 means unknown. `key` is a path as in
    `devices[3].role`, empty for the file as a whole.
    """

    file: str
    line: int = 0
    column: int = 0
    key: str = ""

    def __str__(self) -> str:
        text = self.file
        if self.line:
            text += f":{self.line}"
            if self.column:
                text += f":{self.column}"
        return f"{text}: {self.key}" if self.key else text


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in the operator's input: where, what, and what mends it."""

    where: Place
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.mend}" if self.mend else f"{self.where}: {self.what}"


class NetwatchError(Exception):
    """Root of all errors that netwatch raises on purpose."""

    def __init__(self, what: str, mend: str = "", where: Place | None = None) -> None:
        self.what = what
        self.mend = mend
        self.where = where
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.what}; {self.mend}" if self.mend else self.what
        return f"{self.where}: {text}" if self.where else text


class InputError(NetwatchError):
    """The operator's files hold faults; all of them, sorted, without doubles."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        count = len(self.faults)
        super().__init__(f"{count} fault{'' if count == 1 else 's'} found")

    def __str__(self) -> str:
        return "\n".join([*(str(fault) for fault in self.faults), self.what])


class OperatingError(NetwatchError):
    """The machine or a peer refuses something now; trying again or mending the machine may help."""


class StorageError(OperatingError):
    """The store refuses, is damaged, or was written by a newer netwatch."""
