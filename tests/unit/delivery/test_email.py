"""The mail channel against a real SMTP server on loopback that misbehaves on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from email import message_from_bytes, policy

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from netwatch.communication.channels.email import EmailChannel
from netwatch.communication.channels.settings import EmailRoute, EmailSettings, Tls
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import Audience
from netwatch.errors import InputError


class Relay:
    """What the server says; `mails` is what it took."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []
        self.sessions = 0
        self.at_sender = self.at_recipient = "250 OK"
        self.at_end: Callable[[SMTP], str] = lambda _: "250 OK"
        self.port = 0
        self.options: dict[str, object] = {}
        self.servers: list[SMTP] = []

    def make(self) -> SMTP:
        self.sessions += 1
        self.servers.append(SMTP(self, hostname="relay", **self.options))
        return self.servers[-1]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802, ARG002
        if self.at_sender == "drop":
            server.transport.abort()
        if self.at_sender.startswith("250"):
            envelope.mail_from = address
        return self.at_sender

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802, ARG002
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802, ARG002
        answer = self.at_end(server)
        if answer.startswith("250"):
            self.mails += [(to, envelope.content) for to in envelope.rcpt_tos]
        return answer


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay()
    server = await asyncio.get_running_loop().create_server(relay.make, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    yield relay
    server.close()
    for smtp in relay.servers:
        if smtp.transport is not None:
            smtp.transport.abort()
    await server.wait_closed()
    await asyncio.gather(*(s._handler_coroutine for s in relay.servers if s._handler_coroutine), return_exceptions=True)


@pytest.fixture
async def channel_of(relay, post) -> AsyncIterator[Callable[..., EmailChannel]]:
    made: list[EmailChannel] = []

    def make(**route: object) -> EmailChannel:
        settings = EmailSettings(
            sender="noc@example.net", sender_name="Sieć", reply_to="help@example.net", unsubscribe="stop@example.net"
        )
        fields = {"host": "127.0.0.1", "port": relay.port, "timeout_s": 2.0, **route}
        made.append(EmailChannel(settings, EmailRoute(**fields), post.clock))
        return made[-1]

    yield make
    for channel in made:
        await channel.close()


async def test_a_mail_arrives_whole(relay, channel_of, post):
    message = replace(post.message("jan"), subject="Awaria łącza", body="Zażółć\n.\n..kropka\n")
    assert (await channel_of().send(message)).outcome is Outcome.ACCEPTED
    ((to, content),) = relay.mails
    mail = message_from_bytes(content, policy=policy.default)
    assert to == "jan@example.net"
    assert mail["Subject"] == "Awaria łącza"
    assert mail["Message-ID"] == f"<{message.id}@example.net>"
    assert mail.get_content().replace("\r\n", "\n") == "Zażółć\n.\n..kropka\n"


async def test_only_customers_are_offered_to_unsubscribe(relay, channel_of, post):
    channel = channel_of(connections=1)
    await channel.send(post.message("jan"))
    await channel.send(post.message("anna", Audience.ONCALL))
    wishes = {to: message_from_bytes(mail)["List-Unsubscribe"] for to, mail in relay.mails}
    assert wishes == {
        "jan@example.net": "<mailto:stop@example.net?subject=unsubscribe%20jan>",
        "anna@example.net": None,
    }


async def test_connections_are_used_again_and_never_more_than_allowed(relay, channel_of, post):
    channel = channel_of(connections=3)
    results = await asyncio.gather(*(channel.send(post.message(f"c-{n}")) for n in range(30)))
    assert {result.outcome for result in results} == {Outcome.ACCEPTED}
    assert len(relay.mails) == 30
    assert relay.sessions <= 3


@pytest.mark.parametrize(
    ("sender", "recipient", "end", "outcome"),
    [
        ("250 OK", "450 4.2.0 greylisted", "250 OK", Outcome.RECIPIENT_TEMPORARY),
        ("250 OK", "550 5.1.1 unknown", "250 OK", Outcome.RECIPIENT_PERMANENT),
        ("421 4.3.2 busy", "250 OK", "250 OK", Outcome.CHANNEL_TEMPORARY),
        ("250 OK", "421 4.3.2 busy", "250 OK", Outcome.CHANNEL_TEMPORARY),
        ("550 5.7.1 not yours", "250 OK", "250 OK", Outcome.CONFIGURATION),
        ("250 OK", "250 OK", "554 5.7.1 spam", Outcome.CONTENT),
        ("250 OK", "250 OK", "451 4.3.0 later", Outcome.RECIPIENT_TEMPORARY),
        ("drop", "250 OK", "250 OK", Outcome.CHANNEL_TEMPORARY),
    ],
)
async def test_every_refusal_is_told_apart_and_the_next_mail_goes(
    relay, channel_of, post, sender, recipient, end, outcome
):
    channel = channel_of()
    relay.at_sender, relay.at_recipient, relay.at_end = sender, recipient, lambda _: end
    assert (await channel.send(post.message("a"))).outcome is outcome
    relay.at_sender = relay.at_recipient = "250 OK"
    relay.at_end = lambda _: "250 OK"
    assert (await channel.send(post.message("b"))).outcome is Outcome.ACCEPTED
    assert [to for to, _ in relay.mails] == ["b@example.net"]


async def test_a_connection_lost_after_the_final_dot_leaves_doubt(relay, channel_of, post):
    def drop(server: SMTP) -> str:
        server.transport.abort()
        return "250 OK"

    relay.at_end = drop
    assert (await channel_of().send(post.message())).outcome is Outcome.UNKNOWN


async def test_no_reply_after_the_final_dot_leaves_doubt(relay, channel_of, post):
    async def handle_DATA(server, session, envelope):  # noqa: N802, ARG001
        await asyncio.sleep(3600)

    relay.handle_DATA = handle_DATA
    channel = channel_of(timeout_s=0.2)
    assert (await channel.send(post.message())).outcome is Outcome.UNKNOWN


async def test_a_connection_that_the_relay_closed_while_idle_is_replaced_within_the_attempt(relay, channel_of, post):
    channel = channel_of()
    await channel.send(post.message("a"))
    relay.servers[0].transport.abort()
    assert (await channel.send(post.message("b"))).outcome is Outcome.ACCEPTED
    assert relay.sessions == 2


async def test_nobody_listening_is_the_channels_fault(channel_of, post, relay):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert (await channel_of(port=port).send(post.message())).outcome is Outcome.CHANNEL_TEMPORARY
    assert relay.mails == []


async def test_a_relay_that_never_greets_is_the_channels_fault(channel_of, post):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    channel = channel_of(port=server.sockets[0].getsockname()[1], timeout_s=0.2)
    assert (await channel.send(post.message())).outcome is Outcome.CHANNEL_TEMPORARY
    server.close()


async def test_a_name_that_does_not_resolve_is_the_channels_fault(channel_of, post):
    assert (await channel_of(host="relay.invalid").send(post.message())).outcome is Outcome.CHANNEL_TEMPORARY


async def test_tls_that_the_relay_does_not_offer_is_never_done_without(relay, channel_of, post):
    result = await channel_of(tls=Tls.STARTTLS).send(post.message())
    assert result.outcome is Outcome.CONFIGURATION
    assert relay.mails == []


async def test_a_login_is_made_with_the_password_of_the_file(relay, channel_of, post, tmp_path):
    seen = []

    def authenticate(server, session, envelope, mechanism, data):  # noqa: ARG001
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret", handled=False)

    relay.options = {"authenticator": authenticate, "auth_require_tls": False}
    (tmp_path / "pw").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess\n")
    good = channel_of(username="netwatch", password_file=str(tmp_path / "pw"))
    assert (await good.send(post.message())).outcome is Outcome.ACCEPTED
    assert seen == [(b"netwatch", b"secret")]
    bad = channel_of(username="netwatch", password_file=str(tmp_path / "wrong"))
    assert (await bad.send(post.message())).outcome is Outcome.CONFIGURATION
    gone = channel_of(username="netwatch", password_file=str(tmp_path / "gone"))
    assert (await gone.send(post.message())).outcome is Outcome.CONFIGURATION


@pytest.mark.parametrize("address", ["", "a@b\r\nRCPT TO:<evil@example.net>", "a@x.nl> SIZE=9 <b@x.nl", "a,b@x.nl"])
async def test_an_address_that_is_none_never_reaches_the_relay(relay, channel_of, post, address):
    result = await channel_of().send(replace(post.message(), address=address))
    assert result.outcome is Outcome.REFUSED_BY_US
    assert relay.sessions == 0


async def test_a_subject_that_smuggles_a_header_never_reaches_the_relay(relay, channel_of, post):
    result = await channel_of().send(replace(post.message(), subject="x\r\nBcc: evil@example.net"))
    assert result.outcome is Outcome.REFUSED_BY_US
    assert relay.sessions == 0


def test_a_sender_that_is_no_address_is_refused_at_the_start(post):
    with pytest.raises(InputError, match=r"channels\.email\.sender"):
        EmailChannel(EmailSettings(sender="nobody"), EmailRoute("127.0.0.1"), post.clock)


@pytest.mark.parametrize("key", ["reply_to", "unsubscribe"])
def test_an_address_for_answers_that_is_none_is_named(post, key):
    settings = EmailSettings(sender="noc@example.net", **{key: "no address"})
    with pytest.raises(InputError, match=f"channels.email.{key}"):
        EmailChannel(settings, EmailRoute("127.0.0.1"), post.clock)
