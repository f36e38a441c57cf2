"""The operator's files, read with their positions kept.

In: a path. Out: a `Node` tree (YAML) or rows (CSV), or an `InputError` that holds every fault.
Invariants: a plain scalar stays the text that was written (`07700900123`, `NO`, `00123`); only nothing,
`~` and `null` become None. Duplicate keys, aliases, tags, control and direction characters are refused.

    node = read_yaml(Path("playbook.yaml"))  # InputError with file:line:column
    playbook = validate(node, Playbook)      # pydantic's errors in our form, at the node's place

To collect the faults of several files before giving up:

    faults = Faults()
    with faults.collecting():
        node = read_yaml(path)
    faults.raise_any()
"""

from netwatch.sources.faults import Faults, Suggester, counted, one_of, quoted
from netwatch.sources.files import file_lines, hidden_character, read_text
from netwatch.sources.nodes import Node
from netwatch.sources.typed import adapter_of, validate
from netwatch.sources.yamls import parse_yaml, read_yaml

__all__ = [
    "Faults",
    "Node",
    "Suggester",
    "adapter_of",
    "counted",
    "file_lines",
    "hidden_character",
    "one_of",
    "parse_yaml",
    "quoted",
    "read_text",
    "read_yaml",
    "validate",
]
