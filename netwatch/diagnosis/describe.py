"""From zones to explanations: customers, scope, scenario, confidence and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from netwatch.diagnosis.causes import confidence, impact_confidence
from netwatch.diagnosis.customers import Attachments, Gone
from netwatch.diagnosis.evidence import NEVER, DeviceEvidence, Standing
from netwatch.diagnosis.islands import Item
from netwatch.diagnosis.maintenance import Excuse, late
from netwatch.diagnosis.model import Affected, Explanation, Scenario, Scope
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.reasons import explain
from netwatch.diagnosis.scenario import find_scenario, judge_light
from netwatch.diagnosis.scope import find_scope
from netwatch.diagnosis.shadow import Zone
from netwatch.diagnosis.wording import clock
from netwatch.inventory.model import Port


@dataclass(slots=True)
class Impact:
    """Customers hit so far in the order of onsets: each further fault adds to what is gone.

    When every one of the `exits` is gone, everyone is out.
    """

    attachments: Attachments
    everyone: frozenset[str] = frozenset()
    exits: frozenset[str] = frozenset()
    devices: set[str] = field(default_factory=set)
    ports: set[Port] = field(default_factory=set)
    lossy: set[str] = field(default_factory=set)

    def add(self, own: Gone) -> tuple[Affected, int]:
        """Who is hit by `own` on top of everything before, and how many customers hang on it in all."""
        self.devices.update(own.devices)
        self.ports.update(own.ports)
        self.lossy.update(own.lossy)
        if self.exits and self.exits <= self.devices and not self.exits.isdisjoint(own.devices):
            return Affected(out=self.everyone), len(self.everyone)
        return self.attachments.judge(own, Gone(self.devices, self.ports, self.lossy))


def describe(picture: Picture, zone: Zone, impact: Impact, overruns: Sequence[Excuse]) -> Explanation:
    """The explanation of one zone; its key is set later."""
    cause = zone.cause
    silenced = zone.silenced - picture.mutes
    affected, served = impact.add(Gone(silenced))
    onset_at = cause.onset_at
    last_good_at = _last_good(picture, zone, onset_at)
    scenario = find_scenario(
        cause.roots, on_battery=bool(cause.battery), switched_off=_switched_off(picture, cause.items)
    )
    by_light, light = judge_light(picture, cause)
    if by_light is not None and scenario is not Scenario.UNKNOWN:
        scenario = by_light
    reasons = (*explain(picture, zone), *light)
    ports_read = _ports_read(picture, cause.items)
    for excuse in overruns:
        if late(excuse, cause.roots, cause.dead, cause.cut, onset_at):
            scenario = Scenario.MAINTENANCE
            onset_at = last_good_at = excuse.window.end_at
            ended = f"announced work {excuse.window.id} should have ended at {clock(onset_at)} and has not"
            reasons = (ended, *reasons)
    return Explanation(
        key="",
        roots=cause.roots,
        scope=find_scope(affected, served),
        scenario=scenario,
        onset_at=onset_at,
        last_good_at=last_good_at,
        confirmed_at=max(onset_at, min(item.confirmed_at for item in cause.items)),
        confidence=confidence(cause.alternatives, ports_read=ports_read),
        impact_confidence=impact_confidence(picture, cause, ports_read=ports_read),
        strong=is_strong(picture, zone),
        settled=all(item.settled and item.device not in picture.perhaps_mute for item in cause.items),
        down=cause.dead,
        unreachable=zone.unreachable,
        cut_links=cause.cut,
        affected=affected,
        reasons=reasons,
        alternatives=cause.alternatives,
    )


def _ports_read(picture: Picture, items: Sequence[Item]) -> bool:
    """Whether a port before each silent device said something since the onset."""
    return all(
        not item.device or any(picture.port_toward(edge, item.onset_at) for edge in picture.net.edges[item.device])
        for item in items
    )


def _last_good(picture: Picture, zone: Zone, onset_at: float) -> float:
    """The latest answer before the first failure: the fault cannot be older than that.

    Every element that the fault silenced was alive at its own last answer, so the latest of them counts.
    """
    devices, down = picture.beliefs.devices, picture.beliefs.down
    answers = [
        evidence.good_before_at if device in down else evidence.answered_at
        for device in zone.silenced
        if (evidence := devices[device]).known
    ]
    answers += [item.last_good_at for item in zone.cause.items]
    return max((at for at in answers if 0.0 <= at < onset_at), default=onset_at)


def _switched_off(picture: Picture, items: Sequence[Item]) -> bool:
    """Whether every failed link was switched off by hand."""
    links = [link for item in items if not item.device for link in item.links]
    return bool(links) and len(links) == len(items) and all(_by_hand(picture, link) for link in links)


def _by_hand(picture: Picture, link: str) -> bool:
    found = picture.net.inventory.links[link]
    ports = [picture.port(end.device, end.interface) for end in (found.a, found.b)]
    return any(port is not None and port.down and port.admin == "down" for port in ports)


def is_strong(picture: Picture, zone: Zone) -> bool:
    """Whether there are two kinds of evidence, or more than one element that agrees.

    A device that answers again no longer speaks for it; nor does one behind which something answers. Devices that only SNMP can judge are of one mind when access
    to SNMP changes: their number adds nothing.
    """
    if all(item.device in picture.perhaps_mute for item in zone.cause.items):
        return False
    silent = (d for d in zone.silenced if _speaks(picture.device(d)) and d not in picture.mutes)
    confirmed = len(list(islice(silent, 2)))
    if confirmed > 1:
        return True
    items = [item for item in zone.cause.items if not item.device or _speaks(picture.device(item.device))]
    if len(items) > 1:
        return True
    for item in zone.cause.items:
        if item.device:
            evidence = picture.device(item.device)
            ports = [picture.port_toward(edge, item.onset_at) for edge in picture.net.edges[item.device]]
            two_kinds = "down" in ports or (evidence.known and not evidence.by_snmp and evidence.snmp_silent())
            if two_kinds and evidence.standing != Standing.RECOVERING:
                return True
        elif confirmed or _agreed(picture, item.links):
            return True
    return False


def _speaks(evidence: DeviceEvidence) -> bool:
    """Whether the device fails now, by more than SNMP."""
    return evidence.standing == Standing.DOWN and not evidence.by_snmp


def _agreed(picture: Picture, links: tuple[str, ...]) -> bool:
    """Whether both ends of a link, or one end and its trap, say that it is down."""
    for link in links:
        found = picture.net.inventory.links[link]
        ports = [picture.port(end.device, end.interface) for end in (found.a, found.b)]
        known = [port for port in ports if port is not None]
        if sum(port.down for port in known) > 1 or any(port.down and port.trapped_down_at > 0 for port in known):
            return True
    return False


def planned(picture: Picture, excuse: Excuse, devices: frozenset[str], impact: Impact) -> Explanation | None:
    """The explanation of announced work that takes something out now; None when nothing is out."""
    cut = frozenset(link for link in excuse.links if picture.link_down_at(link) is not None)
    if not devices and not cut:
        return None
    window = excuse.window
    onsets = [picture.device(device).onset_at for device in sorted(devices)]
    onsets += [at for link in sorted(cut) if (at := picture.link_down_at(link)) is not None]
    onset_at = max(window.start_at, min(onsets))
    affected, served = impact.add(Gone(devices))
    down = frozenset(device for device in devices if device in excuse.dead)
    return Explanation(
        key=f"maintenance:{window.id}",
        roots=tuple(sorted(window.elements)),
        scope=find_scope(affected, served),
        scenario=Scenario.MAINTENANCE,
        onset_at=onset_at,
        last_good_at=onset_at,
        confirmed_at=onset_at,
        confidence=1.0,
        strong=True,
        settled=True,
        planned=window.id,
        down=down,
        unreachable=devices - down,
        cut_links=cut,
        affected=affected,
        reasons=(f"announced work {window.id}, {clock(window.start_at)} to {clock(window.end_at)}",),
    )


def monitor_cut_off(onset_at: float, last_good_at: float, reason: str) -> Explanation:
    """The one explanation while the monitor can't see.

    Where nothing was ever heard, the first failure stands for the last answer: a time that nobody knows can't be saved.
    """
    return Explanation(
        key=f"monitor@{onset_at:.1f}",
        roots=("monitor",),
        scope=Scope.MONITORING,
        scenario=Scenario.UNKNOWN,
        onset_at=onset_at,
        last_good_at=min(last_good_at, onset_at) if last_good_at > NEVER else onset_at,
        confirmed_at=onset_at,
        confidence=1.0,
        strong=True,
        settled=True,
        reasons=(reason, "nothing is concluded about the network until the view returns"),
    )
