"""The virtual network: what is really so at any instant, and what each device would answer."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from netwatch.diagnosis.model import Affected
from netwatch.inventory.graph import Topology
from netwatch.inventory.model import Inventory, Port, Service
from netwatch.simulation.chance import seeded
from netwatch.simulation.effects import SAYINGS, Effect, effects_of
from netwatch.simulation.faults import Breakage
from netwatch.web.names import listed


@dataclass(frozen=True, slots=True)
class Truth:
    """The network between two changes.

    `reached` devices exchange packets with the monitor; `loss_ratio` holds devices whose path loses packets.
    `cut` links have no carrier, `silent` ones have and pass nothing. `dead_ports` are customers' ports by
    `device:interface`. `on_battery` devices live without mains. `sighted` witnesses answer.
    """

    since_at: float
    dead: frozenset[str]
    cut: frozenset[str]
    silent: frozenset[str]
    reached: frozenset[str]
    loss_ratio: Mapping[str, float]
    dead_ports: frozenset[str]
    on_battery: frozenset[str]
    mute: frozenset[str]
    hung: frozenset[str]
    sighted: frozenset[str]
    lost_upstreams: frozenset[str]
    isolated: bool
    carrier: bool


class VirtualNetwork:
    """Devices, links, ports and power under the given faults, from `start_at` to `until_at`."""

    def __init__(
        self,
        inventory: Inventory,
        faults: Iterable[Breakage],
        seed: int,
        until_at: float,
        *,
        start_at: float = 0.0,
        topology: Topology | None = None,
    ) -> None:
        """`topology` is that of `inventory`, when somebody has built it already."""
        self.inventory = inventory
        self.topology = topology or Topology(inventory)
        self.intervals = effects_of(inventory, faults, seed, until_at)
        edges = {interval.start_at for interval in self.intervals} | {interval.end_at for interval in self.intervals}
        self.changes_at: tuple[float, ...] = (start_at, *sorted(at for at in edges if start_at < at <= until_at))
        self._seed = seed
        self._until_at = until_at
        self._upstream_ports = {
            str(Port(upstream.device, upstream.interface)): upstream.id for upstream in inventory.upstreams.values()
        }
        self._booted_at: dict[str, list[float]] = {}
        for interval in self.intervals:
            if interval.effect is Effect.DEAD:
                self._booted_at.setdefault(interval.name, []).append(interval.end_at)
        self._truth_of_period = lru_cache(maxsize=64)(self._build)
        self._age_s = lru_cache(maxsize=None)(self._drawn_age)
        self._far_of = lru_cache(maxsize=None)(self._far)

    def at(self, at: float) -> Truth:
        """What is so at `at`."""
        return self._truth_of_period(max(0, bisect_right(self.changes_at, at) - 1))

    def story(self) -> Iterator[tuple[float, str]]:
        """Every beginning and end of an effect, as a sentence; those at one instant and of one kind together."""
        moments: dict[tuple[float, bool, Effect], list[str]] = {}
        for interval in self.intervals:
            for at, begins in ((interval.start_at, True), (interval.end_at, False)):
                if self.changes_at[0] <= at <= self._until_at:
                    moments.setdefault((at, begins, interval.effect), []).append(interval.name)
        for (at, begins, effect), names in sorted(moments.items(), key=lambda found: (found[0][0], not found[0][1])):
            yield at, f"{listed(sorted(names))} {SAYINGS[effect][0 if begins else 1]}"

    def uptime_s(self, device: str, at: float) -> float:
        """sysUpTime: since the last time that the device was dead, else since some day before the start."""
        last = max((end_at for end_at in self._booted_at.get(device, ()) if end_at <= at), default=None)
        return at - last if last is not None else at - self.changes_at[0] + self._age_s(device)

    def _drawn_age(self, device: str) -> float:
        """How long a device has been up at the start."""
        return seeded("uptime", self._seed, device).uniform(86_400, 9e6)

    def oper(self, device: str, interface: str, truth: Truth) -> str:
        """IfOperStatus of a port that its device reports; a port that the network does not know is up."""
        link_id, far, name = self._far_of(device, interface)
        if link_id is not None:
            return "down" if link_id in truth.cut or far in truth.dead else "up"
        if name in self._upstream_ports:
            return "down" if self._upstream_ports[name] in truth.lost_upstreams else "up"
        return "down" if name in truth.dead_ports else "up"

    def _far(self, device: str, interface: str) -> tuple[str | None, str, str]:
        """The link of a port, if any, the device at its other end, and the port's name."""
        port = Port(device, interface)
        link_id = self.topology.link_of_port.get(port)
        if link_id is None:
            return None, "", str(port)
        link = self.inventory.links[link_id]
        return link_id, link.b.device if link.a.device == device else link.a.device, str(port)

    def affected(self, at: float) -> Affected:
        """Who is really without service at `at`: the yardstick for impact.

        A service works while its device exchanges packets with the core and its port is alive. A customer is at
        risk when all services work and one of them has lost one of its two attachments.
        """
        truth = self.at(at)
        lit = self._lit(truth)
        out: set[str] = set()
        degraded: set[str] = set()
        at_risk: set[str] = set()
        for customer in self._concerned(truth, lit):
            states = [self._service(service, truth, lit) for service in self.inventory.customers[customer]]
            if all(state == "out" for state in states):
                out.add(customer)
            elif any(state in {"out", "degraded"} for state in states):
                degraded.add(customer)
            elif any(state == "at_risk" for state in states):
                at_risk.add(customer)
        return Affected(frozenset(out), frozenset(degraded), frozenset(at_risk))

    def _concerned(self, truth: Truth, lit: set[str]) -> set[str]:
        """Customers with an attachment where something is wrong; nothing can ail the others."""
        devices = (self.topology.services_at.keys() - lit) | truth.loss_ratio.keys()
        devices |= {name.partition(":")[0] for name in truth.dead_ports}
        return {service.customer for device in devices for service in self.topology.services_at.get(device, ())}

    def _service(self, service: Service, truth: Truth, lit: set[str]) -> str:
        ports = [port for port in (service.primary, service.backup) if port is not None and port.device]
        if not ports:
            return "works"  # nobody knows where it hangs, so nothing is known to ail it
        alive = [port for port in ports if port.device in lit and str(port) not in truth.dead_ports]
        if not alive:
            return "out"
        if all(truth.loss_ratio.get(port.device, 0.0) > 0.0 for port in alive):
            return "degraded"
        return "at_risk" if len(alive) < len(ports) else "works"

    def _lit(self, truth: Truth) -> set[str]:
        starts = {device for device in self.inventory.monitor.attached_to if device not in truth.dead}
        exits = [up for up in self.inventory.upstreams.values() if up.id not in truth.lost_upstreams]
        starts |= {upstream.device for upstream in exits if upstream.device not in truth.dead}
        if self.inventory.upstreams and not exits:
            return set()
        return self.topology.reachable(starts, truth.dead, truth.cut | truth.silent)

    def _build(self, period: int) -> Truth:
        at = self.changes_at[period]
        now = [interval for interval in self.intervals if interval.start_at <= at < interval.end_at]

        def names(effect: Effect) -> frozenset[str]:
            return frozenset(interval.name for interval in now if interval.effect is effect)

        dead, cut, silent = names(Effect.DEAD), names(Effect.CUT), names(Effect.SILENT)
        isolated = bool(names(Effect.ISOLATED))
        starts = [device for device in self.inventory.monitor.attached_to if device not in dead and not isolated]
        reached = frozenset(self.topology.reachable(starts, dead, cut | silent))
        lossy = {interval.name: interval.ratio for interval in now if interval.effect is Effect.LOSS}
        lost_upstreams = names(Effect.UPSTREAM)
        exits = [up.device for up in self.inventory.upstreams.values() if up.id not in lost_upstreams]
        sees_out = any(device in reached for device in exits) if self.inventory.upstreams else bool(starts)
        blind = names(Effect.BLIND)
        witnesses = self.inventory.monitor.witnesses
        return Truth(
            since_at=at,
            dead=dead,
            cut=cut,
            silent=silent,
            reached=reached,
            loss_ratio=MappingProxyType(self._path_loss(starts, dead, cut | silent, lossy) if lossy else {}),
            dead_ports=names(Effect.PORT),
            on_battery=names(Effect.BATTERY),
            mute=names(Effect.MUTE),
            hung=names(Effect.HUNG),
            sighted=frozenset(w.id for w in witnesses if sees_out and w.id not in blind),
            lost_upstreams=lost_upstreams,
            isolated=isolated,
            carrier=not names(Effect.NO_CARRIER),
        )

    def _path_loss(
        self, starts: list[str], dead: frozenset[str], cut: frozenset[str], lossy: Mapping[str, float]
    ) -> dict[str, float]:
        """Loss there and back along the shortest path; of equal paths the one over the first link id."""
        passing = dict.fromkeys(sorted(starts), 1.0)
        queue = deque(passing)
        while queue:
            device = queue.popleft()
            if device not in starts and not self.inventory.devices[device].transit:
                continue
            for edge in self.topology.edges[device]:
                if edge.link not in cut and edge.neighbour not in dead and edge.neighbour not in passing:
                    passing[edge.neighbour] = passing[device] * (1.0 - lossy.get(edge.link, 0.0))
                    queue.append(edge.neighbour)
        return {device: 1.0 - share for device, share in passing.items() if share < 1.0}
