"""Writes an inventory as an operator's files, and observations as a recording; for drills, tests and benches."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from netwatch.inventory.model import Inventory, Link, Port, Service
from netwatch.polling.model import Observation
from netwatch.polling.record import to_json

_COLUMNS = (
    "id", "name", "segment", "language", "email", "mobile", "phone", "postcode", "device", "interface",
    "backup_device", "backup_interface", "priority", "notify",
)  # fmt: skip


def write_inventory(inventory: Inventory, directory: Path) -> Path:
    """Write `network.yaml`, `customers.csv` and a `netwatch.yaml` that names both; returns the last.

    The network is written as JSON, which is YAML too.
    """
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_network(inventory), indent=1)
    (directory / "network.yaml").write_text(text + "\n", encoding="utf-8")
    with (directory / "customers.csv").open("w", encoding="utf-8", newline="") as target:
        rows = csv.writer(target, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows(_row(s) for services in inventory.customers.values() for s in services)
    config = directory / "netwatch.yaml"
    config.write_text("inventory: [network.yaml, customers.csv]\n", encoding="utf-8")
    return config


def recorder(target: TextIO) -> Callable[[Observation], None]:
    """What writes each observation as a line of a recording."""

    def record(observation: Observation) -> None:
        target.write(to_json(observation) + "\n")

    return record


def _network(inventory: Inventory) -> Mapping[str, Any]:
    return {
        "regions": [_filled(id=r.id, name=r.name, parent=r.parent) for r in inventory.regions.values()],
        "sites": [
            _filled(id=s.id, name=s.name, region=s.region, power_feed=s.power_feed, battery_minutes=s.battery_minutes)
            for s in inventory.sites.values()
        ],
        "devices": [
            _filled(id=d.id, name=d.name, site=d.site, role=d.role, address=d.address, snmp=d.snmp, icmp=d.icmp,
                    battery_minutes=d.battery_minutes, transit=d.transit)
            for d in inventory.devices.values()
        ],
        "links": [_link(link) for link in inventory.links.values()],
        "providers": [
            _filled(id=p.id, name=p.name, phone=p.phone, contract=p.contract) for p in inventory.providers.values()
        ],
        "upstreams": [
            _filled(id=u.id, device=u.device, interface=u.interface, provider=u.provider)
            for u in inventory.upstreams.values()
        ],
        "port_groups": [
            {"id": g.id, "device": g.device, "interfaces": list(g.interfaces)} for g in inventory.port_groups.values()
        ],
        "monitor": {
            "attached_to": list(inventory.monitor.attached_to),
            "witnesses": [{"id": w.id, "address": w.address} for w in inventory.monitor.witnesses],
        },
    }  # fmt: skip


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _link(link: Link) -> dict[str, Any]:
    return _filled(id=link.id, a=str(link.a), b=str(link.b), ducts=list(link.ducts), provider=link.provider)


def _row(service: Service) -> tuple[str, ...]:
    backup = service.backup or Port("")
    return (
        service.customer, service.name, service.segment.value, service.language, service.email, service.mobile,
        service.phone, service.postcode, service.primary.device, service.primary.interface, backup.device,
        backup.interface, str(service.priority), " ".join(service.notify),
    )  # fmt: skip
