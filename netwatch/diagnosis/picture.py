"""The network as it is seen at one instant: what the deciding modules share."""

from __future__ import annotations

from dataclasses import dataclass

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.evidence import NEVER, DeviceEvidence
from netwatch.diagnosis.net import Net, Tree
from netwatch.diagnosis.port_evidence import PortEvidence
from netwatch.diagnosis.settings import DiagnosisSettings
from netwatch.inventory.graph import Edge
from netwatch.inventory.model import Port


@dataclass(frozen=True, slots=True)
class Picture:
    """Beliefs, graph and what is already accounted for.

    `silent`: devices down that need an explanation. `covered`: links that announced work takes out.
    `mutes`: devices that are silent, yet pass traffic; of `perhaps_mute` the next failure decides it. `sticky`: refs that are roots of open incidents.
    `dark`: all that are down and not mute, announced or not: they answer nothing, whatever the instant.
    """

    net: Net
    tree: Tree
    beliefs: Beliefs
    settings: DiagnosisSettings
    now: float
    ghosts: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    covered: frozenset[str] = frozenset()
    mutes: frozenset[str] = frozenset()
    perhaps_mute: frozenset[str] = frozenset()
    sticky: frozenset[str] = frozenset()
    dark: frozenset[str] = frozenset()

    def device(self, device: str) -> DeviceEvidence:
        return self.beliefs.devices[device]

    def port(self, device: str, interface: str) -> PortEvidence | None:
        return self.beliefs.known_port(device, interface) if interface else None

    def reading(self, port: Port) -> PortEvidence:
        """What is known of a port; blank when it was never read."""
        return self.beliefs.known_port(port.device, port.interface) or PortEvidence()

    def far_port(self, edge: Edge) -> PortEvidence | None:
        """The neighbour's end of a link; None when the inventory does not name it."""
        return self.port(edge.neighbour, edge.far_interface)

    def answers(self, device: str, after_at: float) -> bool:
        """Whether `device` has shown itself alive after `after_at`; one that is mute or not polled, by those behind it."""
        evidence = self.beliefs.devices[device]
        if evidence.known and device not in self.mutes:
            return not evidence.is_down and evidence.answered_at > after_at
        return any(
            below.known and not below.is_down and below.answered_at > after_at
            for child in self.tree.children.get(device, ())
            for below in [self.beliefs.devices[child]]
        )

    def fresh_after(self, onset_at: float) -> float:
        """An answer later than this is later than the onset."""
        return onset_at + self.settings.fresh_s

    def port_toward(self, edge: Edge, onset_at: float) -> str:
        """What the neighbour's port of `edge` says since the onset: "up", "down", or "" when nothing is known."""
        port = self.far_port(edge)
        if port is None:
            return ""
        near = self.beliefs.devices[edge.neighbour]
        if not near.is_down and port.says_down(near.returned_at):
            return "down"
        return "up" if port.says_up(onset_at + self.settings.port_stale_s) else ""

    def link_carries(self, link: str, after_at: float) -> bool:
        """Whether a port of `link`, read on a device that answers, was up after `after_at`."""
        found = self.net.inventory.links[link]
        return any(
            (port := self.port(end.device, end.interface)) is not None
            and not self.beliefs.devices[end.device].is_down
            and port.says_up(after_at + self.settings.port_stale_s)
            for end in (found.a, found.b)
        )

    def link_down_at(self, link: str) -> float | None:
        """Since when a reading, newer than the return of both ends, says that `link` is down; None when none does."""
        found = self.net.inventory.links[link]
        returned_at = max(self.device(found.a.device).returned_at, self.device(found.b.device).returned_at)
        starts = [
            port.changed_at
            for end, other in ((found.a, found.b), (found.b, found.a))
            if (port := self.port(end.device, end.interface)) is not None
            and port.down
            and not self.device(end.device).is_down
            and port.read_at > returned_at
            and not self.is_baseline(port, other.device)
        ]
        return min(starts) if starts else None

    def is_baseline(self, port: PortEvidence, far_device: str) -> bool:
        """Whether a port that was never seen up is merely wrong in the inventory.

        It is news only when the device at its far end fell silent no later than it was first read.
        """
        if port.ever_up or port.born_down_at == NEVER:
            return False
        far = self.beliefs.devices[far_device]
        return not (far.is_down and far.good_before_at <= port.born_down_at + self.settings.fresh_s)


def find_ghosts(net: Net, beliefs: Beliefs, settings: DiagnosisSettings) -> frozenset[str]:
    """Links that are in the inventory but whose ports were down from the start while both ends answered."""
    ghosts: set[str] = set()
    for port in beliefs.bad_ports:
        evidence = beliefs.known_port(port.device, port.interface)
        if evidence is None or evidence.ever_up:
            continue
        link = net.inventory.links.get(net.topology.link_of_port.get(port, ""))
        if link is None or evidence.born_down_at == NEVER:
            continue
        far = link.b.device if link.a == port else link.a.device
        known = beliefs.devices[far]
        if known.answered_at > evidence.born_down_at + settings.fresh_s or not known.known:
            ghosts.add(link.id)
    return frozenset(ghosts)
