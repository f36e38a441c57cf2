"""The webhook channel against a real HTTP server on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from netwatch.communication.channels.build import build
from netwatch.communication.channels.settings import (
    ChannelSettings,
    EmailRoute,
    EmailSettings,
    WebhookRoute,
    WebhookSettings,
)
from netwatch.communication.channels.webhook import WebhookChannel
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import Audience
from netwatch.errors import InputError


@pytest.fixture
async def channel(service) -> AsyncIterator[WebhookChannel]:
    channel = WebhookChannel(WebhookRoute(service.url, timeout_s=2.0))
    yield channel
    await channel.close()


async def test_a_message_is_posted_with_its_id_as_key(service, channel, post):
    message = replace(
        post.message("anna", Audience.ONCALL, "webhook"), subject="Zażółć", address="http://evil.invalid/"
    )
    assert (await channel.send(message)).outcome is Outcome.ACCEPTED
    assert (await channel.send(message)).outcome is Outcome.ACCEPTED
    (line, headers, body), (_, again, _) = service.requests
    assert line == "POST /hook/secret HTTP/1.1"
    assert headers["idempotency-key"] == again["idempotency-key"] == message.id
    assert json.loads(body)["subject"] == "Zażółć"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("200 OK", Outcome.ACCEPTED),
        ("302 Found\r\nLocation: http://127.0.0.1:1/", Outcome.CONFIGURATION),
        ("401 Unauthorized", Outcome.CONFIGURATION),
        ("422 Unprocessable", Outcome.CONTENT),
        ("429 Too Many\r\nRetry-After: 7", Outcome.THROTTLED),
        ("503 Unavailable", Outcome.RECIPIENT_TEMPORARY),
    ],
)
async def test_every_status_is_told_apart_and_no_redirect_is_followed(service, channel, post, answer, outcome):
    service.answer = f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()
    result = await channel.send(post.message(channel="webhook"))
    assert result.outcome is outcome
    assert result.retry_after_s == (7.0 if outcome is Outcome.THROTTLED else None)
    assert len(service.requests) == 1


async def test_a_service_that_hangs_up_leaves_doubt(service, channel, post):
    service.answer = None
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.UNKNOWN


async def test_a_service_that_stays_silent_leaves_doubt(service, post):
    service.silent = True
    channel = WebhookChannel(WebhookRoute(service.url, timeout_s=0.2))
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.UNKNOWN
    await channel.close()


async def test_an_answer_without_end_is_not_read(service, channel, post):
    service.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + b"x" * 100_000
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.ACCEPTED


async def test_nobody_listening_is_the_channels_fault(post):
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    channel = WebhookChannel(WebhookRoute(f"http://127.0.0.1:{port}/"))
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.CHANNEL_TEMPORARY
    await channel.close()


async def test_a_token_comes_from_its_file_and_a_missing_file_is_the_configurations_fault(service, post, tmp_path):
    (tmp_path / "token").write_text("t0ken\n")
    channel = WebhookChannel(WebhookRoute(service.url, token_file="token"), tmp_path)
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.ACCEPTED
    assert service.requests[0][1]["authorization"] == "Bearer t0ken"
    (tmp_path / "token").unlink()
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.CONFIGURATION
    await channel.close()


@pytest.mark.parametrize("token", ["t0ken\nX-Admin: yes", "t\u00f6ken", "t\0ken"])
async def test_a_token_that_no_header_can_hold_is_the_configurations_fault(service, post, tmp_path, token):
    (tmp_path / "token").write_text(token, "utf-8")
    channel = WebhookChannel(WebhookRoute(service.url, token_file="token"), tmp_path)
    assert (await channel.send(post.message(channel="webhook"))).outcome is Outcome.CONFIGURATION
    assert not service.requests
    await channel.close()


@pytest.mark.parametrize("url", ["ftp://x/", "file:///etc/passwd", "oncall", "http://", "https://user:pw@x.nl/"])
def test_an_address_that_is_no_plain_web_address_is_refused_at_the_start(url):
    with pytest.raises(InputError, match=r"channels\.webhook\.routes\.url"):
        WebhookChannel(WebhookRoute(url))


def test_routes_have_names_of_their_own_without_secrets(post):
    settings = ChannelSettings(
        EmailSettings(routes=(EmailRoute("a"), EmailRoute("a"), EmailRoute("b", 587))),
        WebhookSettings((WebhookRoute("https://x.nl/secret1"), WebhookRoute("https://x.nl/secret2"))),
    )
    names = [channel.name for channel in build(settings, post.clock)]
    assert names == ["email/a:25", "email/a:25#2", "email/b:587", "webhook/x.nl", "webhook/x.nl#2"]
