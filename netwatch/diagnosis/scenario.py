"""What kind of fault it is, from the evidence."""

from __future__ import annotations

from typing import Final

from netwatch.diagnosis.model import Scenario

_BY_KIND: Final = {
    "site": Scenario.POWER,
    "feed": Scenario.POWER,
    "region": Scenario.POWER,
    "link": Scenario.CABLE,
    "duct": Scenario.CABLE,
    "provider": Scenario.CABLE,
    "device": Scenario.EQUIPMENT,
    "port_group": Scenario.EQUIPMENT,
    "upstream": Scenario.UPSTREAM,
}


def find_scenario(roots: tuple[str, ...], *, on_battery: bool, switched_off: bool) -> Scenario:
    """The scenario of these roots; mixed kinds, or a port that someone switched off, are unknown."""
    if on_battery:
        return Scenario.POWER
    found = {_BY_KIND.get(root.partition(":")[0], Scenario.UNKNOWN) for root in roots}
    if switched_off or len(found) != 1:
        return Scenario.UNKNOWN
    return found.pop()
