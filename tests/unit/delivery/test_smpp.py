"""SMS by SMPP against a small message centre of our own: real sockets on loopback, octets by the standard's layout."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from netwatch.communication.channels import smpp_pdu
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.smpp import SmppChannel
from netwatch.communication.channels.sms_parts import segments
from netwatch.communication.channels.sms_settings import Bind, LongText, SmppRoute, SmsSettings
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.texts.sms import Alphabet, size
from netwatch.errors import InputError

HEAD = struct.Struct(">IIII")
BIND_TRX, BIND_TX, SUBMIT, DELIVER, UNBIND, ENQUIRE, RESP = 0x09, 0x02, 0x04, 0x05, 0x06, 0x15, 0x8000_0000
GSM_NAMES = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"


@dataclass
class Submitted:
    """One submit_sm, taken apart by hand."""

    source: tuple[int, int, str]
    destination: tuple[int, int, str]
    esm_class: int
    registered: int
    data_coding: int
    octets: bytes
    payload: bytes


def taken_apart(body: bytes) -> Submitted:
    def c_string(at: int) -> tuple[str, int]:
        end = body.index(b"\0", at)
        return body[at:end].decode("ascii"), end + 1

    _, at = c_string(0)
    source_kind, at = (body[at], body[at + 1]), at + 2
    source, at = c_string(at)
    dest_kind, at = (body[at], body[at + 1]), at + 2
    dest, at = c_string(at)
    esm_class, at = body[at], at + 3
    _, at = c_string(at)
    _, at = c_string(at)
    registered, coding, length = body[at], body[at + 2], body[at + 4]
    at += 5
    octets, rest, payload = body[at : at + length], body[at + length :], b""
    while rest:
        tag, size_ = struct.unpack_from(">HH", rest)
        if tag == 0x0424:
            payload = rest[4 : 4 + size_]
        rest = rest[4 + size_ :]
    return Submitted((*source_kind, source), (*dest_kind, dest), esm_class, registered, coding, octets, payload)


class Centre:
    """A message centre. `statuses`: of the next submissions, then 0; None = silence; "drop" = it hangs up."""

    def __init__(self) -> None:
        self.bound: list[tuple[int, bytes]] = []
        self.submitted: list[Submitted] = []
        self.statuses: deque[int | str | None] = deque()
        self.bind_status = 0
        self.enquiries = 0
        self.answers_enquiries = True
        self.heard: list[int] = []
        self.unbound = 0
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                length, command, _, sequence = HEAD.unpack(await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                if not self.answer(writer, command, sequence, body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes) -> bool:
        if command in {BIND_TRX, BIND_TX}:
            self.bound.append((command, body))
            self.say(writer, command | RESP, sequence, b"SMSC\0", self.bind_status)
        elif command == SUBMIT:
            self.submitted.append(taken_apart(body))
            status = self.statuses.popleft() if self.statuses else 0
            if status == "drop":
                return False
            if status is not None:
                self.say(writer, SUBMIT | RESP, sequence, f"m-{len(self.submitted)}\0".encode(), int(status))
        elif command == ENQUIRE:
            self.enquiries += 1
            if self.answers_enquiries:
                self.say(writer, ENQUIRE | RESP, sequence)
        elif command == UNBIND:
            self.unbound += 1
            self.say(writer, UNBIND | RESP, sequence)
        else:
            self.heard.append(command)
        return True

    @staticmethod
    def say(writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes = b"", status: int = 0) -> None:
        writer.write(HEAD.pack(16 + len(body), command, status, sequence) + body)

    def deliver(self, text: bytes, *, esm_class: int = 4, more: bytes = b"") -> None:
        body = b"\0\x01\x0131612345678\0\x05\0Netwerk\0" + bytes([esm_class, 0, 0]) + b"\0\0\0\0\0\0"
        self.say(self.writers[-1], DELIVER, 77, body + bytes([len(text)]) + text + more)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    centre = Centre()
    server = await asyncio.start_server(centre.serve, "127.0.0.1", 0)
    centre.port = server.sockets[0].getsockname()[1]
    yield centre
    for writer in centre.writers:
        writer.close()
    server.close()
    await server.wait_closed()


@pytest.fixture
async def channel(centre, post) -> AsyncIterator[Callable[..., SmppChannel]]:
    made: list[SmppChannel] = []

    def make(*, receipts: Receipts | None = None, base: Any = None, **settings: Any) -> SmppChannel:
        settings = {"timeout_s": 2.0, "rate_per_s": 1000.0, "sender": "Netwerk", **settings}
        route = SmppRoute("127.0.0.1", centre.port, **settings)
        more = {"base": base} if base else {}
        made.append(SmppChannel(SmsSettings(country_code="31"), route, post.clock, receipts=receipts, **more))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def sms(post):
    def make(body: str = "Storing in Twente."):
        return replace(post.message(channel="sms"), address="06 12345678", body=body)

    return make


async def test_a_text_is_handed_over_in_the_gsm_alphabet(centre, channel, sms):
    assert (await channel().send(sms("Prijs: 5 € [ca.] à Ängelö"))).outcome is Outcome.ACCEPTED
    (said,) = centre.submitted
    assert said.source == (5, 0, "Netwerk")
    assert said.destination == (1, 1, "31612345678")
    assert (said.esm_class, said.registered, said.data_coding) == (0, 1, 0)
    assert said.octets == b"Prijs: 5 \x1be \x1b<ca.\x1b> \x7f \x5bngel\x7c"


async def test_every_letter_of_the_alphabet_has_its_octet(centre, channel, sms):
    letters = "".join(char for char in GSM_NAMES if char.isprintable())
    await channel().send(sms(letters))
    assert "".join(GSM_NAMES[octet] for octet in centre.submitted[0].octets) == letters


async def test_a_polish_text_goes_as_ucs2(centre, channel, sms):
    await channel(sender="+31 850").send(sms("Zażółć gęślą jaźń"))
    (said,) = centre.submitted
    assert said.data_coding == 8
    assert said.octets.decode("utf-16-be") == "Zażółć gęślą jaźń"


async def test_a_number_as_sender_is_told_as_one(centre, channel, sms):
    await channel(sender="+31850123456").send(sms())
    assert centre.submitted[0].source == (1, 1, "31850123456")


@pytest.mark.parametrize("text", ["a" * 161, "€" * 100, "ą" * 71, "ą" * 66 + "😀" * 3, "€" * 77 + "a" * 150])
async def test_a_long_text_goes_in_parts_that_the_phone_joins(centre, channel, sms, text):
    message = sms(text)
    assert (await channel().send(message)).outcome is Outcome.ACCEPTED
    assert len(centre.submitted) == size(text).segments > 1
    reference = int(message.id[:2], 16)
    whole = b""
    for number, said in enumerate(centre.submitted, 1):
        assert said.esm_class == 0x40
        assert said.octets[:6] == bytes((5, 0, 3, reference, len(centre.submitted), number))
        assert len(said.octets) <= (140 if said.data_coding == 8 else 159)
        whole += said.octets[6:]
    assert whole == segments(text).whole


async def test_a_long_text_may_go_as_one_payload(centre, channel, sms):
    text = "Storing. " * 30
    assert (await channel(long_text=LongText.PAYLOAD).send(sms(text.strip()))).outcome is Outcome.ACCEPTED
    (said,) = centre.submitted
    assert (said.esm_class, said.octets, said.payload) == (0, b"", text.strip().encode())


def test_the_parts_of_a_text_are_those_that_the_lint_counted():
    for text in ("", "a" * 160, "€" * 80, "a" * 459, "ą" * 70, "😀" * 200):
        cut = segments(text)
        assert len(cut.parts) == size(text).segments
        assert cut.alphabet is size(text).alphabet
    with pytest.raises(ValueError, match="255"):
        segments("a" * 40_000)
    with pytest.raises(UnicodeEncodeError):
        segments("\ud800")
    assert segments("a" * 400).alphabet is Alphabet.GSM7


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0x0B, Outcome.RECIPIENT_PERMANENT),
        (0x0A, Outcome.CONFIGURATION),
        (0x08, Outcome.CHANNEL_TEMPORARY),
        (0x14, Outcome.THROTTLED),
        (0x58, Outcome.THROTTLED),
        (0x45, Outcome.RECIPIENT_TEMPORARY),
        (0x01, Outcome.CONTENT),
        (0x400, Outcome.CONTENT),
    ],
)
async def test_every_refusal_has_its_outcome(centre, channel, sms, status, outcome):
    centre.statuses.append(status)
    result = await channel().send(sms())
    assert (result.outcome, result.detail) == (outcome, f"smpp 0x{status:02x}")


@pytest.mark.parametrize("status", [None, "drop"])
async def test_silence_or_a_lost_connection_leaves_doubt_and_the_next_message_binds_anew(centre, channel, sms, status):
    centre.statuses.append(status)
    made = channel(timeout_s=0.3)
    assert (await made.send(sms())).outcome is Outcome.UNKNOWN
    assert (await made.send(sms())).outcome is Outcome.ACCEPTED
    assert len(centre.bound) == (2 if status == "drop" else 1)


async def test_a_later_part_that_is_throttled_waits_and_one_that_is_refused_leaves_doubt(centre, channel, sms):
    centre.statuses.extend([0, 0x58, 0])
    made = channel()
    assert (await made.send(sms("a" * 200))).outcome is Outcome.ACCEPTED
    assert len(centre.submitted) == 3
    centre.statuses.extend([0, 0x0B])
    result = await made.send(sms("a" * 200))
    assert (result.outcome, result.detail) == (Outcome.UNKNOWN, "smpp 0x0b in segment 2")
    centre.statuses.append(0x58)
    assert (await made.send(sms("a" * 200))).outcome is Outcome.THROTTLED


@pytest.mark.parametrize("status", [0x0D, 0x0E, 0x0F])
async def test_a_refused_login_is_the_configurations_fault(centre, channel, sms, status):
    centre.bind_status = status
    assert (await channel(system_id="me").send(sms())).outcome is Outcome.CONFIGURATION
    assert not centre.submitted


async def test_nobody_listening_and_a_peer_that_speaks_no_smpp_are_the_channels_fault(post, sms):
    async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.net ESMTP and much more of it\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = SmppChannel(SmsSettings(country_code="31"), SmppRoute("127.0.0.1", port, timeout_s=2.0), post.clock)
    assert (await channel.send(sms())).outcome is Outcome.CHANNEL_TEMPORARY
    server.close()
    assert (await channel.send(sms())).outcome is Outcome.CHANNEL_TEMPORARY
    await channel.close()


async def test_the_login_names_us_and_its_password_comes_from_its_file(centre, channel, sms, tmp_path):
    (tmp_path / "password").write_text("s3cret\n")
    made = channel(base=tmp_path, system_id="netwatch", password_file="password", bind=Bind.TRANSMITTER)
    await made.send(sms())
    assert centre.bound == [(BIND_TX, b"netwatch\0s3cret\0\0\x34\0\0\0")]
    (tmp_path / "password").unlink()
    await made.close()
    assert centre.unbound == 1
    assert (await made.send(sms())).outcome is Outcome.CONFIGURATION


async def test_many_messages_share_one_session(centre, channel, sms):
    made = channel()
    results = await asyncio.gather(*(made.send(sms(f"text {number}")) for number in range(20)))
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert len(centre.bound) == 1
    assert len({said.octets for said in centre.submitted}) == 20


async def test_receipts_are_counted_by_our_message(centre, channel, sms):
    receipts = Receipts()
    made, first, second = channel(receipts=receipts), sms(), replace(sms("a" * 200), id="f" * 32)
    await made.send(first)
    await made.send(second)
    centre.deliver(b"id:m-1 sub:001 dlvrd:001 submit date:2611221200 stat:ENROUTE err:000 text:")
    centre.deliver(b"id:m-9 stat:DELIVRD")
    centre.deliver(b"a phone's answer id:m-1 stat:DELIVRD", esm_class=0)
    centre.deliver(b"id:m-1 sub:001 dlvrd:001 submit date:2611221200 stat:DELIVRD err:000 text:")
    centre.deliver(b"stat:UNDELIV", more=struct.pack(">HH", 0x001E, 4) + b"m-3\0")
    await until(lambda: len(centre.heard) == 5)
    assert set(centre.heard) == {DELIVER | RESP}
    await until(lambda: sum(receipts.counts.values()) == 2)
    assert receipts.counts == {"delivered": 1, "undelivered": 1}


async def test_a_silent_connection_is_tested_and_a_dead_one_replaced(centre, channel, sms):
    made = channel(enquire_s=0.05, timeout_s=0.2)
    await made.send(sms())
    session = made._session
    await until(lambda: centre.enquiries)
    assert session.alive
    centre.answers_enquiries = False
    await until(lambda: not session.alive)
    assert (await made.send(sms())).outcome is Outcome.ACCEPTED
    assert len(centre.bound) == 2


async def test_the_centre_may_test_us_too_and_may_leave(centre, channel, sms):
    made = channel()
    await made.send(sms())
    centre.say(centre.writers[-1], ENQUIRE, 5)
    await until(lambda: ENQUIRE | RESP in centre.heard)
    centre.say(centre.writers[-1], UNBIND, 6)
    await until(lambda: not made._session.alive)
    assert (await made.send(sms())).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "octets",
    [
        HEAD.pack(16, 0x1234, 0, 1),
        HEAD.pack(17, DELIVER, 0, 1) + b"x",
        HEAD.pack(40, DELIVER, 0, 1) + b"\xff" * 24,
        HEAD.pack(20, SUBMIT | RESP, 0, 999) + b"\xff\xfe\xfd\xfc",
    ],
)
async def test_what_is_mangled_breaks_nothing(centre, channel, sms, octets):
    made = channel()
    await made.send(sms())
    centre.writers[-1].write(octets)
    assert (await made.send(sms())).outcome is Outcome.ACCEPTED
    assert len(centre.bound) == 1


@pytest.mark.parametrize("octets", [HEAD.pack(3, SUBMIT, 0, 1), HEAD.pack(0xFFFF_FFFF, SUBMIT, 0, 1)])
async def test_a_length_that_is_none_ends_the_session(centre, channel, sms, octets):
    made = channel()
    await made.send(sms())
    centre.writers[-1].write(octets)
    await until(lambda: not made._session.alive)


def test_a_missing_library_is_told_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(smpp_pdu, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"netwatch\[smpp\]"):
        smpp_pdu.require_library()
