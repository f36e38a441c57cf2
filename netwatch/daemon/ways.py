"""The ways out of the configuration, with what gateways tell afterwards."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Self

from netwatch.clock import Clock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.callback import Door, secret_of
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.tending import tend
from netwatch.config import Config


@dataclass(frozen=True, slots=True)
class Ways:
    """`channels`: every route. `kinds`: what messages call them. `receipts`: what gateways told. `door`: where
    they leave them.
    """

    channels: tuple[Channel, ...]
    kinds: tuple[str, ...]
    receipts: Receipts
    door: Door
    clock: Clock

    @classmethod
    def of(cls, config: Config, clock: Clock) -> Self:
        """Those that the configuration sets up.

        Raises:
            InputError: an address is wrong, a secret can't be read, or a library isn't installed.
        """
        receipts = Receipts()
        channels = build(config.channels, clock, config.base_directory, receipts)
        kinds = tuple(dict.fromkeys(channel.kind for channel in channels))
        return cls(
            channels, kinds, receipts, Door(receipts, secret_of(config.channels.sms, config.base_directory)), clock
        )

    def run(self) -> Coroutine[None, None, None]:
        """What routes do besides sending, until cancelled."""
        return tend(self.channels, self.clock)
