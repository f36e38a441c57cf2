"""Customers' ports that died while their device answers: a group, the whole device, or one customer's access."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from netwatch.diagnosis.customers import Attachments, Gone
from netwatch.diagnosis.describe import Impact
from netwatch.diagnosis.model import Explanation, Scenario
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.scope import find_scope
from netwatch.diagnosis.wording import clock, counted, listed
from netwatch.inventory.model import Inventory, Port, PortGroup, Segment


@dataclass(frozen=True, slots=True)
class PortFault:
    """Ports that died together, and the ref of what they have in common."""

    root: str
    ports: tuple[Port, ...]
    of: int
    onset_at: float


@dataclass(frozen=True, slots=True)
class PortFaults:
    """What the dead ports mean. `undecided`: a single port is not dead long enough yet."""

    faults: tuple[PortFault, ...] = ()
    undecided: bool = False


class PortIndex:
    """Which ports belong together."""

    def __init__(self, inventory: Inventory, attachments: Attachments) -> None:
        self.attachments = attachments
        self._groups = inventory.port_groups
        self._at: dict[str, list[PortGroup]] = defaultdict(list)
        for name in sorted(inventory.port_groups):
            self._at[inventory.port_groups[name].device].append(inventory.port_groups[name])

    def ports_of(self, group: str) -> list[Port]:
        """The ports of a group, in the inventory's order."""
        found = self._groups[group]
        return [Port(found.device, name) for name in found.interfaces]

    def groups_of(self, port: Port) -> list[str]:
        """The groups that a port belongs to, sorted."""
        return [group.id for group in self._at.get(port.device, ()) if port.interface in group.interfaces]

    def of_device(self, device: str) -> list[Port]:
        """Customers' and grouped ports of a device, sorted."""
        grouped = (group.interfaces for group in self._at.get(device, ()))
        names = self.attachments.interfaces(device).union(*grouped)
        return [Port(device, name) for name in sorted(names)]

    def serves(self, port: Port) -> bool:
        return bool(self.groups_of(port)) or port.interface in self.attachments.interfaces(port.device)


def find_port_faults(picture: Picture, index: PortIndex, silenced: Collection[str]) -> PortFaults:
    """Sort the dead ports into groups, devices and single customers' ports."""
    dead = _dead_ports(picture, index, silenced)
    faults: list[PortFault] = []
    for device in sorted({port.device for port in dead}):
        mine = [port for port in dead if port.device == device]
        ports = [port for port in index.of_device(device) if _was_up(picture, port)]
        if len(mine) >= picture.settings.device_ports and len(mine) >= picture.settings.device_share * len(ports):
            together = _together(picture, mine, max(picture.settings.device_ports, int(len(mine) * 0.9)))
            if together and not _one_group(index, together):
                faults.append(_fault(picture, f"device:{device}", together, len(ports)))
    taken = {port for fault in faults for port in fault.ports}
    for group in sorted({name for port in dead for name in index.groups_of(port)}):
        mine = [port for port in index.ports_of(group) if port in dead and port not in taken]
        ports = [port for port in index.ports_of(group) if _was_up(picture, port)]
        need = max(picture.settings.group_ports, -(-len(ports) * picture.settings.group_share // 1))
        together = _together(picture, mine, int(need))
        if together:
            faults.append(_fault(picture, f"port_group:{group}", together, len(ports)))
            taken.update(together)
    undecided = False
    for port in sorted(dead - taken):
        if not _matters(index, port):
            continue
        changed_at = picture.reading(port).changed_at
        if picture.now - changed_at >= picture.settings.port_hold_s:
            faults.append(_fault(picture, f"port:{port}", [port], 1))
        else:
            undecided = True
    return PortFaults(tuple(faults), undecided)


def _dead_ports(picture: Picture, index: PortIndex, silenced: Collection[str]) -> set[Port]:
    """Ports down by a reading, not by hand, that were up before, on devices that answer."""
    return {
        port
        for port in picture.beliefs.bad_ports
        if index.serves(port)
        and port not in picture.net.topology.link_of_port
        and port.device not in silenced
        and (evidence := picture.reading(port)).down
        and evidence.ever_up
        and evidence.admin != "down"
        and evidence.read_at > picture.device(port.device).returned_at
        and not picture.device(port.device).is_down
    }


def _was_up(picture: Picture, port: Port) -> bool:
    return picture.reading(port).ever_up


def _one_group(index: PortIndex, ports: Sequence[Port]) -> bool:
    """Whether all these ports lie in one group, which then is the nearer cause."""
    common = set(index.groups_of(ports[0]))
    for port in ports:
        common &= set(index.groups_of(port))
    return bool(common)


def _together(picture: Picture, ports: Sequence[Port], need: int) -> list[Port]:
    """The ports that died within one window that holds at least `need` of them, and those after it; else none."""
    dated = sorted((picture.reading(port).changed_at, port) for port in ports)
    for place in range(len(dated) - need + 1):
        if need > 0 and dated[place + need - 1][0] - dated[place][0] <= picture.settings.group_window_s:
            return [port for _, port in dated[place:]]
    return []


def _fault(picture: Picture, root: str, ports: Sequence[Port], of: int) -> PortFault:
    onset_at = min(picture.reading(port).changed_at for port in ports)
    return PortFault(root, tuple(sorted(ports)), of, onset_at)


def _matters(index: PortIndex, port: Port) -> bool:
    """Whether one dead port is worth a word: a business customer's, or one that serves several.

    Residential customers switch their equipment off as they please.
    """
    customers = index.attachments.at_port(port)
    if len(customers) > 1:
        return True
    return any(
        service.segment != Segment.RESIDENTIAL and port in (service.primary, service.backup)
        for customer in customers
        for service in index.attachments.services[customer]
    )


def describe_port_fault(picture: Picture, fault: PortFault, impact: Impact) -> Explanation:
    """The explanation of one port fault; its key is set later."""
    affected, served = impact.add(Gone((), frozenset(fault.ports)))
    readings = [picture.reading(port) for port in fault.ports]
    names = listed([port.interface for port in fault.ports])
    count = counted(len(fault.ports), "port")
    seen = f"{count} of {fault.of} on {fault.ports[0].device} went down from {clock(fault.onset_at)} on: {names}"
    return Explanation(
        key="",
        roots=(fault.root,),
        scope=find_scope(affected, served),
        scenario=Scenario.UNKNOWN if fault.root.startswith("port:") else Scenario.EQUIPMENT,
        onset_at=fault.onset_at,
        last_good_at=max((r.last_up_at for r in readings if r.last_up_at < fault.onset_at), default=fault.onset_at),
        confirmed_at=fault.onset_at,
        confidence=0.7 if fault.root.startswith("port:") else 0.9,
        strong=True,
        settled=True,
        dead_ports=frozenset(fault.ports),
        affected=affected,
        reasons=(seen, f"{fault.ports[0].device} itself answers", f"concluded: {fault.root.replace(':', ' ', 1)}"),
    )
