"""Limits on what is decoded, the clocks of engines, and our own engine."""

from __future__ import annotations

import stat

import pytest

from netwatch.errors import OperatingError
from netwatch.polling.notifications import Limits, NotificationStatistics, Outcome, OwnEngine
from netwatch.polling.notifications.clocks import EngineClocks
from netwatch.polling.snmp.usm.message import LAST

ENGINE = bytes.fromhex("8000000001020304")


def flood(limits, source, count, now, *, known=True):
    outcomes = [limits.refusal(source, now, known=known) for _ in range(count)]
    return outcomes.count(None)


def test_a_source_has_four_seconds_worth_at_once_and_its_rate_afterwards():
    limits = Limits(50.0, 5000.0)
    assert flood(limits, b"a", 1000, 10.0) == 200
    assert limits.refusal(b"a", 10.0, known=True) is Outcome.OVER_SOURCE_LIMIT
    assert flood(limits, b"a", 1000, 11.0) == 50
    assert flood(limits, b"b", 1000, 11.0) == 200


def test_all_together_have_a_limit_of_their_own():
    limits = Limits(50.0, 100.0)
    assert sum(flood(limits, bytes([number]), 20, 10.0) for number in range(100)) == 400
    assert limits.refusal(b"new", 10.0, known=True) is Outcome.OVER_LIMIT


def test_a_source_over_its_limit_takes_nothing_from_the_rest():
    limits = Limits(10.0, 100.0)
    assert flood(limits, b"loud", 100_000, 10.0) == 40
    assert flood(limits, b"quiet", 1, 10.0) == 1


def test_invented_sources_get_a_quarter_and_are_not_remembered_for_ever():
    limits = Limits(50.0, 1000.0)
    assert sum(flood(limits, number.to_bytes(4), 1, 10.0, known=False) for number in range(20_000)) == 1000
    assert len(limits._unknown) <= 4096
    assert flood(limits, b"device", 100, 10.0) == 100


@pytest.mark.parametrize(
    ("boots", "time_s", "now", "in_time"),
    [
        (5, 1000, 100.0, True),  # the same message
        (5, 1001, 100.0, True),
        (5, 850, 100.0, True),  # overtaken on its way
        (5, 849, 100.0, False),
        (5, 1000, 250.0, True),
        (5, 1000, 251.0, False),
        (5, 5000, 100.0, True),  # the sender's clock runs as it likes, but forward
        (6, 0, 100.0, True),  # it restarted
        (4, 9999, 100.0, False),
        (LAST, 1, 100.0, False),  # an engine whose count is at its end is never in time (RFC 3414 section 2.2.3)
    ],
)
def test_a_message_is_of_now_or_it_is_not_heard(boots, time_s, now, in_time):
    clocks = EngineClocks()
    assert clocks.in_time(ENGINE, 5, 1000, 100.0)
    assert clocks.in_time(ENGINE, boots, time_s, now) is in_time


def test_a_clock_runs_on_from_the_latest_message_not_from_an_older_one():
    clocks = EngineClocks()
    clocks.in_time(ENGINE, 5, 1000, 100.0)
    assert clocks.in_time(ENGINE, 5, 900, 100.0)
    assert clocks.in_time(ENGINE, 5, 901, 151.0)
    assert not clocks.in_time(ENGINE, 5, 900, 151.0)


def test_engines_have_their_own_clocks_and_the_oldest_is_forgotten():
    clocks = EngineClocks()
    for number in range(100_000):
        assert clocks.in_time(number.to_bytes(8), 5, 1000, 100.0)
    assert not clocks.in_time((1).to_bytes(8), 4, 1000, 100.0)
    assert clocks.in_time(b"one more", 5, 1000, 100.0)
    assert not clocks.in_time((1).to_bytes(8), 4, 1000, 100.0)
    assert clocks.in_time((0).to_bytes(8), 4, 1000, 100.0)


def test_our_engine_keeps_its_id_and_counts_its_beginnings(tmp_path):
    path = tmp_path / "engine"
    first, second = OwnEngine.begin(path, 10.0), OwnEngine.begin(path, 500.0)
    assert first.engine_id == second.engine_id
    assert (first.boots, second.boots) == (1, 2)
    assert len(first.engine_id) == 13
    assert first.engine_id[0] & 0x80  # RFC 3411: the form with an enterprise number
    assert (second.time_s(499.0), second.time_s(500.9), second.time_s(560.0)) == (0, 0, 60)


def test_without_a_file_our_engine_is_one_that_nobody_ever_had():
    assert OwnEngine.begin(None, 0.0).engine_id != OwnEngine.begin(None, 0.0).engine_id


@pytest.mark.parametrize(
    "text", ["", "nonsense", "80 1", "8000000005" + "00" * 40 + " 1", f"{ENGINE.hex()} {LAST}", "zz 1"]
)
def test_a_file_that_holds_no_engine_is_replaced_with_a_warning(tmp_path, caplog, text):
    path = tmp_path / "engine"
    path.write_text(text)
    engine = OwnEngine.begin(path, 0.0)
    assert (engine.boots, "holds no engine" in caplog.text) == (1, True)
    assert OwnEngine.begin(path, 0.0).engine_id == engine.engine_id


def test_a_place_where_the_engine_cant_be_kept_is_told_with_its_mend(tmp_path):
    with pytest.raises(OperatingError, match="let netwatch's user read and write it"):
        OwnEngine.begin(tmp_path / "missing" / "engine", 0.0)


def test_the_file_is_replaced_whole(tmp_path):
    path = tmp_path / "engine"
    OwnEngine.begin(path, 0.0)
    OwnEngine.begin(path, 0.0)
    assert [found.name for found in tmp_path.iterdir()] == ["engine"]
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_copy_of_the_statistics_counts_no_further():
    statistics = NotificationStatistics()
    copied = statistics.copy()
    statistics.outcomes[Outcome.HEARD] += 1
    assert (copied.received, statistics.received) == (0, 1)
