"""What each cause makes unreachable, alone and together with the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netwatch.diagnosis.causes import Cause
from netwatch.diagnosis.picture import Picture


@dataclass(frozen=True, slots=True)
class Zone:
    """One cause with the devices that lost their path because of it.

    `unreachable`: confirmed silent, or merely enclosed and not heard since the onset.
    """

    cause: Cause
    unreachable: frozenset[str] = frozenset()

    @property
    def silenced(self) -> frozenset[str]:
        """All devices through which nothing can pass."""
        return self.cause.dead | self.unreachable


def find_zones(picture: Picture, causes: Sequence[Cause]) -> list[Zone]:
    """One zone for each cause, in their order, which must be that of their onsets."""
    found = [_enclosed(picture, cause, picture.tree.shadow(cause.dead, cause.cut)) for cause in causes]
    placed = set().union(*found, *(cause.dead for cause in causes)) if causes else set()
    # The latest cause of an island takes what no cause alone cuts off.
    takes = {item.members: place for place, cause in enumerate(causes) for item in cause.items}
    for members, place in takes.items():
        found[place] |= members - placed
    placed.update(*takes)
    if len(causes) > 1:
        dead = frozenset(device for cause in causes for device in cause.dead)
        cut = frozenset(link for cause in causes for link in cause.cut)
        common = picture.tree.shadow(dead, cut) - placed
        found[-1] |= _enclosed(picture, causes[-1], common)
    return [Zone(cause, frozenset(found[place] - cause.dead)) for place, cause in enumerate(causes)]


def _enclosed(picture: Picture, cause: Cause, devices: frozenset[str]) -> set[str]:
    onset_at = cause.onset_at
    others = {device for device in devices - picture.dark if is_silent(picture, device, onset_at)}
    return others.union(devices & picture.dark)


def is_silent(picture: Picture, device: str, onset_at: float) -> bool:
    """Whether nothing was heard of `device` since the onset; one that nobody polls is silent with its neighbours."""
    evidence = picture.device(device)
    if evidence.is_down:
        return device not in picture.mutes
    if evidence.known:
        return evidence.answered_at <= picture.fresh_after(onset_at)
    return not picture.answers(device, picture.fresh_after(onset_at))
