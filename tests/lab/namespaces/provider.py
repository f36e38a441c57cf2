"""The lab's network as the operator's files: network.yaml, customers.csv, netwatch.yaml."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.lab.namespaces import plan
from tests.lab.namespaces.network import COMMUNITY

MAIL_PORT = 2525
SOCKET = "netwatch.sock"
COLUMNS = [
    "id",
    "name",
    "segment",
    "language",
    "email",
    "mobile",
    "phone",
    "postcode",
    "device",
    "interface",
    "backup_device",
    "backup_interface",
    "priority",
    "notify",
]
STAFF = "oncall@example.com"


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer with one line, or two."""

    id: str
    device: str
    language: str
    backup: str = ""

    @property
    def email(self) -> str:
        return f"{self.id}@example.com"


def customers() -> tuple[Customer, ...]:
    """Three behind each access device, one in each language; two with a second line elsewhere."""
    found = [
        Customer(f"c-{device}-{language}", device, language)
        for device in ("acc-1", "child-1", "child-2", "acc-2", "child-3", "ring-1", "ring-2", "ring-3")
        for language in ("nl", "pl", "en")
    ]
    return (*found, Customer("c-both-1", "child-1", "nl", "ring-1"), Customer("c-both-2", "acc-2", "en", "ring-2"))


def crowd(device: str, number: int) -> tuple[Customer, ...]:
    """Many customers behind one device."""
    return tuple(Customer(f"crowd-{n:03d}", device, ("nl", "pl", "en")[n % 3]) for n in range(number))


@dataclass(frozen=True, slots=True)
class Paper:
    """What the operator's files say beyond the plan. By default each router has a site of its own, with a battery.

    `house` is a site without battery that several routers share, `ducts` are ducts by trunk, `unlisted` trunks that
    the files don't have, `maintenance` windows of announced work.
    """

    house: tuple[str, ...] = ()
    ducts: Mapping[str, str] = field(default_factory=dict)
    unlisted: tuple[str, ...] = ()
    maintenance: tuple[Mapping[str, object], ...] = ()


HOUSE = "house"


def network_yaml(paper: Paper | None = None) -> str:
    paper = paper or Paper()
    sites = [
        {"id": f"site-{node}", "name": f"House of {node}", "region": "lab", "battery_minutes": 240}
        for node in plan.ROUTERS
    ]
    house = {"id": HOUSE, "name": "The shared house", "region": "lab", "battery_minutes": None}
    return yaml.safe_dump(
        {
            "regions": [{"id": "lab", "name": "Laboratory"}],
            "sites": [*sites, house],
            "devices": [
                {
                    "id": node,
                    "site": HOUSE if node in paper.house else f"site-{node}",
                    "role": plan.ROLES[node.split("-")[0]],
                    "address": plan.address(node),
                    "snmp": "default",
                }
                for node in plan.ROUTERS
            ],
            "links": [
                {"id": f"{a}-{b}", "a": f"{a}:to-{b}", "b": f"{b}:to-{a}"}
                | ({"ducts": [paper.ducts[f"{a}-{b}"]]} if f"{a}-{b}" in paper.ducts else {})
                for a, b in plan.TRUNKS
                if f"{a}-{b}" not in paper.unlisted
            ],
            "monitor": {"attached_to": ["core-1"], "witnesses": [{"id": "w1", "address": plan.address("world")}]},
            "maintenance": list(paper.maintenance),
        },
        sort_keys=False,
    )


def customers_csv(everyone: Iterable[Customer]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for number, customer in enumerate(everyone):
        writer.writerow(
            {
                "id": customer.id,
                "name": f"Customer {customer.id}",
                "segment": "business",
                "language": customer.language,
                "email": customer.email,
                "mobile": f"+447700900{number % 1000:03d}",
                "phone": f"+442079460{number % 1000:03d}",
                "postcode": "1234 AB",
                "device": customer.device,
                "backup_device": customer.backup,
                "priority": 3,
                "notify": "email",
            }
        )
    return out.getvalue()


def write(
    directory: Path,
    everyone: Iterable[Customer],
    changes: Mapping[str, Mapping[str, object]],
    paper: Paper | None = None,
) -> Path:
    """All three files; returns the path of netwatch.yaml. `changes` are settings by section, over the lab's own."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "network.yaml").write_text(network_yaml(paper))
    (directory / "customers.csv").write_text(customers_csv(everyone))
    path = directory / "netwatch.yaml"
    content = base_configuration()
    for section, values in changes.items():
        content[section] = {**content.get(section, {}), **values}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def base_configuration() -> dict[str, Any]:
    """Defaults wherever the lab does not need otherwise.

    Most of the lab's customers fail in the course of an hour, one after another, so the brakes on shares are
    loosened; they have their own tests.
    """
    return {
        "inventory": ["network.yaml", "customers.csv"],
        "snmp": {"profiles": {"default": {"community": COMMUNITY}}},
        "communication": {"recipient_gap_s": 0, "config_settle_s": 1, "max_share": 1.0, "two_person_share": 1.0},
        "channels": {
            "email": {
                "sender": "noc@example.net",
                "routes": [{"host": "127.0.0.1", "port": MAIL_PORT, "connections": 4}],
            }
        },
        "people": [{"id": "anna", "email": STAFF, "language": "en", "duties": ["oncall"]}],
        "storage": {"directory": "state"},
        "web": {"socket": SOCKET, "page_directory": "page"},
    }
