"""Who is out, degraded or at risk, over all faults at once.

A service works while one of its attachments does; a customer is out only when every service is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from netwatch.diagnosis.model import Affected
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Port, Service
from netwatch.names import lasting

#: So many devices and customers are remembered together: a fault is asked for again while it lasts.
_KEPT: Final = 300_000


@dataclass(frozen=True, slots=True)
class Gone:
    """What carries nothing: devices that are dead or cut off, and single ports. `lossy` devices lose much."""

    devices: Collection[str]
    ports: Collection[Port] = frozenset()
    lossy: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attached:
    """Customers of one device. `single` have one service with one attachment, so that the device decides alone."""

    single: frozenset[str]
    other: tuple[str, ...]


class Attachments:
    """Customers' attachments, indexed device by device when first asked for."""

    def __init__(self, topology: Topology) -> None:
        self.services: Mapping[str, tuple[Service, ...]] = topology.inventory.customers
        self._services_at = topology.services_at
        self._attached: dict[str, Attached] = {}
        self._together: dict[frozenset[str], Attached] = {}
        self._kept = 0
        self._interfaces: dict[str, set[str]] = {}

    def at_device(self, device: str) -> Attached:
        """Customers with an attachment on `device`."""
        found = self._attached.get(device)
        if found is None:
            names = dict.fromkeys([service.customer for service in self._services_at.get(device, ())])
            single = {name for name in names if len(self.services[name]) == 1 and not self.services[name][0].backup}
            other = tuple([name for name in names if name not in single])
            found = self._attached[device] = Attached(frozenset(single), other)
        return found

    def _at_devices(self, devices: frozenset[str]) -> Attached:
        """Customers with an attachment on any of `devices`; the same question is answered from memory."""
        found = self._together.get(devices)
        if found is None:
            known, at_device = self._attached, self.at_device
            here = [known.get(device) or at_device(device) for device in devices]
            single = lasting(frozenset[str]().union(*[one.single for one in here]))
            found = Attached(single, tuple(set[str]().union(*[one.other for one in here])))
            self._kept += len(devices) + len(single)
            if self._kept > _KEPT:
                self._together.clear()
                self._kept = 0
            self._together[devices] = found
        return found

    def interfaces(self, device: str) -> set[str]:
        """Names of the customers' ports on `device`."""
        found = self._interfaces.get(device)
        if found is None:
            found = self._interfaces[device] = self.names(device)
        return found

    def names(self, device: str) -> set[str]:
        """The same, found anew: for who asks once for every device, and would leave all of them in memory."""
        here = self._services_at.get(device, ())
        return {port.interface for service in here for port in attachments(service) if port.device == device} - {""}

    def at_port(self, port: Port) -> list[str]:
        """Customers with an attachment on this port, sorted."""
        here = self._services_at.get(port.device, ())
        return sorted({service.customer for service in here if port in attachments(service)})

    def judge(self, own: Gone, gone: Gone) -> tuple[Affected, int]:
        """Sort the customers touched by `own` into out, degraded and at risk under all of `gone`.

        Also says how many are touched in all. `own` must be part of `gone`.
        """
        hit = self._at_devices(frozenset(own.devices))
        single_out, other = hit.single, set(hit.other)
        single_lossy: set[str] = set()
        for device in own.lossy:
            here = self.at_device(device)
            if device not in gone.devices:
                single_lossy |= here.single
            other.update(here.other)
        for port in own.ports:
            other.update(self.at_port(port))
        if own.ports:
            other -= single_out
        out, degraded, at_risk = self._sort(other, gone)
        lossy = (degraded | single_lossy) - out - single_out if degraded or single_lossy else set[str]()
        affected = Affected(
            lasting(single_out | out) if out else single_out,
            lasting(frozenset(lossy)),
            lasting(frozenset(at_risk - lossy)),
        )
        return affected, len(single_out) + len(other | single_lossy)

    def _sort(self, customers: Iterable[str], gone: Gone) -> tuple[set[str], set[str], set[str]]:
        out: set[str] = set()
        degraded: set[str] = set()
        at_risk: set[str] = set()
        for customer in customers:
            states = [_service_state(service, gone) for service in self.services[customer]]
            if all(state == "out" for state in states):
                out.add(customer)
            elif any(state in {"out", "lossy"} for state in states):
                degraded.add(customer)
            elif "at_risk" in states:
                at_risk.add(customer)
        return out, degraded, at_risk


def attachments(service: Service) -> tuple[Port, ...]:
    """The ports over which a service can work, the primary first."""
    return (service.primary,) if service.backup is None else (service.primary, service.backup)


def _service_state(service: Service, gone: Gone) -> str:
    primary, backup = service.primary, service.backup
    if backup is None:
        if not _carries(primary, gone):
            return "out"
        return "lossy" if primary.device in gone.lossy else "well"
    working = [port for port in (primary, backup) if _carries(port, gone)]
    if not working:
        return "out"
    if gone.lossy and all(port.device in gone.lossy for port in working):
        return "lossy"
    return "at_risk" if len(working) < 2 else "well"


def _carries(port: Port, gone: Gone) -> bool:
    return port.device not in gone.devices and not (gone.ports and port in gone.ports)
