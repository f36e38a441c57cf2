"""Why one device counts as up, degraded, down, unreachable or unknown: evidence in words, with its age. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from netwatch.daemon.sightings import Sighting
from netwatch.diagnosis.model import Diagnosis, Explanation, PortReading
from netwatch.incidents.book import Book
from netwatch.inventory.model import Device, Inventory, Port
from netwatch.polling.icmp.windows import WINDOW_S, PingStatistics
from netwatch.polling.snmp.objects.traffic import Load
from netwatch.web.device import DeviceView, SeenView, WindowView
from netwatch.web.names import element_name, listed

_FINE: Final = frozenset({"up", "dormant"})
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the answer is made from, at `now`. `polled`: devices that are asked at all.

    `ports` and `loads` tell of a device's ports by name: what was last read of each, and how full it was.
    """

    now: float
    utc: Callable[[float], datetime]
    inventory: Inventory
    polled: Collection[str]
    diagnosis: Diagnosis
    book: Book
    sighting: Callable[[str], Sighting]
    ports: Callable[[str], Mapping[str, PortReading]]
    loads: Callable[[str], Mapping[str, Load]]


def device_view(
    scene: Scene, device: Device, pings: PingStatistics | None, missing_ports: Iterable[str] = ()
) -> DeviceView:
    """What netwatch believes of `device`."""
    seen = scene.sighting(device.id)
    state, found = _state(scene, device.id, seen)
    site = scene.inventory.sites.get(device.site or "")
    live = tuple(
        incident.id for incident in scene.book.live() if _concerns(incident.elements | {*incident.roots}, device.id)
    )
    since_at = found.onset_at if found is not None else None
    return DeviceView(
        id=device.id,
        name=device.name,
        role=device.role,
        site=site.name if site else "",
        address=device.address,
        snmp=device.snmp or "",
        at=scene.utc(scene.now),
        state=state,
        why=tuple(_why(scene, device, state, found, live)),
        confidence=_confidence(seen, state, found),
        since_at=None if since_at is None else scene.utc(since_at),
        incidents=live,
        seen=tuple(_seen(scene, device.id, seen)),
        window=None if pings is None else _window(pings),
        missing_ports=tuple(sorted(missing_ports)),
    )


def _state(scene: Scene, device: str, seen: Sighting) -> tuple[str, Explanation | None]:
    """The worst that is said of it, and by which explanation."""
    for state in ("down", "unreachable", "degraded"):
        found = next((one for one in scene.diagnosis.explanations if device in _said(one, state)), None)
        if found is not None:
            return state, found
    heard = seen.pong_at is not None or seen.told_at is not None
    if not heard or scene.diagnosis.isolated or device in scene.diagnosis.unheard:
        return "unknown", None
    return "up", None


def _said(explanation: Explanation, state: str) -> frozenset[str]:
    return {
        "down": explanation.down,
        "unreachable": explanation.unreachable,
        "degraded": explanation.degraded,
    }[state]


def _confidence(seen: Sighting, state: str, found: Explanation | None) -> float | None:
    if found is not None:
        return found.confidence
    return None if state == "unknown" else 1.0 / (1 + seen.lost + seen.failed)


def _why(scene: Scene, device: Device, state: str, found: Explanation | None, live: Sequence[str]) -> Iterator[str]:
    if scene.diagnosis.isolated:
        yield "netwatch is cut off from the network: this is what it held before"
    elif not scene.diagnosis.warm:
        yield "netwatch is still learning the network"
    if device.id not in scene.polled:
        yield "it is not asked: it has no address, or pings and SNMP are both off for it"
    elif state == "unknown" and not scene.diagnosis.isolated:
        yield "it has not answered once since netwatch started"
    if found is not None:
        causes = listed((element_name(scene.inventory, ref) for ref in found.roots), 3) or "not known yet"
        own = f"device:{device.id}" in found.roots
        yield "it is held to be the cause itself" if own else f"explained by: {causes}"
    yield from _own_evidence(scene, scene.sighting(device.id))
    yield from _neighbours(scene, device.id)
    if live:
        yield f"the whole reasoning: netwatch why {live[0]}"
    elif found is not None:
        yield from found.reasons


