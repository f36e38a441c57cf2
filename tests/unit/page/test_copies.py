"""Further copies of the page: newest first, again until verified, none in another's way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager

import pytest
from pydantic import TypeAdapter, ValidationError

from netwatch.communication.page.copy import CopyError, brief, renew
from netwatch.communication.page.copying import Copies, build_copies
from netwatch.communication.page.settings import CopySettings
from netwatch.simulation.clock import SimulatedClock

READ = TypeAdapter(CopySettings)


class Host:
    """Another host: holds what it was given, refuses while `broken`, garbles while `rotten`."""

    def __init__(self, name: str = "sftp/b") -> None:
        self.name = name
        self.held: dict[str, bytes] = {}
        self.asked = 0
        self.broken = self.rotten = self.closed = False
        self.defect: Exception | None = None
        self.pause = asyncio.Event()
        self.pause.set()

    async def renew(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        self.asked += 1
        await self.pause.wait()
        if self.defect is not None:
            raise self.defect
        if self.broken:
            raise CopyError("no route to host", "look at it")
        self.held = dict(files)
        return dict.fromkeys(files, b"") if self.rotten else self.held

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock():
    return SimulatedClock(1_000_000.0)


@asynccontextmanager
async def kept(clock, *hosts, alarm_after_s=180.0):
    copies = Copies(hosts, clock, alarm_after_s=alarm_after_s)
    running = asyncio.create_task(copies.run())
    await clock.advance(0.0)
    yield copies
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_is_offered_stands_there_and_is_verified(clock):
    host = Host()
    async with kept(clock, host) as copies:
        copies.offer({"index.html": b"1"})
        assert copies.states()[0].behind_since_at == 1_000_000.0
        await clock.advance(1.0)
        (state,) = copies.states()
    assert host.held == {"index.html": b"1"}
    assert (state.name, state.behind_since_at, state.error) == ("sftp/b", None, "")
    assert state.verified_at is not None
    assert host.closed


async def test_what_reads_back_differently_is_no_copy(clock):
    host = Host()
    host.rotten = True
    with pytest.raises(CopyError, match=r"index\.html reads back other"):
        await renew(host, {"index.html": b"1"})
    async with kept(clock, host) as copies:
        copies.offer({"index.html": b"1"})
        await clock.advance(1.0)
        assert copies.states()[0].verified_at is None
        host.rotten = False
        await clock.advance(10.0)
        assert copies.states()[0].verified_at is not None


async def test_a_host_that_refuses_is_asked_less_and_less_often_and_gets_the_newest_page_at_the_end(clock):
    host = Host()
    host.broken = True
    async with kept(clock, host) as copies:
        for minute in range(10):
            copies.offer({"index.html": b"%d" % minute})
            await clock.advance(60.0)
        assert 8 <= host.asked <= 16
        assert "no route to host" in copies.states()[0].error
        assert copies.states()[0].behind_since_at == 1_000_000.0
        host.broken = False
        await clock.advance(61.0)
        assert host.held == {"index.html": b"9"}
        assert copies.states()[0].error == ""


@pytest.mark.parametrize(
    "defect", [OSError(28, "No space left on device"), ValueError("odd"), ExceptionGroup("x", [KeyError("y")])]
)
async def test_whatever_fails_in_one_copy_is_that_copys_failure_and_ends_nothing(clock, caplog, defect):
    odd, well = Host("sftp/odd"), Host("sftp/well")
    odd.defect = defect
    async with kept(clock, odd, well) as copies:
        for minute in range(10):
            copies.offer({"index.html": b"%d" % minute})
            await clock.advance(60.0)
        first, second = copies.states()
        assert (first.verified_at, first.behind_since_at) == (None, 1_000_000.0)
        assert type(defect).__name__ in first.error
        assert second.behind_since_at is None
        assert list(copies.behind()) == ["the outage page's copy sftp/odd stays behind"]
        odd.defect = None
        await clock.advance(61.0)
        assert copies.states()[0].error == ""
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.exc_info is not None for record in told] == [True]


async def test_on_call_hears_of_a_copy_that_stays_behind_always_in_the_same_words(clock):
    host = Host()
    host.broken = True
    async with kept(clock, host, alarm_after_s=180.0) as copies:
        copies.offer({"index.html": b"1"})
        await clock.advance(179.0)
        assert list(copies.behind()) == []
        await clock.advance(2.0)
        assert list(copies.behind()) == ["the outage page's copy sftp/b stays behind"]
        host.broken = False
        await clock.advance(61.0)
        assert list(copies.behind()) == []


async def test_a_page_that_comes_while_one_is_on_its_way_counts_from_its_own_coming(clock):
    host = Host()
    host.pause.clear()
    async with kept(clock, host) as copies:
        copies.offer({"index.html": b"1"})
        await clock.advance(10.0)
        copies.offer({"index.html": b"2"})
        await clock.advance(1.0)
        assert copies.states()[0].behind_since_at == 1_000_000.0
        host.pause.set()
        await clock.advance(1.0)
        assert host.held == {"index.html": b"2"}
        assert copies.states()[0].behind_since_at is None


async def test_a_slow_host_holds_no_other_one_back(clock):
    slow, quick = Host("sftp/slow"), Host("sftp/quick")
    slow.pause.clear()
    async with kept(clock, slow, quick) as copies:
        copies.offer({"index.html": b"1"})
        await clock.advance(1.0)
        assert [state.verified_at is not None for state in copies.states()] == [False, True]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("host", "-oProxyCommand=touch"),
        ("host", "a b"),
        ("host", "a;b"),
        ("user", "-l"),
        ("user", "a@b"),
        ("directory", "-rf"),
        ("directory", "/srv/page\nrm x"),
        ("directory", '/srv/"page'),
        ("directory", "/srv/pa ge"),
        ("directory", "/srv/$(id)"),
        ("directory", ""),
        ("host", "b\n"),
        ("directory", "/srv/page\n"),
        ("port", 0),
    ],
)
def test_nothing_that_a_shell_or_sftp_would_read_gets_into_a_command(key, value):
    good = {"host": "b.example.net", "user": "page", "directory": "/srv/page", "key_file": "key"}
    READ.validate_python({"ssh": [good]})
    with pytest.raises(ValidationError):
        READ.validate_python({"ssh": [{**good, key: value}]})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("endpoint", "ftp://s3.example.net"),
        ("endpoint", "https://user:pw@s3.example.net"),
        ("endpoint", "https://s3.example.net/x"),
        ("bucket", "a/b"),
        ("bucket", "../b"),
        ("prefix", "no-slash"),
        ("prefix", "/"),
        ("prefix", "a b/"),
    ],
)
def test_a_store_is_named_by_address_and_bucket_alone(key, value):
    good = {"endpoint": "https://s3.example.net", "bucket": "b", "access_key_id": "k", "secret_key_file": "f"}
    READ.validate_python({"s3": [good]})
    with pytest.raises(ValidationError):
        READ.validate_python({"s3": [{**good, key: value}]})


@pytest.mark.parametrize("lack", ["full_disk", "no_descriptors"])
async def test_a_machine_without_room_to_lay_the_page_out_fails_the_copy_in_words(lack, request, clock):
    one = {"host": "127.0.0.1", "port": 1, "user": "page", "directory": "/srv/page", "key_file": "key"}
    store = {
        "endpoint": "https://127.0.0.1:1",
        "bucket": "b",
        "access_key_id": "k",
        "secret_key_file": "/proc/self/comm",
    }
    for copy in build_copies(READ.validate_python({"ssh": [one], "s3": [store]}), clock):
        with request.getfixturevalue(lack)(), pytest.raises(CopyError):
            await renew(copy, {"index.html": b"x" * 8192})
        await copy.close()


def test_two_copies_on_one_host_have_names_of_their_own(clock):
    one = {"host": "b", "user": "page", "directory": "/srv/page", "key_file": "key"}
    settings = READ.validate_python({"ssh": [one, {**one, "directory": "/srv/other"}, {**one, "by": "rsync"}]})
    assert [copy.name for copy in build_copies(settings, clock)] == ["sftp/b", "sftp/b#2", "rsync/b"]


def test_what_another_host_says_becomes_one_harmless_line():
    assert brief("Permission\r\n denied \x1b[31m(publickey).") == "Permission denied [31m(publickey)."
    assert len(brief("x" * 5000)) == 200
