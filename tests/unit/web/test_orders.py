"""The body of an order: what it says is taken, and what it can't mean is no order."""

from datetime import UTC, datetime

import pytest

from netwatch.web.orders import Order, read_order


def test_what_is_not_said_has_its_default_and_unknown_keys_are_ignored():
    assert read_order(b"") == read_order(b"{}") == read_order(b'{"brand_new": 1}') == Order()


def test_every_kind_of_key_is_read():
    body = (
        b'{"text": "\xe2\x82\xac\\n", "on": false, "until": "2026-12-01T15:00:00+01:00", "since": null,'
        b' "customers": ["a", "b"], "confirmed": true}'
    )
    until = datetime(2026, 12, 1, 14, tzinfo=UTC)
    assert read_order(body) == Order(text="€\n", on=False, until=until, customers=("a", "b"), confirmed=True)
    assert read_order(b'{"until": "2026-12-01T14:00:00Z"}').until == until


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"[" * 60_000,
        b'{"on": 0}',
        b'{"on": "false"}',
        b'{"by": null}',
        b'{"text": 3}',
        b'{"text": "\\ud800"}',
        b'{"customers": "anna"}',
        b'{"customers": [1]}',
        b'{"until": "tomorrow"}',
        b'{"until": 1780000000}',
    ],
)
def test_what_is_no_order_is_refused(body):
    with pytest.raises((TypeError, ValueError)):
        read_order(body)
