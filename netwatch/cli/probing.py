"""`probe`: one device, asked now."""

from __future__ import annotations

import asyncio
import difflib
import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from netwatch import config as configuration
from netwatch.cli.client import Client, NotReachableError
from netwatch.cli.exits import Exit
from netwatch.cli.options import DEFAULT_SOCKET, ConfigOption, JsonOption, SocketOption, found_config
from netwatch.cli.probe import icmp, snmp
from netwatch.cli.probe.model import DaemonPart, ProbeReport, SnmpPart, Target
from netwatch.cli.probe.showing import show
from netwatch.cli.terminal import Terminal, say_json
from netwatch.config import Config
from netwatch.errors import InputError, NetwatchError, OperatingError
from netwatch.inventory.model import Inventory
from netwatch.web.model import UnknownDeviceError
from netwatch.web.names import counted
from netwatch.web.wire import encode_pretty

T = TypeVar("T")

_COUNT: Final = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What this machine's files say. None = there are none, or `error` is in the way."""

    config: Config | None = None
    inventory: Inventory | None = None
    error: str = ""


def probe(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Its id in the inventory, or an address.")],
    config: ConfigOption = None,
    socket: SocketOption = None,
    count: Annotated[int, typer.Option("--count", "-n", metavar="N", min=1, max=30, help="Pings to send.")] = _COUNT,
    json: JsonOption = False,
) -> None:
    """Ask one device now: ping, SNMP, the way there.

    And what the running netwatch holds of it, and why. At most 10 seconds. Exit code 1: the device answered neither a
    ping nor an SNMP request.
    """
    known = _known(config)
    daemon = Client(socket or (known.config.web.socket if known.config else DEFAULT_SOCKET))
    with daemon:
        target = _from_daemon(device, daemon, known) if known.error else find(device, known.inventory)
        report = asyncio.run(_ask(target, known, daemon, count))
    if json:
        say_json(encode_pretty(report))
    else:
        show(Terminal(), report)
    if not report.answers:
        raise typer.Exit(Exit.NEGATIVE)


def _from_daemon(wanted: str, daemon: Client, known: Known) -> Target:
    """The files are broken: somebody may be at work on them, in an outage. An address is good without them; a device
    the daemon may know.
    """
    if _address(wanted):
        return Target(_address(wanted))
    try:
        view = daemon.device(wanted)
    except NetwatchError as error:
        raise OperatingError(f"{known.error}; and {error}", "correct the files, or name an address") from error
    return Target(view.address, view.id, view.name, view.role, view.site, view.snmp)


def find(wanted: str, inventory: Inventory | None) -> Target:
    """The device of that id or address, or an address that the inventory does not have.

    Raises:
        UnknownDeviceError: neither; says what could be meant.
    """
    devices = {} if inventory is None else inventory.devices
    found = devices.get(wanted)
    address = _address(wanted)
    if found is None and address:
        found = next((one for one in devices.values() if _address(one.address) == address), None)
        if found is None:
            return Target(address)
    if found is None:
        raise UnknownDeviceError(f"no device {wanted!r} in the inventory", _did_you_mean(wanted, devices))
    if not found.address:
        raise UnknownDeviceError(f"device {found.id} has no address", "give it one in the inventory")
    site = inventory.sites.get(found.site or "") if inventory else None
    return Target(found.address, found.id, found.name, found.role, site.name if site else "", found.snmp or "")


def _address(written: str) -> str:
    """In its usual form; "" when it is none."""
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        return ""


def _did_you_mean(wanted: str, devices: Mapping[str, object]) -> str:
    lower = {device.lower(): device for device in devices}
    near = [lower[one] for one in difflib.get_close_matches(wanted.lower(), lower, n=3, cutoff=0.5)]
    near += [device for key, device in sorted(lower.items()) if wanted.lower() in key and device not in near][:3]
    return f"did you mean {' or '.join(near)}?" if near else "name one of the inventory, or an address"


def _known(given: Path | None) -> Known:
    """The files named, else those that are found. Without any an address can be probed all the same."""
    path = given or found_config()
    if path is None:
        return Known()
    loaded: Config | None = None
    try:
        loaded = configuration.load(path)
        return Known(loaded, loaded.load_inventory())
    except InputError as error:
        return Known(loaded, error=f"{error.faults[0]} ({counted(len(error.faults), 'fault')} in all)")
    except OperatingError as error:
        return Known(loaded, error=str(error))


async def _ask(target: Target, known: Known, daemon: Client, count: int) -> ProbeReport:
    """All parts at once."""
    begun, at = time.monotonic(), datetime.now(UTC)
    async with asyncio.TaskGroup() as group:
        pinging = group.create_task(icmp.ping(target.address, count))
        asking = group.create_task(_snmp(target, known))
        tracing = group.create_task(icmp.trace(target.address, _addresses(known.inventory)))
        hearing = group.create_task(asyncio.to_thread(_daemon, target, daemon))
    ping, told = pinging.result(), asking.result()
    answers = ping.received > 0 or not told.error
    took_s = time.monotonic() - begun
    return ProbeReport(target, at, took_s, answers, ping, told, tracing.result(), hearing.result(), known.error)


async def _snmp(target: Target, known: Known) -> SnmpPart:
    if known.config is None:
        why = "the configuration is broken" if known.error else "no configuration found; name one with -c FILE"
        return SnmpPart(error=f"no SNMP profile is known: {why}")
    if not target.device:
        return SnmpPart(error="the address is none of the inventory's, so its SNMP profile is not known")
    if not target.snmp:
        return SnmpPart(error="the inventory gives it no SNMP profile")
    profile = known.config.snmp.profiles.get(target.snmp)
    if profile is None:
        return SnmpPart(profile=target.snmp, error="the configuration does not have its profile")
    return await snmp.ask(target, profile, known.config.polling, known.inventory)


def _daemon(target: Target, daemon: Client) -> DaemonPart:
    if not target.device:
        return DaemonPart(error="the address is none of the inventory's")
    try:
        return DaemonPart(daemon.device(target.device))
    except NotReachableError as error:
        return DaemonPart(error=error.what)
    except NetwatchError as error:
        return DaemonPart(error=str(error))


def _addresses(inventory: Inventory | None) -> Mapping[str, str]:
    return {} if inventory is None else {one.address: one.id for one in inventory.devices.values() if one.address}
