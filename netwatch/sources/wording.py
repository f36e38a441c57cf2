"""pydantic's errors in the words of this project: what is wrong, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from netwatch.sources.faults import Suggester, one_of, quoted
from netwatch.sources.nodes import Node

_SECRET: Final = re.compile("password|passphrase|secret|token|community|credential|api_key", re.IGNORECASE)
_MANY: Final = 12

Words = tuple[str, str]


def words_for(error: Mapping[str, Any], *, key: str, node: Node | None, known: Sequence[str]) -> Words:
    """What is wrong and what mends it. `known` are the keys allowed beside an unknown one."""
    kind: str = error["type"]
    ctx: Mapping[str, Any] = error.get("ctx") or {}
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"unknown key {quoted(key)}", _mend_of_key(key, known)
    if kind in {"missing", "missing_argument", "missing_keyword_only_argument"}:
        return f"the key {quoted(key)} is missing", f'add "{key}: ..."'
    if kind in {"value_error", "assertion_error"}:
        what, _, mend = str(ctx.get("error", "wrong value")).partition("; ")
        return what, mend
    return _words_for_value(kind, ctx, node, _found(node, key), str(error["msg"]))


def _words_for_value(kind: str, ctx: Mapping[str, Any], node: Node | None, found: str, said: str) -> Words:
    if kind in {"enum", "literal_error"}:
        return _wrong_word(node, found, str(ctx.get("expected", "")))
    if node is not None and node.value is None:
        return "there is no value", "give one, or remove the key to get the default"
    if kind in _LIMITS:
        return _LIMITS[kind](found, ctx)
    for start, what, mend in _TYPES:
        if kind.startswith(start):
            return f"expected {what}, found {found}", mend
    return f"{said[:1].lower()}{said[1:]} (found {found})", "see docs/reference/"


def _found(node: Node | None, key: str) -> str:
    if node is None:
        return "nothing"
    if not isinstance(node.value, str):
        return node.kind
    return '"***"' if _SECRET.search(key) else quoted(node.value)


def _mend_of_key(key: str, known: Sequence[str]) -> str:
    near = Suggester(known).hint(key)
    if not known:
        return "remove it"
    if len(known) <= _MANY:
        return f"known here: {', '.join(known)}{near}"
    return f"remove it, or mend its name{near}"


def _wrong_word(node: Node | None, found: str, expected: str) -> Words:
    choices = re.findall(r"'([^']*)'", expected)
    wrong = node.value if node is not None and isinstance(node.value, str) else ""
    if node is not None and node.value is None:
        found = "nothing"
    return f"unknown value {found}" if wrong else f"expected one word, found {found}", one_of(choices, wrong)


def _limit(relation: str, name: str) -> Callable[[str, Mapping[str, Any]], Words]:
    def say(found: str, ctx: Mapping[str, Any]) -> Words:
        return f"{found.strip(chr(34))} is out of range", f"it must be {relation} {ctx.get(name):g}"

    return say


def _too_short(found: str, ctx: Mapping[str, Any]) -> Words:
    if found in {'""', "a list"} and ctx.get("actual_length") in {0, None}:
        return "the list is empty" if found == "a list" else "there is no value", "give at least one"
    return f"{found} is too short", f"at least {ctx.get('min_length')} are needed"


def _too_long(found: str, ctx: Mapping[str, Any]) -> Words:
    return f"{found} is too long", f"at most {ctx.get('max_length')} are allowed"


_LIMITS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Words]]] = {
    "greater_than": _limit("more than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "string_too_short": _too_short,
    "string_too_long": _too_long,
    "too_short": _too_short,
    "too_long": _too_long,
    "string_pattern_mismatch": lambda found, ctx: (
        f"{found} has the wrong form",
        f"it must match {ctx.get('pattern')}",
    ),
}

#: Beginning of pydantic's type of error -> what was expected, and the mend.
_TYPES: Final = (
    ("int", "a whole number", "write digits only"),
    ("float", "a number", "write it with digits and a point, as in 10 or 0.5"),
    ("decimal", "a number", "write it with digits and a point, as in 10 or 0.5"),
    ("bool", "true or false", "write true or false"),
    ("string", "a single value", "write one value after the key"),
    ("path", "the path of a file", "write one path after the key"),
    ("tuple", "a list", "put it in brackets, as in [one, two], or on lines that begin with a dash"),
    ("list", "a list", "put it in brackets, as in [one, two], or on lines that begin with a dash"),
    ("set", "a list", "put it in brackets, as in [one, two], or on lines that begin with a dash"),
    ("frozen_set", "a list", "put it in brackets, as in [one, two], or on lines that begin with a dash"),
    ("dict", "a block of keys", 'write "key: value" lines below it, indented'),
    ("mapping", "a block of keys", 'write "key: value" lines below it, indented'),
    ("dataclass", "a block of keys", 'write "key: value" lines below it, indented'),
    ("model", "a block of keys", 'write "key: value" lines below it, indented'),
    ("date", "a date and time", "write it as in 2026-12-01T01:00:00+01:00"),
    ("time_delta", "a duration", "write it in seconds"),
    ("none_required", "nothing", "remove the value"),
    ("union_tag", "one of several kinds of block", "see docs/reference/ for the kinds"),
    ("url", "a web address", "write it as in https://status.example.net/"),
)
