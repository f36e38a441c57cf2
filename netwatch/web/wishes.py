"""What customers do without, and addresses that refuse, as the doors show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OptOutView:
    """A customer does without `channel` ("" = every channel). `but_ends`: not without the end of what they were told."""

    customer: str
    name: str
    channel: str
    but_ends: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AddressView:
    """An address to mend: it refused for good, first at `since_at`, last at `last_at` with `reason`.

    `instead`: another channel reaches the customer; "" = none does, and `phone` is to be rung.
    """

    customer: str
    name: str
    channel: str
    address: str
    reason: str
    since_at: datetime
    last_at: datetime
    instead: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Every opt-out, newest first."""

    optouts: tuple[OptOutView, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every address to mend, the latest refusal first."""

    addresses: tuple[AddressView, ...]
