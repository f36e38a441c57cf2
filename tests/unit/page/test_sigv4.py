"""Requests signed as a store that speaks S3 wants them.

Source: AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", the four examples;
the keys are the documentation's own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from netwatch.communication.page.sigv4 import Key, Request, signed

KEY = Key("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
AT = datetime(2013, 5, 24, tzinfo=UTC)
BASE = "https://examplebucket.s3.amazonaws.com"
EXAMPLES = {
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41": Request(
        "GET", f"{BASE}/test.txt", {"Range": "bytes=0-9"}
    ),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd": Request(
        "PUT",
        f"{BASE}/test%24file.text",
        {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        b"Welcome to Amazon S3.",
    ),
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543": Request("GET", f"{BASE}/?lifecycle"),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7": Request("GET", f"{BASE}/?max-keys=2&prefix=J"),
}


@pytest.mark.parametrize("signature", EXAMPLES)
def test_the_published_examples_are_signed_as_published(signature):
    assert signed(EXAMPLES[signature], KEY, AT)["authorization"].endswith(f"Signature={signature}")


def test_every_header_is_signed_and_sent():
    made = signed(EXAMPLES["98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"], KEY, AT)
    names = made["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert sorted(name.lower() for name in made if name != "authorization") == names


def test_the_hour_is_utc_whatever_the_zone():
    request = Request("GET", f"{BASE}/test.txt")
    assert signed(request, KEY, AT) == signed(request, KEY, AT.astimezone(timezone(timedelta(hours=2))))


def test_the_secret_stands_nowhere():
    for request in EXAMPLES.values():
        assert KEY.secret not in str(signed(request, KEY, AT))
