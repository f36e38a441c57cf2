"""Brown-outs in words: loss becomes an explanation."""

from __future__ import annotations

from typing import Final

from netwatch.diagnosis.customers import Gone
from netwatch.diagnosis.describe import Impact
from netwatch.diagnosis.loss import Brownout
from netwatch.diagnosis.model import Alternative, Explanation, Scenario, Scope
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.scope import find_scope
from netwatch.diagnosis.wording import called, clock, counted

_SURE: Final = 0.8
_DOUBTFUL: Final = 0.5


def describe_brownout(picture: Picture, one: Brownout, impact: Impact) -> Explanation:
    """The explanation of one brown-out; its key is set later.

    Everything below the first hop lossy is the monitor's own trouble, and concerns no customer. What one device
    alone tells is weak: a person decides whether its customers are told.
    """
    own = one.device in picture.net.begun
    link = picture.tree.parent_link.get(one.device)
    device = f"device:{one.device}"
    root = "monitor" if own else f"link:{link}" if link else device
    name = picture.net.inventory.devices[one.device].name or one.device
    affected, served = impact.add(Gone((), (), frozenset() if own else one.devices))
    behind = len(one.devices - {one.device})
    whom = f"{name} and {counted(behind, 'device')} behind it" if behind else name
    seen = f"{one.ratio:.0%} of the pings to {whom} are lost"
    words = [f"{seen} since about {clock(one.onset_at)}; elsewhere {one.base:.1%}"]
    if not one.several:
        words.append("only one device tells so: it may be slow to answer pings while it forwards well")
    if one.slowed:
        words.append("replies take much longer than usual")
    words.append(f"concluded: {called(picture.net.inventory, root)}")
    return Explanation(
        key="",
        roots=(root,),
        scope=Scope.MONITORING if own else find_scope(affected, served),
        scenario=Scenario.OVERLOAD if one.slowed else Scenario.UNKNOWN,
        onset_at=one.onset_at,
        last_good_at=one.onset_at,
        confirmed_at=one.onset_at,
        confidence=_SURE if one.several else _DOUBTFUL,
        strong=one.several,
        settled=True,
        degraded=frozenset() if own else one.devices,
        affected=affected,
        reasons=tuple(words),
        alternatives=(Alternative((device,), 0.6),) if root.startswith("link:") else (),
    )
