"""Which devices of a neighbourhood are drawn, and in which row: a tree from the healthy side into the trouble."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from netwatch.drawing.model import Figure, Row, State, Trouble
from netwatch.inventory.graph import Edge, Topology

#: Rows at most, those included that sum up others.
_MOST: Final = 40
_MOST_JOINS: Final = 8
_GRAVITY: Final = {State.FAILED: 0, State.DEGRADED: 1, State.UNREACHABLE: 2, State.HEALTHY: 3}


def neighbourhood(topology: Topology, trouble: Trouble, most: int = _MOST) -> Figure:
    """The picture of `trouble` and what stands next to it, in at most `most` rows (at least 4)."""
    forest = _Forest(topology, trouble)
    kept = forest.chosen(max(4, most))
    return Figure(trouble.title, trouble.facts, *_rows(forest, kept))


class _Forest:
    """All devices concerned, each below the device that leads to it."""

    def __init__(self, topology: Topology, trouble: Trouble) -> None:
        self.topology = topology
        self.trouble = trouble
        self.sick = {d for d in topology.edges if trouble.state_of(d) is not State.HEALTHY}
        links = [topology.inventory.links[name] for name in sorted(trouble.cut)]
        ends = {end.device for link in links for end in (link.a, link.b)}
        near = {edge.neighbour for device in self.sick for edge in topology.edges[device]}
        self.concerned = self.sick | ends | near
        self._hops = _hops(topology)
        self.above: dict[str, Edge | None] = {}
        self.below: dict[str, list[str]] = {device: [] for device in self.concerned}
        self.order: list[str] = []
        self._grow()

    def _grow(self) -> None:
        starts = sorted(self.concerned, key=lambda d: (d in self.sick, self._hops.get(d, len(self._hops)), d))
        for start in starts:
            if start in self.above:
                continue
            self.above[start] = None
            queue = deque([start])
            while queue:
                device = queue.popleft()
                self.order.append(device)
                for edge in sorted(self.topology.edges[device], key=self._first):
                    if edge.neighbour in self.above or not self._leads(device, edge):
                        continue
                    self.above[edge.neighbour] = edge
                    self.below[device].append(edge.neighbour)
                    queue.append(edge.neighbour)

    def _first(self, edge: Edge) -> tuple[int, str, str]:
        return _GRAVITY[self.trouble.state_of(edge.neighbour)], edge.neighbour, edge.link

    def _leads(self, device: str, edge: Edge) -> bool:
        """Whether the picture goes on over this link: into the trouble, or out of it by one step."""
        if edge.neighbour not in self.concerned:
            return False
        return edge.link in self.trouble.cut or device in self.sick or edge.neighbour in self.sick

    def parent(self, device: str) -> str | None:
        """The device above, None for the top of a tree."""
        edge = self.above[device]
        if edge is None:
            return None
        link = self.topology.inventory.links[edge.link]
        return link.b.device if link.a.device == device else link.a.device

    def chosen(self, most: int) -> set[str]:
        """The devices that are drawn: the gravest and nearest, each with all above it."""
        if len(self.order) <= most:
            return set(self.order)
        room = most - max(2, most // 6)  # the rest is for the rows that sum up
        place = {device: number for number, device in enumerate(self.order)}
        ranked = sorted(self.order, key=lambda d: (self._rank(d), place[d]))
        kept: set[str] = set()
        for device in ranked:
            chain = [device]
            while (above := self.parent(chain[-1])) is not None and above not in kept:
                chain.append(above)
            fresh = [each for each in chain if each not in kept]
            if len(kept) + len(fresh) > room:
                continue
            kept.update(fresh)
        return kept

    def _rank(self, device: str) -> int:
        edge = self.above[device]
        if edge is not None and edge.link in self.trouble.cut:
            return 0
        return _GRAVITY[self.trouble.state_of(device)]


def _hops(topology: Topology) -> dict[str, int]:
    """How far each device is from where netwatch stands, or from the upstreams."""
    inventory = topology.inventory
    starts = set(inventory.monitor.attached_to) or {up.device for up in inventory.upstreams.values()}
    hops = dict.fromkeys(sorted(starts & topology.edges.keys()), 0)
    queue = deque(hops)
    while queue:
        device = queue.popleft()
        for edge in topology.edges[device]:
            if edge.neighbour not in hops:
                hops[edge.neighbour] = hops[device] + 1
                queue.append(edge.neighbour)
    return hops


def _rows(forest: _Forest, kept: set[str]) -> tuple[tuple[Row, ...], tuple[tuple[int, int, bool], ...]]:
    rows: list[Row] = []
    number: dict[str, int] = {}
    stack = [(d, 0) for d in reversed(forest.order) if d in kept and forest.parent(d) is None]
    lost = Counter(forest.trouble.state_of(d) for d in forest.order if d not in kept and forest.parent(d) is None)
    while stack:
        device, depth = stack.pop()
        if device.startswith("\n"):  # what is left of the children of the device named after it
            left = [d for d in forest.below[device[1:]] if d not in kept]
            rows.append(_summed(forest, left, depth, number[device[1:]]))
            continue
        number[device] = len(rows)
        rows.append(_row(forest, device, depth, number))
        children = forest.below[device]
        if any(child not in kept for child in children):
            stack.append(("\n" + device, depth + 1))
        stack.extend((child, depth + 1) for child in reversed(children) if child in kept)
    if lost:
        words = ", ".join(f"{count:,} {state.value}" for state, count in sorted(lost.items()))
        rows.append(
            Row(f"+ {sum(lost.values()):,} more elsewhere", State.HEALTHY, 0, None, lines=(words,), summed=True)
        )
    return tuple(rows), tuple(_joins(forest, number))


def _row(forest: _Forest, device: str, depth: int, number: dict[str, int]) -> Row:
    trouble, found = forest.trouble, forest.topology.inventory.devices[device]
    state, edge, parent = trouble.state_of(device), forest.above[device], forest.parent(device)
    note = trouble.notes.get(device)
    lines = [f"{state.value}, {note}" if note else state.value]
    cut = edge is not None and edge.link in trouble.cut
    if edge is not None and cut:
        ducts = forest.topology.inventory.links[edge.link].ducts
        lines.append(f"{edge.link} cut" + (f" ({', '.join(ducts[:2])})" if ducts else ""))
    name = found.name or found.id
    return Row(name, state, depth, None if parent is None else number[parent], cut, tuple(lines))


def _summed(forest: _Forest, left: list[str], depth: int, above: int) -> Row:
    """One row for children that are not drawn, with all that is behind them."""
    behind: Counter[State] = Counter()
    stack = list(left)
    while stack:
        device = stack.pop()
        behind[forest.trouble.state_of(device)] += 1
        stack.extend(forest.below[device])
    there = [state for state, _ in sorted(_GRAVITY.items(), key=lambda item: item[1]) if behind[state]]
    words = ", ".join(f"{behind[state]:,} {state.value}" for state in there)
    return Row(f"+ {sum(behind.values()):,} more", there[0], depth, above, lines=(words,), summed=True)


def _joins(forest: _Forest, number: dict[str, int]) -> Iterable[tuple[int, int, bool]]:
    """Links between drawn devices that are no parent and child: cut ones first, and not too many."""
    found = set()
    for device, row in number.items():
        for edge in forest.topology.edges[device]:
            own = forest.above[device]
            other = forest.above.get(edge.neighbour)
            drawn = (own is not None and own.link == edge.link) or (other is not None and other.link == edge.link)
            concerned = device in forest.sick or edge.neighbour in forest.sick or edge.link in forest.trouble.cut
            if edge.neighbour in number and not drawn and concerned:
                ends = sorted((row, number[edge.neighbour]))
                found.add((edge.link not in forest.trouble.cut, ends[0], ends[1]))
    return [(upper, lower, not whole) for whole, upper, lower in sorted(found)[:_MOST_JOINS]]
