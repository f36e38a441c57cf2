"""What a YAML file says, with the place of every value."""

from __future__ import annotations

from collections.abc import Iterator

from netwatch.errors import Place


class Node:
    """One value of a YAML file: a text, nothing (None), a list, or a block of keys.

    `name` is the key or the index under which the parent holds it. Lines and columns count from 1.
    """

    __slots__ = ("column", "file", "key_column", "key_line", "line", "name", "parent", "value")

    def __init__(self, value: NodeValue, line: int, column: int, file: str, parent: Node | None = None) -> None:
        self.value: NodeValue = value
        self.line = line
        self.column = column
        self.file = file
        self.parent = parent
        self.name: str | int = ""
        self.key_line = line
        self.key_column = column

    @property
    def path(self) -> str:
        """Where it stands in the file's structure, as in `devices[3].role`; empty for the whole."""
        names: list[str] = []
        node = self
        while node.parent is not None:
            names.append(f"[{node.name}]" if isinstance(node.name, int) else f".{node.name}")
            node = node.parent
        return "".join(reversed(names)).removeprefix(".")

    def location(self, above: Node) -> tuple[str | int, ...]:
        """The keys and indices that lead here from `above`."""
        names: list[str | int] = []
        node: Node | None = self
        while node is not None and node is not above:
            names.append(node.name)
            node = node.parent
        return tuple(reversed(names))

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return Place(self.file, self.line, self.column, self.path)

    @property
    def key_place(self) -> Place:
        """Where its key stands; for what is wrong with the key itself."""
        return Place(self.file, self.key_line, self.key_column, self.path)

    def place_of(self, key: str) -> Place:
        """The place of a key's value, or of this block when the key is absent; the path names the key."""
        child = self.get(key)
        if child is not None:
            return child.place
        path = self.path
        return Place(self.file, self.line, self.column, f"{path}.{key}" if path else key)

    def get(self, key: str) -> Node | None:
        """The value under `key`; None when this is no block or has no such key."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of a block in the file's order; nothing for the others."""
        yield from self.value.items() if isinstance(self.value, dict) else ()

    def entries(self) -> Iterator[Node]:
        """Entries of a list; nothing for the others."""
        yield from self.value if isinstance(self.value, list) else ()

    @property
    def kind(self) -> str:
        """What it is, in a user's words."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, str):
            return "a single value"
        return "a list" if isinstance(self.value, list) else "a block of keys"

    def plain(self) -> Plain:
        """The same without places: texts, None, lists and dicts."""
        value = self.value
        if isinstance(value, dict):
            return {key: child.plain() for key, child in value.items()}
        if isinstance(value, list):
            return [child.plain() for child in value]
        return value

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the file's order."""
        yield self
        children = self.value.values() if isinstance(self.value, dict) else self.entries()
        for child in children:
            yield from child.walk()


NodeValue = str | None | list[Node] | dict[str, Node]
Plain = str | None | list["Plain"] | dict[str, "Plain"]
