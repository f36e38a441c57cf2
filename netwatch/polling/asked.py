"""What is asked otherwise than before, so that what it says is not taken for what was asked before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from netwatch.polling.plan import DevicePlan
from netwatch.polling.settings import SnmpProfile
from netwatch.polling.snmp.profiles import Access


@dataclass(frozen=True, slots=True)
class Asked:
    """Where everything is asked, and how. `accesses` that are the same are the same objects."""

    plans: Mapping[str, DevicePlan] = field(default_factory=lambda: MappingProxyType({}))
    profiles: Mapping[str, SnmpProfile] = field(default_factory=lambda: MappingProxyType({}))
    accesses: Mapping[str, Access] = field(default_factory=lambda: MappingProxyType({}))
    witnesses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Addresses of the witnesses, by id."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """`moved` devices and `witnesses` have another address; `asked` devices only another SNMP profile or secret."""

    moved: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    witnesses: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.moved or self.asked or self.witnesses)

    def __or__(self, other: Otherwise) -> Otherwise:
        return Otherwise(self.moved | other.moved, self.asked | other.asked, self.witnesses | other.witnesses)


def otherwise(before: Asked, now: Asked) -> Otherwise:
    """What of `before` is asked otherwise `now`; what came or went is no part of it."""
    profiles = {
        name
        for name in now.profiles.keys() & before.profiles.keys()
        if now.profiles[name] != before.profiles[name] or now.accesses.get(name) is not before.accesses.get(name)
    }
    stay = [(before.plans[device], plan) for device, plan in now.plans.items() if device in before.plans]
    return Otherwise(
        moved=frozenset(new.device for old, new in stay if new.address != old.address),
        asked=frozenset(
            new.device
            for old, new in stay
            if new.address == old.address and new.profile and (new.profile != old.profile or new.profile in profiles)
        ),
        witnesses=frozenset(
            witness for witness, address in now.witnesses.items() if before.witnesses.get(witness, address) != address
        ),
    )
