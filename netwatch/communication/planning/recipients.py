"""Who can be reached: colleagues by their duties, customers by what they agreed to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from netwatch.communication.people import Duty, Person
from netwatch.communication.planning.playbook import Channel, Reader, Step
from netwatch.inventory.model import Inventory, Segment, Service

#: Hardest hit first: the order in which customers are told.
RANK: Final = MappingProxyType({Segment.CRITICAL: 1, Segment.WHOLESALE: 2, Segment.BUSINESS: 3, Segment.RESIDENTIAL: 4})
_DUTIES: Final = MappingProxyType(
    {Reader.ONCALL: frozenset({Duty.ONCALL, Duty.LEAD}), Reader.HELPDESK: frozenset({Duty.HELPDESK})}
)
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

    def __init__(self, inventory: Inventory, people: Sequence[Person]) -> None:
        self.total = len(inventory.customers)
        self._customers = inventory.customers
        self._people = tuple(people)
        self._known: dict[str, Recipient] = {}

    def colleagues(self, reader: Reader) -> tuple[Person, ...]:
        """People who are `reader` by duty. Staff is everybody; on-call is everybody when nobody has the duty."""
        duties = _DUTIES.get(reader)
        if duties is None:
            return self._people
        found = tuple(person for person in self._people if duties.intersection(person.duties))
        return self._people if reader is Reader.ONCALL and not found else found

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
        mailed = next((s for s in (first, *services) if s.email and "email" in s.notify), None)
        return Recipient(
            id=name,
            name=first.name,
            language=first.language,
            segment=first.segment,
            priority=RANK[first.segment] * 100 + min(max(first.priority, 0), _LOWEST_PRIORITY),
            addresses=MappingProxyType({Channel.EMAIL.value: mailed.email}) if mailed else _NOWHERE,
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
