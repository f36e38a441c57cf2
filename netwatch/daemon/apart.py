"""Reads the operator's files in a process of its own, which hands over the finished thing and ends.

A large inventory takes seconds and hundreds of megabytes to read, most of them for what is thrown away. Apart, the
event loop is not held up meanwhile, and this process gets only what lives on: at 50,000 devices half the memory, and
the libraries that understand the files are never loaded here.

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
from netwatch.config import Files
from netwatch.errors import Fault, InputError, OperatingError

_LONGEST_S: Final = 900.0
_PROGRAM: Final = f"from {__name__} import main; main()"


def read_files(path: Path, *, check: bool) -> Files:
    """A configuration and what it names. With `check` everything that `netwatch check` looks at must be right too.

    It blocks until the other process has ended.

    Raises:
        InputError: every fault found.
        OperatingError: the other process could not do its work.
    """
    words = [sys.executable, "-P", "-c", _PROGRAM, "check" if check else "load", str(path)]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, timeout=_LONGEST_S, check=False)  # noqa: S603 -- ourselves
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OperatingError(f"the files can't be read in a process of their own: {error}", "try again") from error
    if done.returncode != 0:
        what = f"the process that reads the files ended with {done.returncode}"
        raise OperatingError(what, "its last words are in the log; is there enough memory?")
    faults, files = pickle.loads(done.stdout)  # noqa: S301 -- from our own child
    if faults:
        raise InputError(faults)
    found: Files = files
    return found


class _Pickler(pickle.Pickler):
    def reducer_override(self, thing: Any) -> Any:
        return (_mapping, (dict(thing),)) if isinstance(thing, MappingProxyType) else NotImplemented


def _mapping(content: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(content)


def read_here(path: Path, *, check: bool) -> Files:
    """The same as `read_files`, in this process.

    Raises:
        InputError: every fault found.
    """
    if not check:
        return configuration.load_files(path)
    report = configuration.check(path)
    if report.files is None:
        raise InputError(report.faults)
    return report.files


def _answer(path: Path, *, check: bool) -> tuple[tuple[Fault, ...], Files | None]:
    try:
        return (), read_here(path, check=check)
    except InputError as error:
        return error.faults, None


def main() -> None:
    """The other process: answer on standard output; whatever else would be printed goes to standard error."""
    task, path = sys.argv[1:]
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out, redirect_stdout(sys.stderr):
        _Pickler(out, pickle.HIGHEST_PROTOCOL).dump(_answer(Path(path), check=task == "check"))
