"""SNMPv3 messages as bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest

from netwatch.polling.snmp import ber
from netwatch.polling.snmp.ber import MalformedError
from netwatch.polling.snmp.usm.message import Message, decode, encode, message_id, parse, scoped_pdu
from netwatch.polling.snmp.usm.reports import reported
from tests.unit.polling.usm.agent import ANSWER, ENGINE, NUMBER, SCOPED, Agent, report_pdu, someone, written


def message(**changed):
    parts = {
        "message_id": NUMBER, "flags": 3, "engine_id": ENGINE, "boots": 3, "time_s": 5000, "user": b"netwatch",
        "mac": bytes(24), "salt": bytes(8), "data": ber.element(ber.OCTET_STRING, b"secret"), **changed,
    }  # fmt: skip
    return Message(**parts)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"flags": 0, "data": SCOPED},
        {"flags": 5, "data": SCOPED, "salt": b"", "user": b"", "mac": b"", "engine_id": b""},
        {"boots": 0, "time_s": 0, "message_id": 0},
        {"boots": 2**31 - 1, "time_s": 2**31 - 1, "message_id": 2**31 - 1, "largest_bytes": 2**31 - 1},
        {"largest_bytes": 484, "engine_id": bytes(32), "user": bytes(32), "mac": bytes(48)},
        {"data": ber.element(ber.OCTET_STRING, bytes(60_000))},
    ],
)
def test_a_message_is_read_as_it_was_written(changed):
    whole = message(**changed)
    assert decode(encode(whole)) == whole
    assert message_id(encode(whole)) == whole.message_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_id": -1},
        {"message_id": 2**31},
        {"boots": -1},
        {"boots": 2**31},
        {"time_s": -5},
        {"time_s": 2**40},
        {"largest_bytes": 483},
        {"flags": 2},
        {"flags": 0},
        {"flags": 3, "data": SCOPED},
        {"engine_id": bytes(33)},
        {"user": bytes(33)},
        {"user": bytes(130)},
        {"data": b""},
        {"data": ber.element(ber.OCTET_STRING, b"")},
        {"data": ber.element(ber.OCTET_STRING, b"secret") + b"\0"},
    ],
)
def test_a_message_with_a_part_out_of_range_is_malformed(wrong):
    with pytest.raises(MalformedError):
        decode(encode(message(**wrong)))


def test_every_beginning_of_a_message_and_every_message_with_more_is_malformed():
    for whole in (encode(message()), encode(message(flags=0, data=SCOPED)), encode(message(user=bytes(30), data=b"\x04\x82\1\0" + bytes(256)))):  # fmt: skip
        for size in range(len(whole)):
            for read in (decode, parse, message_id):
                with pytest.raises(MalformedError):
                    read(whole[:size])
        with pytest.raises(MalformedError):
            decode(whole + b"\0")


def test_lengths_written_in_the_long_form_are_read_alike():
    expected = message(flags=0, time_s=9, user=b"", mac=b"", salt=b"", data=SCOPED, largest_bytes=1500)
    for whole in (written(), written(long=True)):
        assert message_id(whole) == NUMBER
        assert decode(whole) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"after": b"\x05\x00"},
        {"after": b"\x00"},
        {"behind": b"\x05\x00"},
        {"behind": b"\x00"},
        {"user": b"\x04\x05"},
        {"user": b"\x04\x20"},
        {"user": b"\x02\x00"},
        {"time_": b"\x02\x00"},
        {"time_": b"\x02\x05\x01\x00\x00\x00\x00"},
        {"time_": b"\x02\x06\x00\x00\x00\x00\x00\x00"},
        {"time_": b"\x04\x01\x09"},
    ],
)
def test_security_parameters_hold_what_they_should_and_no_more(wrong):
    with pytest.raises(MalformedError):
        parse(written(**wrong))


@pytest.mark.parametrize("version", [0, 1, 2, 4])
def test_other_versions_are_malformed(version):
    whole = encode(message())
    at = whole.index(b"\x02\x01\x03")
    with pytest.raises(MalformedError):
        message_id(whole[: at + 2] + bytes((version,)) + whole[at + 3 :])
    with pytest.raises(MalformedError):
        message_id(ber.element(0x30, ber.encode_integer(version) + ber.element(4, b"public") + ANSWER))


def test_a_scoped_pdu_is_read_and_only_padding_shorter_than_a_block_is_allowed():
    assert scoped_pdu(SCOPED) == (ENGINE, b"", ANSWER)
    assert scoped_pdu(SCOPED + bytes(15), padded=True) == (ENGINE, b"", ANSWER)
    for wrong, padded in ((SCOPED + b"\0", False), (SCOPED + bytes(16), True), (ANSWER, False), (b"", True)):
        with pytest.raises(MalformedError):
            scoped_pdu(wrong, padded=padded)


def test_changed_bytes_are_a_message_or_malformed_and_nothing_else():
    whole = Agent(someone()).says(ANSWER)
    for place in range(len(whole)):
        for byte in (0, 1, 2, 4, 0x30, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF, whole[place] ^ 1):
            changed = whole[:place] + bytes((byte,)) + whole[place + 1 :]
            with suppress(MalformedError):
                assert decode(changed).boots < 2**31
            with suppress(MalformedError):
                assert message_id(changed) >= 0


def test_the_object_of_a_report_is_found():
    name = ber.oid("1.3.6.1.6.3.15.1.1.2.0")
    assert reported(report_pdu(name)) == name


@pytest.mark.parametrize("pdu", [b"", ANSWER, b"\xa8\x00", report_pdu(ber.oid("1.3.6.1"))[:-9], b"\xa8\x0b" + b"\x02\x01\x00" * 3 + b"\x30\x00"])  # fmt: skip
def test_a_report_without_an_object_is_malformed(pdu):
    with pytest.raises(MalformedError):
        reported(pdu)
