"""Whether a planned message enters the outbox, and in which state. Pure; the rows are the caller's.

The rule: an outage's end is told to those who were told of the outage, and to nobody else. Whoever has a notice in
flight is told of the end once it is known whether the notice arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from netwatch.communication.model import ENDING, EXTERNAL, Message, Phase, State

#: After these their reader waits for nothing more of the incident.
LAST_WORDS: Final = ENDING | {Phase.CORRECTION}
#: Told only to those who were told before.
TO_THE_TOLD: Final = LAST_WORDS | {Phase.FEEDBACK}
#: Exempt from the least time between two notices: a first notice, an end and a correction are never routine.
NEVER_ROUTINE: Final = LAST_WORDS | {Phase.OPENED}
#: Not sent any more once the incident is over. An end is never stale: whoever it is for hears of no other one.
STALE_WHEN_OVER: Final = frozenset({Phase.OPENED, Phase.UPDATE, Phase.NO_NEWS, Phase.ESTIMATE_CHANGED})
#: Fill the sliding ceiling: what says that an outage begins or goes on. An end, a question or announced work says nothing
#: of an outage to anybody new.
COUNTED: Final = STALE_WHEN_OVER
#: Not sent any more once the incident was merged into another.
STALE_WHEN_MERGED: Final = frozenset({Phase.OPENED, Phase.NO_NEWS, Phase.ESTIMATE_CHANGED})
#: States in which a message has not left and may still be overtaken.
UNSENT: Final = frozenset({State.HELD, State.READY, State.BLOCKED})


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier message of the same incident to the same recipient. `told`: accepted, or perhaps arrived.

    One of a merged incident under which the recipient was told before stands here with update -1.
    """

    id: str
    channel: str
    update: int
    state: State
    told: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """The state in which a message enters, why, and the ids that it overtakes."""

    state: State
    reason: str = ""
    overtaken: tuple[str, ...] = ()


def admit(message: Message, earlier: Sequence[Earlier]) -> Admission:
    """How `message` enters the outbox, given what the same recipient has of the same incident.

    Customers' messages enter HELD: approval and brakes release them.
    """
    overtaken = tuple(
        row.id
        for row in earlier
        if row.channel == message.channel and 0 <= row.update < message.update and row.state in UNSENT | {State.UNSURE}
    )
    newer = any(row.channel == message.channel and row.update > message.update for row in earlier)
    if newer:
        return Admission(State.SUPERSEDED, "a newer update was planned before", ())
    state, reason = standing(message, earlier)
    return Admission(state, reason, overtaken)


def standing(message: Message, earlier: Sequence[Earlier]) -> tuple[State, str]:
    """HELD or READY when `message` may go, BLOCKED while that isn't known, SUPPRESSED when it must not."""
    released = State.HELD if message.audience in EXTERNAL else State.READY
    if message.phase not in TO_THE_TOLD or message.audience not in EXTERNAL:
        return released, ""
    before = [row for row in earlier if row.update < message.update]
    if any(row.channel == message.channel and row.state is State.SENDING for row in before):
        return State.BLOCKED, "a notice is in flight"
    if any(row.told for row in before):
        return released, ""
    if any(row.state is State.SENDING for row in before):
        return State.BLOCKED, "a notice is in flight"
    return State.SUPPRESSED, "was never told of the outage"
