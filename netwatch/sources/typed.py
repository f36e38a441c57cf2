"""From nodes to typed values: pydantic decides, its errors are told in our form at the operator's own line."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from netwatch.errors import Fault, InputError, Place
from netwatch.late import late
from netwatch.sources.faults import Faults, quoted
from netwatch.sources.files import hidden_character
from netwatch.sources.nodes import Node
from netwatch.sources.schema import keys_at, may_be_number
from netwatch.sources.wording import words_for

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = late("pydantic")

T = TypeVar("T")
Location = tuple[str | int, ...]
_NOT_FINITE: Final = re.compile(r"\s*[+-]?(?:inf|infinity|nan)\s*", re.IGNORECASE)


def adapter_of(kind: type[T]) -> pydantic.TypeAdapter[T]:
    """What turns values into that type; it is made once, which takes long for a large one."""
    return _made(cast("Hashable", kind))


@lru_cache(maxsize=128)
def _made(kind: Hashable) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(cast("Any", kind))


def validate(node: Node, kind: type[T], *, lines: bool = False) -> T:
    """The value of that type that a node describes.

    `lines` allows line breaks and tabs inside texts (mail bodies); by default they are refused.

    Raises:
        InputError: every fault, each with its place, key and mend.
    """
    faults = Faults()
    for child in node.walk():
        if isinstance(child.value, str) and (hidden := hidden_character(child.value, lines=lines)):
            faults.add(child.place, f"the invisible character {hidden} is not allowed", "remove it")
    adapter = adapter_of(kind)
    faults.extend(_not_finite(node, adapter))
    try:
        value = adapter.validate_python(node.plain())
    except pydantic.ValidationError as error:
        schema = adapter.json_schema()
        faults.extend(_fault(node, one, schema) for one in error.errors(include_url=False))
    else:
        faults.raise_any()
        return value
    raise InputError(_told_once(faults.all()))


def _fault(root: Node, error: Any, schema: Mapping[str, Any]) -> Fault:
    location: Location = tuple(error["loc"])
    kind: str = error["type"]
    node, place = _find(root, location)
    key = str(location[-1]) if location else ""
    known: Sequence[str] = ()
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        known = keys_at(schema, location[:-1])
        place = node.key_place if node is not None else place
    what, mend = words_for(error, key=key, node=node, known=known)
    return Fault(place, what, mend)


def _told_once(faults: Iterable[Fault]) -> list[Fault]:
    """One fault a place: a value that fits none of several types is reported by pydantic once for each."""
    first: dict[Place, Fault] = {}
    for fault in faults:
        first.setdefault(fault.where, fault)
    return list(first.values())


def _find(root: Node, location: Location) -> tuple[Node | None, Place]:
    """The node that pydantic means (None when its key is absent) and where to point.

    Names that are no keys of ours (the tag of a union, a validator's name) are skipped.
    """
    node = root
    for step, name in enumerate(location):
        if isinstance(node.value, list) and isinstance(name, int) and name < len(node.value):
            node = node.value[name]
        elif child := node.get(str(name)):
            node = child
        elif isinstance(node.value, dict) and step == len(location) - 1:
            return None, node.place_of(str(name))
    return node, node.place


def _not_finite(node: Node, adapter: pydantic.TypeAdapter[Any]) -> Iterator[Fault]:
    """Faults for what pydantic would read as an infinite number or as no number (`inf`, `nan`)."""
    schema: Mapping[str, Any] | None = None
    for child in node.walk():
        if isinstance(child.value, str) and _NOT_FINITE.fullmatch(child.value):
            schema = schema or adapter.json_schema()
            if may_be_number(schema, child.location(node)):
                what = f"expected a number, found {quoted(child.value)}"
                yield Fault(child.place, what, "write digits, as in 10 or 0.5")
