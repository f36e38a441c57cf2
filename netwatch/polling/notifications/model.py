"""What is heard, and what becomes of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from netwatch.polling.snmp.traps import Hint


class Outcome(Enum):
    """What became of a datagram on the notifications' port. Its value is the label of the metric."""

    HEARD = "heard"
    REPEATED = "repeated"
    """The same about the same port as just before."""
    UNKNOWN_DEVICE = "unknown_device"
    """From no address of the inventory, and relayed for none."""
    OVER_SOURCE_LIMIT = "over_source_limit"
    """One source said more than one source may."""
    OVER_LIMIT = "over_limit"
    """All sources together said more than is decoded."""
    MALFORMED = "malformed"
    """Not SNMP, or no notification."""
    UNKNOWN_USER = "unknown_user"
    """SNMPv3: no profile has this user."""
    WRONG_LEVEL = "wrong_level"
    """SNMPv3: less (or more) security than the profile of its user has."""
    WRONG_DIGEST = "wrong_digest"
    """SNMPv3: not authentic."""
    OUT_OF_TIME = "out_of_time"
    """SNMPv3: authentic, but of long ago: recorded and sent again, or an engine whose clock went back."""
    UNDECIPHERABLE = "undecipherable"
    """SNMPv3: authentic, but encrypted otherwise than the profile says."""
    UNKNOWN_ENGINE = "unknown_engine"
    """SNMPv3: an inform to another engine than ours; how every sender begins that has yet to learn who we are."""


class Heard(NamedTuple):
    """A notification of a device of the inventory."""

    device: str
    hint: Hint


@dataclass(slots=True)
class NotificationStatistics:
    """Counters since the start. `acknowledged` are informs. `socket_drops` found no room at the socket and are not in
    `outcomes`. `buffer_bytes` is the smallest receive buffer that was granted, 0 = nobody listens.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    acknowledged: int = 0
    socket_drops: int = 0
    buffer_bytes: int = 0
    buffer_capped: bool = False

    @property
    def received(self) -> int:
        """All datagrams that were read."""
        return self.outcomes.total()

    @property
    def malformed(self) -> int:
        """Those that are no notifications."""
        return self.outcomes[Outcome.MALFORMED]

    @property
    def unknown(self) -> int:
        """Those from no device of the inventory."""
        return self.outcomes[Outcome.UNKNOWN_DEVICE]

    @property
    def repeated(self) -> int:
        """Those that were said just before."""
        return self.outcomes[Outcome.REPEATED]

    def by_outcome(self) -> Mapping[str, int]:
        """All outcomes by the names that people see, those that never came to pass too."""
        return {outcome.value: self.outcomes[outcome] for outcome in Outcome}

    def copy(self) -> NotificationStatistics:
        """The counts as they are now."""
        return replace(self, outcomes=Counter(self.outcomes))
