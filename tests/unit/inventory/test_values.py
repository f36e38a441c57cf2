from __future__ import annotations

from datetime import UTC, datetime

import pytest

from netwatch.inventory.values import (
    WrongValueError,
    address,
    boolean,
    device_ident,
    ident,
    instant,
    mail,
    number,
    phone,
    text,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("127.10.0.1", "127.10.0.1"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("fe80::1", "fe80::1"),
    ],
)
def test_addresses_are_read_in_their_canonical_form(written, read):
    assert address(written) == read


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("core.example.net", "give the address that the name resolves to"),
        ("192.0.2.1/24", "leave out the mask"),
        ("192.0.2.01", "remove the zeros"),
        ("192.0.2.256", "write it as in"),
        ("192.0.2", "write it as in"),
        ("3232235777", "write it as in"),
        ("0.0.0.0", "the device's own address"),
        ("255.255.255.255", "the device's own address"),
        ("224.0.0.1", "the device's own address"),
        ("ff02::1", "the device's own address"),
        ("fe80::1%eth0", "not link-local"),
        ("", "write it as in"),
        ("192.0.2.1 ", "write it as in"),
        ("١٩٢.0.2.1", "write it as in"),
    ],
)
def test_what_is_no_address_of_a_device_is_refused_with_its_mend(written, mend):
    with pytest.raises(WrongValueError) as caught:
        address(written)
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    "written",
    ["a@example.net", "first.last+tag@sub.example.co.uk", "o'brien@example.net", "x@xn--exmple-cua.net", "1@1.example"],
)
def test_mail_addresses_are_taken(written):
    assert mail(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "a", "a@", "@example.net", "a@example", "a@.example.net", "a@example..net", "a@-example.net", "a@example.net.",
        "a..b@example.net", ".a@example.net", "a.@example.net", "a b@example.net", "a@b@example.net", '"a"@example.net',
        "a@[192.0.2.1]", "a@example.net\n", "a@example.net\r\nRCPT TO:<evil@example.net>", "a@example.net,b@example.net",
        "Anna <a@example.net>", "jürgen@example.net", "a@exämple.net", "a@example.net\0", "a\u202e@example.net",
        "a" * 250 + "@example.net", "a@" + "b" * 64 + ".net",
    ],
)  # fmt: skip
def test_what_a_relay_might_misread_is_refused(written):
    with pytest.raises(WrongValueError):
        mail(written)


@pytest.mark.parametrize(
    "written",
    ["+447700900123", "07700900123", "0044 7700 900123", "+44 7700 900200", "074-123 45 67", "(074) 1234567", "112112"],
)
def test_phone_numbers_are_kept_as_written(written):
    assert phone(written) == written


@pytest.mark.parametrize(
    "written", ["", "06", "12345", "+31 (0)6 12345678", "call me", "+1234567890123456", "06 12 34 56 78 ext 9", "++3161234567", "061234567\n", "٠٦١٢٣٤٥٦٧٨"]
)  # fmt: skip
def test_what_can_not_be_dialled_is_refused(written):
    with pytest.raises(WrongValueError):
        phone(written)


def test_times_are_unix_seconds_and_need_their_zone():
    expected = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    for written in (
        "2026-12-01T00:00:00Z",
        "2026-12-01T01:00:00+01:00",
        "2026-11-30 19:00:00.0-05:00",
        "2026-12-01t00:00z",
    ):
        assert instant(written) == expected
    for written in (
        "2026-12-01T00:00:00",
        "2026-12-01",
        "tomorrow",
        "2026-13-01T00:00:00Z",
        "2026-12-01T00:00:00+25:00",
    ):
        with pytest.raises(WrongValueError):
            instant(written)


def test_booleans_are_words():
    assert [boolean(word) for word in ("true", "YES", "On", "false", "No", "OFF")] == [True] * 3 + [False] * 3
    for word in ("1", "0", "", "maybe"):
        with pytest.raises(WrongValueError):
            boolean(word)


def test_numbers_stay_in_their_range_and_finite():
    minutes = number(0, 100)
    assert minutes("0") == 0.0
    assert minutes("99.5") == 99.5
    for written in ("-1", "101", "nan", "inf", "1_0", "ten", ""):
        with pytest.raises(WrongValueError):
            minutes(written)


def test_ids_hold_no_blank_and_devices_no_colon():
    assert ident("hgl-olt-1/pon0") == "hgl-olt-1/pon0"
    assert ident("00123") == "00123"
    for written in ("a b", "a\u00a0b", "x" * 121, "a\tb", "a\u2028b"):
        with pytest.raises(WrongValueError):
            ident(written)
    with pytest.raises(WrongValueError):
        device_ident("a:b")


def test_names_are_one_visible_line():
    assert text("Żółć & Söhne 💥") == "Żółć & Söhne 💥"
    for written in ("a\nb", "a\u202eb", "a\x00b", "a\x85b", "x" * 301):
        with pytest.raises(WrongValueError):
            text(written)
