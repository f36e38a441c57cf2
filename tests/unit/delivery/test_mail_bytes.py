"""Mails as bytes, and addresses: what is written reads back, and nothing can be smuggled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.communication.channels.address import envelope_address
from netwatch.communication.channels.mime import assemble, encode_text, mailbox, message_ids, unsubscribing

SENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def read(subject: str, body: str, language: str = "pl"):
    mail = assemble(
        encode_text(subject, body, language),
        mailbox("noc@example.net", "Łącza Północ"),
        "jan@example.net",
        message_ids("ab12", "i-1", "example.net"),
        SENT,
        reply_to="help@example.net",
    )
    assert all(len(line) <= 998 for line in mail.split(b"\r\n"))
    assert b"\n" not in mail.replace(b"\r\n", b"")
    return message_from_bytes(mail, policy=policy.default)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Storing in Hengelo", "Beste klant,\n\nEr is een storing.\n"),
        ("Awaria: Zażółć gęślą jaźń " * 6, "Zażółć gęślą jaźń.\n" * 40),
        ("x" * 500, ".\n..\nFrom here\n" + "lang " * 400 + "\n trailing \n"),
        ("=?utf-8?q?not_encoded?= = _ ?", "100 % = 1/1\n"),
    ],
)
def test_a_mail_reads_back_as_it_was_written(subject, body):
    mail = read(subject, body)
    assert mail["Subject"].strip() == subject.strip()
    assert mail.get_content().replace("\r\n", "\n") == body
    assert mail["From"].addresses[0].display_name == "Łącza Północ"
    assert mail["To"] == "jan@example.net"
    assert mail["Message-ID"] == "<ab12@example.net>"
    assert mail["References"].startswith("<incident.")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "help@example.net"
    assert mail["Date"].datetime == SENT
    assert not mail.defects


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], codec="utf-8"), max_size=300))
def test_any_body_reads_back(body):
    assert read("s", body).get_content().replace("\r\n", "\n").rstrip("\n") == body.rstrip("\n")


def test_all_mails_of_an_incident_refer_to_one_root():
    assert (
        message_ids("a", "i-1", "x.nl")[1] == message_ids("b", "i-1", "x.nl")[1] != message_ids("a", "i-2", "x.nl")[1]
    )


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: evil@x.nl", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b", "a\u202eb", "a\x7fb", "a\x1bb"]
)
def test_a_subject_with_control_characters_is_refused(subject):
    with pytest.raises(ValueError, match="control characters"):
        encode_text(subject, "b", "nl")


@pytest.mark.parametrize("body", ["a\x00b", "a\x1b[31m", "a\u202eb", "a\rb"])
def test_a_body_with_control_characters_is_refused(body):
    with pytest.raises(ValueError, match="control characters"):
        encode_text("s", body, "nl")


def test_a_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match=r"surrogate|codec"):
        encode_text("s", "\ud800", "nl")


def test_a_name_with_control_characters_is_refused():
    with pytest.raises(ValueError, match="control characters"):
        mailbox("a@x.nl", "Evil\r\nBcc: b@x.nl")


@pytest.mark.parametrize("name", ['A "B" C', "Back\\slash", "Net, Inc.", "<x@y.nl>", "Jan (boss)"])
def test_a_name_with_special_characters_stays_a_name(name):
    mail = assemble(encode_text("s", "b", "en"), mailbox("noc@example.net", name), "j@x.nl", ("<a@b>", "<c@b>"), SENT)
    (sender,) = message_from_bytes(mail, policy=policy.default)["From"].addresses
    assert (sender.addr_spec, sender.display_name) == ("noc@example.net", name)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("jan@example.net", "jan@example.net"),
        ("jan.de.vries+noc@sub.example.net", "jan.de.vries+noc@sub.example.net"),
        ("noc@localhost", "noc@localhost"),
        ("o'neil@example.net", "o'neil@example.net"),
        ("jan@łącze.pl", "jan@xn--cze-hpa81a.pl"),
    ],
)
def test_an_address_has_one_form_on_the_wire(text, wire):
    assert envelope_address(text) == wire


@pytest.mark.parametrize(
    "text",
    [
        "", "jan", "@x.nl", "jan@", "jan@@x.nl", "a b@x.nl", "a@b\r\nRCPT TO:<evil@x.nl>", "a@x.nl\n", "\na@x.nl",
        "a@x.nl>", "<a@x.nl>", "a@x.nl SIZE=1", ".a@x.nl", "a.@x.nl", "a..b@x.nl", '"a b"@x.nl', "a@-x.nl", "a@x-.nl",
        "a@x..nl", "a@.nl", "a@[127.0.0.1]", "a@x.nl,b@x.nl", "a@x.nl;b@x.nl", "a\x00@x.nl", "a@x\x00.nl", "żółw@x.nl",
        "a" * 65 + "@x.nl", "a@" + "b" * 64 + ".nl", "a@" + ".".join(["b" * 60] * 5), "a@x_y.nl", "a@x.nl\u2028",
        "a@\u202ex.nl", "postmaster\r@x.nl",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(text):
    assert envelope_address(text) is None


@given(st.text(max_size=80))
def test_no_address_carries_a_control_character_or_a_second_argument(text):
    wire = envelope_address(text + "@example.net")
    assert wire is None or (wire.isascii() and not any(c in wire for c in " <>\r\n\t\x00,;"))


@given(customer=st.text(min_size=1, max_size=60))
def test_whoever_unsubscribes_is_named_and_can_smuggle_nothing_in(customer):
    customer = customer.encode("utf-8", "replace").decode()
    wish = unsubscribing("stop+noc@example.net", customer)
    mail = assemble(
        encode_text("s", "b", "en"), "noc@example.net", "j@x.nl", ("<a@b>", "<c@b>"), SENT, unsubscribe=wish
    )
    read_back = message_from_bytes(mail, policy=policy.compat32)["List-Unsubscribe"]
    address = urlsplit(read_back.strip("<>"))
    assert (address.scheme, unquote(address.path)) == ("mailto", "stop+noc@example.net")
    assert parse_qs(address.query, strict_parsing=True) == {"subject": [f"unsubscribe {customer}"]}
