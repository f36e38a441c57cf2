"""Recordings: order, lateness, and errors that name file, line and key."""

import json
import multiprocessing
from pathlib import Path

import pytest

from netwatch.errors import InputError, OperatingError, Place
from netwatch.polling.model import IcmpObservation
from netwatch.polling.record import from_json, to_json
from netwatch.simulation.network import VirtualNetwork
from netwatch.simulation.noise import USUAL
from netwatch.simulation.poller import VirtualPoller
from netwatch.simulation.readahead import read_ahead
from netwatch.simulation.reading import LineReader, Recording, parse_line, read
from netwatch.simulation.shapes import Maker
from netwatch.simulation.synthetic import ProviderPlan, generate


def ping(at, device="d"):
    return IcmpObservation(at, device, 1, 1, 2.5)


def write(path: Path, lines) -> Path:
    path.write_text("".join(line + "\n" for line in lines))
    return path


def test_the_quick_reader_and_the_general_one_agree():
    inventory = generate(ProviderPlan(30))
    observations = VirtualPoller(VirtualNetwork(inventory, (), 1, 100.0), inventory, 1, noise=USUAL).observations(100.0)
    for observation in observations:
        line = to_json(observation)
        assert parse_line(line + "\n", "f", 1) == observation == from_json(line, Place("f", 1))


def test_a_sorted_file_is_read_as_it_stands(tmp_path):
    observations = [ping(float(number)) for number in range(20)]
    assert list(read(write(tmp_path / "o", map(to_json, observations)))) == observations


def test_small_disorder_is_left_as_it_came(tmp_path):
    path = write(tmp_path / "o", map(to_json, [ping(1.0), ping(2.5), ping(1.5), ping(9.0)]))
    assert [o.at for o in read(path)] == [1.0, 2.5, 1.5, 9.0]


def test_a_late_line_is_handed_on_when_it_came(tmp_path):
    times = [*map(float, range(0, 200, 5)), 50.5, *map(float, range(200, 300, 5))]
    path = write(tmp_path / "o", (to_json(ping(at)) for at in times))
    assert [o.at for o in read(path)] == times


def test_a_file_in_no_order_is_sorted_first(tmp_path):
    times = [float(number * 37 % 101) for number in range(101)]
    path = write(tmp_path / "o", (to_json(ping(at)) for at in times))
    assert [o.at for o in read(path)] == sorted(times)


def test_rfc_3339_times_are_taken(tmp_path):
    line = json.dumps({"at": "2026-11-22T09:14:00Z", "probe": "snmp", "device": "d", "ok": False})
    assert [o.at for o in read(write(tmp_path / "o", [line]))] == [1795338840.0]


def test_every_bad_line_is_told_with_file_line_and_key(tmp_path):
    path = write(tmp_path / "o.jsonl", [
        to_json(ping(1.0)), '{"at": 2, "probe": "icmp", "device": "d", "sent": 1}', "", "oops",
    ])  # fmt: skip
    with pytest.raises(InputError) as caught:
        list(read(path))
    text = str(caught.value)
    assert f"{path}:2: received: is missing" in text
    assert f"{path}:4: not JSON" in text


@pytest.mark.parametrize("line", [
    '{"at": 1.0, "probe": "icmp", "device": "d", "sent": 1, "received": 2}',
    '{"at": 1.0, "probe": "icmp", "device": "d", "sent": 0, "received": 0}',
    '{"at": 1.0, "probe": "icmp", "device": "d", "sent": 1, "received": 0, "rtt_ms": 3.0}',
    '{"at": 1.0, "at": 2.0, "probe": "icmp", "device": "d", "sent": 1, "received": 1}',
])  # fmt: skip
def test_what_the_general_reader_refuses_the_quick_one_refuses_too(line):
    with pytest.raises(InputError):
        parse_line(line, "f", 1)


def test_a_missing_file_is_told_with_its_name(tmp_path):
    with pytest.raises(OperatingError, match="nothere"):
        list(read(tmp_path / "nothere"))


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "o").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OperatingError, match="UTF-8"):
        list(read(tmp_path / "o"))


