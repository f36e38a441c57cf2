"""What a template says: the words that a reader may see, with their lines, without the conditions around them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import nodes

#: A branch under one of these is only taken when the cause is sure, or is what is said when it is not.
_OF_CERTAINTY: Final = frozenset({"cause_known", "known"})


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of words on one line. `hedged`: it stands under a condition on whether the cause is known."""

    line: int
    words: str
    hedged: bool = False


def said(node: nodes.Node) -> tuple[Said, ...]:
    """All words of a template or macro; the macros that it defines and calls are not followed."""
    return tuple(_words(node, hedged=False, top=True))


def _words(node: nodes.Node, *, hedged: bool, top: bool = False) -> Iterator[Said]:
    if isinstance(node, (nodes.Compare, nodes.Import)) or (isinstance(node, nodes.Macro) and not top):
        return
    if isinstance(node, (nodes.TemplateData, nodes.Const)):
        written = node.data if isinstance(node, nodes.TemplateData) else node.value
        lines = enumerate(written.split("\n")) if isinstance(written, str) else ()
        yield from (Said(node.lineno + number, line, hedged) for number, line in lines if line.strip())
        return
    if isinstance(node, (nodes.If, nodes.CondExpr)):
        hedged = hedged or any(_on_certainty(name) for name in (node.test, *node.test.find_all(nodes.Name)))
    for child in node.iter_child_nodes(exclude=("test",)):
        yield from _words(child, hedged=hedged)


def _on_certainty(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name in _OF_CERTAINTY


def calls(node: nodes.Node) -> frozenset[str]:
    """Names of the macros that `node` calls itself."""
    found = set()
    for call in node.find_all(nodes.Call):
        target = call.node
        if isinstance(target, nodes.Getattr):
            found.add(target.attr)
        elif isinstance(target, nodes.Name):
            found.add(target.name)
    return frozenset(found)


def reached(node: nodes.Node, macros: Mapping[str, nodes.Macro]) -> frozenset[str]:
    """The macros that `node` calls, and those that these call."""
    found: set[str] = set()
    ahead = [name for name in calls(node) if name in macros]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(one for one in calls(macros[name]) if one in macros)
    return frozenset(found)
