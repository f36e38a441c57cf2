"""What `run --record` writes: whole lines, in files that rotate, and never in the way of polling."""

import contextlib
import itertools
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.daemon.recording import Recorder, Recording, packed
from netwatch.errors import OperatingError, Place
from netwatch.polling.model import IcmpObservation, SnmpObservation
from netwatch.polling.record import from_json, to_json
from netwatch.simulation.reading import read

PAGE = 4096
KIB = 1 / 1024


def poll(second: int) -> SnmpObservation:
    return SnmpObservation(float(second), "acc-1", ok=True)


def seconds_in(*files: Path) -> list[float]:
    return [seen.at for file in files for seen in read(file)]


def test_what_is_recorded_is_read_back_equal_and_passed_on(tmp_path):
    path, passed = tmp_path / "seen.jsonl", []
    observations = [IcmpObservation(1.0, "acc-1", 1, 0), SnmpObservation(2.0, "acc-1", ok=True, uptime_s=5.0)]
    with Recorder.open(Recording(path)) as recorder:
        sink = recorder.before(passed.append)
        for observation in observations:
            sink(observation)
    assert passed == observations
    assert [from_json(line, Place("seen")) for line in path.read_text().splitlines()] == observations


def test_without_a_file_nothing_is_put_in_between():
    passed = []
    with Recorder.open(None) as recorder:
        assert recorder.before(passed.append) == passed.append


def test_a_record_that_cannot_be_written_is_told_before_anything_starts(tmp_path):
    wrong = Recording(tmp_path / "none" / "seen.jsonl")
    with pytest.raises(OperatingError, match="can't record"), Recorder.open(wrong):
        pass


def test_files_rotate_by_size_and_the_oldest_go(tmp_path):
    path = tmp_path / "seen.jsonl"
    with Recorder.open(Recording(path, megabytes=8 * KIB * KIB * 1024, files=3)) as recorder:
        for second in range(1000):
            recorder.write(poll(second))
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["seen.jsonl", "seen.jsonl.1", "seen.jsonl.2"]
    assert all(one.stat().st_size <= 8 * 1024 for one in tmp_path.iterdir())
    kept = seconds_in(path.with_name("seen.jsonl.2"), path.with_name("seen.jsonl.1"), path)
    assert kept == [float(second) for second in range(1000 - len(kept), 1000)]
    assert len(kept) > 200


def test_one_file_alone_begins_anew(tmp_path):
    path = tmp_path / "seen.jsonl"
    with Recorder.open(Recording(path, megabytes=8 * KIB * KIB * 1024, files=1)) as recorder:
        for second in range(1000):
            recorder.write(poll(second))
    assert [one.name for one in tmp_path.iterdir()] == ["seen.jsonl"]
    assert seconds_in(path)[-1] == 999.0


def test_what_a_power_cut_left_of_a_line_is_taken_off_before_more_is_written(tmp_path):
    path = tmp_path / "seen.jsonl"
    path.write_text(to_json(poll(1)) + "\n" + '{"at": 2.0, "probe": "sn')
    with Recorder.open(Recording(path)) as recorder:
        recorder.write(poll(3))
    assert seconds_in(path) == [1.0, 3.0]


LINES = st.lists(st.text("ab€", max_size=3000), max_size=40)


@settings(max_examples=80, deadline=None)
@given(LINES, st.integers(0, 3 * PAGE), st.integers(1, 6 * PAGE))
def test_no_line_that_fits_a_page_crosses_one(lines, offset, room):
    part, taken = packed(lines, offset, room)
    assert taken == len(lines) or len(part) <= room or offset == 0
    said = part.decode().splitlines()
    assert [line.lstrip(" ") for line in said] == lines[:taken]
    ends = list(itertools.accumulate((len(line.encode()) + 1 for line in said), initial=offset))
    for line, end in zip(lines, ends[1:], strict=False):
        raw = len(line.encode()) + 1
        if raw <= PAGE:
            assert (end - raw) // PAGE == (end - 1) // PAGE


ENDLESS = """
import itertools, sys
from pathlib import Path
from netwatch.daemon.recording import Recorder, Recording
from netwatch.polling.model import InterfaceObservation
with Recorder.open(Recording(Path(sys.argv[1]), 100.0, 2)) as recorder:
    print("writing", flush=True)
    for second in itertools.count():
        recorder.write(InterfaceObservation(float(second), "acc-1", "ge-0/0/" + "1" * (second % 61), "up", "down"))
"""


def test_after_kill_9_every_line_is_whole(tmp_path):
    path = tmp_path / "seen.jsonl"
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    while not path.exists() or path.stat().st_size < 300_000:
        assert process.poll() is None
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    raw = path.read_bytes()
    assert raw.endswith(b"\n") or not raw.rpartition(b"\n")[2].strip(b" "), "the last line is whole, or not there"
    assert len(list(read(path))) > 1000


@contextlib.contextmanager
def small_disk():
    """No file of this process may grow beyond 8 KiB, as on a disk that is full.

    Not a fixture: pytest tells a test's outcome before it takes fixtures down, and its own output
    may be a longer file.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 * 1024, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_the_recording_with_one_message_and_polling_goes_on(tmp_path, caplog):
    path, passed = tmp_path / "seen.jsonl", []
    with small_disk(), Recorder.open(Recording(path)) as recorder:
        sink = recorder.before(passed.append)
        for second in range(1000):
            sink(poll(second))
        recorder.close()
        sink(poll(1000))
    assert len(passed) == 1001
    assert recorder.dropped > 0
    (told,) = [record for record in caplog.records if "polling goes on" in record.message]
    assert str(path) in told.message
    kept = seconds_in(path)
    assert kept == [float(second) for second in range(len(kept))]
    assert len(kept) > 50
