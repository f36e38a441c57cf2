"""What is said to SMS gateways, what their answers mean, and the parts that make a number, a rate and a path."""

from __future__ import annotations

import json

import pytest

from netwatch.communication.channels import pacing, paths, sms_api
from netwatch.communication.channels.http import Answer
from netwatch.communication.channels.numbers import international
from netwatch.communication.channels.sms_api import Sms
from netwatch.communication.channels.sms_settings import Body, NumberForm, SmsApi, SmsRoute
from netwatch.communication.delivery.outcome import Outcome

PRESETS = sms_api.presets()
ID = "0123456789abcdef0123456789abcdef"
PLAIN = Sms(
    "+31612345678", "Storing in Twente.", ID, unicode=False, callback="https://status.example.net/receipts/s?id=1"
)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        (
            "cm",
            {
                "json": {
                    "messages": {
                        "msg": [
                            {
                                "to": [{"number": "0031612345678"}],
                                "body": {"content": "Storing in Twente.", "type": "auto"},
                                "from": "Netwerk",
                                "reference": ID,
                            }
                        ]
                    }
                }
            },
        ),
        (
            "messagebird",
            {
                "json": {
                    "recipients": ["31612345678"],
                    "body": "Storing in Twente.",
                    "originator": "Netwerk",
                    "reference": ID,
                    "reportUrl": PLAIN.callback,
                    "datacoding": "auto",
                }
            },
        ),
        (
            "smsapi-pl",
            {
                "data": {
                    "to": "31612345678",
                    "message": "Storing in Twente.",
                    "from": "Netwerk",
                    "idx": ID,
                    "format": "json",
                    "encoding": "utf-8",
                }
            },
        ),
        (
            "twilio",
            {
                "data": {
                    "To": "+31612345678",
                    "Body": "Storing in Twente.",
                    "From": "Netwerk",
                    "StatusCallback": PLAIN.callback,
                }
            },
        ),
        (
            "vonage",
            {
                "data": {
                    "to": "31612345678",
                    "text": "Storing in Twente.",
                    "from": "Netwerk",
                    "client-ref": ID,
                    "callback": PLAIN.callback,
                }
            },
        ),
    ],
)
def test_each_known_gateway_is_told_in_its_own_words(name, sent):
    assert sms_api.request(PRESETS[name], SmsRoute(name, sender="Netwerk"), PLAIN) == sent


def test_every_shipped_description_is_of_an_https_address_and_has_its_request_tested():
    assert set(PRESETS) == {"cm", "messagebird", "smsapi-pl", "twilio", "vonage"}
    assert all(api.url.startswith("https://") for api in PRESETS.values())
    assert not any(api.idempotent for api in PRESETS.values())


def test_a_text_beyond_the_gsm_alphabet_is_announced_where_the_gateway_wants_that():
    polish = Sms("+48501234567", "Zażółć", ID, unicode=True)
    assert sms_api.request(PRESETS["vonage"], SmsRoute("vonage"), polish)["data"]["type"] == "unicode"
    assert "type" not in sms_api.request(PRESETS["twilio"], SmsRoute("twilio"), polish)["data"]


def test_a_gateway_by_query_gets_its_parameters_and_no_empty_ones():
    api = SmsApi("http://gw.example.net/", body=Body.QUERY, to_field="msisdn", numbers=NumberForm.ZEROS)
    sent = sms_api.request(api, SmsRoute("own"), PLAIN)
    assert sent == {"params": {"msisdn": "0031612345678", "text": "Storing in Twente."}}


@pytest.mark.parametrize(
    ("name", "status", "document", "outcome", "provider"),
    [
        ("cm", 200, {"errorCode": 0, "messages": [{"status": "Accepted", "messageErrorCode": 0}]}, "accepted", ""),
        ("cm", 400, {"details": "No account", "errorCode": 101, "messages": []}, "configuration", ""),
        ("cm", 200, {"errorCode": 201, "messages": [{"status": "Rejected"}]}, "content", ""),
        ("messagebird", 201, {"id": "e8077d80", "recipients": {}}, "accepted", "e8077d80"),
        ("messagebird", 422, {"errors": [{"code": 9, "description": "no recipient"}]}, "content", ""),
        ("messagebird", 401, {"errors": [{"code": 2}]}, "configuration", ""),
        ("smsapi-pl", 200, {"count": 1, "list": [{"id": "5F", "status": "QUEUE"}]}, "accepted", "5F"),
        ("smsapi-pl", 200, {"error": 11, "message": "too long"}, "content", ""),
        ("smsapi-pl", 401, {"error": 101}, "configuration", ""),
        ("twilio", 201, {"sid": "SM1", "status": "queued"}, "accepted", "SM1"),
        ("twilio", 400, {"code": 21211, "status": 400}, "recipient_permanent", ""),
        ("twilio", 400, {"code": 21602}, "content", ""),
        ("twilio", 429, {"code": 20429}, "throttled", ""),
        ("twilio", 401, {"code": 20003}, "configuration", ""),
        ("vonage", 200, {"messages": [{"status": "0", "message-id": "0C"}]}, "accepted", "0C"),
        ("vonage", 200, {"messages": [{"status": "1"}]}, "throttled", ""),
        ("vonage", 200, {"messages": [{"status": "4"}]}, "configuration", ""),
        ("vonage", 200, {"messages": [{"status": "7"}]}, "recipient_permanent", ""),
        ("vonage", 503, {}, "unknown", ""),
        ("vonage", 200, {"surprise": True}, "unknown", ""),
    ],
)
def test_each_known_gateways_answers_are_told_apart(name, status, document, outcome, provider):
    result, found = sms_api.verdict(PRESETS[name], Answer(status, "", json.dumps(document).encode()))
    assert (result.outcome.value, found) == (outcome, provider)


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"[" * 100_000, b"null", b"\xff\xfe", b'{"messages": "no list"}', b'{"messages": [null]}']
)
def test_an_answer_that_nobody_understands_leaves_doubt_and_breaks_nothing(body):
    result, provider = sms_api.verdict(PRESETS["vonage"], Answer(200, "", body))
    assert (result.outcome, provider) == (Outcome.UNKNOWN, "")


