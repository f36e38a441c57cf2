"""The invented provider as an operator's files: what netwatch reads in the demo is what anyone would write."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from netwatch.inventory.model import Service
from netwatch.simulation.demo.agents import READ_COMMUNITY
from netwatch.simulation.demo.provider import Provider


@dataclass(frozen=True, slots=True)
class Pace:
    """What differs from netwatch's defaults so that nobody has to wait long, by section; and the words for it."""

    settings: Mapping[str, Mapping[str, object]]
    remark: str


USUAL: Final = Pace(
    {
        "diagnosis": {"learning_s": 22},
        "incidents": {"close_after_s": 15},
        "communication": {"veto_s": 5},
    },
    "Polling is at its defaults. Shortened, so that it takes two minutes: the veto window 5 s (default 30), "
    "learning the network 22 s (62), calm before the all-clear 15 s (45).",
)
FAST: Final = Pace(
    {
        "polling": {"icmp_interval_s": 2, "snmp_interval_s": 5, "interface_interval_s": 5},
        "diagnosis": {"learning_s": 6, "recover_s": 4},
        "incidents": {"close_after_s": 5, "settle_s": 5, "settle_growing_s": 10},
        "communication": {"veto_s": 2},
    },
    "Faster than by default: ping every 2 s (default 10), SNMP every 5 s (30), veto window 2 s (30), and all waits "
    "of the diagnosis.",
)

_WITNESS: Final = "127.0.0.53"
_COLUMNS: Final = (
    "id", "name", "segment", "language", "email", "mobile", "phone", "postcode",
    "device", "interface", "backup_device", "backup_interface", "priority", "notify",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie and listen. Ports are those inside the demo's ground."""

    directory: Path
    agent_port: int
    mail_port: int
    hook_port: int
    page_port: int
    metrics_port: int
    page_url: str
    icmp: bool
    pace: Pace

    @property
    def configuration(self) -> Path:
        return self.directory / "netwatch.yaml"

    @property
    def page(self) -> Path:
        """The directory that netwatch publishes the outage page to."""
        return self.directory / "page"

    @property
    def mails(self) -> Path:
        return self.directory / "mails"

    @property
    def socket(self) -> Path:
        return self.directory / "netwatch.sock"


def write(layout: Layout, provider: Provider) -> None:
    """Writes network.yaml, customers.csv and netwatch.yaml."""
    layout.directory.mkdir(parents=True, exist_ok=True)
    _write_yaml(layout.directory / "network.yaml", _network(provider, icmp=layout.icmp))
    _write_yaml(layout.configuration, _configuration(layout))
    with (layout.directory / "customers.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(_row(service) for service in provider.customers)


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=160)
    path.write_text(f"# Written by netwatch demo. Everyone in it is invented.\n{text}", encoding="utf-8")


def _network(provider: Provider, *, icmp: bool) -> dict[str, Any]:
    monitor: dict[str, Any] = {"attached_to": [provider.core]}
    if icmp:
        monitor["witnesses"] = [{"id": "w1", "address": _WITNESS}]
    return {
        "regions": [{"id": region, "name": name} for region, name in provider.regions.items()],
        "sites": [
            {
                "id": site.id,
                "name": site.name,
                "region": site.region,
                "battery_minutes": site.battery_minutes,
                "latitude": site.latitude,
                "longitude": site.longitude,
            }
            for site in provider.sites.values()
        ],
        "devices": [
            {
                "id": device.name,
                "site": device.site,
                "role": device.role,
                "address": device.address,
                "snmp": "default",
                "icmp": icmp,
            }
            for device in provider.devices.values()
        ],
        "links": [
            {"id": trunk.id, "a": ":".join(trunk.a), "b": ":".join(trunk.b)}
            | ({"ducts": [trunk.duct]} if trunk.duct else {})
            for trunk in provider.trunks.values()
        ],
        "monitor": monitor,
    }


def _configuration(layout: Layout) -> dict[str, Any]:
    sections: dict[str, dict[str, object]] = {
        "polling": {} if layout.icmp else {"icmp": "off"},
        "snmp": {"profiles": {"default": {"community": READ_COMMUNITY, "port": layout.agent_port}}},
        "communication": {
            "company": "Demonet",
            "page_url": layout.page_url,
            "auto_customers": 0,  # so that the veto window is seen
        },
        "channels": {
            "email": {
                "sender": "noc@demonet.example.net",
                "sender_name": "Demonet",
                "routes": [{"host": "127.0.0.1", "port": layout.mail_port}],
            },
            "webhook": {"routes": [{"url": f"http://127.0.0.1:{layout.hook_port}/alert"}]},
        },
        "storage": {"directory": "state"},
        "web": {"socket": layout.socket.name, "page_directory": layout.page.name, "page_port": layout.page_port},
        "metrics": {"port": layout.metrics_port},
    }
    for section, values in layout.pace.settings.items():
        sections[section] = {**sections.get(section, {}), **values}
    return {
        "inventory": ["network.yaml", "customers.csv"],
        **{section: values for section, values in sections.items() if values},
        "people": [
            {"id": "anna", "name": "Anna (on call)", "email": "anna@noc.example.com", "duties": ["oncall", "lead"]},
            {"id": "helpdesk", "name": "Helpdesk", "email": "helpdesk@noc.example.com", "duties": ["helpdesk"]},
        ],
    }


def _row(service: Service) -> list[object]:
    backup = service.backup
    return [
        service.customer,
        service.name,
        service.segment.value,
        service.language,
        service.email,
        service.mobile,
        service.phone,
        service.postcode,
        service.primary.device,
        service.primary.interface,
        backup.device if backup else "",
        backup.interface if backup else "",
        service.priority,
        " ".join(service.notify),
    ]
