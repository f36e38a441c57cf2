"""Our codec against pysnmp's, and against bytes that no agent should send."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import (
    Counter32,
    Counter64,
    Gauge32,
    Integer32,
    IpAddress,
    ObjectName,
    OctetString,
    Opaque,
    TimeTicks,
)

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import (
    GET,
    GET_BULK,
    GET_NEXT,
    INFORM,
    RESPONSE,
    TRAP_V2,
    V1,
    V2C,
    Message,
    TrapV1,
    decode,
    encode,
    encode_trap,
)
from netwatch.polling.snmp.traps import hint

oids = st.lists(st.integers(0, 2**32 - 1), max_size=12).map(
    lambda rest: "1.3.6.1" + "".join(f".{number}" for number in rest)
)
numbers32 = st.integers(0, 2**32 - 1)
values = st.one_of(
    st.tuples(st.just(ber.INTEGER), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(ber.OCTET_STRING), st.binary(max_size=300)),
    st.tuples(st.just(ber.OPAQUE), st.binary(max_size=40)),
    st.tuples(st.just(ber.IP_ADDRESS), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just(ber.COUNTER32), numbers32),
    st.tuples(st.just(ber.GAUGE32), numbers32),
    st.tuples(st.just(ber.TIME_TICKS), numbers32),
    st.tuples(st.just(ber.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(ber.OBJECT_IDENTIFIER), oids.map(ber.oid)),
)
empty = st.tuples(st.sampled_from([ber.NULL, ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW]), st.none())
bindings = st.lists(st.tuples(oids, values), max_size=8)
communities = st.binary(max_size=64)
ids = st.integers(-(2**31), 2**31 - 1)

THEIR_TYPES = {
    ber.INTEGER: Integer32, ber.OCTET_STRING: OctetString, ber.OPAQUE: Opaque, ber.IP_ADDRESS: IpAddress,
    ber.COUNTER32: Counter32, ber.GAUGE32: Gauge32, ber.TIME_TICKS: TimeTicks, ber.COUNTER64: Counter64,
}  # fmt: skip
THEIR_PDUS = {
    GET: "GetRequestPDU", GET_NEXT: "GetNextRequestPDU", RESPONSE: "ResponsePDU", INFORM: "InformRequestPDU",
    TRAP_V2: "SNMPv2TrapPDU",
}  # fmt: skip


#: pysnmp writes these with one octet more than X.690 8.3.2 allows.
PADDED = {-(2**7), -(2**15), -(2**23), -(2**31)}

WORDS = [
    (ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OBJECT_IDENTIFIER, ber.oid("1.3.6.1.6.3.1.1.5.3")),
    (ber.oid("1.3.6.1.2.1.2.2.1.1.7"), ber.INTEGER, 7),
]


def their_value(tag, value):
    return ObjectName(ber.dotted(value)) if tag == ber.OBJECT_IDENTIFIER else THEIR_TYPES[tag](value)


def ours(varbinds):
    return [(ber.oid(name), tag, value) for name, (tag, value) in varbinds]


@given(st.sampled_from(sorted(THEIR_PDUS)), communities, ids, st.integers(0, 18), st.integers(0, 8), bindings)
@example(GET, b"", -(2**31), 0, 0, [("1.3.6.1", (ber.INTEGER, -(2**31)))])
@example(GET, b"", -(2**7), 0, 0, [("1.3.6.1", (ber.INTEGER, 2**31 - 1))])
@settings(max_examples=100, deadline=None)
def test_what_pysnmp_writes_we_read_and_write_alike(pdu, community, request_id, status, index, varbinds):
    module = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
    their_pdu = getattr(module, THEIR_PDUS[pdu])()
    module.apiPDU.set_defaults(their_pdu)
    module.apiPDU.set_request_id(their_pdu, request_id)
    module.apiPDU.set_error_status(their_pdu, status)
    their_pdu.setComponentByPosition(2, index)
    module.apiPDU.set_varbinds(their_pdu, [(name, their_value(*value)) for name, value in varbinds])
    theirs = module.Message()
    module.apiMessage.set_defaults(theirs)
    module.apiMessage.set_community(theirs, community)
    module.apiMessage.set_pdu(theirs, their_pdu)
    raw = encoder.encode(theirs)
    message = Message(V2C, community, pdu, request_id, status, index, ours(varbinds))
    assert decode(raw) == message
    assert decode(encode(message)) == message
    numbers = [request_id, *(value for _, (tag, value) in varbinds if tag == ber.INTEGER)]
    if PADDED.isdisjoint(numbers):
        assert encode(message) == raw


@given(communities, ids, st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), st.lists(oids, max_size=8))
@settings(max_examples=50, deadline=None)
def test_a_bulk_request_of_ours_is_read_alike_by_pysnmp(community, request_id, non_repeaters, repetitions, names):
    module = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
    varbinds = [(ber.oid(name), ber.NULL, None) for name in names]
    raw = encode(Message(V2C, community, GET_BULK, request_id, non_repeaters, repetitions, varbinds))
    theirs, rest = decoder.decode(raw, asn1Spec=module.Message())
    pdu = module.apiMessage.get_pdu(theirs)
    assert not rest
    assert bytes(module.apiMessage.get_community(theirs)) == community
    assert module.apiBulkPDU.get_request_id(pdu) == request_id
    assert module.apiBulkPDU.get_non_repeaters(pdu) == non_repeaters
    assert module.apiBulkPDU.get_max_repetitions(pdu) == repetitions
    assert [str(name) for name, _ in module.apiBulkPDU.get_varbinds(pdu)] == names


@given(communities, oids, st.binary(min_size=4, max_size=4), st.integers(0, 6), st.integers(0, 2**31 - 1), numbers32)
@settings(max_examples=50, deadline=None)
def test_a_v1_trap_of_pysnmp_is_read(community, enterprise, address, generic, specific, ticks):
    module = api.PROTOCOL_MODULES[api.SNMP_VERSION_1]
    pdu = module.TrapPDU()
    module.apiTrapPDU.set_defaults(pdu)
    module.apiTrapPDU.set_enterprise(pdu, enterprise)
    module.apiTrapPDU.set_agent_address(pdu, ".".join(map(str, address)))
    module.apiTrapPDU.set_generic_trap(pdu, generic)
    module.apiTrapPDU.set_specific_trap(pdu, specific)
    module.apiTrapPDU.set_timestamp(pdu, ticks)
    theirs = module.Message()
    module.apiMessage.set_defaults(theirs)
    module.apiMessage.set_community(theirs, community)
    module.apiMessage.set_pdu(theirs, pdu)
    trap = TrapV1(community, ber.oid(enterprise), address, generic, specific, ticks, [])
    assert decode(encoder.encode(theirs)) == trap


@given(
    st.sampled_from([V1, V2C]),
    st.sampled_from([GET, RESPONSE, TRAP_V2]),
    communities,
    ids,
    st.lists(st.tuples(oids, values | empty), max_size=8),
)
def test_a_message_survives_writing_and_reading(version, pdu, community, request_id, varbinds):
    message = Message(version, community, pdu, request_id, 0, 0, ours(varbinds))
    assert decode(encode(message)) == message


@given(
    communities,
    bindings,
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 50),
)
@settings(max_examples=200, deadline=None)
def test_changed_bytes_are_a_message_or_refused_and_nothing_else(community, varbinds, changes, cut):
    for whole in (
        encode(Message(V2C, community, RESPONSE, 7, 0, 0, ours(varbinds))),
        encode(Message(V2C, community, TRAP_V2, 7, 0, 0, [*WORDS, *ours(varbinds)])),
        encode_trap(TrapV1(community, ber.oid("1.3.6.1.4.1.9"), b"\0\0\0\0", 6, 1, 2, ours(varbinds))),
    ):
        raw = bytearray(whole)
        for place, byte in changes:
            raw[place % len(raw)] = byte
        with suppress(MalformedError):
            decoded = decode(bytes(raw[: len(raw) - cut] if cut < len(raw) // 2 else raw))
            assert hint(decoded) is None or hint(decoded).trap
            for name, _, value in decoded.varbinds:
                assert ber.sub_identifiers(name)
                assert not isinstance(value, int) or -(2**31) <= value < 2**64


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(raw):
    with suppress(MalformedError):
        decode(raw)
