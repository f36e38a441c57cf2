"""The ways out of the configuration, with what gateways tell afterwards."""

from __future__ import annotations

import json
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Final, Self

from netwatch.clock import Clock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.callback import AnswerDoor, Door, answers_secret_of, secret_of
from netwatch.communication.channels.protocol import Channel
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.tending import Kept, tend
from netwatch.communication.model import Plan
from netwatch.config import Config
from netwatch.errors import StorageError
from netwatch.incidents.model import LIVE
from netwatch.storage import Store
from netwatch.storage.stored import Stored

_log = logging.getLogger(__name__)

#: Name under which the store keeps what routes remember.
DOCUMENT: Final = "routes"


@dataclass(frozen=True, slots=True)
class Ways:
    """`channels`: every route. `kinds`: what messages call them. `receipts`: what gateways told. `door`: where
    they leave them. `answers`: where they leave what people answer.
    """

    channels: tuple[Channel, ...]
    kinds: tuple[str, ...]
    receipts: Receipts
    door: Door
    answers: AnswerDoor
    clock: Clock
    store: Store
    kept: Kept

    @classmethod
    def of(cls, config: Config, clock: Clock, store: Store, stored: Stored) -> Self:
        """Those that the configuration sets up. `stored`: what a start goes on with.

        Raises:
            InputError: an address is wrong, a secret can't be read, or a library isn't installed.
        """
        receipts = Receipts()
        channels = build(config.channels, clock, config.base_directory, receipts)
        kinds = tuple(dict.fromkeys(channel.kind for channel in channels))
        sms, base = config.channels.sms, config.base_directory
        door, answers = Door(receipts, secret_of(sms, base)), AnswerDoor(sms, answers_secret_of(sms, base))
        return cls(channels, kinds, receipts, door, answers, clock, store, _kept(stored))

    def run(self) -> Coroutine[None, None, None]:
        """What routes do besides sending, until cancelled."""
        return tend(self.channels, self.clock, self.kept, self._keep)

    async def _keep(self, now: Mapping[str, str]) -> bool:
        try:
            await self.store.save((), Plan(), documents={DOCUMENT: json.dumps(now, sort_keys=True)})
        except StorageError as error:
            _log.warning("what routes remember can't be kept: %s", error)
            return False
        return True


def _kept(stored: Stored) -> Kept:
    live = frozenset(incident.id for incident in stored.incidents if incident.status in LIVE)
    return Kept(json.loads(stored.documents.get(DOCUMENT, "{}")), live)
