"""Backbone graphs in GraphML (as the Internet Topology Zoo has them), with an access network grown below."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from xml.parsers.expat import ErrorString

from netwatch.errors import Fault, InputError, OperatingError, Place
from netwatch.inventory.model import Inventory
from netwatch.simulation.chance import seeded
from netwatch.simulation.draft import Draft
from netwatch.simulation.synthetic import Area, ProviderPlan, grow

_SPACE = "{http://graphml.graphdrawing.org/xmlns}"


def load_backbone(path: Path, plan: ProviderPlan) -> Inventory:
    """The graph's nodes as core routers, its edges as trunks, and access below until `plan.devices` are there.

    Nodes that are not joined to the largest component are left out.

    Raises:
        InputError: when the file is not GraphML or holds no edge.
        OperatingError: when it can't be read.
    """
    nodes, edges = _graph(path)
    joined = _largest(nodes, edges)
    if len(joined) < 2:
        raise InputError([Fault(Place(str(path)), "no two nodes are joined", "give a GraphML file with edges")])
    draft = Draft(seeded("backbone", path.name, plan.seed))
    names = _routers(draft, nodes, joined)
    for number, (a, b) in enumerate(sorted({(min(e), max(e)) for e in edges if e[0] in joined and e[0] != e[1]}), 1):
        draft.link(f"span-{number}", names[a], names[b], ducts=(f"duct-span-{number}",))
    left = max(0, plan.devices - len(names))
    order = sorted(names.values())
    for number, root in enumerate(order):
        share = left * (number + 1) // len(order) - left * number // len(order)
        site = draft.sites[draft.devices[root].site or ""]
        other = next(iter(_neighbours(draft, root)), root)
        grow(draft, Area(root, root, other, site.region or "", site.power_feed or "", share), plan)
    degree = {name: len(_neighbours(draft, name)) for name in order}
    first = max(order, key=lambda name: (degree[name], name))
    return draft.freeze((first, *_neighbours(draft, first)[:1]))


def _graph(path: Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    try:
        root = ET.parse(path).getroot()  # noqa: S314 -- as above
    except ET.ParseError as error:
        line, column = error.position
        what, mend = (
            f"not whole XML: {ErrorString(error.code)}",
            "give a GraphML file; get this one again if it was cut off",
        )
        raise InputError([Fault(Place(str(path), line, column), what, mend)]) from error
    except OSError as error:
        raise OperatingError(f"can't read {path}: {error.strerror}", "check the path and its permissions") from error
    label = next((k.get("id") for k in root.iter(f"{_SPACE}key")
                  if k.get("attr.name") == "label" and k.get("for") == "node"), None)  # fmt: skip
    nodes: dict[str, str] = {}
    for node in root.iter(f"{_SPACE}node"):
        text: str | None = next((item.text for item in node if item.get("key") == label and item.text), None)
        name = node.get("id", "")
        nodes[name] = text or name
    edges = [(e.get("source", ""), e.get("target", "")) for e in root.iter(f"{_SPACE}edge")]
    return nodes, [(a, b) for a, b in edges if a in nodes and b in nodes]


def _largest(nodes: dict[str, str], edges: list[tuple[str, str]]) -> set[str]:
    home = {node: node for node in nodes}
    for a, b in edges:
        old, new = home[a], home[b]
        if old != new:
            home.update({node: new for node, owner in home.items() if owner == old})
    members: dict[str, set[str]] = {}
    for node, owner in home.items():
        members.setdefault(owner, set()).add(node)
    return max(members.values(), key=lambda found: (len(found), min(found)), default=set())


def _routers(draft: Draft, nodes: dict[str, str], joined: set[str]) -> dict[str, str]:
    """A site, a feed and a core router for each node; ids from the labels, made unique."""
    names: dict[str, str] = {}
    region = draft.region("backbone")
    for node in sorted(joined, key=lambda node: (len(node), node)):
        word = re.sub(r"[^a-z0-9]+", "-", nodes[node].lower()).strip("-") or "node"
        name = word if word not in draft.devices else f"{word}-{node}"
        draft.site(f"site-{name}", region, feed=f"feed-{name}", battery_minutes=draft.rng.choice((0.0, 240.0)))
        names[node] = draft.device(name, f"site-{name}", "core")
    return names


def _neighbours(draft: Draft, device: str) -> list[str]:
    ends = [(link.a.device, link.b.device) for link in draft.links.values()]
    found = {b if a == device else a for a, b in ends if device in (a, b)}
    return sorted(name for name in found if draft.devices[name].role == "core")
