"""Ways to bend a packet: by its grammar, and by its bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.lab.polling.fuzz.tree import Node, walk

TAGS = (0x01, 0x02, 0x04, 0x05, 0x06, 0x0A, 0x1F, 0x24, 0x30, 0x31, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x80,
        0x81, 0x82, 0x83, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xFF)  # fmt: skip
COUNTS = (0x41, 0x42, 0x43, 0x46)
NUMBERS = (0, 1, -1, 2, 3, 127, 128, 255, 256, -128, -129, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32 - 1, 2**32,
           2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**71)  # fmt: skip
LENGTHS = (b"\x00", b"\x01", b"\x7f", b"\x80", b"\x81", b"\x81\x00", b"\x81\x05", b"\x82\x00\x05", b"\x82\xff\xff",
           b"\x84\x00\x00\x00\x05", b"\x84\x7f\xff\xff\xff", b"\x84\xff\xff\xff\xff", b"\x85\x00\x00\x00\x00\x05",
           b"\x88" + b"\xff" * 8, b"\xff")  # fmt: skip
NAMES = (b"", b"\x80", b"\x2b", b"\x2b\x06\x01\x80", b"\x2b\x80\x01", b"\x2b" + b"\x8f\xff\xff\xff\x7f", b"\xff" * 5 + b"\x7f",
         b"\x2b" + b"\x90\x80\x80\x80\x00", b"\x2b" * 127, b"\x2b" * 128, b"\x2b" * 129, b"\x2b\x06\x01\x02\x01\x02\x02\x01\x08",
         b"\x2b\x06\x01\x02\x01\x02\x02\x01\x08\x8f\xff\xff\xff\x7f", b"\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00")  # fmt: skip
TEXTS = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\x00" * 64,
    "ge-0/0/1\u202e".encode(),
    b"A" * 300,
    b"\x1b[2J",
    b"%s%n",
    b"\xc0\xaf" * 40,
)
LONGEST = 60_000
Change = Callable[[random.Random, Node], None]


def _pick(rng: random.Random, tree: Node) -> Node:
    return rng.choice(walk(tree))[0]


def _pick_inner(rng: random.Random, tree: Node) -> tuple[Node, list[Node]]:
    found = [(node, siblings) for node, siblings in walk(tree) if siblings is not None]
    return rng.choice(found) if found else (tree, [tree])


def _pick_outer(rng: random.Random, tree: Node) -> Node:
    return rng.choice([node for node, _ in walk(tree) if node.inner is not None] or [tree])


def _pick_leaf(rng: random.Random, tree: Node) -> Node:
    """The innermost ones, names and values, more often than those of the envelope."""
    leaves = [node for node, _ in walk(tree) if node.inner is None] or [tree]
    return rng.choice(leaves if rng.random() < 0.4 else leaves[len(leaves) // 2 :])


def wrong_length(rng: random.Random, tree: Node) -> None:
    """A length that lies."""
    node = _pick(rng, tree)
    if rng.random() < 0.5:
        node.length = rng.choice(LENGTHS)
    else:
        size = max(0, len(node.encode()) - 2 + rng.choice((-2, -1, 1, 2, 5, 100)))
        node.length = bytes((size & 0x7F,)) if rng.random() < 0.5 else b"\x82" + (size & 0xFFFF).to_bytes(2)


def other_form_of_length(rng: random.Random, tree: Node) -> None:
    """A length that is right, but written longer than need be."""
    node = _pick(rng, tree)
    node.length = None
    whole = node.encode()
    size = len(whole) - 2 - (whole[1] & 0x7F if whole[1] & 0x80 else 0)
    octets = rng.randint(2, 6)
    node.length = bytes((0x80 | octets,)) + size.to_bytes(octets)


def wrong_tag(rng: random.Random, tree: Node) -> None:
    """Another type."""
    _pick(rng, tree).tag = rng.choice(TAGS)


def edge_number(rng: random.Random, tree: Node) -> None:
    """A number at the edge of its type, or beyond."""
    numeric = [node for node, _ in walk(tree) if node.tag in COUNTS]
    leaf = rng.choice(numeric) if numeric and rng.random() < 0.5 else _pick_leaf(rng, tree)
    number = rng.choice(NUMBERS)
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1 + rng.choice((0, 0, 0, 1, 8))
    leaf.body = number.to_bytes(size, signed=True)


def edge_name(rng: random.Random, tree: Node) -> None:
    """An OID that is none, or hardly one."""
    names = [node for node, _ in walk(tree) if node.tag == 0x06]
    node = rng.choice(names) if names else _pick_leaf(rng, tree)
    node.body = rng.choice(NAMES) if rng.random() < 0.7 else node.body + rng.randbytes(rng.randint(1, 6))


def edge_text(rng: random.Random, tree: Node) -> None:
    """A string that nobody expects."""
    _pick_leaf(rng, tree).body = rng.choice(TEXTS)


def huge(rng: random.Random, tree: Node) -> None:
    """Much content."""
    _pick_leaf(rng, tree).body = rng.choice((b"\x00", b"\xff", b"\x30", b"\x81")) * rng.choice((129, 1000, 9000))


def drop(rng: random.Random, tree: Node) -> None:
    """One element less."""
    node, siblings = _pick_inner(rng, tree)
    siblings[:] = [one for one in siblings if one is not node] or siblings


def double(rng: random.Random, tree: Node) -> None:
    """One element more than once, as often as a datagram has room for it."""
    node, siblings = _pick_inner(rng, tree)
    room = max(0, LONGEST - len(tree.encode())) // max(2, len(node.encode()))
    siblings.extend([node.copy() for _ in range(min(rng.choice((1, 1, 1, 2, 10, 300)), room))])


def swap(rng: random.Random, tree: Node) -> None:
    """Elements in another order."""
    rng.shuffle(_pick_outer(rng, tree).inner or [])


def deepen(rng: random.Random, tree: Node) -> None:
    """Boxes in boxes."""
    node = _pick(rng, tree)
    for _ in range(rng.choice((1, 2, 50))):
        node.inner = [Node(node.tag, node.body, node.inner, node.length)]
        node.tag, node.body, node.length = rng.choice((0x30, 0x24, 0xA2)), b"", None


def flatten(rng: random.Random, tree: Node) -> None:
    """A box without its walls."""
    node = _pick_outer(rng, tree)
    node.body = b"".join([one.encode() for one in node.inner or ()])[2:]
    node.inner = None


def more_after(rng: random.Random, tree: Node) -> None:
    """Bytes after the content of an element, counted by its length."""
    _pick_outer(rng, tree).reshaped.append(rng.randbytes(rng.choice((1, 2, 20))))


GRAMMAR: tuple[Change, ...] = (
    wrong_length, wrong_length, other_form_of_length, wrong_tag, edge_number, edge_number, edge_name, edge_text, huge, drop,
    double, swap, deepen, flatten, more_after,
)  # fmt: skip


def bend(rng: random.Random, tree: Node) -> bytes:
    """One to three changes of the grammar; the tree is used up."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(GRAMMAR)(rng, tree)
    return tree.encode()[:LONGEST]


def smear(rng: random.Random, raw: bytes) -> bytes:
    """Changes of the bytes alone: flipped, cut off, doubled, with noise before, within or after."""
    data = bytearray(raw)
    kind = rng.randrange(7)
    if kind <= 1 and data:
        for _ in range(rng.choice((1, 1, 2, 8))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del data[rng.randrange(len(data) + 1) :]
    elif kind == 3:
        data += rng.choice((b"\x00", raw, rng.randbytes(rng.randint(1, 40))))
    elif kind == 4:
        at = rng.randrange(len(data) + 1)
        data[at:at] = rng.randbytes(rng.randint(1, 8))
    elif kind == 5:
        at = rng.randrange(len(data) + 1)
        del data[at : at + rng.randint(1, 8)]
    else:
        at = rng.randrange(len(data) + 1)
        data[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x30\x80\x00\x00"))
    return bytes(data[:LONGEST])
