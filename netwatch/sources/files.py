"""Files as text: found, readable, of a sane size, UTF-8, without characters that nobody sees."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from netwatch.errors import Fault, InputError, Place
from netwatch.sources.faults import Faults, Suggester, quoted

#: C0 without tab and line ends, DEL, C1, and what reverses or hides text (bidi controls, separators, BOM inside).
_ALWAYS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_HIDDEN: Final = re.compile(f"[{_ALWAYS}]")
_HIDDEN_IN_LINES: Final = re.compile(f"[{_ALWAYS}\r]")
_HIDDEN_IN_LINE: Final = re.compile(f"[{_ALWAYS}\t\r\n]")
_UTF8_MEND: Final = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8")'


def hidden_character(text: str, *, lines: bool = False) -> str | None:
    """The first character that may not stand in a value, as `U+202E`; None when all is well.

    `lines` allows tab and line feed; a carriage return is never allowed inside a value.
    """
    if text.isprintable():  # true for nearly every value, and seven times as fast
        return None
    found = (_HIDDEN_IN_LINES if lines else _HIDDEN_IN_LINE).search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def read_text(path: Path, *, limit_bytes: int, named_at: Place | None = None) -> str:
    """All of a UTF-8 file.

    `named_at` is where the operator named the file, None when it was on the command line.

    Raises:
        InputError: missing, no file, not readable, larger than `limit_bytes`, not UTF-8, or with hidden characters.
    """
    with open_file(path, limit_bytes=limit_bytes, named_at=named_at) as file:
        try:
            raw = file.read()
        except OSError as error:
            _refuse(path, named_at, f"can't be read: {_reason(error)}", "")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise InputError([Fault(Place(str(path)), "the file is UTF-16", _UTF8_MEND)]) from None
        before = raw[: error.start].decode("utf-8-sig", "replace")
        raise InputError([_not_utf8(path, _position(before), raw[error.start])]) from None
    faults = Faults(limit=20)
    for found in _HIDDEN.finditer(text):
        faults.extend([_hidden_fault(path, _position(text[: found.start()]), found.group())])
        if len(faults) >= 20:
            break
    faults.raise_any()
    return text


def file_lines(path: Path, *, limit_bytes: int, named_at: Place | None = None) -> Iterator[str]:
    """The lines of a UTF-8 file one by one, with their line ends; for files too large to hold at once.

    Hidden characters are the caller's to refuse.

    Raises:
        InputError: as `read_text`, but for hidden characters.
    """
    with open_file(path, limit_bytes=limit_bytes, named_at=named_at) as file:
        for number, raw in enumerate(file, 1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                if number == 1 and raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
                    raise InputError([Fault(Place(str(path)), "the file is UTF-16", _UTF8_MEND)]) from None
                column = len(raw[: error.start].decode("utf-8", "replace")) + 1
                raise InputError([_not_utf8(path, (number, column), raw[error.start])]) from None
            yield line


def open_file(path: Path, *, limit_bytes: int, named_at: Place | None = None) -> BinaryIO:
    """A regular file, open for reading bytes.

    Raises:
        InputError: missing, not a regular file, not readable, or larger than `limit_bytes`.
    """
    try:
        # Without O_NONBLOCK a named pipe would make netwatch wait for ever.
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except IsADirectoryError:
        _refuse(path, named_at, "is a directory", "name a file")
    except FileNotFoundError:
        _refuse(path, named_at, "does not exist", _mend_of_missing(path))
    except PermissionError:
        _refuse(path, named_at, "may not be read by this user", "give netwatch read permission (chmod, chown)")
    except (OSError, ValueError) as error:
        _refuse(path, named_at, f"can't be opened: {_reason(error)}", "")
    state = os.fstat(file.fileno())
    if not stat.S_ISREG(state.st_mode):
        file.close()
        _refuse(path, named_at, "is not a regular file", "name a file")
    if state.st_size > limit_bytes:
        file.close()
        limit = f"at most {limit_bytes // 1_000_000} MB are read"
        _refuse(path, named_at, f"is too large ({state.st_size // 1_000_000} MB); {limit}", "split it")
    return file


def _refuse(path: Path, named_at: Place | None, what: str, mend: str) -> NoReturn:
    if named_at is None:
        raise InputError([Fault(Place(str(path)), f"the file {what}", mend)])
    raise InputError([Fault(named_at, f"the file {quoted(str(path))} {what}", mend)])


def _mend_of_missing(path: Path) -> str:
    try:
        beside = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return "create it, or mend its name"
    return f"create it, or mend its name{Suggester(beside).hint(path.name)}"


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or "unknown reason").lower() if isinstance(error, OSError) else "its name is no file name"


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _not_utf8(path: Path, at: tuple[int, int], byte: int) -> Fault:
    return Fault(Place(str(path), *at), f"the byte 0x{byte:02X} is not UTF-8", _UTF8_MEND)


def _hidden_fault(path: Path, at: tuple[int, int], character: str) -> Fault:
    what = f"the invisible character U+{ord(character):04X} is not allowed"
    return Fault(Place(str(path), *at), what, "remove it")