def _own_evidence(scene: Scene, seen: Sighting) -> Iterator[str]:
    for what, last_at, lost in (
        ("a ping", seen.pong_at, seen.lost),
        ("an SNMP request", seen.told_at, seen.failed),
    ):
        if last_at is None and not lost:
            continue
        answered = f"last answered {what} {_ago(scene, last_at)}" if last_at is not None else f"never answered {what}"
        tail = "" if not lost else f"; {lost} without an answer since" if last_at is not None else f" ({lost} sent)"
        yield answered + tail


def _neighbours(scene: Scene, device: str) -> Iterator[str]:
    """What the devices next to it say: their ports toward it, and whether they answer."""
    for link in scene.inventory.links.values():
        if device not in {link.a.device, link.b.device}:
            continue
        far: Port = link.b if link.a.device == device else link.a
        there = scene.sighting(far.device)
        port = scene.ports(far.device).get(far.interface)
        newest = max((at for at in (there.pong_at, there.told_at) if at is not None), default=None)
        answers = f"{far.device} answered {_ago(scene, newest)}" if newest is not None else f"{far.device} is not heard"
        if port is not None:
            said = "is up" if port.oper in _FINE else f"is {port.oper} (admin {port.admin})"
            yield f"port {far.interface} of {far.device} toward it {said}, read {_ago(scene, port.at)}; {answers}"
        else:
            yield f"{answers} (next to it by {link.id})"


def _seen(scene: Scene, device: str, seen: Sighting) -> Iterator[SeenView]:
    """Newest of each kind; ports by name."""
    if seen.ping_at is not None:
        what = "no answer" if seen.rtt_ms is None else f"answer in {seen.rtt_ms:.1f} ms"
        yield _view(scene, "icmp", seen.ping_at, what, good=not seen.lost)
    if seen.poll_at is not None:
        up = f", up {_span(seen.uptime_s)}" if seen.uptime_s is not None else ""
        yield _view(scene, "snmp", seen.poll_at, "no answer" if seen.failed else f"answer{up}", good=not seen.failed)
    for name, port in sorted(scene.ports(device).items()):
        yield _view(scene, "interface", port.at, f"{name} {port.oper}, admin {port.admin}", good=port.oper in _FINE)
    if seen.power is not None:
        left = "" if seen.power.minutes_left is None else f", {seen.power.minutes_left:.0f} min left"
        yield _view(scene, "power", seen.power.at, f"on {seen.power.source}{left}", good=seen.power.source == "mains")
    for neighbour in (seen.neighbours or {}).values():
        what = f"{neighbour.protocol} {neighbour.neighbour} {neighbour.state}"
        yield _view(scene, "neighbour", neighbour.at, what, good=neighbour.up or not neighbour.enabled)
    for interface, load in scene.loads(device).items():
        share = load.utilisation
        what = f"{interface} " + ("load unknown" if share is None else f"{share:.0%} of its speed")
        yield _view(scene, "traffic", load.at, what, good=None)
    for light in (seen.optics or {}).values():
        received = "light not told" if light.rx_dbm is None else f"receives {light.rx_dbm:.1f} dBm"
        yield _view(scene, "optics", light.at, f"{light.interface} {received}", good=None)
    if seen.trap is not None:
        yield _view(scene, "trap", seen.trap.at, f"{seen.trap.trap} {seen.trap.interface}".rstrip(), good=None)


def _view(scene: Scene, probe: str, at: float, what: str, *, good: bool | None) -> SeenView:
    return SeenView(probe, scene.utc(at), max(0.0, scene.now - at), what, good)


def _window(pings: PingStatistics) -> WindowView:
    return WindowView(
        WINDOW_S, pings.sent, pings.lost, pings.loss_ratio, pings.rtt_p50_ms, pings.rtt_p95_ms, pings.jitter_ms
    )


def _concerns(refs: Collection[str], device: str) -> bool:
    return any(ref == f"device:{device}" or ref.startswith(f"port:{device}:") for ref in refs)


def _ago(scene: Scene, at: float | None) -> str:
    return "never" if at is None else f"{_span(scene.now - at)} ago"


def _span(seconds: float | None) -> str:
    whole = max(0.0, seconds or 0.0)
    if whole < 120:
        return f"{whole:.0f} s"
    if whole < 2 * 3600:
        return f"{whole / 60:.0f} min"
    return f"{whole / 3600:.0f} h" if whole < 2 * _DAY_S else f"{whole / _DAY_S:.0f} d"
