"""What an operator should mend in the inventory or configuration, found by polling: no outage, but less sight."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

from netwatch.diagnosis.model import InventoryDoubt
from netwatch.polling.model import Observation, SnmpObservation

_log = logging.getLogger(__name__)

#: An agent that failed so often and never answered is told.
_FAILS: Final = 4
_SHOWN: Final = 5


class NeverAnswered:
    """Devices whose SNMP agent has not answered once since netwatch started, though it was asked again and again."""

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._fails: dict[str, int] = {}

    @property
    def devices(self) -> tuple[str, ...]:
        """Sorted ids."""
        return tuple(sorted(device for device, fails in self._fails.items() if fails >= _FAILS))

    def keep(self, devices: Collection[str]) -> None:
        """Forget all but these."""
        self._answered.intersection_update(devices)
        self._fails = {device: fails for device, fails in self._fails.items() if device in devices}

    def note(self, observation: Observation) -> None:
        """Look at one observation."""
        if not isinstance(observation, SnmpObservation) or observation.device in self._answered:
            return
        if observation.ok:
            self._answered.add(observation.device)
            self._fails.pop(observation.device, None)
            return
        fails = self._fails[observation.device] = self._fails.get(observation.device, 0) + 1
        if fails == _FAILS:
            _log.warning("%s has never answered SNMP: is its profile's community right?", observation.device)


def hints(
    never_answered: tuple[str, ...],
    missing_ports: Mapping[str, AbstractSet[str]],
    doubts: Sequence[InventoryDoubt] = (),
    refusals: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Sentences for `netwatch status`."""
    if never_answered:
        yield f"SNMP never answered by {_listed(never_answered)}: wrong community, or no agent? Only pings see them."
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
