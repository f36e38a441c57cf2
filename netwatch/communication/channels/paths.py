"""Values inside JSON by a written path, as in `messages[0].status`. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d{1,3})\]")
_PATH: Final = re.compile(r"[^.\[\]]+(?:\[\d{1,3}\])*(?:\.[^.\[\]]+(?:\[\d{1,3}\])*)*")


def is_path(written: str) -> bool:
    """Whether `written` is a path at all."""
    return _PATH.fullmatch(written) is not None


def steps(path: str) -> list[str | int]:
    """The names and places of a path, from outside inwards."""
    return [match.group(1) or int(match.group(2)) for match in _STEP.finditer(path)]


def put(document: dict[str, Any], path: str, value: str) -> None:
    """Set `value` at `path`; what is missing on the way is made."""
    here: Any = document
    walk = steps(path)
    for step, after in zip(walk, [*walk[1:], None], strict=True):
        fresh: Any = value if after is None else [] if isinstance(after, int) else {}
        if isinstance(step, int):
            while len(here) <= step:
                here.append(None)
            if after is None or here[step] is None:
                here[step] = fresh
        elif after is None or step not in here:
            here[step] = fresh
        here = here[step]


def get(document: Any, path: str) -> str | None:
    """The text, number or truth value at `path` as text; None when there is none of them."""
    here = document
    for step in steps(path):
        if isinstance(step, int):
            if not isinstance(here, list) or step >= len(here):
                return None
            here = here[step]
        else:
            if not isinstance(here, dict) or step not in here:
                return None
            here = here[step]
    if isinstance(here, bool):
        return "true" if here else "false"
    return str(here) if isinstance(here, (str, int, float)) else None
