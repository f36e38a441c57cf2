"""Mastodon and Facebook against a real HTTP server on loopback."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from netwatch.clock import SystemClock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.facebook import FacebookChannel
from netwatch.communication.channels.mastodon import MastodonChannel
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.channels.social_settings import (
    FacebookRoute,
    FacebookSettings,
    MastodonRoute,
    MastodonSettings,
)
from netwatch.communication.delivery.outcome import Outcome
from netwatch.communication.model import Audience
from netwatch.errors import InputError


def base_of(service) -> str:
    return service.url.removesuffix("/hook/secret")


@pytest.fixture
def said(post, tmp_path):
    (tmp_path / "token").write_text("t0ken\n")
    message = post.message("mastodon", Audience.POST, "mastodon")
    return replace(message, body="Storing in Twente. ł & ü\n", language="nl", address="")


async def sent(channel, message):
    result = await channel.send(message)
    await channel.close()
    return result


async def test_a_post_on_mastodon_has_its_language_and_the_messages_id_as_key(service, said, tmp_path):
    channel = MastodonChannel(MastodonRoute(base_of(service) + "/", "token", visibility="unlisted"), tmp_path)
    assert (await sent(channel, said)).outcome is Outcome.ACCEPTED
    ((line, headers, body),) = service.requests
    assert line == "POST /api/v1/statuses HTTP/1.1"
    assert headers["authorization"] == "Bearer t0ken"
    assert headers["idempotency-key"] == said.id
    assert json.loads(body) == {"status": "Storing in Twente. ł & ü", "language": "nl", "visibility": "unlisted"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("401 Unauthorized", Outcome.CONFIGURATION),
        ("422 Unprocessable Content", Outcome.CONTENT),
        ("429 Too Many Requests", Outcome.THROTTLED),
        ("503 Unavailable", Outcome.RECIPIENT_TEMPORARY),
    ],
)
async def test_mastodons_answers_are_told_apart(service, said, tmp_path, answer, outcome):
    service.answer = f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()
    channel = MastodonChannel(MastodonRoute(base_of(service), "token"), tmp_path)
    assert (await sent(channel, said)).outcome is outcome


async def test_a_post_on_facebook_bears_its_token_in_the_body_alone(service, said, tmp_path):
    channel = FacebookChannel(FacebookRoute("12345", "token", url=base_of(service) + "/v21.0"), tmp_path)
    assert (await sent(channel, said)).outcome is Outcome.ACCEPTED
    ((line, headers, body),) = service.requests
    assert line == "POST /v21.0/12345/feed HTTP/1.1"
    assert "t0ken" not in line + str(headers)
    assert parse_qs(body.decode()) == {"message": ["Storing in Twente. ł & ü"], "access_token": ["t0ken"]}


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, 190, Outcome.CONFIGURATION),
        (403, 200, Outcome.CONFIGURATION),
        (400, 4, Outcome.THROTTLED),
        (400, 100, Outcome.CONTENT),
        (500, 1, Outcome.UNKNOWN),
        (500, 2, Outcome.UNKNOWN),
        (400, 506, Outcome.ACCEPTED),
        (502, None, Outcome.UNKNOWN),
        (400, None, Outcome.CONTENT),
    ],
)
async def test_facebooks_own_codes_say_what_is_wrong(service, said, tmp_path, status, code, outcome):
    body = b"<html>" if code is None else json.dumps({"error": {"message": "x", "code": code}}).encode()
    service.answer = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    channel = FacebookChannel(FacebookRoute("12345", "token", url=base_of(service)), tmp_path)
    assert (await sent(channel, said)).outcome is outcome


async def test_what_may_have_been_posted_is_in_doubt(service, said, tmp_path):
    service.answer = None
    channel = FacebookChannel(FacebookRoute("12345", "token", url=base_of(service)), tmp_path)
    assert (await sent(channel, said)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "channel",
    [
        MastodonChannel(MastodonRoute("http://127.0.0.1:1", "gone")),
        FacebookChannel(FacebookRoute("1", "gone", url="http://127.0.0.1:1")),
    ],
)
async def test_a_token_that_cannot_be_read_is_told(said, channel):
    assert (await sent(channel, said)).outcome is Outcome.CONFIGURATION


def test_without_a_route_there_is_no_such_channel_and_with_one_it_is_named_by_its_host():
    clock = SystemClock()
    assert build(ChannelSettings(), clock) == ()
    made = build(
        ChannelSettings(
            mastodon=MastodonSettings((MastodonRoute("https://mastodon.example", "t"),)),
            facebook=FacebookSettings((FacebookRoute("1", "t"),)),
        ),
        clock,
    )
    assert [(one.name, one.kind, one.idempotent) for one in made] == [
        ("mastodon/mastodon.example", "mastodon", True),
        ("facebook/graph.facebook.com", "facebook", False),
    ]
    with pytest.raises(InputError):
        MastodonChannel(MastodonRoute("https://user:secret@mastodon.example", "t"))
