"""Chance that can be had again: generators by name, the same under every PYTHONHASHSEED."""

from __future__ import annotations

from random import Random


def seeded(*name: object) -> Random:
    """A generator of its own for this name; equal names draw equal numbers."""
    return Random(":".join(str(part) for part in name))  # noqa: S311 -- rehearsals must repeat, not be secret
