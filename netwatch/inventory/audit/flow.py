"""The inventory as a graph of everything that can fail: which elements lie on every way to a device.

Devices, links and upstreams are vertices alike, so that cutting a link is losing a vertex. A way out runs from the root
over an exit and forwarding devices; a device with `transit` false is reached but not passed, unless it is an exit.
Source of the dominators: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from netwatch.inventory.model import Inventory

_ROOT: Final = 0
_NONE: Final = -1


class Flow:
    """Ways from the root to every device. Vertices are numbered in the order of sorted refs; 0 is the root.

    `exits` maps a ref to the device that it leads to: upstreams, or (`device:x` to x) first hops of the monitor.
    """

    def __init__(self, inventory: Inventory, exits: Mapping[str, str]) -> None:
        upstreams = [ref for ref in sorted(exits) if ref.startswith("upstream:")]
        self.refs: list[str] = ["", *upstreams]
        self.refs += [f"device:{name}" for name in sorted(inventory.devices)]
        self.refs += [f"link:{name}" for name in sorted(inventory.links)]
        self.number: dict[str, int] = {ref: number for number, ref in enumerate(self.refs)}
        starts = set(exits.values())
        ahead: list[list[int]] = [[] for _ in self.refs]
        for ref in sorted(exits):
            device = self.number[f"device:{exits[ref]}"]
            if ref.startswith("upstream:"):
                ahead[_ROOT].append(self.number[ref])
                ahead[self.number[ref]].append(device)
            else:
                ahead[_ROOT].append(device)
        for name in sorted(inventory.links):
            link, number = inventory.links[name], self.number[f"link:{name}"]
            for near, far in ((link.a.device, link.b.device), (link.b.device, link.a.device)):
                if inventory.devices[near].transit or near in starts:
                    ahead[self.number[f"device:{near}"]].append(number)
                    ahead[number].append(self.number[f"device:{far}"])
        self._ahead = ahead
        self._order, self._parent = self._breadth_first()
        self._children: list[list[int]] = [[] for _ in self.refs]
        for vertex in self._order[1:]:
            self._children[self._parent[vertex]].append(vertex)
        self._behind: list[list[int]] = [[] for _ in self.refs]
        for vertex in self._order:
            for below in ahead[vertex]:
                self._behind[below].append(vertex)
        self.idom = self._dominators()
        self.depth = self._depths()

    def reaches(self, vertex: int) -> bool:
        """Whether the vertex has a way to the root at all."""
        return vertex == _ROOT or self._parent[vertex] != _NONE

    def common(self, vertices: Iterable[int]) -> int:
        """The last vertex that lies on every way to every one of `vertices` (0 = none but the root)."""
        found = _NONE
        for vertex in filter(self.reaches, vertices):
            found = vertex if found == _NONE else self._meet(found, vertex)
        return max(found, _ROOT)

    def passes(self, above: int, vertex: int) -> bool:
        """Whether every way to `vertex` passes `above` (a vertex passes itself)."""
        if not (self.reaches(above) and self.reaches(vertex)):
            return False
        while self.depth[vertex] > self.depth[above]:
            vertex = self.idom[vertex]
        return vertex == above

    def lost(self, removed: Collection[int]) -> set[int]:
        """Vertices without a way to the root when all of `removed` fail, these included.

        The cost is that of the parts that hang below them on shortest ways, not of the network.
        """
        doubtful: set[int] = set()
        stack = [vertex for vertex in removed if self.reaches(vertex)]
        while stack:
            vertex = stack.pop()
            if vertex not in doubtful:
                doubtful.add(vertex)
                stack.extend(self._children[vertex])
        doubtful.difference_update(removed)
        gone = set(removed)
        saved = [v for v in doubtful if any(near not in doubtful and near not in gone for near in self._behind[v])]
        doubtful.difference_update(saved)
        while saved:
            for far in self._ahead[saved.pop()]:
                if far in doubtful:
                    doubtful.discard(far)
                    saved.append(far)
        return doubtful | gone

    def bottom_up(self) -> list[int]:
        """All vertices with a way, each before the one that dominates it."""
        return sorted((v for v in self._order if v != _ROOT), key=lambda vertex: (-self.depth[vertex], vertex))

    def _breadth_first(self) -> tuple[list[int], list[int]]:
        parent = [_NONE] * len(self.refs)
        parent[_ROOT] = _ROOT
        order = [_ROOT]
        for vertex in order:
            for far in self._ahead[vertex]:
                if parent[far] == _NONE:
                    parent[far] = vertex
                    order.append(far)
        return order, parent

    def _postorder(self) -> list[int]:
        """Reached vertices, each after all that it leads to in a depth-first walk."""
        seen = bytearray(len(self.refs))
        seen[_ROOT] = 1
        found: list[int] = []
        stack = [(_ROOT, iter(self._ahead[_ROOT]))]
        while stack:
            vertex, left = stack[-1]
            far = next((far for far in left if not seen[far]), _NONE)
            if far == _NONE:
                found.append(vertex)
                stack.pop()
            else:
                seen[far] = 1
                stack.append((far, iter(self._ahead[far])))
        return found

    def _dominators(self) -> list[int]:
        post = self._postorder()
        place = [_NONE] * len(self.refs)
        for number, vertex in enumerate(post):
            place[vertex] = number
        idom = [_NONE] * len(self.refs)
        idom[_ROOT] = _ROOT
        changed = True
        while changed:
            changed = False
            for vertex in reversed(post[:-1]):
                found = _NONE
                for near in self._behind[vertex]:
                    if idom[near] != _NONE:
                        found = near if found == _NONE else _intersection(found, near, idom, place)
                changed = changed or idom[vertex] != found
                idom[vertex] = found
        return idom

    def _depths(self) -> list[int]:
        depth = [_NONE] * len(self.refs)
        depth[_ROOT] = 0
        for start in self._order:
            chain = []
            vertex = start
            while depth[vertex] == _NONE:
                chain.append(vertex)
                vertex = self.idom[vertex]
            for below in reversed(chain):
                depth[below] = depth[self.idom[below]] + 1
        return depth

    def _meet(self, one: int, other: int) -> int:
        while one != other:
            if self.depth[one] < self.depth[other]:
                one, other = other, one
            one = self.idom[one]
        return one


def _intersection(one: int, other: int, idom: list[int], place: list[int]) -> int:
    """The last vertex that dominates both, as far as `idom` knows yet."""
    while one != other:
        while place[one] < place[other]:
            one = idom[one]
        while place[other] < place[one]:
            other = idom[other]
    return one
