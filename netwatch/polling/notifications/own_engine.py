"""Our own SNMP engine, which senders of SNMPv3 informs authenticate to. Source: RFC 3411 section 5, RFC 3414 section 2.2."""

from __future__ import annotations

import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from netwatch.errors import OperatingError
from netwatch.polling.snmp.usm.message import LAST, LONGEST_ENGINE_ID, SHORTEST_ENGINE_ID

_PREFIX: Final = bytes.fromhex("8000000005")  # no enterprise of our own, and octets that we choose
_RANDOM_BYTES: Final = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """Who we are, how often we have begun, and when this time. With each beginning the old messages are worth nothing."""

    engine_id: bytes
    boots: int
    began_at: float

    def time_s(self, now: float) -> int:
        """snmpEngineTime: seconds since we began."""
        return max(0, min(LAST, int(now - self.began_at)))

    @classmethod
    def begin(cls, path: Path | None, now: float) -> OwnEngine:
        """Begin once more: the id that `path` remembers, and one beginning more than it counts.

        Without a path (or when it holds none, or the count is at its end) a new id that nobody ever had.

        Raises:
            OperatingError: the file can't be read or written.
        """
        try:
            engine_id, boots = _read(path)
            boots += 1
            if path is not None:
                _write(path, f"{engine_id.hex()} {boots}\n")
        except OSError as error:
            raise OperatingError(
                f"the file of the SNMP engine, {path}, can't be kept: {error.strerror}",
                "let netwatch's user read and write it and its directory",
            ) from error
        return cls(engine_id, boots, now)


def _read(path: Path | None) -> tuple[bytes, int]:
    fresh = _PREFIX + secrets.token_bytes(_RANDOM_BYTES)
    if path is None or not path.exists():
        return fresh, 0
    try:
        written, count = path.read_text(encoding="ascii").split()
        engine_id, boots = bytes.fromhex(written), int(count)
    except ValueError:
        engine_id, boots = b"", -1
    if not SHORTEST_ENGINE_ID <= len(engine_id) <= LONGEST_ENGINE_ID or not 0 <= boots < LAST - 1:
        _log.warning("%s holds no engine; netwatch takes a new id, which senders of informs must learn", path)
        return fresh, 0
    return engine_id, boots


def _write(path: Path, text: str) -> None:
    """Replace the file whole, and only when the new one is on the disk."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
