"""Names and places for what an incident holds as ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from netwatch.communication.texts.facts import Root, Supplier, clean
from netwatch.incidents.model import Incident
from netwatch.inventory.model import Inventory, Provider, Region, Site


@dataclass(frozen=True, slots=True)
class Places:
    """Regions concerned, most customers first: their ids, and their names for people."""

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Atlas:
    """Looks names up in one inventory. Every name that leaves it is a harmless line."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def places(self, incident: Incident) -> Places:
        """Where the incident's customers are; where its causes are when it has none."""
        concerned = incident.ever_affected | incident.affected.out | incident.affected.degraded
        found = self._regions_of(concerned or incident.affected.at_risk)
        if not found:
            found = Counter(
                region for ref in incident.roots for region in self._regions_of_root(ref) if region is not None
            )
        ids = tuple(sorted(found, key=lambda region: (-found[region], region)))
        return Places(ids, tuple(clean(self._inventory.regions[region].name or region) for region in ids))

    def customers(self) -> Mapping[str, tuple[str, ...]]:
        """The customers of each region by the site of their device; a region's own, not those of regions within it."""
        found: dict[str, list[str]] = {}
        for name, services in self._inventory.customers.items():
            regions = {self._region_of_device(service.primary.device) for service in services}
            for region in sorted(one for one in regions if one is not None):
                found.setdefault(region, []).append(name)
        return {region: tuple(names) for region, names in found.items()}

    def _regions_of(self, customers: Collection[str]) -> Counter[str]:
        devices = Counter(
            service.primary.device for name in customers for service in self._inventory.customers.get(name, ())
        )
        found: Counter[str] = Counter()
        for device, count in devices.items():
            region = self._region_of_device(device)
            if region is not None:
                found[region] += count
        return found

    def _region_of_device(self, name: str) -> str | None:
        device = self._inventory.devices.get(name)
        site = self._inventory.sites.get(device.site) if device and device.site else None
        return site.region if site and site.region in self._inventory.regions else None

    def _regions_of_root(self, ref: str) -> tuple[str | None, ...]:
        kind, _, name = ref.partition(":")
        inventory = self._inventory
        if kind == "region":
            return (name if name in inventory.regions else None,)
        if kind == "site":
            site = inventory.sites.get(name)
            return (site.region if site and site.region in inventory.regions else None,)
        if kind == "link" and name in inventory.links:
            link = inventory.links[name]
            return tuple(self._region_of_device(end.device) for end in (link.a, link.b))
        if kind == "port_group" and name in inventory.port_groups:
            name = inventory.port_groups[name].device
        return (self._region_of_device(name.partition(":")[0]),)

    def root(self, ref: str) -> Root:
        """A root cause with the name that engineers know it by."""
        kind, _, name = ref.partition(":")
        return Root(kind, clean(self._name(kind, name)))

    def _name(self, kind: str, name: str) -> str:
        inventory = self._inventory
        if kind == "link" and name in inventory.links:
            link = inventory.links[name]
            return f"{name} ({self._device(link.a.device)} - {self._device(link.b.device)})"
        if kind == "port":
            device, _, interface = name.partition(":")
            return f"{interface} of {self._device(device)}" if interface else self._device(device)
        if kind == "device":
            return self._device(name)
        tables: dict[str, Mapping[str, Site] | Mapping[str, Region] | Mapping[str, Provider]] = {
            "site": inventory.sites,
            "region": inventory.regions,
            "provider": inventory.providers,
        }
        thing = tables[kind].get(name) if kind in tables else None
        known = thing.name if thing else ""
        return f"{known} ({name})" if known and known != name else name

    def _device(self, name: str) -> str:
        device = self._inventory.devices.get(name)
        return f"{device.name} ({name})" if device and device.name and device.name != name else name

    def suppliers(self, incident: Incident) -> tuple[Supplier, ...]:
        """Providers behind the root causes, each once."""
        inventory = self._inventory
        names: dict[str, None] = {}
        for ref in incident.roots:
            kind, _, name = ref.partition(":")
            found: list[str | None] = []
            if kind == "provider":
                found = [name]
            elif kind == "link" and name in inventory.links:
                found = [inventory.links[name].provider]
            elif kind == "upstream" and name in inventory.upstreams:
                found = [inventory.upstreams[name].provider]
            elif kind == "duct":
                found = [link.provider for link in inventory.links.values() if name in link.ducts]
            names.update(dict.fromkeys(provider for provider in found if provider and provider in inventory.providers))
        known = (inventory.providers[name] for name in names)
        return tuple(Supplier(clean(one.name or one.id), clean(one.phone), clean(one.contract)) for one in known)
