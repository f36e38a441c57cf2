"""What an operator should mend in the inventory or configuration, found by polling: no outage, but less sight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

from netwatch.diagnosis.model import InventoryDoubt

_SHOWN: Final = 5


def hints(
    never_answered: tuple[str, ...],
    missing_ports: Mapping[str, AbstractSet[str]],
    doubts: Sequence[InventoryDoubt] = (),
    refusals: Mapping[str, str] = MappingProxyType({}),
    unheard: AbstractSet[str] = frozenset(),
) -> Iterator[str]:
    """Sentences for `netwatch status`. `unheard`: devices that have answered nothing at all."""
    if unheard:
        yield f"never heard: {_listed(sorted(unheard))}. Is the address right? netwatch probe DEVICE asks one now."
    agents = [device for device in never_answered if device not in unheard]
    if agents:
        yield f"SNMP never answered by {_listed(agents)}: wrong community, or no agent? Only pings see them."
    by_reason: dict[str, list[str]] = {}
    for device in sorted(refusals):
        by_reason.setdefault(refusals[device], []).append(device)
    for reason, devices in sorted(by_reason.items()):
        yield f"SNMP refused by {_listed(devices)}: {reason}"
    ports = [f"{device}:{port}" for device in sorted(missing_ports) for port in sorted(missing_ports[device])]
    if ports:
        yield f"ports of the inventory that their devices do not have: {_listed(ports)}"
    yield from (doubt.sentence for doubt in doubts[:_SHOWN])
    if len(doubts) > _SHOWN:
        yield f"and {len(doubts) - _SHOWN} more places where the inventory and the network seem to disagree"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
