"""The objects that are read, by their MIB names.

Source: RFC 3418 (SNMPv2-MIB), RFC 2863 (IF-MIB), RFC 3411 (SNMP-FRAMEWORK-MIB), RFC 2790 (HOST-RESOURCES-MIB),
RFC 1628 (UPS-MIB), APC's PowerNet-MIB, NETSURE-MIB, RFC 4273 (BGP4-MIB), RFC 4750 (OSPF-MIB), RFC 6933 (ENTITY-MIB),
RFC 3433 (ENTITY-SENSOR-MIB).
"""

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
IF_INDEX: Final = oid("1.3.6.1.2.1.2.2.1.1")

IF_SPEED: Final = oid("1.3.6.1.2.1.2.2.1.5")
IF_IN_OCTETS: Final = oid("1.3.6.1.2.1.2.2.1.10")
IF_IN_DISCARDS: Final = oid("1.3.6.1.2.1.2.2.1.13")
IF_IN_ERRORS: Final = oid("1.3.6.1.2.1.2.2.1.14")
IF_OUT_OCTETS: Final = oid("1.3.6.1.2.1.2.2.1.16")
IF_OUT_DISCARDS: Final = oid("1.3.6.1.2.1.2.2.1.19")
IF_OUT_ERRORS: Final = oid("1.3.6.1.2.1.2.2.1.20")
IF_HC_IN_OCTETS: Final = oid("1.3.6.1.2.1.31.1.1.1.6")
IF_HC_OUT_OCTETS: Final = oid("1.3.6.1.2.1.31.1.1.1.10")
IF_HIGH_SPEED: Final = oid("1.3.6.1.2.1.31.1.1.1.15")
IF_COUNTER_DISCONTINUITY_TIME: Final = oid("1.3.6.1.2.1.31.1.1.1.19")

SNMP_ENGINE_BOOTS: Final = oid("1.3.6.1.6.3.10.2.1.2.0")
SNMP_ENGINE_TIME: Final = oid("1.3.6.1.6.3.10.2.1.3.0")
HR_SYSTEM_UPTIME: Final = oid("1.3.6.1.2.1.25.1.1.0")

UPS_BATTERY_STATUS: Final = oid("1.3.6.1.2.1.33.1.2.1.0")
UPS_SECONDS_ON_BATTERY: Final = oid("1.3.6.1.2.1.33.1.2.2.0")
UPS_ESTIMATED_MINUTES_REMAINING: Final = oid("1.3.6.1.2.1.33.1.2.3.0")
UPS_ESTIMATED_CHARGE_REMAINING: Final = oid("1.3.6.1.2.1.33.1.2.4.0")
UPS_OUTPUT_SOURCE: Final = oid("1.3.6.1.2.1.33.1.4.1.0")
UPS_TEST_RESULTS_SUMMARY: Final = oid("1.3.6.1.2.1.33.1.7.3.0")

APC_BATTERY_STATUS: Final = oid("1.3.6.1.4.1.318.1.1.1.2.1.1.0")  # upsBasicBatteryStatus
APC_RUN_TIME_REMAINING: Final = oid("1.3.6.1.4.1.318.1.1.1.2.2.3.0")  # upsAdvBatteryRunTimeRemaining
APC_LINE_FAIL_CAUSE: Final = oid("1.3.6.1.4.1.318.1.1.1.3.2.5.0")  # upsAdvInputLineFailCause
APC_OUTPUT_STATUS: Final = oid("1.3.6.1.4.1.318.1.1.1.4.1.1.0")  # upsBasicOutputStatus

NETSURE_BATTERY_MODE: Final = oid("1.3.6.1.4.1.6302.2.1.2.9.0")  # psStatusBatteryMode

BGP_PEER_STATE: Final = oid("1.3.6.1.2.1.15.3.1.2")
BGP_PEER_ADMIN_STATUS: Final = oid("1.3.6.1.2.1.15.3.1.3")
BGP_PEER_REMOTE_AS: Final = oid("1.3.6.1.2.1.15.3.1.9")
OSPF_NBR_RTR_ID: Final = oid("1.3.6.1.2.1.14.10.1.3")
OSPF_NBR_STATE: Final = oid("1.3.6.1.2.1.14.10.1.6")

ENT_PHYSICAL_DESCR: Final = oid("1.3.6.1.2.1.47.1.1.1.1.2")
ENT_PHYSICAL_CONTAINED_IN: Final = oid("1.3.6.1.2.1.47.1.1.1.1.4")
ENT_PHYSICAL_NAME: Final = oid("1.3.6.1.2.1.47.1.1.1.1.7")
ENT_ALIAS_MAPPING_IDENTIFIER: Final = oid("1.3.6.1.2.1.47.1.3.2.1.2")
ENT_LAST_CHANGE_TIME: Final = oid("1.3.6.1.2.1.47.1.4.1.0")
ENT_PHY_SENSOR_TYPE: Final = oid("1.3.6.1.2.1.99.1.1.1.1")
ENT_PHY_SENSOR_SCALE: Final = oid("1.3.6.1.2.1.99.1.1.1.2")
ENT_PHY_SENSOR_PRECISION: Final = oid("1.3.6.1.2.1.99.1.1.1.3")
ENT_PHY_SENSOR_VALUE: Final = oid("1.3.6.1.2.1.99.1.1.1.4")
ENT_PHY_SENSOR_OPER_STATUS: Final = oid("1.3.6.1.2.1.99.1.1.1.5")

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
