"""YAML to nodes: from the parser's events, so that every key, alias and tag is seen as it was written.

Source: YAML 1.1 as libyaml reads it, without its implicit types.
"""

from __future__ import annotations

from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any, Final

from netwatch.errors import Fault, InputError, Place
from netwatch.late import late
from netwatch.sources.faults import Faults, quoted
from netwatch.sources.files import hidden_character, read_text
from netwatch.sources.nodes import Node

if TYPE_CHECKING:
    import yaml
else:
    yaml = late("yaml")

_LIMIT_BYTES: Final = 64_000_000
_LIMIT_NODES: Final = 5_000_000
_LIMIT_DEPTH: Final = 40
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

#: What the parser says -> what is wrong, and what mends it. The first that occurs in its words is taken.
_WORDS: Final = (
    ("cannot start any token", "this character can't begin a value", "put the value in quotes"),
    ("mapping values are not allowed", 'a ":" stands where no key can stand', "put the value in quotes, or mend the indentation"),
    ("did not find expected ',' or ']'", "the list is not closed", 'add the missing "," or "]"'),
    ("did not find expected ',' or '}'", "the block is not closed", 'add the missing "," or "}"'),
    ("did not find expected key", "a key was expected here", "mend the indentation or the quotes"),
    ("did not find expected '-' indicator", 'an entry "- " was expected here', "mend the indentation"),
    ("could not find expected ':'", 'a key without ":" and value', 'write "key: value"'),
    ("unexpected end of stream", "the file ends in the middle of a value", "close the quote or bracket"),
    ("found unexpected document indicator", "the file ends in the middle of a value", "close the quote or bracket"),
    ("escape", "an unknown escape in a quoted value", "write \\\\ for a backslash, or use single quotes"),
    ("did not find expected <document start>", "text stands after the end of the content", "mend the indentation"),
    ("sequence entries are not allowed", 'an entry "- " stands where none can stand', "mend the indentation"),
)  # fmt: skip


def read_yaml(path: Path, *, named_at: Place | None = None) -> Node:
    """The content of a YAML file, a block of keys at the top.

    `named_at` is where the operator named the file, None when it was on the command line.

    Raises:
        InputError: the file can't be read, or its YAML has faults.
    """
    return parse_yaml(read_text(path, limit_bytes=_LIMIT_BYTES, named_at=named_at), str(path))


def parse_yaml(text: str, file: str) -> Node:
    """The content of a YAML text; `file` names it in faults.

    Raises:
        InputError: its YAML has faults.
    """
    reading = _Reading(file)
    try:
        _read_events(text, reading)
    except yaml.MarkedYAMLError as error:
        reading.faults.extend([_syntax_fault(error, text, file)])
    except yaml.YAMLError as error:
        reading.faults.add(Place(file), f"this is no YAML: {quoted(str(error))}")
    except _TooMuchError:
        pass
    reading.faults.raise_any()
    if reading.root is None or reading.root.value is None:
        raise InputError([Fault(Place(file), "the file is empty", "see the examples in docs/reference/")])
    if not isinstance(reading.root.value, dict):
        what = f"expected a block of keys at the top, found {reading.root.kind}"
        raise InputError([Fault(reading.root.place, what, 'write "key: value" lines')])
    return reading.root


def _read_events(text: str, reading: _Reading) -> None:
    # yaml.parse() asks twice for every event; a large inventory has a million of them.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
    try:
        event = loader.get_event()
        while type(event) is not yaml.StreamEndEvent:
            reading.take(event)
            event = loader.get_event()
    finally:
        loader.dispose()


class _TooMuchError(Exception):
    """Too deep or too large to go on; the fault is noted already."""


