"""The configuration's reference, made from the settings themselves: JSON Schema for editors, Markdown for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from netwatch.config.settings import Settings
from netwatch.sources import adapter_of

_FIRST_LINES: Final = """# Configuration

The keys of `netwatch.yaml`. Made from the settings' own descriptions: change those, not this page.
Only `inventory` is needed; everything else has the default that stands here. Relative paths start at the
directory of the file. A key's unit is the end of its name: `_s` seconds, `_ms` milliseconds.
"""
_LIMITS: Final = {
    "exclusiveMinimum": "more than",
    "minimum": "at least",
    "exclusiveMaximum": "less than",
    "maximum": "at most",
    "minLength": "length at least",
    "minItems": "entries at least",
}


def schema() -> dict[str, Any]:
    """JSON Schema of the configuration file."""
    made = adapter_of(Settings).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "netwatch configuration"}


def markdown() -> str:
    """`docs/reference/configuration.md`."""
    root = schema()
    lines = [_FIRST_LINES]
    for path, block in blocks(root):
        title = f"`{path}`" if path else "Top level"
        lines += [f"## {title}", ""]
        if path and (told := _one_line(block.get("description", ""))):
            lines += [told, ""]
        lines += ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
        required = block.get("required", ())
        for key, told in block["properties"].items():
            default = "needed" if key in required else _default(told)
            meaning = told.get("description") or block_of(root, told).get("description", "")
            lines.append(f"| `{key}` | {_values(root, told)} | {default} | {_one_line(meaning)} |")
        lines.append("")
    return "\n".join(lines)


def blocks(root: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every block of keys with its path, as in `snmp.profiles.<name>` or `people[]`, outermost first."""
    yield from _blocks(root, root, "")


def _blocks(root: Mapping[str, Any], here: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    block = block_of(root, here)
    for branch in (*block.get("anyOf", ()), *block.get("oneOf", ())):
        yield from _blocks(root, branch, path)
    if "properties" in block:
        yield path, block
        for key, inner in block["properties"].items():
            yield from _blocks(root, inner, f"{path}.{key}" if path else key)
    if isinstance(block.get("items"), Mapping):
        yield from _blocks(root, block["items"], f"{path}[]")
    if isinstance(block.get("additionalProperties"), Mapping):
        yield from _blocks(root, block["additionalProperties"], f"{path}.<name>")


def block_of(root: Mapping[str, Any], here: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself, or the one that it refers to."""
    reference = here.get("$ref")
    return root["$defs"][reference.rsplit("/", 1)[-1]] if reference else here


def _values(root: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """What may be written, in words."""
    told = {**block_of(root, told), **{key: value for key, value in told.items() if key != "$ref"}}
    branches = [*told.get("anyOf", ()), *told.get("oneOf", ())]
    if branches:
        return " or ".join(dict.fromkeys(_values(root, branch) for branch in branches))
    if "enum" in told or "const" in told:
        return ", ".join(f"`{value}`" for value in told.get("enum", [told.get("const")]))
    kind = str(told.get("type", "value"))
    if kind == "array":
        return f"list of {_values(root, told['items'])}" if isinstance(told.get("items"), Mapping) else "list"
    words = {
        "string": "text",
        "number": "number",
        "integer": "whole number",
        "boolean": "true, false",
        "object": "block",
    }
    name = "path" if str(told.get("format", "")).endswith("path") else words.get(kind, kind)
    limits = [f"{words_} {told[key]:g}" for key, words_ in _LIMITS.items() if key in told]
    return f"{name}, {', '.join(limits)}" if limits else name


def _default(told: Mapping[str, Any]) -> str:
    if "default" not in told:
        return "see below"
    default = told["default"]
    if isinstance(default, float) and default.is_integer():
        return f"`{int(default)}`"
    if default == "":
        return "empty"
    words = {None: "null", True: "true", False: "false"}
    return f"`{words[default] if default is None or isinstance(default, bool) else default}`"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
