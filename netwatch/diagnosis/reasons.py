"""Why: the sentences that a network engineer would say, with times and numbers, most telling first."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest

from netwatch.diagnosis.causes import Cause
from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.islands import Item
from netwatch.diagnosis.picture import Picture
from netwatch.diagnosis.shadow import Zone
from netwatch.diagnosis.wording import SHOWN, called, clock, counted, listed


def explain(picture: Picture, zone: Zone) -> tuple[str, ...]:
    """The reasons for one cause: what was seen, what is concluded, what else it could be."""
    cause = zone.cause
    said: list[str] = []
    for item in cause.items[:3]:
        said.extend(_seen(picture, item))
    if len(cause.items) > 3:
        said.append(f"{counted(len(cause.items) - 3, 'more failure')} of the same kind within the same time")
    if cause.battery:
        said.append(f"running on battery was reported by {_names(picture, cause.battery)}")
    said.append(_concluded(picture, cause))
    behind = len(zone.unreachable)
    if behind:
        first = _names(picture, nsmallest(SHOWN, zone.unreachable))
        more = f" and {behind - SHOWN} more" if behind > SHOWN else ""
        said.append(f"{counted(behind, 'device')} behind it cannot be reached: {first}{more}")
    said.extend(_considered(picture, cause))
    return tuple(dict.fromkeys(said))


def _names(picture: Picture, devices: Sequence[str]) -> str:
    known = picture.net.inventory.devices
    shown = [known[device].name or device for device in devices[:SHOWN]]
    return listed([*shown, *devices[SHOWN:]])


def _seen(picture: Picture, item: Item) -> list[str]:
    if not item.device:
        return [_port_words(picture, link, item) for link in item.links]
    evidence = picture.device(item.device)
    name = picture.net.inventory.devices[item.device].name or item.device
    kind = "polls" if evidence.by_snmp else "pings"
    if evidence.known:
        said = [f"no answer from {name} since {clock(item.onset_at)} ({evidence.probes} of {evidence.probes} {kind})"]
    else:
        said = [f"{name} is not polled; everything behind it fell silent at {clock(item.onset_at)}"]
    if not evidence.by_snmp and evidence.known and evidence.snmp_silent():
        said.append(f"SNMP on {name} fails too")
    near = []
    for edge in picture.net.edges[item.device]:
        state = picture.port_toward(edge, item.onset_at)
        there = f"port {edge.far_interface} of {edge.neighbour} toward it"
        port = picture.far_port(edge)
        if state == "down" and port is not None:
            at = max(port.changed_at if port.down else NEVER, port.trapped_down_at if port.hinted_down else NEVER)
            said.append(f"{there} is down, seen at {clock(at)}")
        elif state == "up":
            said.append(f"{there} is still up")
        if edge.link in item.links:
            near.append(edge.neighbour)
    if near:
        heard = f"{_names(picture, sorted(set(near)))}, next to it, answered after that"
        said.append(heard)
    return said


def _port_words(picture: Picture, link: str, item: Item) -> str:
    found = picture.net.inventory.links[link]
    words = []
    for end in (found.a, found.b):
        port = picture.port(end.device, end.interface)
        if port is not None and port.down:
            words.append(f"{end} {'switched off' if port.admin == 'down' else port.oper}")
    return f"link {link} is down since {clock(item.onset_at)} ({', '.join(words) or 'by its ports'})"


def _concluded(picture: Picture, cause: Cause) -> str:
    roots = " and ".join(called(picture.net.inventory, root) for root in cause.roots)
    if len(cause.items) > 1:
        together = f"explains {counted(len(cause.items), 'failure')} at once"
        return f"concluded: {roots} {together}, onsets within {_spread(cause):.0f} s"
    return f"concluded: {roots}"


def _spread(cause: Cause) -> float:
    onsets = [item.onset_at for item in cause.items]
    return max(onsets) - min(onsets)


def _considered(picture: Picture, cause: Cause) -> list[str]:
    said = []
    for option in cause.alternatives[:2]:
        names = " and ".join(called(picture.net.inventory, root) for root in option.roots[:3])
        names += f" and {len(option.roots) - 3} more" if len(option.roots) > 3 else ""
        if option.extra_cost <= 1.0:
            said.append(f"it could also be {names}: {_how_likely(option.extra_cost)}")
        else:
            said.append(f"considered and found less likely: {names}")
    return said


def _how_likely(extra_cost: float) -> str:
    if extra_cost < 0.05:
        return "just as likely"
    return f"{10.0**extra_cost:.1f} times less likely"
