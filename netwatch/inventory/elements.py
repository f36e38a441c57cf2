"""The sections of an inventory file: what keys each has, and the element that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

from netwatch.inventory.fields import Block, Key
from netwatch.inventory.model import (
    ROLES,
    Device,
    Link,
    Maintenance,
    Port,
    PortGroup,
    Provider,
    Region,
    Site,
    Upstream,
    Witness,
)
from netwatch.inventory.values import (
    WrongValueError,
    address,
    boolean,
    device_ident,
    ident,
    instant,
    number,
    phone,
    text,
    word,
)

_MINUTES: Final = number(0, 1_000_000)


def link_end(written: str) -> Port:
    """`device:interface`, split at the first colon, or only `device`."""
    device, colon, interface = written.partition(":")
    if not device or (colon and not interface):
        raise WrongValueError(f'"{written}" is no end of a link', 'write "device:interface" or "device"')
    return Port(intern(ident(device)), intern(text(interface)))


@dataclass(frozen=True, slots=True)
class Section:
    """One list of an inventory file. `make` gets the keys that are given and right."""

    kind: str
    keys: Block
    make: Callable[[dict[str, Any]], Any]


#: What providers call an element in their maintenance notes; `calendars` reads it where it stands.
_OBJECT_IDS: Final = Key(text, many=True)


def _plain(make: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    """An element of its keys; `object_ids` is none of it."""
    return lambda values: make(**{name: value for name, value in values.items() if name != "object_ids"})


def _named(make: Callable[..., Any]) -> Callable[[dict[str, Any]], Any]:
    """Without a name, the id is the name."""
    return lambda values: _plain(make)({"name": values["id"], **values})


def _device(values: dict[str, Any]) -> Device:
    values.setdefault("transit", values.get("role") != "cpe")
    device: Device = _named(Device)(values)
    return device


def _maintenance(values: dict[str, Any]) -> Maintenance:
    return Maintenance(values["id"], values["elements"], values["start"], values["end"])


SECTIONS: Final[Mapping[str, Section]] = {
    "regions": Section(
        "region", {"id": Key(ident, required=True), "name": Key(text), "parent": Key(ident)}, _named(Region)
    ),
    "sites": Section(
        "site",
        {
            "id": Key(ident, required=True),
            "name": Key(text),
            "region": Key(ident),
            "power_feed": Key(ident),
            "battery_minutes": Key(_MINUTES, null=0.0),
            "latitude": Key(number(-90, 90)),
            "longitude": Key(number(-180, 180)),
        },
        _named(Site),
    ),
    "providers": Section(
        "provider",
        {
            "id": Key(ident, required=True),
            "name": Key(text),
            "phone": Key(phone),
            "contract": Key(text),
            "object_ids": _OBJECT_IDS,
        },
        _named(Provider),
    ),
    "devices": Section(
        "device",
        {
            "id": Key(device_ident, required=True),
            "name": Key(text),
            "site": Key(ident),
            "role": Key(word(ROLES, "role")),
            "address": Key(address),
            "snmp": Key(ident),
            "icmp": Key(boolean),
            "battery_minutes": Key(_MINUTES, null=0.0),
            "transit": Key(boolean),
            "object_ids": _OBJECT_IDS,
        },
        _device,
    ),
    "links": Section(
        "link",
        {
            "id": Key(ident, required=True),
            "a": Key(link_end, required=True),
            "b": Key(link_end, required=True),
            "ducts": Key(ident, many=True),
            "provider": Key(ident),
            "object_ids": _OBJECT_IDS,
        },
        _plain(Link),
    ),
    "upstreams": Section(
        "upstream",
        {
            "id": Key(ident, required=True),
            "device": Key(ident, required=True),
            "interface": Key(text),
            "provider": Key(ident),
            "object_ids": _OBJECT_IDS,
        },
        _plain(Upstream),
    ),
    "port_groups": Section(
        "port_group",
        {
            "id": Key(ident, required=True),
            "device": Key(ident, required=True),
            "interfaces": Key(text, required=True, many=True),
        },
        lambda values: PortGroup(**values),
    ),
    "maintenance": Section(
        "maintenance",
        {
            "id": Key(ident, required=True),
            "elements": Key(ident, required=True, many=True),
            "start": Key(instant, required=True),
            "end": Key(instant, required=True),
        },
        _maintenance,
    ),
}

MONITOR: Final[Block] = {"attached_to": Key(ident, many=True), "witnesses": Key()}
WITNESS: Final = Section(
    "witness",
    {"id": Key(ident, required=True), "address": Key(address, required=True)},
    lambda values: Witness(**values),
)
