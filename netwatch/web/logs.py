"""Logs: JSON lines for the journal, short coloured lines on a terminal; ids only, never personal data.

Write `log.info("incident opened", extra={"incident": id, "scope": scope})`. Mail addresses and phone numbers are
masked in every record, also in tracebacks, in case one slips in.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TextIO

#: What every record has by itself; the rest came by `extra`.
_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_MAIL: Final = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+\.\w+")
_PHONE: Final = re.compile(r"(?<![\w.:-])(?:\+\d{1,3}[\d ()-]{7,16}\d|0\d(?:[ -]?\d){8,12})(?![\w:])")
#: syslog's levels, which journald takes from the start of a line. Source: sd-daemon(3).
_SYSLOG: Final = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_COLOURS: Final = {"DEBUG": "2", "INFO": "0", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}


def masked(text: str) -> str:
    """`text` without mail addresses and phone numbers, nor anything that would command a terminal."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
    return _PHONE.sub("<phone>", _MAIL.sub("<mail>", text))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, text, the extras, and error for a traceback."""

    def __init__(self, *, prefix: bool = False) -> None:
        super().__init__()
        self._prefix = prefix

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": masked(record.getMessage()),
        }
        line |= {key: _plain(value) for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["error"] = masked(self.formatException(record.exc_info))
        text = json.dumps(line, ensure_ascii=False)
        return f"<{_syslog(record.levelno)}>{text}" if self._prefix else text


class TerminalFormatter(logging.Formatter):
    """`12:01:05 text  key=value` with colour by level when `colour`."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        extras = " ".join(f"{key}={_plain(value)}" for key, value in vars(record).items() if key not in _OWN)
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        text = f"{at} {masked(record.getMessage())}" + (f"  {extras}" if extras else "")
        if record.exc_info:
            text += "\n" + masked(self.formatException(record.exc_info))
        return f"\x1b[{_COLOURS.get(record.levelname, '0')}m{text}\x1b[0m" if self._colour else text


def setup(stream: TextIO, *, verbose: bool = False, environment: Mapping[str, str] = os.environ) -> None:
    """Sends every log of this process to `stream`: for people on a terminal, as JSON anywhere else."""
    handler = logging.StreamHandler(stream)
    if stream.isatty():
        handler.setFormatter(TerminalFormatter(colour="NO_COLOR" not in environment))
    else:
        handler.setFormatter(JsonFormatter(prefix=_is_journal(stream, environment)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("netwatch").setLevel(logging.DEBUG if verbose else logging.INFO)
    for chatty in ("uvicorn", "asyncio", "httpx", "httpcore", "apprise"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether `stream` is connected to journald. Source: systemd.exec(5), JOURNAL_STREAM."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _syslog(level: int) -> int:
    return next((own for least, own in _SYSLOG if level >= least), 7)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return masked(str(value))
