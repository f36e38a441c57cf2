"""Drawings that commands write: an incident as the daemon tells of it, on the inventory that the configuration names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from netwatch import config as configuration
from netwatch.cli.options import config_path
from netwatch.drawing import draw, neighbourhood, trouble_of
from netwatch.errors import OperatingError
from netwatch.inventory.graph import Topology
from netwatch.web.model import WhyView
from netwatch.web.names import counted

SvgOption = Annotated[
    Path | None,
    typer.Option("--svg", metavar="FILE", show_default=False, help="Draw the neighbourhood, for phone and mail."),
]


def drawing_of(view: WhyView, config: Path | None) -> str:
    """The incident's neighbourhood as SVG.

    Raises:
        InputError: configuration or inventory hold faults.
        OperatingError: they can't be read.
    """
    inventory = configuration.load(config_path(config)).load_inventory()
    incident, elements = view.incident, view.elements
    out: Counter[str] = Counter()
    for customer in (*view.customers.out, *view.customers.degraded):
        out.update({service.primary.device for service in inventory.customers.get(customer, ())})
    hit = [f"{counted(incident.customers_out, 'customer')} out"]
    hit += [f"{incident.customers_degraded:,} degraded"] if incident.customers_degraded else []
    hit += [f"{incident.customers_at_risk:,} at risk"] if incident.customers_at_risk else []
    facts = [", ".join(hit), f"{incident.scenario}, {incident.confidence:.0%} sure; {incident.id}, {incident.status}"]
    facts.append(f"as of {view.at:%Y-%m-%d %H:%M} UTC")
    topology = Topology(inventory)
    trouble = trouble_of(
        topology,
        incident.title,
        roots=incident.root_causes,
        down=elements.devices_down,
        unreachable=elements.devices_unreachable,
        cut_links=elements.links_cut,
        facts=facts,
        customers=out,
    )
    return draw(neighbourhood(topology, trouble))


def write_drawing(path: Path, text: str) -> None:
    """Raises `OperatingError` when the file can't be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OperatingError(f"can't write {path}: {error.strerror}", "name a writable file") from error
