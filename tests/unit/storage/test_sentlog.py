"""The sent log on a disk that refuses."""

from __future__ import annotations

import os

import pytest

from netwatch.communication.model import State
from netwatch.errors import StorageError
from netwatch.storage.sentlog import SentLog, replay


@pytest.fixture
def log(tmp_path):
    opened = SentLog(tmp_path / "sent.log")
    yield opened
    opened.close()


def written(tmp_path, kept: int = 2) -> dict[str, State]:
    return {fact.id: fact.state for fact in replay(tmp_path / "sent.log", kept).values()}


def fill_up(log: SentLog) -> None:
    """From now on the disk under the log is full."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._file)
    os.close(full)


async def test_a_full_disk_under_the_log_stops_claims_and_nothing_else(store, desk):
    await desk.plan(desk.message())
    good = os.dup(store._log._file)
    fill_up(store._log)
    for _ in range(2):
        with pytest.raises(StorageError, match=r"sent\.log: the disk is full"):
            await desk.claim()
        assert (await store.hold()).on is False
        assert await desk.plan(desk.message()) == 0
    os.dup2(good, store._log._file)
    os.close(good)
    assert len(await desk.claim()) == 1


def test_what_was_rolled_back_is_not_written_later(log, tmp_path):
    log.note("a", State.SENDING, 1.0)
    log.forget()
    log.note("b", State.SENDING, 2.0)
    log.flush()
    assert written(tmp_path) == {"b": State.SENDING}


def test_half_a_line_spoils_no_other(log, tmp_path):
    log.note("a", State.SENDING, 1.0)
    log.flush()
    with (tmp_path / "sent.log").open("a") as file:
        file.write("b acce")
    again = SentLog(tmp_path / "sent.log")
    again.note("c", State.ACCEPTED, 2.0)
    again.flush()
    again.close()
    assert written(tmp_path) == {"a": State.SENDING, "c": State.ACCEPTED}


def test_a_new_part_that_cannot_be_made_leaves_the_log_in_the_file_it_has(log, tmp_path):
    (tmp_path / "sent.log.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        log.rotate(2)
    (tmp_path / "stranger").touch()
    stranger = os.open(tmp_path / "stranger", os.O_WRONLY)
    log.note("a", State.ACCEPTED, 1.0)
    log.flush()
    os.close(stranger)
    assert (tmp_path / "stranger").read_text() == ""
    assert written(tmp_path) == {"a": State.ACCEPTED}


def test_a_part_that_cannot_be_renamed_loses_no_line(log, tmp_path):
    log.note("a", State.ACCEPTED, 1.0)
    log.flush()
    (tmp_path / "sent.log.2").mkdir()
    (tmp_path / "sent.log.1").touch()
    with pytest.raises(OSError, match="directory"):
        log.rotate(2)
    log.note("b", State.ACCEPTED, 2.0)
    log.flush()
    assert written(tmp_path, kept=1) == {"a": State.ACCEPTED, "b": State.ACCEPTED}
