"""Answers survive the way over the wire."""

import pytest

from netwatch.errors import OperatingError
from netwatch.sources import adapter_of
from netwatch.web import sample
from netwatch.web.fake import FakeDoors
from netwatch.web.model import LookupView, StatusView, WhyView
from netwatch.web.wire import Incidents, Refusal, decode, encode, encode_pretty

INCIDENT = "nw-20261122-0214-7f3a"


@pytest.fixture
def doors():
    return FakeDoors(sample.picture(), devices={"up": 1, "unreachable": 2})


async def test_every_answer_is_the_same_after_the_wire(doors):
    for kind, answer in (
        (StatusView, await doors.status()),
        (WhyView, await doors.why(INCIDENT)),
        (LookupView, await doors.lookup("jansen")),
        (Incidents, Incidents(await doors.incidents(closed=True))),
    ):
        assert decode(kind, encode(answer)) == answer
        assert decode(kind, encode_pretty(answer).encode()) == answer


async def test_what_is_written_is_what_the_reader_would_write(doors):
    for answer in (await doors.status(), await doors.why(INCIDENT), Incidents(await doors.incidents(closed=True))):
        adapter = adapter_of(type(answer))
        assert encode(answer) == adapter.dump_json(answer)
        assert encode_pretty(answer) == adapter.dump_json(answer, indent=2).decode()


def test_a_value_that_json_lacks_is_refused():
    with pytest.raises(TypeError, match="set"):
        encode(Refusal("fault", {"a", "b"}))


async def test_a_newer_daemons_unknown_keys_are_ignored(doors):
    encoded = encode(await doors.status()).replace(b'{"version"', b'{"brand_new":1,"version"', 1)
    assert decode(StatusView, encoded) == await doors.status()


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b'{"version": 3}'])
def test_what_is_no_answer_is_refused_with_the_mend(answer):
    with pytest.raises(OperatingError, match="compare `netwatch version`"):
        decode(StatusView, answer)


async def test_instants_are_written_in_utc(doors):
    assert b'"onset_at":"2026-11-22T02:14:06Z"' in encode(await doors.status())
