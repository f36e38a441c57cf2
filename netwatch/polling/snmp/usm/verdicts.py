"""What can come of a datagram, in words for the NOC."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple


class Kind(IntEnum):
    """What a datagram is worth."""

    ANSWER = 0
    """The answer, as authentic and as secret as the user asks; `pdu` is its complete plain PDU."""
    AGAIN = 1
    """The agent's engine or clock is known now: ask the same anew at once, with another number."""
    REFUSED = 2
    """The agent does not serve this user, or not at this level; `reason` tells what is wrong and what mends it."""
    DROP = 3
    """Worth nothing: as if it had not come. `reason` tells why."""


class Opened(NamedTuple):
    """What came out of a datagram."""

    kind: Kind
    pdu: bytes
    reason: str


NEW_ENGINE: Final = Opened(Kind.AGAIN, b"", "the agent's engine is known now")
NEW_CLOCK: Final = Opened(Kind.AGAIN, b"", "the agent's clock is known now")
ASK_CLOCK: Final = Opened(Kind.AGAIN, b"", "the agent's clock is asked for")
USED_UP: Final = Opened(
    Kind.REFUSED,
    b"",
    "the agent has used up its count of restarts (2147483647), after which SNMPv3 trusts it no more; "
    "give the agent a new engine id, and its users new keys",
)
NO_AUTHENTIC_CLOCK: Final = Opened(
    Kind.REFUSED,
    b"",
    "the agent refuses our time, but does not authenticate its own; update the agent, or use another version for it",
)
IN_PLAIN_TEXT: Final = Opened(
    Kind.REFUSED, b"", "the agent answers in plain text to an encrypted request; mend or update the agent"
)
NO_ENGINE: Final = "the agent does not answer SNMPv3 at all; switch it on there, and compare address, port and filters"
NO_CLOCK: Final = (
    "the agent told its engine id, but does not answer the user; compare the user and its `auth` on the agent"
)
NO_WORD: Final = (
    "the agent is reached, but has not answered this user yet; compare `privacy`, the file of `privacy_password_file` "
    "and `context` with the user on the agent"
)


def dropped(why: str) -> Opened:
    """Worth nothing, and why."""
    return Opened(Kind.DROP, b"", why)
