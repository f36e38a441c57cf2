"""Reading what the lab's mail server wrote down."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail that the server confirmed. `at` in Unix seconds."""

    at: float
    to: str
    id: str
    subject: str
    body: str


class Mailbox:
    """The deliveries so far, oldest first."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def all(self, since: float = 0.0) -> list[Delivery]:
        if not self._log.exists():
            return []
        lines = self._log.read_bytes().splitlines(keepends=True)
        found = [Delivery(**json.loads(line)) for line in lines if line.endswith(b"\n")]
        return [delivery for delivery in found if delivery.at >= since]

    def to(self, addresses: Collection[str], since: float = 0.0, until: float = math.inf) -> list[Delivery]:
        return [delivery for delivery in self.all(since) if delivery.to in addresses and delivery.at < until]

    def count(self, addresses: Collection[str], since: float = 0.0, until: float = math.inf) -> Counter[str]:
        """How many mails each of these addresses got."""
        return Counter(delivery.to for delivery in self.to(addresses, since, until))
