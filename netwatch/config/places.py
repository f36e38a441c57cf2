"""From a setting to its place in the file."""

from __future__ import annotations

from netwatch.errors import Place
from netwatch.sources import Node

Location = tuple[str | int, ...]


def node_at(root: Node, location: Location) -> Node | None:
    """The node of a setting; None when the file does not give it."""
    node: Node | None = root
    for name in location:
        if node is None:
            return None
        if isinstance(name, str):
            node = node.get(name)
        else:
            entries = list(node.entries())
            node = entries[name] if name < len(entries) else None
    return node


def place_at(root: Node, location: Location) -> Place:
    """Where a setting stands, or where the block stands that would hold it."""
    for length in range(len(location), 0, -1):
        node = node_at(root, location[:length])
        if node is not None:
            return node.place
    return Place(root.file)
