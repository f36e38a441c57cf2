"""What kind of fault it is, from the evidence."""

from __future__ import annotations

from typing import Final

from netwatch.diagnosis.causes import Cause
from netwatch.diagnosis.model import Scenario
from netwatch.diagnosis.picture import Picture
from netwatch.inventory.model import Port

_SHOWN: Final = 2

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


def judge_light(picture: Picture, cause: Cause) -> tuple[Scenario | None, tuple[str, ...]]:
    """What light says of links that are down between devices that answer: a scenario, None = nothing certain, and why.

    A port down and no light at both ends are two kinds of evidence for the cable; a port down while light arrives at
    both ends speaks for what the cable ends in. One dark end alone decides nothing.
    """
    ends = [
        picture.beliefs.signals.dark_ends(picture.net.inventory.links[link], item.onset_at)
        for item in cause.items
        for link in item.links
        if not item.device
    ]
    told = [(dark, lit) for dark, lit in ends if dark or lit]
    words = tuple(_light_words(dark, lit) for dark, lit in told[:_SHOWN])
    if not told or len(told) < len(cause.items):
        return None, words
    if all(len(dark) == 2 for dark, _ in told):
        return Scenario.CABLE, words
    return (Scenario.EQUIPMENT if all(len(lit) == 2 for _, lit in told) else None), words


def _light_words(dark: tuple[Port, ...], lit: tuple[Port, ...]) -> str:
    if len(dark) == 2:
        return f"neither {dark[0]} nor {dark[1]} receives light: the cable between them, not what it ends in"
    if len(lit) == 2:
        return f"light arrives at {lit[0]} and {lit[1]} as usual: not the cable, but what it ends in"
    if dark and lit:
        return f"{dark[0]} receives no light while {lit[0]} does: one fibre, or what sends into it"
    return f"{dark[0]} receives no light" if dark else f"light arrives at {lit[0]} as usual"
