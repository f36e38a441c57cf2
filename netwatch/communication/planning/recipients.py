"""Who can be reached: colleagues by their duties, customers by what they agreed to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.duties.roster import Duties
from netwatch.communication.planning.playbook import Channel, Reader, Step
from netwatch.inventory.model import Inventory, Segment, Service

#: Hardest hit first: the order in which customers are told.
RANK: Final = MappingProxyType({Segment.CRITICAL: 1, Segment.WHOLESALE: 2, Segment.BUSINESS: 3, Segment.RESIDENTIAL: 4})
_DUTIES: Final = MappingProxyType(
    {Reader.ONCALL: frozenset({Duty.ONCALL, Duty.LEAD}), Reader.HELPDESK: frozenset({Duty.HELPDESK})}
)
#: Who completes and releases what is drafted for the public.
_DRAFTED: Final = MappingProxyType({Reader.SOCIAL: Duty.COMMUNICATION, Reader.PRESS: Duty.PRESS})
_LOWEST_PRIORITY: Final = 99


@dataclass(frozen=True, slots=True)
class Recipient:
    """A customer as the reader of a notice. `addresses` by channel, only what he agreed to."""

    id: str
    name: str
    language: str
    segment: Segment
    priority: int
    addresses: Mapping[str, str]
    phone: str


class Directory:
    """All who can be told, by id."""

    def __init__(self, inventory: Inventory, people: Sequence[Person], duties: Duties | None = None) -> None:
        """`duties`: the roster; None = whoever has a duty under `people` has it always."""
        self.duties = duties
        self.total = len(inventory.customers)
        self._customers = inventory.customers
        self._people = tuple(people)
        self._known: dict[str, Recipient] = {}

    @property
    def ids(self) -> Collection[str]:
        """Ids of all customers."""
        return self._customers.keys()

    def colleagues(self, reader: Reader, at: float | None = None) -> tuple[Person, ...]:
        """People who are `reader` by duty. Staff is everybody; on-call is everybody when nobody has the duty.

        With a roster, on-call's alerts go to those on duty at `at`; None = to all who ever are.
        """
        if reader is Reader.ONCALL and self.duties is not None and at is not None:
            return self.duties.alerted(at)
        if reader in _DRAFTED:
            return self._drafters(_DRAFTED[reader], at)
        duties = _DUTIES.get(reader)
        if duties is None:
            return self._people
        found = tuple(person for person in self._people if duties.intersection(person.duties))
        return self._people if reader is Reader.ONCALL and not found else found

    def _drafters(self, duty: Duty, at: float | None) -> tuple[Person, ...]:
        if self.duties is not None and at is not None:
            return self.duties.holders(duty, at)
        return tuple(person for person in self._people if duty in person.duties)

    def customer(self, name: str) -> Recipient | None:
        """One customer with the strongest of all his services' claims; None when the inventory no longer has him."""
        known = self._known.get(name)
        if known is not None:
            return known
        services = self._customers.get(name)
        if not services:
            return None
        made = self._known[name] = self._recipient(name, services)
        return made

    @staticmethod
    def _recipient(name: str, services: Sequence[Service]) -> Recipient:
        first = min(services, key=_claim)
        addresses: dict[str, str] = {}
        mailed = next((s for s in (first, *services) if s.email and "email" in s.notify), None)
        texted = next((s for s in (first, *services) if s.mobile and "sms" in s.notify), None)
        if mailed:
            addresses[Channel.EMAIL.value] = mailed.email
        if texted:
            addresses[Channel.SMS.value] = texted.mobile
        return Recipient(
            id=name,
            name=first.name,
            language=first.language,
            segment=first.segment,
            priority=RANK[first.segment] * 100 + min(max(first.priority, 0), _LOWEST_PRIORITY),
            addresses=MappingProxyType(addresses) if addresses else _NOWHERE,
            phone=next((s.phone or s.mobile for s in (first, *services) if s.phone or s.mobile), ""),
        )

    def segments(self, names: Collection[str]) -> frozenset[Segment]:
        """Segments of these customers."""
        return frozenset(service.segment for name in names for service in self._customers.get(name, ()))


_NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


def _claim(service: Service) -> tuple[int, int, int]:
    return RANK[service.segment], service.priority, service.line


def step_for(recipient: Recipient, steps: Sequence[Step]) -> Step | None:
    """The first of the customers' `steps` that means this customer and reaches him; None when none does."""
    for step in steps:
        if step.takes(recipient.segment) and any(channel.value in recipient.addresses for channel in step.by):
            return step
    return None
