"""A drill written down: `drill.yaml` with its faults, its seed and how fast people approve."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, MinLen

from netwatch.errors import Place
from netwatch.inventory.model import Inventory
from netwatch.simulation.faults import Breakage, parse_at
from netwatch.sources import read_yaml, validate


@dataclass(frozen=True, slots=True)
class Script:
    """The keys of `drill.yaml`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "use_attribute_docstrings": True}

    faults: Annotated[tuple[str, ...], MinLen(1)]
    """Faults in the language of `--fault`, as in "cut duct-a35 at 30 for 600"."""
    seed: int = 0
    """What chance draws (phases, boot times) follows from it."""
    approve_after_s: Annotated[float, Ge(0)] | None = None
    """People approve what waits for them so many seconds after they are asked; null = nobody does."""


def read_script(path: Path, inventory: Inventory) -> tuple[Script, tuple[Breakage, ...]]:
    """A drill's file and its faults, read against the inventory.

    Raises:
        InputError: with every fault of the file, each with its line.
    """
    root = read_yaml(path)
    script = validate(root, Script)
    node = root.get("faults")
    places = [entry.place for entry in node.entries()] if node is not None else []
    return script, parse_at(zip(script.faults, places, strict=True), inventory)


def read_options(texts: tuple[str, ...], inventory: Inventory) -> tuple[Breakage, ...]:
    """The faults of repeated `--fault` options.

    Raises:
        InputError: with every fault; the place is the option's number where there are several.
    """
    several = len(texts) > 1
    places = [Place(f"--fault {number}" if several else "--fault") for number in range(1, len(texts) + 1)]
    return parse_at(zip(texts, places, strict=True), inventory)
