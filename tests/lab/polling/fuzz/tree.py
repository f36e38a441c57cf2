"""BER as a tree that can be bent out of shape and written down again."""

from __future__ import annotations

from dataclasses import dataclass, field

CONSTRUCTED = 0x20
OCTET_STRING = 0x04
SEQUENCE = 0x30


@dataclass(slots=True)
class Node:
    """One element. `length` replaces the octets of its length; with `inner` its content is more elements."""

    tag: int
    body: bytes = b""
    inner: list[Node] | None = None
    length: bytes | None = None
    reshaped: list[bytes] = field(default_factory=list)  # raw bytes after the content

    def encode(self) -> bytes:
        body = self.body if self.inner is None else b"".join([node.encode() for node in self.inner])
        if self.reshaped:
            body += b"".join(self.reshaped)
        size = len(body)
        if self.length is not None:
            length = self.length
        elif size < 0x80:
            length = bytes((size,))
        else:
            octets = size.to_bytes((size.bit_length() + 7) // 8)
            length = bytes((0x80 | len(octets),)) + octets
        return bytes((self.tag,)) + length + body

    def copy(self) -> Node:
        inner = None if self.inner is None else [node.copy() for node in self.inner]
        return Node(self.tag, self.body, inner, self.length, [*self.reshaped])


def parse(data: bytes) -> Node:
    """The tree of one well-formed element. OCTET STRINGs that hold a SEQUENCE are opened too, as SNMPv3 nests them."""
    nodes = _elements(data)
    assert len(nodes) == 1
    return nodes[0]


def _elements(data: bytes) -> list[Node]:
    found, at = [], 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[at : at + count])
            at += count
        body = data[at : at + size]
        assert len(body) == size
        at += size
        found.append(_node(tag, body))
    return found


def _node(tag: int, body: bytes) -> Node:
    if tag & CONSTRUCTED:
        return Node(tag, inner=_elements(body))
    if tag == OCTET_STRING and body[:1] == bytes((SEQUENCE,)):
        try:
            return Node(tag, inner=_elements(body))
        except (IndexError, AssertionError):
            pass  # it only began like one
    return Node(tag, body)


def walk(node: Node) -> list[tuple[Node, list[Node] | None]]:
    """Every node with the list that it stands in, the outermost first."""
    found: list[tuple[Node, list[Node] | None]] = [(node, None)]
    place = 0
    while place < len(found):
        inner = found[place][0].inner
        if inner:
            found += [(child, inner) for child in inner]
        place += 1
    return found