class _Reading:
    """Builds the nodes of one file from the parser's events, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults = Faults()
        self.root: Node | None = None
        self._open: list[Node] = []
        self._key: tuple[str, int, int] | None = None
        self._documents = 0
        self._nodes = 0
        self._block_as_key: Node | None = None

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end()
        elif kind is yaml.AliasEvent:
            self._fault(event, f'aliases ("*{event.anchor}") are not allowed', "write the value out")
            self._place_node(self._node(None, event), is_text=True)
        elif kind is yaml.DocumentStartEvent:
            self._documents += 1
            if self._documents == 2:
                self._fault(event, 'a second document begins here ("---")', "keep one document a file")
                raise _TooMuchError

    def _scalar(self, event: Any) -> None:
        value: str | None = event.value
        plain = event.style is None or event.style == ""
        if event.tag is not None:
            self._fault(
                event, f"tags ({quoted(event.tag)}) are not allowed", "remove it; quote the value if it is text"
            )
        if plain:
            if value in _NULLS:
                value = None
        elif value and (hidden := hidden_character(value, lines=True)):
            self._fault(event, f"the invisible character {hidden} is not allowed", "remove the escape")
        # Ids come again and again, and live as long as what is made of them.
        self._place_node(self._node(intern(value) if value else value, event), is_text=True)

    def _begin(self, event: Any, value: list[Node] | dict[str, Node]) -> None:
        if event.tag is not None:
            self._fault(event, f"tags ({quoted(event.tag)}) are not allowed", "remove it")
        if len(self._open) >= _LIMIT_DEPTH:
            self._fault(event, f"nested deeper than {_LIMIT_DEPTH} levels", "write it flatter")
            raise _TooMuchError
        node = self._node(value, event)
        self._place_node(node, is_text=False)
        self._open.append(node)

    def _end(self) -> None:
        node = self._open.pop()
        if node is self._block_as_key:  # refused already: now its value may come
            self._block_as_key = None
            self._key = ("?", node.line, node.column)

    def _node(self, value: Any, event: Any) -> Node:
        self._nodes += 1
        if self._nodes > _LIMIT_NODES:
            self._fault(event, f"the file has more than {_LIMIT_NODES} values", "split it")
            raise _TooMuchError
        mark = event.start_mark
        return Node(value, mark.line + 1, mark.column + 1, self.file)

    def _place_node(self, node: Node, *, is_text: bool) -> None:
        """Hang a node under the block or list that is open, or take it as the next key."""
        if not self._open:
            self.root = self.root or node
            return
        parent = self._open[-1]
        node.parent = parent
        if isinstance(parent.value, list):
            node.name = len(parent.value)
            parent.value.append(node)
        elif self._key is None:
            self._take_key(node, is_text=is_text)
        elif isinstance(parent.value, dict):
            node.name, node.key_line, node.key_column = self._key
            self._key = None
            self._hang(parent.value, node)

    def _take_key(self, node: Node, *, is_text: bool) -> None:
        if is_text and isinstance(node.value, str):
            self._key = (node.value, node.line, node.column)
            return
        where = Place(self.file, node.line, node.column)
        self.faults.add(
            where, f"a key must be a word, not {node.kind}", "quote it if braces or brackets belong to a value"
        )
        if is_text:
            self._key = ("?", node.line, node.column)
        else:
            self._block_as_key = node

    def _hang(self, block: dict[str, Node], node: Node) -> None:
        name = str(node.name)
        first = block.get(name)
        if first is None or name == "?":
            block[name] = node
            return
        self.faults.add(
            node.key_place,
            f"the key {quoted(name)} stands twice in this block",
            f"keep one of them (the first is on line {first.key_line})",
        )

    def _fault(self, event: Any, what: str, mend: str) -> None:
        mark = event.start_mark
        self.faults.add(Place(self.file, mark.line + 1, mark.column + 1), what, mend)


def _syntax_fault(error: yaml.MarkedYAMLError, text: str, file: str) -> Fault:
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    begun = ""
    if error.context_mark and mark and error.context_mark.line != mark.line:
        begun = f" (begun on line {error.context_mark.line + 1})"
    if mark and _character_at(text, mark.line, mark.column) == "\t":
        return Fault(place, "a tab stands here", "indent with spaces")
    for words, what, mend in _WORDS:
        if words in said:
            return Fault(place, what + begun, mend)
    return Fault(place, f"this is no YAML: {error.problem or error.context}{begun}", "")


def _character_at(text: str, line: int, column: int) -> str:
    lines = text.splitlines()
    return lines[line][column : column + 1] if line < len(lines) else ""
