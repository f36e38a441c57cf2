"""The ways out of the network: all of them lost concerns everyone, one of several only the redundancy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from netwatch.diagnosis.evidence import NEVER, Silence
from netwatch.diagnosis.model import Affected, Explanation, Scenario, Scope
from netwatch.diagnosis.net import Net
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.wording import called, clock, listed


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is wrong with the ways out. `undecided`: witnesses fail, but not long enough yet."""

    explanations: tuple[Explanation, ...] = ()
    undecided: bool = False


def exits_of(net: Net) -> frozenset[str]:
    """The devices through which the network reaches the outside."""
    return frozenset(one.device for one in net.inventory.upstreams.values() if one.device in net.edges)


def look_out(picture: Picture, silenced: Collection[str], everyone: frozenset[str]) -> Outlook:
    """Judge upstream ports and witnesses. `silenced`: devices that other faults have taken out."""
    upstreams = picture.net.inventory.upstreams
    alive = sorted(u for u, one in upstreams.items() if one.device not in silenced and one.device in picture.net.edges)
    fallen = {u: at for u in alive if (at := _port_down_at(picture, u)) is not None}
    if alive and len(fallen) == len(alive):
        onset_at = max(fallen.values())
        return Outlook((_all_lost(picture, tuple(alive), onset_at, _port_words(picture, fallen), everyone),))
    found = [_one_lost(picture, u, at) for u, at in sorted(fallen.items())]
    failing = _witness_silence(picture)
    if failing is None or exits_of(picture.net) & set(silenced):
        return Outlook(tuple(found))
    lasted_s = max(failing.last_at, picture.now) - failing.onset_at
    own_answers = picture.beliefs.answered_at > picture.fresh_after(failing.onset_at)
    if lasted_s < picture.settings.witness_s or failing.probes < 2 or not own_answers:
        return Outlook(tuple(found), undecided=True)
    words = f"no witness outside answers since {clock(failing.onset_at)}, while the own network does"
    left = tuple(u for u in alive if u not in fallen)
    if not left:
        return Outlook((_blind_outside(failing, words),))
    onset_at = min(failing.onset_at, *fallen.values()) if fallen else failing.onset_at
    ports = _port_words(picture, fallen)
    return Outlook((_all_lost(picture, tuple(alive), onset_at, (words, *ports), everyone),))


def _port_down_at(picture: Picture, upstream: str) -> float | None:
    one = picture.net.inventory.upstreams[upstream]
    port, device = picture.port(one.device, one.interface), picture.device(one.device)
    if port is None or not port.down or not port.ever_up or device.is_down or port.read_at <= device.returned_at:
        return None
    return port.changed_at


def _port_words(picture: Picture, fallen: dict[str, float]) -> tuple[str, ...]:
    upstreams = picture.net.inventory.upstreams
    return tuple(
        f"port {upstreams[u].interface} of {upstreams[u].device} to upstream {u} is down since {clock(at)}"
        for u, at in sorted(fallen.items())
    )


def _witness_silence(picture: Picture) -> Silence | None:
    """The silence of all witnesses that ever answered; None when one of them answers."""
    known = [evidence for _, evidence in sorted(picture.beliefs.witnesses.items()) if evidence.known]
    silences = [evidence.silence(picture.settings, port_down=False) for evidence in known]
    certain = [silence for silence in silences if silence is not None]
    if not certain or len(certain) < len(silences):
        return None
    onset_at = max(silence.onset_at for silence in certain)
    last_at = min(silence.last_at for silence in certain)
    return Silence(onset_at, last_at, min(s.probes for s in certain), enough=True, by_snmp=False)


def _all_lost(
    picture: Picture, lost: tuple[str, ...], onset_at: float, words: tuple[str, ...], everyone: frozenset[str]
) -> Explanation:
    """Every way out is gone. One witness alone, with no port that agrees, is weak."""
    upstreams = picture.net.inventory.upstreams
    providers = {upstreams[u].provider or "" for u in lost}
    if len(lost) > 1 and len(providers) == 1 and "" not in providers:
        words = (*words, f"all of them come from {called(picture.net.inventory, 'provider:' + providers.pop())}")
    good = [evidence.answered_at for _, evidence in sorted(picture.beliefs.witnesses.items()) if evidence.known]
    witnesses = len(good)
    ports = sum(_port_down_at(picture, u) is not None for u in lost)
    good += [p.last_up_at for u in lost if (p := picture.port(upstreams[u].device, upstreams[u].interface))]
    return Explanation(
        key="",
        roots=tuple(f"upstream:{u}" for u in lost),
        scope=Scope.REGIONAL,
        scenario=Scenario.UPSTREAM,
        onset_at=onset_at,
        last_good_at=max((at for at in good if 0.0 <= at < onset_at), default=onset_at),
        confirmed_at=max(onset_at, picture.beliefs.answered_at),
        confidence=0.95 if len(lost) == 1 else 0.8,
        strong=witnesses > 1 or ports > 0,
        settled=True,
        affected=Affected(out=everyone),
        reasons=(*words, f"concluded: every way out is lost ({listed(lost)}), so everyone is cut off from outside"),
    )


def _one_lost(picture: Picture, upstream: str, onset_at: float) -> Explanation:
    one = picture.net.inventory.upstreams[upstream]
    port = picture.port(one.device, one.interface)
    good_at = port.last_up_at if port is not None and NEVER < port.last_up_at < onset_at else onset_at
    return Explanation(
        key="",
        roots=(f"upstream:{upstream}",),
        scope=Scope.REDUNDANCY,
        scenario=Scenario.UPSTREAM,
        onset_at=onset_at,
        last_good_at=good_at,
        confirmed_at=onset_at,
        confidence=0.95,
        strong=True,
        settled=True,
        reasons=(*_port_words(picture, {upstream: onset_at}), "the other ways out still carry"),
    )


def _blind_outside(failing: Silence, words: str) -> Explanation:
    """Witnesses fail, and no upstream is known that could be the cause: a matter of the monitor."""
    return Explanation(
        key="",
        roots=("monitor",),
        scope=Scope.MONITORING,
        scenario=Scenario.UNKNOWN,
        onset_at=failing.onset_at,
        last_good_at=failing.onset_at,
        confirmed_at=failing.last_at,
        confidence=0.5,
        strong=True,
        settled=True,
        reasons=(words, "no upstream in the inventory could be the cause, so nothing is concluded for customers"),
    )