def test_a_server_that_failed_is_doubt_unless_the_gateway_knows_references_again():
    api = SmsApi("http://gw.example.net/")
    assert sms_api.verdict(api, Answer(502))[0].outcome is Outcome.UNKNOWN
    again = SmsApi("http://gw.example.net/", idempotent=True)
    assert sms_api.verdict(again, Answer(502))[0].outcome is Outcome.RECIPIENT_TEMPORARY
    repeated = SmsApi("http://gw.example.net/", error_field="error", repeated_codes=("53",))
    assert sms_api.verdict(repeated, Answer(400, "", b'{"error": 53}'))[0].outcome is Outcome.ACCEPTED


def test_a_gateways_words_reach_no_log_but_its_codes():
    api = SmsApi("http://gw.example.net/", error_field="error")
    answer = Answer(400, "", json.dumps({"error": "bad number +31612345678\r\n<b>" * 9}).encode())
    detail = sms_api.verdict(api, answer)[0].detail
    assert len(detail) < 50
    assert not {"\r", "<", "+", " n"} & set(detail)


@pytest.mark.parametrize(
    ("written", "country", "found"),
    [
        ("+31612345678", "", "+31612345678"),
        ("+31 6 1234 5678", "48", "+31612345678"),
        ("0031612345678", "", "+31612345678"),
        ("06-12345678", "31", "+31612345678"),
        ("501 234 567", "48", "+48501234567"),
        ("06-12345678", "", None),
        ("+3161", "", None),
        ("+31612345678901234", "", None),
        ("+0612345678", "", None),
        ("+31612345678;+31687654321", "", None),
        ("+31612345678\r\nTo: x", "", None),
        ("+٣١٦١٢٣٤٥٦٧٨", "", None),
        ("", "31", None),
    ],
)
def test_a_number_is_international_or_none(written, country, found):
    assert international(written, country) == found


def test_a_bucket_keeps_its_rate_and_lends_ahead():
    bucket, waits = pacing.Bucket(10.0), []
    for _ in range(4):
        bucket, wait_s = pacing.take(bucket, 100.0)
        waits.append(round(wait_s, 6))
    assert waits == [0.0, 0.1, 0.2, 0.3]
    assert pacing.take(bucket, 101.0)[1] == 0.0


def test_a_bucket_that_rested_gives_its_burst_and_no_more():
    bucket, waits = pacing.Bucket(10.0, burst=3), []
    for _ in range(5):
        bucket, wait_s = pacing.take(bucket, 0.0)
        waits.append(round(wait_s, 6))
    assert waits == [0.0, 0.0, 0.0, 0.1, 0.2]


def test_several_tokens_at_once_pass_and_the_next_one_pays():
    bucket, wait_s = pacing.take(pacing.Bucket(10.0), 0.0, tokens=5)
    assert wait_s == 0.0
    assert pacing.take(bucket, 0.0)[1] == pytest.approx(0.5)


@pytest.mark.parametrize("path", ["a", "messages[0].status", "a.b[2][0].c", "message-id"])
def test_what_is_put_at_a_path_is_found_there(path):
    document: dict[str, object] = {}
    paths.put(document, path, "x")
    assert paths.is_path(path)
    assert paths.get(document, path) == "x"


@pytest.mark.parametrize("path", ["", ".", "a..b", "a[", "a[x]", "[0]", "a[1000]"])
def test_what_is_no_path_is_told_so(path):
    assert not paths.is_path(path)


@pytest.mark.parametrize(("document", "found"), [({"a": True}, "true"), ({"a": 3}, "3"), ({"a": {}}, None), ([], None)])
def test_only_plain_values_are_found(document, found):
    assert paths.get(document, "a") == found
