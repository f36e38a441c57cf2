"""Where the inventory and the network seem to disagree, from what was observed over a long time.

Nothing is concluded from it about outages: a person looks, and mends the inventory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from netwatch.diagnosis.beliefs import Beliefs
from netwatch.diagnosis.evidence import NEVER
from netwatch.diagnosis.model import InventoryDoubt
from netwatch.diagnosis.net import Tree
from netwatch.diagnosis.port_evidence import PortEvidence
from netwatch.diagnosis.wording import clock, counted, listed
from netwatch.inventory.model import Link, Port

#: So many silences in common, and no more of either alone, are no chance.
_TIMES: Final = 2
_LONG_S: Final = 3600.0
_APART_S: Final = 300.0


def inventory_doubts(beliefs: Beliefs, tree: Tree) -> tuple[InventoryDoubt, ...]:
    """All doubts, sorted by element: links whose ports don't belong together, devices that live and die with others."""
    found = [*_links(beliefs), *_devices(beliefs, tree)]
    return tuple(sorted(found, key=lambda doubt: (doubt.ref, doubt.sentence)))


def _links(beliefs: Beliefs) -> Iterator[InventoryDoubt]:
    """Links with a port that is down now, while the other says that it can't be the other end of the same cable."""
    inventory, topology = beliefs.net.inventory, beliefs.net.topology
    names = {topology.link_of_port[port] for port in beliefs.bad_ports if port in topology.link_of_port}
    for name in sorted(names):
        link = inventory.links[name]
        if any(beliefs.devices[end.device].is_down for end in (link.a, link.b)):
            continue
        sentence = _never_together(beliefs, link) or _out_of_step(beliefs, link)
        if sentence:
            yield InventoryDoubt(f"link:{name}", sentence)


def _never_together(beliefs: Beliefs, link: Link) -> str:
    read = [(end, beliefs.known_port(end.device, end.interface)) for end in (link.a, link.b)]
    never = [(end, port) for end, port in read if port is not None and port.born_down_at > NEVER and not port.ever_up]
    if not never or beliefs.answered_at - min(port.born_down_at for _, port in never) < _LONG_S:
        return ""
    since = clock(min(port.born_down_at for _, port in never))
    which = listed([str(end) for end, _ in never])
    return f"link {link.id} is in the inventory, but its ports have never been up together: {which} down since {since}"


def _out_of_step(beliefs: Beliefs, link: Link) -> str:
    """A port that went down while its supposed other end stays up, long enough for any protection to have acted."""
    for end, other in ((link.a, link.b), (link.b, link.a)):
        port, far = _read(beliefs, end), _read(beliefs, other)
        if port is None or far is None or not port.down or port.admin == "down" or far.down or not port.ever_up:
            continue
        if port.changed_at > NEVER and far.read_at - port.changed_at >= _APART_S and far.last_up_at > port.changed_at:
            since = clock(port.changed_at)
            return f"{end} is down since {since} while {other} is up: link {link.id} may join other ports"
    return ""


def _read(beliefs: Beliefs, end: Port) -> PortEvidence | None:
    return beliefs.known_port(end.device, end.interface)


def _devices(beliefs: Beliefs, tree: Tree) -> Iterator[InventoryDoubt]:
    """Devices that fell silent and returned whenever another did that the inventory has elsewhere."""
    silences = beliefs.silences
    for device in sorted(silences.of):
        mine = silences.of[device]
        if len(mine) < _TIMES:
            continue
        above = set(tree.ancestors(device)) - {device}
        own = [silence for silence in mine if not any(silences.shared(one, *silence) for one in above)]
        common = Counter(one for silence in own for one in silences.beside(*silence))
        with_it = {
            one
            for one, times in common.items()
            if times >= _TIMES and times == len(silences.of[one]) and not _explained(beliefs, tree, device, one)
        }
        tops = sorted(one for one in with_it if tree.parent.get(one) not in with_it)
        if tops:
            also = f" (or with {listed(tops[1:])})" if tops[1:] else ""
            times = f"fell silent and returned {counted(common[tops[0]], 'time')} together with it"
            sentence = f"device {device} behaves as if attached to {tops[0]}{also}: it {times}"
            yield InventoryDoubt(f"device:{device}", f"{sentence}, while what is before it in the inventory answered")


def _explained(beliefs: Beliefs, tree: Tree, device: str, other: str) -> bool:
    """Whether the inventory already has a reason for the two to fail together."""
    if device == other or other in beliefs.net.near[device] or device in tree.ancestors(other):
        return True
    inventory = beliefs.net.inventory
    site, there = (inventory.sites.get(inventory.devices[one].site or "") for one in (device, other))
    if site is None or there is None:
        return tree.parent.get(device) == tree.parent.get(other)
    fed_alike = site.power_feed is not None and site.power_feed == there.power_feed
    return site.id == there.id or fed_alike or tree.parent.get(device) == tree.parent.get(other)
