"""SMS by gateways against a real HTTP server on loopback that behaves well and badly."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import MappingProxyType

import httpx
import pytest

from netwatch.communication.channels.build import build
from netwatch.communication.channels.callback import Door
from netwatch.communication.channels.protocol import LooksUp
from netwatch.communication.channels.receipts import Receipts
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.channels.sms import AskableSmsChannel, SmsChannel
from netwatch.communication.channels.sms_api import presets
from netwatch.communication.channels.sms_settings import Auth, SmsApi, SmsRoute, SmsSettings
from netwatch.communication.delivery.outcome import Outcome
from netwatch.errors import InputError
from netwatch.web.fake import FakeDoors
from netwatch.web.public import page_app
from netwatch.web.sample import picture

OWN = SmsApi(
    "http://x.invalid/",
    reference_field="ref",
    accepted_field="id",
    id_field="id",
    error_field="error",
    throttled_codes=("slow",),
    auth=Auth.NONE,
)
Make = Callable[..., SmsChannel]


@pytest.fixture
async def gateway(service, post) -> AsyncIterator[Make]:
    made: list[SmsChannel] = []

    def make(api: SmsApi = OWN, kind: type[SmsChannel] = SmsChannel, **route: object) -> SmsChannel:
        receipts, base, callback = route.pop("receipts", None), route.pop("base", None), route.pop("callback", "")
        more = {"base": base} if base else {}
        settings = SmsRoute("own", url=service.url, **{"timeout_s": 2.0, "rate_per_s": 1000.0, **route})
        made.append(
            kind(
                SmsSettings(country_code="31"), settings, api, post.clock, receipts=receipts, callback=callback, **more
            )
        )
        return made[-1]

    yield make
    for channel in made:
        await channel.close()


@pytest.fixture
def sms(post):
    def make(number: str = "06 1234 5678", body: str = "Storing in Twente."):
        return replace(post.message(channel="sms"), address=number, body=body)

    return make


async def test_a_message_goes_to_its_number_with_its_id_as_reference(service, gateway, sms):
    service.answer = service.says(202, {"id": "g-1"})
    message = sms()
    assert (await gateway(sender="Netwerk").send(message)).outcome is Outcome.ACCEPTED
    ((line, headers, body),) = service.requests
    assert line == "POST /hook/secret HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"to": "+31612345678", "text": message.body, "from": "Netwerk", "ref": message.id}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((202, {"id": "g-1"}), Outcome.ACCEPTED),
        ((200, {"error": "slow"}), Outcome.THROTTLED),
        ((200, {}), Outcome.UNKNOWN),
        ((400, {"error": "text"}), Outcome.CONTENT),
        ((401, {}), Outcome.CONFIGURATION),
        ((302, {}), Outcome.CONFIGURATION),
        ((500, {}), Outcome.UNKNOWN),
        ((503, {}), Outcome.UNKNOWN),
    ],
)
async def test_every_answer_has_its_outcome_and_is_asked_for_once(service, gateway, sms, answer, outcome):
    service.answer = service.says(*answer)
    assert (await gateway().send(sms())).outcome is outcome
    assert len(service.requests) == 1


async def test_too_many_is_heeded_for_as_long_as_the_gateway_wishes(service, gateway, sms):
    service.answer = service.says(429, {}, headers="Retry-After: 12\r\n")
    result = await gateway().send(sms())
    assert (result.outcome, result.retry_after_s) == (Outcome.THROTTLED, 12.0)


@pytest.mark.parametrize("raw", [b"not json", b"\xff\xfe", b'{"id"', b"x" * 200_000])
async def test_an_answer_that_is_no_json_leaves_doubt(service, gateway, sms, raw):
    service.answer = service.says(200, raw=raw)
    assert (await gateway().send(sms())).outcome is Outcome.UNKNOWN


async def test_a_gateway_that_hangs_up_or_stays_silent_leaves_doubt(service, gateway, sms):
    service.answer = None
    assert (await gateway().send(sms())).outcome is Outcome.UNKNOWN
    service.silent = True
    assert (await gateway(timeout_s=0.2).send(sms())).outcome is Outcome.UNKNOWN


async def test_a_gateway_that_is_not_there_is_the_channels_fault(post, sms):
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    route = SmsRoute("own", url=f"http://127.0.0.1:{port}/")
    channel = SmsChannel(SmsSettings(country_code="31"), route, OWN, post.clock)
    assert (await channel.send(sms())).outcome is Outcome.CHANNEL_TEMPORARY
    await channel.close()


@pytest.mark.parametrize("number", ["", "anna@example.net", "+31612345678,+31687654321", "+31612345678\r\nX: y", "112"])
async def test_what_is_no_mobile_number_goes_nowhere(service, gateway, sms, number):
    assert (await gateway().send(sms(number))).outcome is Outcome.REFUSED_BY_US
    assert not service.requests


@pytest.mark.parametrize("body", ["a\r\nb", "a\x00b", "a\x1bb", "right\u202eleft", "a\u2028b"])
async def test_a_text_with_control_characters_goes_nowhere(service, gateway, sms, body):
    assert (await gateway().send(sms(body=body))).outcome is Outcome.REFUSED_BY_US
    assert not service.requests


async def test_a_token_and_a_password_come_from_their_files(service, gateway, sms, tmp_path):
    service.answer = service.says(201, {"id": "g-1"})
    (tmp_path / "token").write_text("t0ken\n")
    token = gateway(
        replace(OWN, auth=Auth.TOKEN, auth_header="X-Key", auth_prefix=""), base=tmp_path, token_file="token"
    )
    assert (await token.send(sms())).outcome is Outcome.ACCEPTED
    basic = gateway(replace(OWN, auth=Auth.BASIC), base=tmp_path, username="AC1", password_file="token")
    assert (await basic.send(sms())).outcome is Outcome.ACCEPTED
    assert service.requests[0][1]["x-key"] == "t0ken"
    assert service.requests[1][1]["authorization"] == "Basic " + base64.b64encode(b"AC1:t0ken").decode()
    (tmp_path / "token").unlink()
    assert (await token.send(sms())).outcome is Outcome.CONFIGURATION
    assert (await basic.send(sms())).outcome is Outcome.CONFIGURATION


async def test_the_agreed_rate_is_kept_and_who_would_wait_too_long_goes_back(service, gateway, sms, post):
    service.answer = service.says(202, {"id": "g-1"})
    channel, began_at = gateway(rate_per_s=0.2), post.clock.now()
    for _ in range(3):
        assert (await channel.send(sms())).outcome is Outcome.ACCEPTED
    assert post.clock.now() - began_at == pytest.approx(10.0)
    results = await asyncio.gather(*(channel.send(sms()) for _ in range(6)))
    refused = [result for result in results if result.outcome is Outcome.THROTTLED]
    assert refused
    assert all(result.detail == "our own rate" and result.retry_after_s > 20.0 for result in refused)
    assert len(service.requests) == 3 + 6 - len(refused)


async def test_a_lost_answer_can_be_asked_for_by_our_reference(service, gateway, sms):
    api = replace(OWN, find_url=service.url + "/by/{reference}")
    channel, message = gateway(api, AskableSmsChannel), sms()
    assert isinstance(channel, LooksUp)
    assert not isinstance(gateway(), LooksUp)
    service.answer = None
    assert (await channel.send(message)).outcome is Outcome.UNKNOWN
    service.script.extend([service.says(404, {}), service.says(200, {}), service.says(200, {"id": "g-9"})])
    assert await channel.lookup(message) is None
    assert await channel.lookup(message) is None
    assert (await channel.lookup(message)).outcome is Outcome.ACCEPTED
    assert service.requests[-1][0] == f"GET /hook/secret/by/{message.id} HTTP/1.1"
    assert (await channel.lookup(message)).outcome is Outcome.UNKNOWN


async def test_a_receipt_is_asked_for_until_it_is_known(service, gateway, sms, post):
    receipts = Receipts()
    api = replace(
        OWN,
        receipt_url=service.url + "/{id}",
        receipt_field="status",
        delivered_values=("ok",),
        undelivered_values=("no",),
    )
    channel, message = gateway(api, receipts=receipts), sms()
    service.script.append(service.says(202, {"id": "g/1"}))
    await channel.send(message)
    await channel.tend()
    assert len(service.requests) == 1
    post.clock.at += 16
    service.script.append(service.says(200, {"status": "on its way"}))
    await channel.tend()
    await channel.tend()
    assert [line for line, _, _ in service.requests[1:]] == ["GET /hook/secret/g%2F1 HTTP/1.1"]
    post.clock.at += 61
    service.script.append(service.says(200, {"status": "ok"}))
    await channel.tend()
    assert receipts.counts == {"delivered": 1}
    post.clock.at += 10_000
    await channel.tend()
    assert len(service.requests) == 3


async def test_receipts_are_asked_for_a_few_at_a_time(service, gateway, sms, post):
    api = replace(OWN, receipt_url=service.url + "/{id}", receipt_field="status", delivered_values=("ok",))
    channel = gateway(api)
    service.answer = service.says(202, {"id": "g-1"})
    for number in range(50):
        await channel.send(replace(sms(), id=f"{number:032x}"))
    post.clock.at += 60
    service.requests.clear()
    service.answer = service.says(200, {"status": "ok"})
    for asked in (20, 40, 50, 50):
        await channel.tend()
        assert len(service.requests) == asked


@pytest.fixture
async def receipts(service, gateway, sms) -> Receipts:
    found = Receipts()
    api = replace(
        OWN, callback_field="dlr", callback_state_field="state", delivered_values=("ok",), undelivered_values=("no",)
    )
    service.answer = service.says(202, {"id": "g-1"})
    await gateway(api, receipts=found, callback="https://status.example.net/receipts/SECRET").send(sms())
    return found


SECRET = "s" * 40


def at_the_door(receipts: Receipts, secret: str = SECRET) -> httpx.AsyncClient:
    app = page_app(FakeDoors(picture()), Door(receipts, secret))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page")


@pytest.fixture
def door(receipts) -> httpx.AsyncClient:
    return at_the_door(receipts)


async def test_a_gateway_is_given_an_address_for_its_receipt(service, receipts, sms):
    assert receipts.expects(sms().id)
    told = json.loads(service.requests[0][2])["dlr"]
    assert told == f"https://status.example.net/receipts/SECRET?id={sms().id}"


async def test_a_receipt_that_comes_by_itself_is_counted_once(door, receipts, sms):
    path = f"/receipts/{SECRET}?id={sms().id}"
    assert (await door.post(path, data={"state": "on its way"})).status_code == 204
    assert receipts.counts == {}
    assert (await door.post(path, json={"state": "ok"})).status_code == 204
    assert (await door.post(path, json={"state": "no"})).status_code == 204
    assert receipts.counts == {"delivered": 1}


async def test_a_receipt_may_come_in_the_address_alone(door, receipts, sms):
    assert (await door.get(f"/receipts/{SECRET}?id={sms().id}&state=no")).status_code == 204
    assert receipts.counts == {"undelivered": 1}


@pytest.mark.parametrize("secret", ["s", "S" * 40, "s" * 41, "%00", "é" * 40])
async def test_who_does_not_know_the_secret_finds_nothing(door, receipts, sms, secret):
    answer = await door.post(f"/receipts/{secret}?id={sms().id}", json={"state": "ok"})
    assert answer.status_code == 404
    assert receipts.counts == {}


async def test_without_a_secret_there_is_no_door(receipts, sms):
    door = at_the_door(receipts, "")
    assert (await door.post(f"/receipts/x?id={sms().id}", json={"state": "ok"})).status_code == 404


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"[" * 10_000, 204),
        ("application/json", b"[1]", 204),
        ("application/json", b"\xff", 204),
        ("application/x-www-form-urlencoded", b"a=1&" * 500, 204),
        ("application/x-www-form-urlencoded", b"state=\xff", 204),
        ("text/plain", b"x" * 20_000, 413),
    ],
)
async def test_a_mangled_receipt_breaks_nothing(door, receipts, sms, kind, body, status):
    answer = await door.post(f"/receipts/{SECRET}?id={sms().id}", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.text) == (status, "" if status == 204 else "too long\n")
    assert receipts.counts == {}


def test_what_waits_for_receipts_is_bounded():
    receipts = Receipts()
    for number in range(50_010):
        receipts.expect(str(number))
    assert not receipts.expects("9")
    assert receipts.expects("10")


def test_gateways_are_built_by_name_and_an_unknown_one_is_refused(post):
    settings = SmsSettings(routes=(SmsRoute("cm"), SmsRoute("own")), apis=MappingProxyType({**presets(), "own": OWN}))
    names = [channel.name for channel in build(ChannelSettings(sms=settings), post.clock)]
    assert names == ["sms/gw.messaging.cm.com", "sms/x.invalid"]
    with pytest.raises(InputError, match="messagebird"):
        build(ChannelSettings(sms=replace(settings, routes=(SmsRoute("mesagebird"),))), post.clock)


def test_a_secret_that_could_be_guessed_is_refused(post, tmp_path):
    (tmp_path / "secret").write_text("short\n")
    settings = SmsSettings(routes=(SmsRoute("cm"),), receipt_url="https://s.example.net", receipt_secret_file="secret")
    with pytest.raises(InputError, match="too short"):
        build(ChannelSettings(sms=settings), post.clock, tmp_path)
