"""What settings and playbook name of the inventory must exist there."""

from __future__ import annotations

from collections.abc import Collection

from netwatch.communication.planning.playbook import Playbook
from netwatch.config.places import place_at
from netwatch.config.roles import check_roles_are_asked
from netwatch.config.settings import Settings
from netwatch.config.ways import elements_named
from netwatch.errors import Place
from netwatch.inventory.model import Inventory
from netwatch.sources import Faults, Node, Suggester, quoted


def check_references(
    settings: Settings, playbook: Playbook | None, found: Inventory, root: Node, faults: Faults
) -> None:
    """Faults for routes that depend on unknown elements, for roles that nothing asks, for procedures of unknown regions."""
    known = element_refs(found)
    for where, element in elements_named(settings.channels):
        if element and element not in known:
            place = place_at(root, where)
            mend = f"name it as in site:hgl-1 or link:trunk-17{Suggester(known).hint(element)}"
            faults.add(place, f"unknown element {quoted(element)}", mend)
    check_roles_are_asked(settings.polling, found, root, faults)
    if playbook is None:
        return
    for procedure in playbook.procedures:
        for region in procedure.when.region:
            if region not in found.regions:
                mend = f"use an id of the inventory's regions{Suggester(found.regions).hint(region)}"
                what = f"the procedure {quoted(procedure.name)} names the unknown region {quoted(region)}"
                faults.add(place_at(root, ("playbook",)) if settings.playbook else Place(root.file), what, mend)


def element_refs(found: Inventory) -> Collection[str]:
    """Every element of the inventory as `kind:id`."""
    return {
        *(f"device:{one}" for one in found.devices),
        *(f"link:{one}" for one in found.links),
        *(f"site:{one}" for one in found.sites),
        *(f"region:{one}" for one in found.regions),
        *(f"provider:{one}" for one in found.providers),
        *(f"upstream:{one}" for one in found.upstreams),
        *(f"port_group:{one}" for one in found.port_groups),
        *(f"feed:{site.power_feed}" for site in found.sites.values() if site.power_feed),
        *(f"duct:{duct}" for link in found.links.values() for duct in link.ducts),
    }
