"""The words between the outbox and the dispatcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from netwatch.communication.model import ENDING, Conditions, Message, Phase, State

#: Worth a second send when nobody knows whether the first arrived; routine news is not.
RESENT: Final = ENDING | {Phase.OPENED, Phase.CORRECTION}


class Brake(StrEnum):
    """Why no customer's message is claimed now."""

    HOLD = "hold"
    ISOLATED = "isolated"
    NOT_WARM = "not_warm"
    CLOCK_STEPPED = "clock_stepped"
    CONFIG_YOUNG = "config_young"


@dataclass(frozen=True, slots=True)
class Lane:
    """How many messages of `channel` may be claimed now: `free` in all, `free_external` of them customers'.

    `idempotent`: the peer takes the same id twice as one, so that sending again after a crash is safe. `asks`: in doubt
    the peer can be asked what became of a message.
    """

    channel: str
    free: int
    free_external: int
    idempotent: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What the dispatcher can carry now. `gap_s`: least time between two routine notices to a customer's channel."""

    now: float
    lanes: tuple[Lane, ...]
    conditions: Conditions
    gap_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send.

    `attempts`: earlier failures that were the recipient's. `unknowns`: earlier sends whose outcome nobody knows;
    above 0, it may have arrived already.
    """

    message: Message
    attempts: int = 0
    unknowns: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed message at `at`.

    `state` is ACCEPTED, READY (again from `ready_at`), UNSURE (again from `ready_at`, None = for good) or FAILED.
    `attempt_used`: the failure was the recipient's own and counts. `refused`: the address takes nothing, for good.
    `asked`: nothing was sent this time, the peer was only asked what became of it.
    """

    id: str
    state: State
    at: float
    reason: str = ""
    ready_at: float | None = None
    attempt_used: bool = False
    route: str = ""
    refused: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of the outbox gave.

    `next_at`: when time alone makes more claimable (None = nothing waits for time). `waiting`: messages that are
    ready by channel, the claimed ones not among them. `brake`: why customers wait. `oldest_ready_at`: since when the
    longest waiting one could have been sent.
    """

    claimed: tuple[Claimed, ...] = ()
    next_at: float | None = None
    waiting: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    brake: Brake | None = None
    oldest_ready_at: float | None = None


class Outbox(Protocol):
    """What the dispatcher needs of the store."""

    async def turn(self, settlements: Sequence[Settlement], request: ClaimRequest) -> Turn:
        """Write down what became of messages and claim the next ones, in one transaction."""
        ...

    def on_work(self, wake: Callable[[], None]) -> None:
        """Call `wake` on the event loop whenever something may have become claimable."""
        ...
