"""The objects that are read, by their MIB names. Source: RFC 3418 (SNMPv2-MIB), RFC 2863 (IF-MIB)."""

from __future__ import annotations

from typing import Final

from netwatch.polling.snmp.ber import oid

SYS_UP_TIME: Final = oid("1.3.6.1.2.1.1.3.0")
IF_DESCR: Final = oid("1.3.6.1.2.1.2.2.1.2")
IF_ADMIN_STATUS: Final = oid("1.3.6.1.2.1.2.2.1.7")
IF_OPER_STATUS: Final = oid("1.3.6.1.2.1.2.2.1.8")
IF_LAST_CHANGE: Final = oid("1.3.6.1.2.1.2.2.1.9")
IF_NAME: Final = oid("1.3.6.1.2.1.31.1.1.1.1")
IF_ALIAS: Final = oid("1.3.6.1.2.1.31.1.1.1.18")
IF_TABLE_LAST_CHANGE: Final = oid("1.3.6.1.2.1.31.1.5.0")

ADMIN: Final = {1: "up", 2: "down", 3: "testing"}
OPER: Final = {
    1: "up",
    2: "down",
    3: "testing",
    4: "unknown",
    5: "dormant",
    6: "notPresent",
    7: "lowerLayerDown",
}
