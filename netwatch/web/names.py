"""Elements by the names that people use, and an incident's title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwatch.diagnosis.model import Scope
from netwatch.incidents.model import Incident
from netwatch.inventory.model import Inventory, Provider, Region, Site
from netwatch.web.model import FirstLookView

_FAILS = {
    "device": "is down", "link": "is cut", "site": "lost power", "feed": "lost power", "region": "lost power",
    "duct": "is cut", "provider": "has an outage", "upstream": "is down", "port_group": "is down",
    "port": "is down", "monitor": "is cut off from the network",
}  # fmt: skip
_TITLE_ROOTS = 3


def element_name(inventory: Inventory, ref: str) -> str:
    """The name of a ref for people; an element that the inventory no longer knows keeps its id."""
    kind, _, own = ref.partition(":")
    match kind:
        case "monitor":
            name = "netwatch itself"
        case "device":
            name = device_name(inventory, own)
        case "link":
            name = _link_name(inventory, own)
        case "site" | "region" | "provider":
            name = f"{kind} {_named(inventory, kind, own)}"
        case "port":
            device, _, interface = own.partition(":")
            name = f"port {interface} of {device_name(inventory, device)}"
        case "feed":
            name = f"power feed {own}"
        case _:
            name = f"{kind.replace('_', ' ')} {own}"
    return name


def _named(inventory: Inventory, kind: str, own: str) -> str:
    places: dict[str, Mapping[str, Site | Region | Provider]] = {
        "site": inventory.sites,
        "region": inventory.regions,
        "provider": inventory.providers,
    }
    found = places[kind].get(own)
    return found.name if found else own


def device_name(inventory: Inventory, device: str) -> str:
    """`name (site)`, shorter where one says the other."""
    found = inventory.devices.get(device)
    if found is None:
        return device
    name = found.name or found.id
    site = inventory.sites.get(found.site or "")
    return f"{name} ({site.name})" if site and site.name not in name else name


def _link_name(inventory: Inventory, link: str) -> str:
    found = inventory.links.get(link)
    if found is None:
        return f"link {link}"
    ends = (inventory.devices.get(end.device) for end in (found.a, found.b))
    names = [end.name or end.id for end in ends if end is not None]
    return f"link {link} ({' - '.join(names)})"


def title(inventory: Inventory, incident: Incident) -> str:
    """One sentence: what failed, by name; and that nobody is out where that is so."""
    parts = [_failure(inventory, ref) for ref in incident.roots[:_TITLE_ROOTS]] or ["cause not known yet"]
    left = len(incident.roots) - _TITLE_ROOTS
    if left > 0:
        parts.append(f"and {left} more")
    text = "; ".join(parts)
    if incident.scope is Scope.REDUNDANCY:
        text += "; nobody is out"
    # A device's name stays as it is written; a sentence that begins with a word begins with a capital.
    named = incident.roots and incident.roots[0].partition(":")[0] in {"device", "monitor"}
    return text if named else text[0].upper() + text[1:]


def _failure(inventory: Inventory, ref: str) -> str:
    return f"{element_name(inventory, ref)} {_FAILS.get(ref.partition(':')[0], 'fails')}"


def listed(items: Iterable[str], most: int = 5) -> str:
    """`a, b and c`; beyond `most`: `a, b and 7 more`."""
    found = list(items)
    if len(found) > most:
        found = [*found[: most - 1], f"{len(found) - most + 1} more"]
    return " and ".join(part for part in (", ".join(found[:-1]), *found[-1:]) if part)


def counted(number: int, noun: str) -> str:
    """`1 customer`, `2 customers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def progress(look: FirstLookView) -> str:
    """How far the first look at the network is, in one line."""
    parts = [f"{look.pinged:,} of {look.to_ping:,} devices pinged ({look.answered:,} answer)"]
    if look.agents:
        silent = look.agents_asked - look.agents_answered
        parts.append(f"{look.agents_answered:,} of {look.agents:,} agents answered ({silent:,} silent)")
    if look.ports:
        parts.append(f"{look.ports_resolved:,} of {look.ports:,} ports resolved")
    left = "" if look.left_s is None else f"; about {look.left_s:,.0f} s left"
    return f"first look: {', '.join(parts)}{left}"


def less_likely(times: float) -> str:
    """How an alternative compares with what was concluded, in words."""
    return f"{times:,.0f} times less likely" if times >= 1.5 else "as likely"
