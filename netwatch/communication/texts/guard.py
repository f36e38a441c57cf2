"""What a template may be: text with variables, conditions and short loops; never code that can run away.

Everything that could multiply (string arithmetic, `range`, blocks that are set, macros that call themselves) is
refused before it runs, because a time limit inside the process can't be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import meta, nodes

from netwatch.communication.texts.cells import FRAGMENT
from netwatch.communication.texts.facts import VARIABLES
from netwatch.sources import Suggester, one_of

LIMIT_BYTES: Final = 64 * 1024
FILTERS: Final = frozenset({
    "between", "clock", "counted", "day", "duration", "exact", "first", "first_up", "hours", "join", "last", "length",
    "listed", "lower", "moment", "short", "upper",
})  # fmt: skip
_TESTS: Final = frozenset({"none", "in"})
_JINJA_OWN: Final = frozenset({"self", "super", "caller", "varargs", "kwargs"})
_LOOP_DEPTH: Final = 2
#: A loop runs over at most so many entries, for the estimate of the work.
_LOOP_WEIGHT: Final = 50
_WORK_LIMIT: Final = 200_000
_PLAIN: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.If, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Tuple, nodes.List, nodes.Keyword, nodes.Assign,
    nodes.Filter, nodes.Test, nodes.For, nodes.Call, nodes.Import, nodes.Macro,
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Objection:
    """What is wrong in a template, on which line, and the mend."""

    line: int
    what: str
    mend: str


def macros_of(tree: nodes.Template) -> dict[str, nodes.Macro]:
    """The macros that a file of shared sentences defines."""
    return {macro.name: macro for macro in tree.find_all(nodes.Macro)}


def objections(tree: nodes.Template, sentences: Mapping[str, nodes.Macro], *, fragment: bool) -> list[Objection]:
    """Everything in `tree` that a template may not hold. `sentences` are the macros it may call."""
    refused = (_refused(node, sentences, fragment=fragment) for node in _all(tree))
    found = [objection for objection in refused if objection is not None]
    found.extend(_deep_loops(tree, 0))
    if not found:  # what follows needs a tree that holds nothing strange
        found.extend(_unknown_names(tree))
    if not found:
        found.extend(_too_much_work(tree, sentences))
    return sorted(set(found))


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _all(child)


def _unknown_names(tree: nodes.Template) -> Iterator[Objection]:
    unknown = meta.find_undeclared_variables(tree) - set(VARIABLES)
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and node.ctx == "load":
            hint = Suggester(VARIABLES).hint(node.name)
            yield Objection(node.lineno, f'no variable is named "{node.name}"', f"see docs/reference/texts.md{hint}")


def _refused(node: nodes.Node, sentences: Mapping[str, nodes.Macro], *, fragment: bool) -> Objection | None:  # noqa: C901, PLR0911 - one line a rule
    if not isinstance(node, _PLAIN):
        kind = type(node).__name__.lower()
        return Objection(
            node.lineno or 0, f'"{kind}" is not allowed in a text', "use variables, if, for and filters only"
        )
    if isinstance(node, nodes.Name) and node.name in _JINJA_OWN:
        return Objection(node.lineno, f'"{node.name}" is not allowed', "use the documented variables")
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return Objection(node.lineno, f'no filter "{node.name}"', one_of(sorted(FILTERS), node.name))
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return Objection(node.lineno, f'no test "{node.name}"', one_of(sorted(_TESTS), node.name))
    if isinstance(node, nodes.Macro) and not fragment:
        return Objection(node.lineno, "a macro stands in a text", f"move it to {FRAGMENT}")
    if isinstance(node, nodes.Import):
        wanted = node.template.value if isinstance(node.template, nodes.Const) else ""
        if wanted != FRAGMENT or fragment:
            return Objection(node.lineno, "only the shared sentences may be imported", f'import "{FRAGMENT}" as say')
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.iter, (nodes.Name, nodes.Getattr))):
        return Objection(node.lineno, "a loop may run over a variable only", "name one of the lists of facts")
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return Objection(node.lineno, f'"{node.attr}" is not allowed', "use the documented variables")
    if isinstance(node, nodes.Call):
        return _call(node, sentences)
    return None


def _called(node: nodes.Call) -> str:
    """The macro's name; empty when something else is called."""
    target = node.node
    if isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name):
        return target.attr
    return target.name if isinstance(target, nodes.Name) else ""


def _call(node: nodes.Call, sentences: Mapping[str, nodes.Macro]) -> Objection | None:
    name = _called(node)
    if name not in sentences or node.dyn_args or node.dyn_kwargs:
        hint = Suggester(sentences).hint(name)
        return Objection(node.lineno, f'"{name}" can\'t be called', f"call the macros of {FRAGMENT} only{hint}")
    return None


def _deep_loops(node: nodes.Node, depth: int) -> Iterator[Objection]:
    deeper = depth + isinstance(node, nodes.For)
    if deeper > _LOOP_DEPTH:
        yield Objection(node.lineno, "loops stand too deep in one another", f"at most {_LOOP_DEPTH} levels")
        return
    for child in node.iter_child_nodes():
        yield from _deep_loops(child, deeper)


def _too_much_work(tree: nodes.Template, sentences: Mapping[str, nodes.Macro]) -> Iterator[Objection]:
    known: dict[str, int] = {}
    for top in [*tree.find_all(nodes.Macro), tree]:
        work = _work(top, sentences, known, ())
        if work > _WORK_LIMIT:
            yield Objection(top.lineno, "this text can grow beyond measure", "call fewer macros; none may call itself")
            return


def _work(
    node: nodes.Node, sentences: Mapping[str, nodes.Macro], known: dict[str, int], inside: tuple[str, ...]
) -> int:
    """An upper estimate of the steps that `node` takes; a macro that calls itself takes more than allowed."""
    total = 1 + sum(_work(child, sentences, known, inside) for child in node.iter_child_nodes())
    if isinstance(node, nodes.Call):
        name = _called(node)
        if name in inside:
            return _WORK_LIMIT + 1
        if name not in known:
            known[name] = _work(sentences[name], sentences, known, (*inside, name))
        total += known[name]
    return total * _LOOP_WEIGHT if isinstance(node, nodes.For) else total