@pytest.mark.parametrize("line", [
    '{"at": 12.3, "probe": "icmp", "device": "a", "sent": 1, "received": 1, "rtt_ms": 3.1}',
    '{"at": 12.3, "probe": "icmp", "device": "a", "sent": 3, "received": 0}',
    '{"at": 12.3, "probe": "icmp", "device": "a", "sent": 3, "received": 0, "rtt_ms": 3.1}',
    '{"at": 12.3, "probe": "icmp", "device": "a", "sent": 1, "received": 2, "rtt_ms": 3.1}',
    '{"at": 12.3, "probe": "icmp", "device": "a", "sent": 1, "received": 1, "rtt_ms": -3.1}',
    '{"at": 12.3, "probe": "icmp", "device": "a", "sent": 1, "received": 1, "rtt_ms": 3.1, "poller": "p"}',
    '{"at": 1_2, "probe": "snmp", "device": "a", "ok": true, "uptime_s": 5.0}',
    '{"at": 12., "probe": "snmp", "device": "a", "ok": true, "uptime_s": 5.0}',
    '{"at": -12, "probe": "snmp", "device": "a", "ok": true, "uptime_s": 5}',
    '{"at": 12.3, "probe": "snmp", "device": "a", "ok": true, "uptime_s": 5.}',
    '{"at": 12.3, "probe": "snmp", "device": "a", "ok": false}',
    '{"at": 12.3, "probe": "interface", "device": "a", "interface": "i", "admin": "up", "oper": "down"}',
    '{"at": 12.3, "probe": "interface", "device": "", "interface": "i", "admin": "up", "oper": "down"}',
    '{"at": 12.3, "probe": "interface", "device": "a", "interface": "i", "admin": "up", "oper": "odd"}',
])  # fmt: skip
def test_the_quick_reader_takes_and_refuses_what_the_general_one_does(line):
    shapes = []
    reader, maker = LineReader("o.jsonl", shapes), Maker(shapes)
    for _ in range(2):  # the second time it is known
        quickly = outcome(lambda: maker.make([reader.read(line + "\n", 1)])[0])
        assert quickly == outcome(lambda: from_json(line, Place("o.jsonl", 1)))


def outcome(read_it):
    try:
        return read_it()
    except InputError as error:
        return str(error)


def test_a_second_process_reads_the_same_in_the_same_order(tmp_path):
    inventory = generate(ProviderPlan(30))
    network = VirtualNetwork(inventory, (), 1, 200.0)
    observations = list(VirtualPoller(network, inventory, 1, noise=USUAL).observations(200.0))
    path = write(tmp_path / "o", map(to_json, observations))
    heard = []
    with read_ahead(Recording((path,)), lambda done, of: heard.append((done, of)), large_bytes=0) as apart:
        assert list(apart) == observations
    with read_ahead(Recording((path,))) as here:
        assert list(here) == observations
    assert heard[-1][1] == path.stat().st_size


def test_a_fault_comes_through_from_the_second_process(tmp_path):
    path = write(tmp_path / "o", [to_json(ping(1.0)), "oops"])
    with pytest.raises(InputError) as caught, read_ahead(Recording((path,)), large_bytes=0) as found:
        list(found)
    assert f"{path}:2: not JSON" in str(caught.value)
    gone = Recording((tmp_path / "gone",))
    with pytest.raises(OperatingError, match="gone"), read_ahead(gone, large_bytes=-1) as found:
        list(found)


def test_a_reader_that_is_left_half_way_ends_its_process(tmp_path):
    path = write(tmp_path / "o", (to_json(ping(float(number))) for number in range(20_000)))
    with read_ahead(Recording((path,)), large_bytes=0) as reading:
        assert next(reading).at == 0.0
    assert not [child for child in multiprocessing.active_children() if child.name.startswith("ForkProcess")]


def test_files_are_merged_by_time_and_late_lines_keep_their_place(tmp_path):
    one = write(tmp_path / "one", (to_json(ping(at, "a")) for at in (1.0, 5.0, 2.0, 9.0)))
    two = write(tmp_path / "two", (to_json(ping(at, "b")) for at in (3.0, 6.0)))
    found = [(o.device, o.at) for o in Recording((one, two))]
    assert found == [("a", 1.0), ("b", 3.0), ("a", 5.0), ("a", 2.0), ("b", 6.0), ("a", 9.0)]
