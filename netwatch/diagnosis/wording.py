"""Small words for reasons: instants, names and counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from netwatch.inventory.model import Inventory

#: So many names are shown in a row.
SHOWN: Final = 3
_UNIX_FROM: Final = 1e9


def clock(at: float) -> str:
    """An instant for people: UTC time of day, so marked, when it reads like Unix time, else seconds since the start."""
    if at >= _UNIX_FROM:
        return datetime.fromtimestamp(at, tz=UTC).strftime("%H:%M:%S UTC")
    return f"t+{at:.1f}s"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = SHOWN) -> str:
    """Names in a row; after `most` of them only how many more there are."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def called(inventory: Inventory, ref: str) -> str:
    """A ref as people say it."""
    kind, _, name = ref.partition(":")
    if kind == "device":
        found = inventory.devices.get(name)
        return f"device {found.name if found and found.name else name}"
    if kind == "site":
        site = inventory.sites.get(name)
        return f"power of site {site.name if site and site.name else name}"
    if kind == "region":
        region = inventory.regions.get(name)
        return f"power of region {region.name if region and region.name else name}"
    if kind == "provider":
        provider = inventory.providers.get(name)
        return f"provider {provider.name if provider and provider.name else name}"
    words = {"feed": "power feed", "port_group": "port group"}
    return f"{words.get(kind, kind)} {name}" if name else kind
