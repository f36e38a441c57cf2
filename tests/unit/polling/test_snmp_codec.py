"""SNMP as bytes: known messages, and everything that must be refused."""

from __future__ import annotations

import pytest

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.codec import (
    GET,
    GET_BULK,
    RESPONSE,
    V1,
    V2C,
    Message,
    TrapV1,
    decode,
    encode,
    encode_trap,
)
from netwatch.polling.snmp.dialogue import get, get_bulk
from netwatch.polling.snmp.session import Community

SYS_UP_TIME = ber.oid("1.3.6.1.2.1.1.3.0")
GET_UPTIME = bytes.fromhex("302902010104067075626c6963a01c02044a1b2c3d020100020100300e300c06082b060102010103000500")


@pytest.mark.parametrize(
    ("dotted", "encoded"),
    [
        ("1.3.6.1.2.1.1.3.0", "2b06010201010300"),
        ("2.100.3", "813403"),
        ("0.39", "27"),
        ("1.3.6.1.4.1.2021", "2b060104018f65"),
        ("1.3.4294967295", "2b8fffffff7f"),
        ("2.5", "55"),
    ],
)
def test_an_oid_is_written_and_read(dotted, encoded):
    assert ber.oid(dotted).hex() == encoded
    assert ber.dotted(bytes.fromhex(encoded)) == dotted
    assert ber.checked_oid(bytes.fromhex(encoded)) == bytes.fromhex(encoded)


@pytest.mark.parametrize(
    "encoded", ["", "2b86", "2b8001", "2b9fffffff7f", "2bffffffffff7f", "2b" + "01" * 128, "2b8f" + "01" * 128]
)
def test_what_is_no_oid_is_refused(encoded):
    with pytest.raises(MalformedError):
        ber.checked_oid(bytes.fromhex(encoded))


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
        (2**31 - 1, "02047fffffff"),
    ],
)
def test_an_integer_takes_the_fewest_bytes(number, encoded):
    assert ber.encode_integer(number).hex() == encoded
    assert ber.integer(bytes.fromhex(encoded), 0, len(encoded) // 2)[0] == number


@pytest.mark.parametrize(
    ("tag", "content", "value"),
    [
        (ber.COUNTER32, "ff", 255),  # no leading zero: some agents forget it
        (ber.COUNTER32, "ffffffff", 2**32 - 1),
        (ber.COUNTER32, "00ffffffff", 2**32 - 1),
        (ber.COUNTER64, "00ffffffffffffffff", 2**64 - 1),
        (ber.TIME_TICKS, "00", 0),
        (ber.GAUGE32, "7f", 127),
        (ber.IP_ADDRESS, "7f000001", b"\x7f\0\0\x01"),
        (ber.OCTET_STRING, "", b""),
        (ber.OPAQUE, "9f7804", b"\x9f\x78\x04"),
        (ber.NULL, "", None),
        (ber.NO_SUCH_INSTANCE, "", None),
    ],
)
def test_a_value_is_read(tag, content, value):
    raw = bytes.fromhex(content)
    assert ber.value(raw, tag, 0, len(raw)) == value


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (ber.INTEGER, ""), (ber.INTEGER, "0100000000"), (ber.COUNTER32, ""), (ber.COUNTER32, "0100000000"),
        (ber.COUNTER64, "010000000000000000"), (ber.NULL, "00"), (ber.END_OF_MIB_VIEW, "00"), (ber.IP_ADDRESS, "7f0000"),
        (ber.OBJECT_IDENTIFIER, ""), (0x47, "00"), (0x30, ""),
    ],
)  # fmt: skip
def test_a_value_that_its_type_does_not_allow_is_refused(tag, content):
    raw = bytes.fromhex(content)
    with pytest.raises(MalformedError):
        ber.value(raw, tag, 0, len(raw))


def test_a_known_get_is_written_and_read():
    message = Message(V2C, b"public", GET, 0x4A1B2C3D, 0, 0, [(SYS_UP_TIME, ber.NULL, None)])
    assert encode(message) == GET_UPTIME
    assert decode(GET_UPTIME) == message


def test_a_prepared_question_equals_the_message_with_its_request_id():
    many = [SYS_UP_TIME] * 40
    bulk = {"non_repeaters": 1, "max_repetitions": 300}
    for version, pdu, question, extra in ((V1, GET, get(many), {}), (V2C, GET_BULK, get_bulk(many, **bulk), bulk)):
        for request_id in (1 << 24, 0x12345678, 2**31 - 1):
            packet = Community(version, b"c" * 200).packet(question.numbered(request_id), request_id, 0.0)
            whole = decode(packet)
            assert (whole.request_id, whole.pdu, whole.version) == (request_id, pdu, version)
            assert packet == encode(whole)
            assert (whole.error_status, whole.error_index) == (
                extra.get("non_repeaters", 0),
                extra.get("max_repetitions", 0),
            )


def test_a_v1_trap_is_written_and_read():
    trap = TrapV1(b"public", ber.oid("1.3.6.1.4.1.9"), b"\x0a\0\0\x01", 2, 0, 12345, [(SYS_UP_TIME, ber.INTEGER, -3)])
    assert decode(encode_trap(trap)) == trap


def test_long_lengths_with_leading_zeros_are_read():
    inner = bytes.fromhex("02010104067075626c6963a21c02044a1b2c3d020100020100300e300c06082b060102010103000500")
    assert decode(bytes.fromhex("3084000000") + bytes([len(inner)]) + inner).pdu == RESPONSE


@pytest.mark.parametrize("cut", range(len(GET_UPTIME)))
def test_every_cut_message_is_refused(cut):
    with pytest.raises(MalformedError):
        decode(GET_UPTIME[:cut])


@pytest.mark.parametrize(
    "wrong",
    [
        GET_UPTIME + b"\0",
        GET_UPTIME.replace(b"\x02\x01\x01\x04", b"\x02\x01\x03\x04"),  # version 3 is no community message
        GET_UPTIME.replace(b"\xa0\x1c", b"\xa9\x1c"),
        b"\x30\x80" + GET_UPTIME[2:],  # indefinite length
        b"\x30\x85\0\0\0\0\x29" + GET_UPTIME[2:],
        b"\x31" + GET_UPTIME[1:],
        GET_UPTIME.replace(b"\x05\0", b"\x05\x01"),
        GET_UPTIME.replace(b"\x30\x0e\x30\x0c", b"\x30\x0e\x31\x0c"),
        b"\0" * 65_000,
        b"\x30\x84\xff\xff\xff\xff",
    ],
)
def test_what_is_no_message_is_refused(wrong):
    with pytest.raises(MalformedError):
        decode(wrong)


@pytest.mark.parametrize(
    ("row", "index"), [("05", 5), ("8205", 261), ("8ffffff7f", None), ("", None), ("0506", None), ("82", None)]
)
def test_a_row_is_found_by_the_rest_of_its_name(row, index):
    raw = bytes.fromhex(row) if len(row) % 2 == 0 else b""
    assert ber.index(raw) == index
    if index is not None:
        assert ber.instance(bytes.fromhex("2b01"), index) == bytes.fromhex("2b01") + raw
