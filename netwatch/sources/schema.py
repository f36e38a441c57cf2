"""Finding one's way in a JSON Schema: which keys a block may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def keys_at(schema: Mapping[str, Any], location: tuple[str | int, ...]) -> list[str]:
    """The keys that the block at `location` may have, in the order of their declaration."""
    keys: dict[str, None] = {}
    for block in _blocks_at(schema, schema, location):
        keys.update(dict.fromkeys(block.get("properties", {})))
    return list(keys)


def may_be_number(schema: Mapping[str, Any], location: tuple[str | int, ...]) -> bool:
    """Whether the value at `location` is read as a number where it can be."""
    kinds = [block.get("type") for block in _blocks_at(schema, schema, location)]
    return "string" not in kinds and ("number" in kinds or "integer" in kinds)


def _blocks_at(
    root: Mapping[str, Any], here: Mapping[str, Any], location: tuple[str | int, ...]
) -> Iterator[Mapping[str, Any]]:
    """The schemas that may apply at `location`; a name that leads nowhere (a union's tag) is skipped."""
    for block in _alternatives(root, here):
        if not location:
            yield block
            continue
        name, *rest = location
        properties = block.get("properties", {})
        if name in properties:
            yield from _blocks_at(root, properties[name], tuple(rest))
        elif isinstance(name, int) and isinstance(block.get("items"), Mapping):
            yield from _blocks_at(root, block["items"], tuple(rest))
        elif isinstance(block.get("additionalProperties"), Mapping):
            yield from _blocks_at(root, block["additionalProperties"], tuple(rest))
        else:
            yield from _blocks_at(root, block, tuple(rest))


def _alternatives(root: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema with its references followed and its unions taken apart."""
    if reference := here.get("$ref"):
        yield from _alternatives(root, root["$defs"][reference.rsplit("/", 1)[-1]])
        return
    branches = [*here.get("anyOf", ()), *here.get("oneOf", ()), *here.get("allOf", ())]
    if not branches:
        yield here
    for branch in branches:
        yield from _alternatives(root, branch)
