"""What a notification says: its name, and which port it is about. Pure.

Source: RFC 3418 (snmpTraps), RFC 2863 (linkDown, linkUp), RFC 3584 section 3.1 (v1 to v2), RFC 1628 (UPS-MIB),
RFC 4273 (BGP4-MIB), RFC 4750 (OSPF-TRAP-MIB), PowerNet-MIB (APC).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import INFORM, TRAP_V2, Message, TrapV1, VarBind
from netwatch.polling.snmp.names import text

_TRAP_OID: Final = ber.oid("1.3.6.1.6.3.1.1.4.1.0")  # snmpTrapOID.0
_TRAP_ADDRESS: Final = ber.oid("1.3.6.1.6.3.18.1.3.0")  # snmpTrapAddress.0, written by proxies
_STANDARD: Final = "1.3.6.1.6.3.1.1.5"
_IF_INDEX: Final = ber.oid("1.3.6.1.2.1.2.2.1.1")
_GENERIC: Final = ("coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss")
_NAMES: Final = {
    **{f"{_STANDARD}.{number}": name for number, name in enumerate(_GENERIC, 1)},
    "1.3.6.1.2.1.33.2.1": "upsTrapOnBattery",
    "1.3.6.1.2.1.33.2.0.1": "upsTrapOnBattery",
    "1.3.6.1.2.1.33.2.3": "upsTrapAlarmEntryAdded",
    "1.3.6.1.2.1.33.2.0.3": "upsTrapAlarmEntryAdded",
    "1.3.6.1.2.1.33.2.4": "upsTrapAlarmEntryRemoved",
    "1.3.6.1.2.1.33.2.0.4": "upsTrapAlarmEntryRemoved",
    "1.3.6.1.4.1.318.0.5": "upsOnBattery",
    "1.3.6.1.4.1.318.0.7": "lowBattery",
    "1.3.6.1.4.1.318.0.9": "powerRestored",
    "1.3.6.1.2.1.14.16.2.2": "ospfNbrStateChange",
    "1.3.6.1.2.1.14.16.2.0.2": "ospfNbrStateChange",
    "1.3.6.1.2.1.14.16.2.16": "ospfIfStateChange",
    "1.3.6.1.2.1.14.16.2.0.16": "ospfIfStateChange",
    "1.3.6.1.2.1.15.7.1": "bgpEstablished",
    "1.3.6.1.2.1.15.0.1": "bgpEstablished",
    "1.3.6.1.2.1.15.7.0.1": "bgpEstablished",
    "1.3.6.1.2.1.15.7.2": "bgpBackwardTransition",
    "1.3.6.1.2.1.15.0.2": "bgpBackwardTransition",
    "1.3.6.1.2.1.15.7.0.2": "bgpBackwardTransition",
}
_LONGEST_NAME: Final = 255  # Source: RFC 2579, DisplayString
_NAMES_MOST: Final = 8
_NAMING: Final = (mib.IF_NAME, mib.IF_DESCR, mib.IF_ALIAS)
_LAST_INDEX: Final = (1 << 31) - 1  # Source: RFC 2863, InterfaceIndex


@dataclass(frozen=True, slots=True)
class Hint:
    """A notification. `agent` is the packed IPv4 address that it claims to come from, empty when it claims none.

    `index` is the ifIndex that it names, `names` what it says the port is called.
    """

    trap: str
    agent: bytes = b""
    index: int | None = None
    names: tuple[str, ...] = ()


def hint(message: Message | TrapV1) -> Hint | None:
    """What a message hints at; None when it is no notification."""
    if isinstance(message, TrapV1):
        index, names, _, _ = _port(message.varbinds)
        return Hint(_name_v1(message), message.agent_address.strip(b"\0") and message.agent_address, index, names)
    if message.pdu not in {TRAP_V2, INFORM}:
        return None
    index, names, trap, agent = _port(message.varbinds)
    return Hint(_named(trap), agent, index, names) if trap else None


def _name_v1(message: TrapV1) -> str:
    if 0 <= message.generic < len(_GENERIC):
        return _GENERIC[message.generic]
    enterprise = ber.dotted(message.enterprise)
    written = f"{enterprise}.0.{message.specific}"
    return _NAMES.get(f"{enterprise}.{message.specific}") or _NAMES.get(written, written[:_LONGEST_NAME])


def _named(trap: bytes) -> str:
    written = ber.dotted(trap)
    return _NAMES.get(written, written[:_LONGEST_NAME])


def _port(varbinds: Sequence[VarBind]) -> tuple[int | None, tuple[str, ...], bytes, bytes]:
    """The ifIndex and the names of the port, the notification's OID, the agent's address."""
    index: int | None = None
    names: list[str] = []
    trap = agent = b""
    for name, tag, value in varbinds:
        if name == _TRAP_OID and tag == ber.OBJECT_IDENTIFIER and isinstance(value, bytes):
            trap = value
        elif name == _TRAP_ADDRESS and tag == ber.IP_ADDRESS and isinstance(value, bytes):
            agent = value
        elif name.startswith(_IF_INDEX) and tag == ber.INTEGER and isinstance(value, int) and value > 0:
            index = value
        elif name.startswith(_NAMING) and tag == ber.OCTET_STRING and isinstance(value, bytes):
            names += [text(value)] if len(value) <= _LONGEST_NAME and len(names) < _NAMES_MOST else []
        if index is None:
            index = _row_of(name)
    return index, tuple(names), trap, agent


def _row_of(name: bytes) -> int | None:
    """The ifIndex in the name of an interface's object."""
    for column in (mib.IF_OPER_STATUS, mib.IF_ADMIN_STATUS, *_NAMING):
        if name.startswith(column):
            index = ber.index(name[len(column) :])
            return index if index is not None and 0 < index <= _LAST_INDEX else None
    return None
