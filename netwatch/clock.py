"""Time as a value: one timeline for every decision, and its translation for people.

The timeline counts seconds, reads like Unix time, and never steps: it is anchored to the
wall clock once, when netwatch first starts after a boot, and then advances with the boot clock. Deadlines,
windows and stored instants (`..._at`) are all on it, so that they compare across restarts.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
#: A wall clock that is further off was wrong when the anchor was set, and announced work is dated by it: the anchor is
#: set anew, seconds.
_BELIEVED_S: Final = 600.0


class Clock(Protocol):
    """What every stage may ask of time."""

    def now(self) -> float:
        """Seconds on the timeline; never goes backwards."""
        ...

    def utc(self, at: float) -> datetime:
        """The aware UTC wall time of an instant on the timeline, for people."""
        ...

    def wall_step_s(self) -> float:
        """How far the wall clock has moved against the timeline since the start, in seconds."""
        ...

    async def sleep_until(self, at: float) -> None:
        """Return at `at` on the timeline; at once when it has passed."""
        ...


class SystemClock:
    """The machine's clock. Source: clock_gettime(2), CLOCK_BOOTTIME."""

    def __init__(self, anchor: Path | None = None) -> None:
        """`anchor`: file that keeps the anchor until the next boot, so that a restart after a step of the wall clock
        goes on with the same timeline. Without it, or when it can't be used, this process has an anchor of its own.
        """
        offset_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        self._offset_s = offset_s if anchor is None else _kept(anchor, offset_s)

    def now(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME) + self._offset_s

    def utc(self, at: float) -> datetime:
        return datetime.fromtimestamp(at + self.wall_step_s(), tz=UTC)

    def wall_step_s(self) -> float:
        return time.time() - self.now()

    async def sleep_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self.now()))


def _kept(anchor: Path, offset_s: float) -> float:
    """The offset that `anchor` keeps for this boot; else `offset_s`, which is kept from now on."""
    with suppress(OSError):
        boot = _BOOT_ID.read_text("ascii").strip()
        with suppress(OSError, ValueError, TypeError, KeyError):
            known = json.loads(anchor.read_text("ascii"))
            if known["boot"] == boot and abs(known["offset_s"] - offset_s) <= _BELIEVED_S:
                return float(known["offset_s"])
        anchor.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        spare = anchor.with_name(anchor.name + ".new")
        spare.write_text(json.dumps({"boot": boot, "offset_s": offset_s}), "ascii")
        spare.replace(anchor)
    return offset_s
