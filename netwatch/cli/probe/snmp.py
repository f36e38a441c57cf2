"""The system group and the interfaces table of one device, by netwatch's own client."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeVar

from netwatch.cli.probe.model import PART_S, PortRow, SnmpPart, Target
from netwatch.clock import SystemClock
from netwatch.errors import OperatingError
from netwatch.inventory.model import Inventory
from netwatch.polling.plan import DevicePlan
from netwatch.polling.settings import PollingSettings, SnmpProfile
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.ber import Value
from netwatch.polling.snmp.client import TICK_S, Client
from netwatch.polling.snmp.codec import Status
from netwatch.polling.snmp.dialogue import Dialogue, get
from netwatch.polling.snmp.names import text
from netwatch.polling.snmp.profiles import access, agent, shape
from netwatch.polling.snmp.tables import Column, TableShape, walk
from netwatch.web.names import counted, device_name

T = TypeVar("T")

_SYS_DESCR: Final = ber.oid("1.3.6.1.2.1.1.1.0")
_SYS_CONTACT: Final = ber.oid("1.3.6.1.2.1.1.4.0")
_SYS_NAME: Final = ber.oid("1.3.6.1.2.1.1.5.0")
_SYS_LOCATION: Final = ber.oid("1.3.6.1.2.1.1.6.0")
_SYSTEM: Final = (mib.SYS_UP_TIME, _SYS_DESCR, _SYS_NAME, _SYS_LOCATION, _SYS_CONTACT)
#: One walk each: a column of ifXTable that an agent lacks must not end those of ifTable.
_TABLES: Final = (
    (mib.IF_DESCR, mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS, mib.IF_SPEED, mib.IF_LAST_CHANGE),
    (mib.IF_NAME, mib.IF_ALIAS, mib.IF_HIGH_SPEED),
)
_RATE_RPS: Final = 200.0
_BUFFER_BYTES: Final = 262_144
_TICKS_PER_S: Final = 100.0
#: ifSpeed can't say more; ifHighSpeed does. Source: RFC 2863.
_IF_SPEED_FULL: Final = 4_294_967_295
_NAMED: Final = 3

System = dict[bytes, Value]
Tables = dict[bytes, Column]


async def ask(target: Target, profile: SnmpProfile, settings: PollingSettings, inventory: Inventory | None) -> SnmpPart:
    """Everything that the agent tells within the time."""
    own = DevicePlan(target.device or target.address, target.address, icmp=True, profile=target.snmp)
    part = SnmpPart(profile=target.snmp, version=profile.version)
    try:
        asked = agent(own, profile, access(profile), settings)
    except OperatingError as error:
        return replace(part, error=str(error))
    clock = SystemClock()
    client = Client(clock, _RATE_RPS, _BUFFER_BYTES, random.SystemRandom())
    ticking = asyncio.create_task(_tick(client, clock))
    until = asyncio.get_running_loop().time() + PART_S
    try:
        status, system = await _by(until, client.talk(asked, _system(profile)))
        if status is not Status.NO_ERROR:
            return replace(part, error=why_not(status, asked, part))
        status, tables = await _by(until, client.talk(asked, _tables(shape(profile))))
    except (TimeoutError, OperatingError) as error:
        return replace(part, error=str(error) or f"no whole answer within {PART_S:.0f} s")
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
        client.close()
    told = replace(
        part,
        name=text(system.get(_SYS_NAME)),
        description=" ".join(text(system.get(_SYS_DESCR)).split()),
        location=text(system.get(_SYS_LOCATION)),
        contact=text(system.get(_SYS_CONTACT)),
        uptime_s=_seconds(system.get(mib.SYS_UP_TIME)),
    )
    if status is not Status.NO_ERROR:
        told = replace(told, ports_error=why_not(status, asked, part))
    hanging = carried(inventory, target.device)
    rows = tuple(_rows(tables, told.uptime_s, hanging))
    missing = () if told.ports_error else tuple(sorted(hanging.keys() - {row.name for row in rows}))
    return replace(told, ports=rows, missing_ports=missing)


async def _by(until: float, talk: Awaitable[T]) -> T:
    async with asyncio.timeout_at(until):
        return await talk


async def _tick(client: Client, clock: SystemClock) -> None:
    while True:
        client.tick(clock.now())
        await asyncio.sleep(TICK_S)


def why_not(status: Status, asked: Agent, part: SnmpPart) -> str:
    """One line for an agent that did not give what was asked."""
    how = f"profile {part.profile}, v{part.version}"
    if status is Status.NOT_SENT:
        return f"no request could be sent to {asked.address}: this machine has no way there"
    if asked.refused:
        return f"refused by the agent: {asked.refused}; {how}"
    if status is Status.TIMEOUT:
        return f"no answer by SNMP in {asked.retries + 1} tries; {how}"
    return f"the agent answered with the error {status.name}; {how}"


def _system(profile: SnmpProfile) -> Dialogue[tuple[Status, System]]:
    """The system group. Version 1 refuses a whole question for one object that it lacks: then each is asked alone."""
    answer = yield get(_SYSTEM)
    if answer.status is not Status.NO_SUCH_NAME or profile.version != "1":
        return answer.status, {name: value for name, _, value in answer.varbinds}
    found: System = {}
    for name in _SYSTEM:
        answer = yield get([name])
        if answer.status is Status.NO_ERROR:
            found.update({given: value for given, _, value in answer.varbinds})
        elif answer.status is not Status.NO_SUCH_NAME:
            return answer.status, found
    return Status.NO_ERROR, found


def _tables(shape_: TableShape) -> Dialogue[tuple[Status, Tables]]:
    found: Tables = {}
    for columns in _TABLES:
        status, got = yield from walk(shape_, columns)
        found.update(zip(columns, got, strict=True))
        if status is not Status.NO_ERROR:
            return status, found
    return Status.NO_ERROR, found


def _rows(tables: Tables, uptime_s: float | None, hanging: Mapping[str, str]) -> Iterator[PortRow]:
    """The rows of ifTable by ifIndex."""

    def number(column: bytes, row: bytes) -> int:
        value = tables.get(column, {}).get(row)
        return value if isinstance(value, int) else -1

    indexes = {row: index for row in tables[mib.IF_OPER_STATUS] if (index := ber.index(row)) is not None}
    for row, index in sorted(indexes.items(), key=lambda pair: pair[1]):
        names = [text(tables.get(column, {}).get(row)) for column in (mib.IF_NAME, mib.IF_DESCR, mib.IF_ALIAS)]
        name = next((one for one in names if one in hanging), "")
        changed_s = number(mib.IF_LAST_CHANGE, row) / _TICKS_PER_S
        plain, high = number(mib.IF_SPEED, row), number(mib.IF_HIGH_SPEED, row)
        speed = float(high * 1_000_000 if high > 0 and plain in {-1, _IF_SPEED_FULL} else plain)
        yield PortRow(
            index=index,
            name=name or names[0] or names[1],
            alias=names[2],
            admin=mib.ADMIN.get(number(mib.IF_ADMIN_STATUS, row), "unknown"),
            oper=mib.OPER.get(number(mib.IF_OPER_STATUS, row), "unknown"),
            speed_bps=speed if speed > 0 else None,
            # 0: it has been so since the agent started, or the agent does not tell.
            last_change_s=uptime_s - changed_s if uptime_s is not None and 0 < changed_s <= uptime_s else None,
            known=bool(name),
            carries=hanging.get(name, ""),
        )


def carried(inventory: Inventory | None, device: str) -> Mapping[str, str]:
    """What hangs on each port of the device that the inventory names, in words."""
    if inventory is None or not device:
        return {}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for interface, words in (*_elements(inventory, device), *_served(inventory, device)):
        if interface:
            found[interface].append(words)
    return {interface: ", ".join(words) for interface, words in found.items()}


def _elements(inventory: Inventory, device: str) -> Iterator[tuple[str, str]]:
    for link in inventory.links.values():
        for own, far in ((link.a, link.b), (link.b, link.a)):
            if own.device == device:
                yield own.interface, f"{link.id} to {device_name(inventory, far.device)}"
    for upstream in inventory.upstreams.values():
        if upstream.device == device:
            yield upstream.interface, f"upstream {upstream.id}"
    for group in inventory.port_groups.values():
        if group.device == device:
            yield from ((interface, f"part of {group.id}") for interface in group.interfaces)


def _served(inventory: Inventory, device: str) -> Iterator[tuple[str, str]]:
    served: defaultdict[str, set[str]] = defaultdict(set)
    for customer, services in inventory.customers.items():
        for service in services:
            for port in (service.primary, service.backup):
                if port is not None and port.device == device:
                    served[port.interface].add(customer)
    for interface, customers in served.items():
        yield interface, _customers(customers)


def _customers(customers: Collection[str]) -> str:
    return counted(len(customers), "customer") if len(customers) > _NAMED else ", ".join(sorted(customers))


def _seconds(ticks: Value) -> float | None:
    return ticks / _TICKS_PER_S if isinstance(ticks, int) else None
