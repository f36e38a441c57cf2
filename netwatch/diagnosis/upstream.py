"""The ways out of the network: all of them lost concerns everyone, one of several only the redundancy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    by_port = {u: at for u in alive if (at := _port_down_at(picture, u)) is not None}
    by_session = {u: at for u in alive if u not in by_port and (at := _sessions_lost_at(picture, u)) is not None}
    failing = _witness_silence(picture)
    fallen = {**by_port, **_believed(picture, by_session)}
    undecided = len(fallen) < len(by_port) + len(by_session)
    # Sessions alone never cut everyone off: while a witness answers, something still carries.
    if alive and len(fallen) == len(alive) and (len(by_port) == len(alive) or failing is not None):
        onset_at = max(fallen.values())
        return Outlook((_all_lost(picture, tuple(alive), onset_at, _lost_words(picture, fallen), everyone),))
    found = [_one_lost(picture, u, at) for u, at in sorted(fallen.items())]
    if failing is None or exits_of(picture.net) & set(silenced):
        return Outlook(tuple(found), undecided)
    lasted_s = max(failing.last_at, picture.now) - failing.onset_at
    own_answers = picture.beliefs.answered_at > picture.fresh_after(failing.onset_at)
    if lasted_s < picture.settings.witness_s or failing.probes < 2 or not own_answers:
        return Outlook(tuple(found), undecided=True)
    words = f"no witness outside answers since {clock(failing.onset_at)}, while the own network does"
    left = tuple(u for u in alive if u not in fallen)
    if not left:
        return Outlook((_blind_outside(failing, words),))
    onset_at = min(failing.onset_at, *fallen.values()) if fallen else failing.onset_at
    lost = _lost_words(picture, fallen)
    return Outlook((_all_lost(picture, tuple(alive), onset_at, (words, *lost), everyone),))


def _port_down_at(picture: Picture, upstream: str) -> float | None:
    one = picture.net.inventory.upstreams[upstream]
    port, device = picture.port(one.device, one.interface), picture.device(one.device)
    if port is None or not port.down or not port.ever_up or device.is_down or port.read_at <= device.returned_at:
        return None
    return port.changed_at


def _sessions_lost_at(picture: Picture, upstream: str) -> float | None:
    """Since when all sessions of the upstream's device with the outside are down, while it answers."""
    device = picture.net.inventory.upstreams[upstream].device
    if picture.device(device).is_down or not picture.device(device).known:
        return None
    return picture.beliefs.signals.sessions_lost_at(device)


def _believed(picture: Picture, lost: Mapping[str, float]) -> dict[str, float]:
    """Those whose sessions stay down: a session that is merely reset comes back at once."""
    return {u: at for u, at in lost.items() if picture.now - at >= picture.settings.session_s}


def _lost_words(picture: Picture, fallen: Mapping[str, float]) -> tuple[str, ...]:
    upstreams, words = picture.net.inventory.upstreams, []
    for u, at in sorted(fallen.items()):
        one = upstreams[u]
        if _port_down_at(picture, u) is not None:
            words.append(f"port {one.interface} of {one.device} to upstream {u} is down since {clock(at)}")
        else:
            up = " although its port is up" if _port_is_up(picture, u) else ""
            words.append(f"no BGP session of {one.device} to upstream {u} is up since {clock(at)}{up}")
    return tuple(words)


def _port_is_up(picture: Picture, upstream: str) -> bool:
    one = picture.net.inventory.upstreams[upstream]
    port = picture.port(one.device, one.interface)
    return port is not None and port.read_at > NEVER and not port.down


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
    """Every way out is gone. One witness alone, with no port or session that agrees, is weak."""
    upstreams = picture.net.inventory.upstreams
    providers = {upstreams[u].provider or "" for u in lost}
    if len(lost) > 1 and len(providers) == 1 and "" not in providers:
        words = (*words, f"all of them come from {called(picture.net.inventory, 'provider:' + providers.pop())}")
    good = [evidence.answered_at for _, evidence in sorted(picture.beliefs.witnesses.items()) if evidence.known]
    witnesses = len(good)
    agreed = any(max(_port_down_at(picture, u) or NEVER, _sessions_lost_at(picture, u) or NEVER) > NEVER for u in lost)
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
        strong=witnesses > 1 or agreed,
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
        strong=_port_down_at(picture, upstream) is not None,
        settled=True,
        reasons=(*_lost_words(picture, {upstream: onset_at}), _what_is_left(picture)),
    )


def _what_is_left(picture: Picture) -> str:
    known = any(evidence.known for evidence in picture.beliefs.witnesses.values())
    several = len(picture.net.inventory.upstreams) > 1
    if known or several:
        return "the other ways out still carry" if several else "a witness outside still answers, so something carries"
    return "no witness outside is asked, so whether anything still carries is not known"


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
