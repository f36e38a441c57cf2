"""What makes real polling untidy: loss, lost traps, late polls, devices that ignore pings, stale inventory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from netwatch.inventory.model import Inventory, Link, Port
from netwatch.simulation.chance import seeded


@dataclass(frozen=True, slots=True)
class Noise:
    """How untidy. All ratios from 0 to 1; the default is a tidy laboratory."""

    loss_ratio: float = 0.0
    """Share of probes that get no answer for no reason."""
    trap_loss_ratio: float = 0.0
    """Share of traps that never arrive."""
    late_ratio: float = 0.0
    """Share of regular polls that start up to `late_s` seconds late."""
    late_s: float = 4.0
    """Longest delay of a late poll in seconds."""
    mute_ratio: float = 0.0
    """Share of devices that never answer ICMP."""
    battery_report_ratio: float = 0.5
    """Share of devices with a battery that report it by SNMP."""


TIDY = Noise()
USUAL = Noise(loss_ratio=0.02, trap_loss_ratio=0.1, late_ratio=0.02, mute_ratio=0.01)


def stale(inventory: Inventory, ratio: float, seed: int) -> Inventory:
    """The inventory as a sloppy administration has it: `ratio` of its links end on the wrong device.

    The monitor's own links stay right. What is returned is for netwatch; the network keeps the true one.
    """
    rng = seeded("stale", seed)
    devices = sorted(inventory.devices)
    links: dict[str, Link] = {}
    for link in inventory.links.values():
        links[link.id] = link
        if rng.random() < ratio and link.a.device not in inventory.monitor.attached_to:
            links[link.id] = replace(link, a=Port(rng.choice(devices), f"stale-{link.id}"))
    return replace(inventory, links=MappingProxyType(links))
