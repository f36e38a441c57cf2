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
    full, more = _on_the_link(picture, link)
    words += more
    words.append(f"concluded: {called(picture.net.inventory, root)}")
    return Explanation(
        key="",
        roots=(root,),
        scope=Scope.MONITORING if own else find_scope(affected, served),
        scenario=Scenario.OVERLOAD if one.slowed or full else Scenario.UNKNOWN,
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


def _on_the_link(picture: Picture, link: str | None) -> tuple[bool, list[str]]:
    """Whether a port of the lossy link is full, and what its counters say. Without loss they would say nothing."""
    if link is None:
        return False, []
    found, words = picture.net.inventory.links[link], []
    full = picture.beliefs.signals.full_end(found, picture.now)
    if full is not None:
        port, load = full
        words.append(f"port {port} is {load.share:.0%} full and drops {load.dropped_per_s:.0f} packets a second")
    damaged = picture.beliefs.signals.damaged_end(found, picture.now)
    if damaged is not None:
        port, load = damaged
        words.append(f"port {port} receives {load.damaged_per_s:.0f} damaged frames a second")
    return full is not None, words
