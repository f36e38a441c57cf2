"""What notifications are called, and which port they are about."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.codec import GET, INFORM, TRAP_V2, V2C, Message, TrapV1
from netwatch.polling.snmp.traps import Hint, hint

TRAP_OID = ber.oid("1.3.6.1.6.3.1.1.4.1.0")


def v2(trap, *varbinds, pdu=TRAP_V2):
    return Message(V2C, b"c", pdu, 1, 0, 0, [(TRAP_OID, ber.OBJECT_IDENTIFIER, ber.oid(trap)), *varbinds])


def v1(generic, specific=0, enterprise="1.3.6.1.4.1.9", *varbinds):
    return TrapV1(b"c", ber.oid(enterprise), b"\x0a\0\0\x01", generic, specific, 0, varbinds)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (v2("1.3.6.1.6.3.1.1.5.1"), "coldStart"),
        (v2("1.3.6.1.6.3.1.1.5.2"), "warmStart"),
        (v2("1.3.6.1.6.3.1.1.5.3", pdu=INFORM), "linkDown"),
        (v2("1.3.6.1.6.3.1.1.5.4"), "linkUp"),
        (v2("1.3.6.1.2.1.33.2.1"), "upsTrapOnBattery"),
        (v2("1.3.6.1.2.1.15.0.2"), "bgpBackwardTransition"),
        (v2("1.3.6.1.4.1.2636.4.1.1"), "1.3.6.1.4.1.2636.4.1.1"),
        (v1(0), "coldStart"),
        (v1(2), "linkDown"),
        (v1(6, 1, "1.3.6.1.2.1.33.2"), "upsTrapOnBattery"),
        (v1(6, 2, "1.3.6.1.2.1.15.7"), "bgpBackwardTransition"),
        (v2("1.3.6.1.2.1.14.16.2.2"), "ospfNbrStateChange"),
        (v2("1.3.6.1.4.1.318.0.5"), "upsOnBattery"),
        (v1(6, 5, "1.3.6.1.4.1.318"), "upsOnBattery"),
        (v1(6, 17), "1.3.6.1.4.1.9.0.17"),
    ],
)
def test_a_notification_is_called_by_its_name_in_the_mib_else_by_its_number(message, name):
    assert hint(message).trap == name


@pytest.mark.parametrize(
    ("varbinds", "index", "names"),
    [
        ([(ber.oid("1.3.6.1.2.1.2.2.1.1.7"), ber.INTEGER, 7)], 7, ()),
        ([(ber.instance(mib.IF_OPER_STATUS, 300), ber.INTEGER, 2)], 300, ()),
        ([(ber.instance(mib.IF_NAME, 4), ber.OCTET_STRING, b"ge-0/0/4\0")], 4, ("ge-0/0/4",)),
        ([(mib.IF_DESCR, ber.OCTET_STRING, b"Port 4")], None, ("Port 4",)),
        ([(ber.oid("1.3.6.1.2.1.2.2.1.1.7"), ber.INTEGER, -7)], None, ()),
        ([(ber.oid("1.3.6.1.2.1.2.2.1.10.7"), ber.COUNTER32, 7)], None, ()),
        ([(ber.oid("1.3.6.1.2.1.2.2.1.1.7"), ber.COUNTER64, 2**64 - 1)], None, ()),
        ([(ber.instance(mib.IF_OPER_STATUS, 2**32 - 1), ber.INTEGER, 2)], None, ()),
        ([(ber.instance(mib.IF_OPER_STATUS, 0), ber.INTEGER, 2)], None, ()),
        ([(mib.IF_DESCR, ber.OCTET_STRING, b"x" * 256)], None, ()),
        ([(mib.IF_DESCR, ber.OCTET_STRING, b"x")] * 1000, None, ("x",) * 8),
        ([], None, ()),
    ],
)
def test_the_port_is_found_by_its_index_and_its_names(varbinds, index, names):
    assert hint(v2("1.3.6.1.6.3.1.1.5.3", *varbinds)) == Hint("linkDown", b"", index, names)


def test_a_v1_agent_without_an_address_claims_none():
    assert hint(v1(2)).agent == b"\x0a\0\0\x01"
    assert hint(TrapV1(b"c", ber.oid("1.3"), b"\0\0\0\0", 2, 0, 0, [])).agent == b""


def test_what_is_no_notification_hints_at_nothing():
    assert hint(Message(V2C, b"c", GET, 1, 0, 0, [])) is None
    assert hint(Message(V2C, b"c", TRAP_V2, 1, 0, 0, [])) is None
