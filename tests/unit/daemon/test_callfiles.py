"""The call list as a file: there while netwatch is not, gone when nobody is to be rung any more."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from netwatch.daemon.callfiles import CallFiles
from netwatch.errors import StorageError
from netwatch.simulation.clock import SimulatedClock
from netwatch.web import sample
from netwatch.web.calllist import call_list
from netwatch.web.fake import FakeDoors
from netwatch.web.model import UnknownIncidentError

OWN = "nw-20261122-0214-7f3a"


class Outages:
    """What the doors answer of the sample outage."""

    def __init__(self) -> None:
        self.doors = FakeDoors(sample.picture())
        self.there = {OWN: True}
        self.asked = 0
        self.error: Exception | None = None

    async def call_list(self, incident):
        self.asked += 1
        if self.error is not None:
            raise self.error
        return call_list(self.doors.picture, incident, self.doors.utc)


@pytest.fixture
def outages():
    return Outages()


@pytest.fixture
def files(tmp_path, outages):
    return CallFiles(tmp_path / "calls", SimulatedClock(), lambda: outages.there, outages.call_list)


async def test_an_outages_list_is_kept_for_netwatch_and_its_group_only(files, tmp_path):
    await files.look()
    path = tmp_path / "calls" / f"{OWN}.txt"
    text = path.read_text("utf-8")
    assert "[ ]   1. 0687654321  Streekziekenhuis Hengelo  OUT since" in text
    assert "on hgl-olt-1 (Hengelo Noord) pon0/4" in text
    assert path.stat().st_mode & 0o777 == 0o640
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_it_is_written_again_only_when_somebody_joins_or_leaves(files, outages, tmp_path):
    path = tmp_path / "calls" / f"{OWN}.txt"
    await files.look()
    path.write_text("as it was", encoding="utf-8")
    outages.doors.picture = replace(outages.doors.picture, at=outages.doors.picture.at + 10)
    await files.look()
    assert path.read_text("utf-8") == "as it was"
    outages.doors.picture = replace(outages.doors.picture, told={OWN: frozenset({"c-3"})})
    await files.look()
    assert "was sent a notice" in path.read_text("utf-8")


async def test_the_list_of_what_is_over_is_written_once_more_and_kept(files, outages, tmp_path):
    path = tmp_path / "calls" / f"{OWN}.txt"
    await files.look()
    outages.there = {OWN: False, "nw-over-since-before-the-start": False}
    outages.doors.picture = replace(outages.doors.picture, told={OWN: frozenset({"c-3"})})
    for _ in range(3):
        await files.look()
    assert outages.asked == 2
    assert "was sent a notice" in path.read_text("utf-8")


async def test_what_belongs_to_no_incident_any_more_is_removed_also_after_a_restart(files, outages, tmp_path):
    await files.look()
    outages.there = {}
    (tmp_path / "calls" / "nw-of-before.txt").write_text("x", encoding="utf-8")
    await files.look()
    assert list((tmp_path / "calls").iterdir()) == []


@pytest.mark.parametrize("error", [StorageError("the disk is full"), UnknownIncidentError("gone")])
async def test_when_it_can_not_be_asked_what_is_kept_stays(files, outages, tmp_path, error):
    await files.look()
    outages.error = error
    await files.look()
    assert len(list((tmp_path / "calls").iterdir())) == 1


async def test_a_directory_that_refuses_ends_nothing_and_is_tried_again(files, tmp_path):
    (tmp_path / "calls").write_text("a file is in the way", encoding="utf-8")
    await files.look()
    assert files.error
    (tmp_path / "calls").unlink()
    await files.look()
    assert not files.error
    assert len(list((tmp_path / "calls").iterdir())) == 1


async def test_the_group_may_read_it_whatever_mask_the_service_runs_under(files, tmp_path):
    (tmp_path / "calls").mkdir(mode=0o700)  # as an earlier version left it
    usual = os.umask(0o077)
    try:
        await files.look()
    finally:
        os.umask(usual)
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "calls", tmp_path / "calls" / f"{OWN}.txt")]
    assert modes == [0o750, 0o640]
