"""The timeline over restarts of netwatch, steps of the wall clock, and boots."""

from __future__ import annotations

import json
import time

import pytest

from netwatch import clock
from netwatch.clock import SystemClock


@pytest.fixture
def boot(tmp_path, monkeypatch):
    path = tmp_path / "boot_id"
    path.write_text("first\n")
    monkeypatch.setattr(clock, "_BOOT_ID", path)
    return path


@pytest.fixture
def wall(monkeypatch):
    """The wall clock, moved by what a test puts in."""
    steps = [0.0]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + sum(steps))
    return steps


@pytest.mark.usefixtures("boot")
def test_a_restart_after_a_step_of_the_wall_clock_goes_on_with_the_same_timeline(tmp_path, wall):
    anchor = tmp_path / "store" / "clock"
    before = SystemClock(anchor)
    wall.append(-300.0)
    after = SystemClock(anchor)
    assert after.now() == pytest.approx(before.now(), abs=1.0)
    assert after.wall_step_s() == pytest.approx(-300.0, abs=1.0)
    assert after.utc(after.now()).timestamp() == pytest.approx(time.time(), abs=1.0)


def test_another_boot_and_a_clock_that_was_wrong_by_more_than_ten_minutes_begin_a_timeline_of_their_own(
    tmp_path, boot, wall
):
    anchor = tmp_path / "clock"
    SystemClock(anchor)
    wall.append(120.0)
    boot.write_text("second\n")
    assert SystemClock(anchor).wall_step_s() == pytest.approx(0.0, abs=1.0)
    wall.append(700.0)
    assert SystemClock(anchor).wall_step_s() == pytest.approx(0.0, abs=1.0)
    assert json.loads(anchor.read_text())["boot"] == "second"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"boot": "first"}', '{"boot": "first", "offset_s": "x"}'])
@pytest.mark.usefixtures("boot", "wall")
def test_a_damaged_anchor_is_set_anew(tmp_path, content):
    anchor = tmp_path / "clock"
    anchor.write_text(content)
    assert SystemClock(anchor).wall_step_s() == pytest.approx(0.0, abs=1.0)
    assert json.loads(anchor.read_text())["boot"] == "first"


@pytest.mark.usefixtures("boot", "wall")
def test_where_nothing_can_be_kept_each_start_has_its_own(tmp_path):
    (tmp_path / "file").write_text("")
    assert SystemClock(tmp_path / "file" / "clock").wall_step_s() == pytest.approx(0.0, abs=1.0)
