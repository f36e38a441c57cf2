"""The judge's own book of a route: when it needs a rest, and whether it gets one."""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from netwatch.communication.delivery.outcome import Outcome

#: So many failures in a row, or so many of so many last answers, give a route a rest of at least so many seconds.
IN_A_ROW, HALF, WINDOW, REST_S = 5, 10, 20, 3.0
#: What is lost once the content may have left is a failure of the route too, whatever became of the message.
_FAILURES = frozenset({Outcome.CHANNEL_TEMPORARY, Outcome.UNKNOWN})
#: Where the route did its part.
_DONE = frozenset({Outcome.ACCEPTED, Outcome.RECIPIENT_TEMPORARY, Outcome.RECIPIENT_PERMANENT})


class _Stage(StrEnum):
    IN_USE = "in use"
    RESTING = "resting"
    PROBED = "probed"


class Rests:
    """One route in one process: another process knows nothing of it.

    A rest begins with the answer that makes it needed: five failures in a row, half of the last twenty, a refused
    login, a failed probe. What was on its way by then may still end, and makes the rest no longer. Texts are never
    refused here, and ten addresses in a row aren't either.
    """

    def __init__(self) -> None:
        self._stage = _Stage.IN_USE
        self._until_s = 0.0
        self._failed: deque[bool] = deque(maxlen=WINDOW)

    def begins(self, now_s: float) -> bool:
        """A send begins. False: it should not, the route needs a rest, or its one probe is on its way."""
        if self._stage is _Stage.IN_USE:
            return True
        if self._stage is _Stage.PROBED or now_s < self._until_s - 0.01:
            return False
        self._stage = _Stage.PROBED
        return True

    def ends(self, outcome: Outcome, now_s: float) -> None:
        """A send ended."""
        if self._stage is _Stage.RESTING:
            return
        if outcome in _FAILURES | _DONE:
            self._failed.append(outcome in _FAILURES)
        if outcome is Outcome.CONFIGURATION or (outcome in _FAILURES and self._too_many()):
            self._stage, self._until_s = _Stage.RESTING, now_s + REST_S
            self._failed.clear()
        elif self._stage is _Stage.PROBED:
            self._stage = _Stage.IN_USE
            self._failed.clear()

    def _too_many(self) -> bool:
        in_a_row = list(self._failed)[-IN_A_ROW:]
        return self._stage is _Stage.PROBED or in_a_row == [True] * IN_A_ROW or sum(self._failed) >= HALF
