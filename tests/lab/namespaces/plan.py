"""The lab's network on paper: who is connected to whom, and every node's ways to every other.

          world (witness)
            |
noc ----- core-1 ------------ agg-1 ---- acc-1 ---- child-1
          /    \\                            \\------ child-2
      ring-1  ring-3
          \\    / |
          ring-2 |
              \\  |
              acc-2 ---- child-3        (acc-2 hangs on ring-2 and ring-3)
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

OUTSIDE = ("noc", "world")
ROUTERS = ("core-1", "ring-1", "ring-2", "ring-3", "agg-1", "acc-1", "child-1", "child-2", "acc-2", "child-3")
NODES = (*OUTSIDE, *ROUTERS)
UPLINK = "noc-core-1"
TRUNKS = (
    ("core-1", "ring-1"),
    ("ring-1", "ring-2"),
    ("ring-2", "ring-3"),
    ("core-1", "ring-3"),
    ("core-1", "agg-1"),
    ("agg-1", "acc-1"),
    ("acc-1", "child-1"),
    ("acc-1", "child-2"),
    ("ring-2", "acc-2"),
    ("ring-3", "acc-2"),
    ("acc-2", "child-3"),
)
CABLES = {f"{a}-{b}": (a, b) for a, b in (("noc", "core-1"), ("world", "core-1"), *TRUNKS)}
ROLES = {"core": "core", "ring": "aggregation", "agg": "aggregation", "acc": "access", "child": "access"}


@dataclass(frozen=True, slots=True)
class Hop:
    """A way out of a node: over which cable, to whom, at what address."""

    cable: str
    neighbour: str
    via: str

    @property
    def interface(self) -> str:
        return f"to-{self.neighbour}"


def address(node: str) -> str:
    """A node's own address, on its loopback."""
    return f"10.99.0.{NODES.index(node) + 1}"


def trunk_address(cable: str, node: str) -> str:
    """A node's address on one cable, a /30."""
    net = list(CABLES).index(cable)
    return f"10.98.{net}.{1 + CABLES[cable].index(node)}"


def hops(node: str) -> tuple[Hop, ...]:
    """Its cables, sorted by neighbour."""
    found = []
    for cable, ends in CABLES.items():
        if node in ends:
            far = ends[1 - ends.index(node)]
            found.append(Hop(cable, far, trunk_address(cable, far)))
    return tuple(sorted(found, key=lambda hop: hop.neighbour))


def distances(target: str) -> dict[str, int]:
    """Hops from every node to `target`; only routers forward."""
    far = {target: 0}
    queue = deque([target])
    while queue:
        node = queue.popleft()
        if node != target and node in OUTSIDE:
            continue
        for hop in hops(node):
            if hop.neighbour not in far:
                far[hop.neighbour] = far[node] + 1
                queue.append(hop.neighbour)
    return far


def ways(node: str, target: str, came_from: str | None) -> list[Hop]:
    """The ways from `node` to `target`, best first.

    What came in over one cable goes back over it only when no other way has carrier. So a ring turns traffic
    round at the cut, without a routing protocol and without a delay.
    """
    far = distances(target)
    usable = [hop for hop in hops(node) if hop.neighbour == target or hop.neighbour not in OUTSIDE]
    return sorted(usable, key=lambda hop: (hop.neighbour == came_from, far[hop.neighbour], hop.neighbour))


def route_commands(node: str) -> list[str]:
    """ip(8) commands: a table for each cable that traffic comes in over, and the main one for the node's own."""
    lines = []
    sources: list[tuple[str | None, str]] = [(None, "main")]
    if node not in OUTSIDE:
        for number, hop in enumerate(hops(node)):
            table = str(100 + number)
            lines.append(f"rule add pref {table} iif {hop.interface} lookup {table}")
            sources.append((hop.neighbour, table))
    for came_from, table in sources:
        for target in NODES:
            if target == node:
                continue
            lines += [
                f"route add {address(target)}/32 via {hop.via} dev {hop.interface} src {address(node)} "
                f"metric {10 * (rank + 1)} table {table}"
                for rank, hop in enumerate(ways(node, target, came_from))
            ]
    return lines
