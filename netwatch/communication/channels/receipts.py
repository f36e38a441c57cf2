"""Delivery receipts: whether a message that a gateway took reached the phone. They are counted, and decide nothing.

Kept are netwatch's own ids of messages, for as long as a receipt may still come, and no personal data.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

_log = logging.getLogger("netwatch.delivery")

#: Messages whose receipt is waited for; the oldest is forgotten first.
_WAITING: Final = 50_000
#: What a route makes of a receipt that came by itself: delivered, never to be, or nothing final (None).
Reader = Callable[[Any], bool | None]


class Receipts:
    """What gateways told afterwards, over all routes."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, Reader | None] = OrderedDict()
        self._counts: Counter[str] = Counter()

    @property
    def counts(self) -> Mapping[str, int]:
        """Receipts since the start by what they say: delivered, undelivered."""
        return MappingProxyType(dict(self._counts))

    def expect(self, message: str, reader: Reader | None = None) -> None:
        """A receipt of `message`, an id of ours, may come. `reader`: of one that comes by HTTP; None = none does."""
        self._waiting[message] = reader
        while len(self._waiting) > _WAITING:
            self._waiting.popitem(last=False)

    def expects(self, message: str) -> bool:
        """Whether a receipt of `message` is still to come."""
        return message in self._waiting

    def take(self, message: str, document: Any) -> bool:
        """Take a receipt that came by HTTP. False: nobody waits for it, or it is none."""
        reader = self._waiting.get(message)
        told = None if reader is None else reader(document)
        return told is not None and self.note(message, delivered=told)

    def note(self, message: str, *, delivered: bool) -> bool:
        """Count a receipt. False: nobody waits for it (unknown, or told before), and it isn't counted."""
        if message not in self._waiting:
            return False
        del self._waiting[message]
        told = "delivered" if delivered else "undelivered"
        self._counts[told] += 1
        _log.info("receipt", extra={"message_id": message, "receipt": told})
        return True
