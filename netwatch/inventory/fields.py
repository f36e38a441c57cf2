"""Reading one block of keys by a table: unknown and missing keys, wrong kinds, wrong values, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netwatch.inventory.values import WrongValueError
from netwatch.sources import Faults, Node, Suggester, quoted


@dataclass(frozen=True, slots=True)
class Key:
    """How one key is read. `many`: a list of values. `null` is what an empty value stands for.

    Without `read`, the key holds blocks that the caller reads.
    """

    read: Callable[[str], object] | None = None
    required: bool = False
    many: bool = False
    null: object = None


Block = Mapping[str, Key]


def read_block(node: Node, keys: Block, faults: Faults) -> dict[str, Any] | None:
    """The values of the keys that are given and right; None when `node` is no block.

    An empty value counts as not given, unless the key says what it stands for.
    """
    if not isinstance(node.value, dict):
        faults.add(node.place, f"expected a block of keys, found {node.kind}", 'write "key: value" pairs')
        return None
    values: dict[str, Any] = {}
    for name, child in node.value.items():
        key = keys.get(name)
        if key is None:
            mend = f"known here: {', '.join(keys)}{Suggester(keys).hint(name)}"
            faults.add(child.key_place, f"unknown key {quoted(name)}", mend)
        elif key.read is None:
            continue
        elif child.value is None:
            if key.null is not None:
                values[name] = key.null
            elif key.required:
                faults.add(child.place, "there is no value", "give one")
        elif key.many:
            values[name] = _many(child, key.read, faults)
        else:
            _single(child, key.read, faults, values, name)
    _missing(node, keys, faults)
    return values


def _missing(node: Node, keys: Block, faults: Faults) -> None:
    for name, key in keys.items():
        if key.required and node.get(name) is None:
            faults.add(node.place_of(name), f"the key {quoted(name)} is missing", f'add "{name}: ..."')


def entries(node: Node | None, faults: Faults) -> list[Node]:
    """The entries of a list; an absent or empty one has none, anything else is a fault."""
    if node is None or node.value is None:
        return []
    if not isinstance(node.value, list):
        faults.add(node.place, f"expected a list, found {node.kind}", 'begin each entry with "- "')
        return []
    return node.value


def _many(node: Node, read: Callable[[str], object], faults: Faults) -> tuple[object, ...]:
    found: dict[str, Any] = {}
    if isinstance(node.value, str):
        faults.add(node.place, f"expected a list, found {quoted(node.value)}", f"write [{node.value}]")
        return ()
    for child in entries(node, faults):
        if isinstance(child.value, str) and child.value in found:
            faults.add(child.place, f"{quoted(child.value)} stands twice in this list", "keep one")
        elif child.value is None:
            faults.add(child.place, "there is no value", "remove this entry")
        else:
            _single(child, read, faults, found, str(child.value))
    return tuple(found.values())


def _single(node: Node, read: Callable[[str], object], faults: Faults, values: dict[str, Any], name: str) -> None:
    if not isinstance(node.value, str):
        faults.add(node.place, f"expected a single value, found {node.kind}", "write one value after the key")
        return
    try:
        values[name] = read(node.value)
    except WrongValueError as error:
        faults.add(node.place, error.what, error.mend)
