"""What is believed of one port: the newest reading, and provisionally the newest trap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netwatch.diagnosis.evidence import NEVER

_KEPT: Final = 8
_UP: Final = frozenset({"up", "dormant"})
_NO_WORD: Final = frozenset({"unknown", "", "testing"})


@dataclass(slots=True)
class PortEvidence:
    """What is believed of one port, from readings and, provisionally, from traps. `drops`: when it went down lately.

    `saved_down`: what was last handed out to be saved; None = nothing.
    """

    oper: str = ""
    admin: str = ""
    read_at: float = NEVER
    changed_at: float = NEVER
    last_up_at: float = NEVER
    born_down_at: float = NEVER
    trapped_down_at: float = NEVER
    trapped_up_at: float = NEVER
    ever_up: bool = False
    drops: tuple[float, ...] = ()
    saved_down: bool | None = None

    @property
    def down(self) -> bool:
        """Whether the newest reading says that the port does not carry."""
        return self.read_at > NEVER and self.oper not in _UP

    @property
    def hinted_down(self) -> bool:
        """Whether a trap later than the newest reading says so."""
        return self.trapped_down_at > max(self.read_at, self.trapped_up_at)

    def says_down(self, after_at: float) -> bool:
        """Whether a reading or trap later than `after_at` says that the port is down."""
        return (self.down and self.read_at > after_at) or (self.hinted_down and self.trapped_down_at > after_at)

    def fell_after(self, at: float) -> bool:
        """Whether it went down after `at`, and may still be so."""
        return (self.down and self.changed_at > at) or (self.hinted_down and self.trapped_down_at > at)

    def says_up(self, after_at: float) -> bool:
        return self.read_at > after_at and not self.down and not self.hinted_down

    def read(self, at: float, admin: str, oper: str) -> bool:
        """Take a reading; return whether the believed state changed."""
        if oper == self.oper and admin == self.admin and at > self.read_at:
            self.read_at = at
            if oper in _UP and at > self.last_up_at:
                self.last_up_at = at
            return False
        if oper in _NO_WORD:
            return False
        up = oper in _UP
        if up:
            self.last_up_at = max(self.last_up_at, at)
            self.ever_up = True
        if at < self.read_at or (at == self.read_at and (up or self.down)):
            return False
        first, was_down, was_admin = self.read_at == NEVER, self.down, self.admin
        self.read_at, self.oper, self.admin = at, oper, admin
        if first:
            self.changed_at = at
            if not up and not self.ever_up:
                self.born_down_at = at
            return not up
        if was_down != self.down:
            self.changed_at = at
            if self.down:
                self.drops = (*self.drops[1 - _KEPT :], at)
            return True
        return was_admin != admin

    def trap(self, at: float, up: bool) -> bool:
        """Take a linkUp or linkDown; return whether the believed state may have changed."""
        before = self.hinted_down
        if up:
            self.trapped_up_at = max(self.trapped_up_at, at)
        else:
            self.trapped_down_at = max(self.trapped_down_at, at)
            if not self.drops or at - self.drops[-1] > 1.0:
                self.drops = (*self.drops[1 - _KEPT :], at)
        return before != self.hinted_down
