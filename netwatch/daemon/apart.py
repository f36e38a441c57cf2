"""Reads the inventory in a process of its own, which hands over the finished thing and ends.

A large inventory takes seconds and hundreds of megabytes to read, most of them for what is thrown away. Apart, the
event loop is not held up meanwhile, and this process gets only what lives on: at 50,000 devices half the memory.

The answer comes pickled on standard output, which only the process that began it reads.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from netwatch import config as configuration
from netwatch.errors import Fault, InputError, OperatingError
from netwatch.inventory.model import Inventory

_LONGEST_S: Final = 900.0
_PROGRAM: Final = f"from {__name__} import main; main()"


def read_inventory(path: Path, *, check: bool) -> Inventory:
    """The inventory of a configuration. With `check` everything that `netwatch check` looks at must be right too.

    It blocks until the other process has ended.

    Raises:
        InputError: every fault found.
        OperatingError: the other process could not do its work.
    """
    words = [sys.executable, "-c", _PROGRAM, "check" if check else "load", str(path)]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, timeout=_LONGEST_S, check=False)  # noqa: S603 -- ourselves
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OperatingError(f"the inventory can't be read in a process of its own: {error}", "try again") from error
    if done.returncode != 0:
        what = f"the process that reads the inventory ended with {done.returncode}"
        raise OperatingError(what, "its last words are in the log; is there enough memory?")
    faults, inventory = pickle.loads(done.stdout)  # noqa: S301 -- from our own child
    if faults:
        raise InputError(faults)
    found: Inventory = inventory
    return found


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        return (_mapping, (dict(thing),)) if isinstance(thing, MappingProxyType) else NotImplemented


def _mapping(content: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(content)


def read_here(path: Path, *, check: bool) -> Inventory:
    """The same as `read_inventory`, in this process.

    Raises:
        InputError: every fault found.
    """
    if check and (faults := configuration.check(path).faults):
        raise InputError(faults)
    return configuration.load(path).load_inventory()


def _answer(path: Path, *, check: bool) -> tuple[tuple[Fault, ...], Inventory | None]:
    try:
        return (), read_here(path, check=check)
    except InputError as error:
        return error.faults, None


def main() -> None:
    """The other process: answer on standard output; whatever else would be printed goes to standard error."""
    task, path = sys.argv[1:]
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out, redirect_stdout(sys.stderr):
        _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(_answer(Path(path), check=task == "check"))
