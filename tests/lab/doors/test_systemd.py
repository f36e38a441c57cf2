"""The unit files, judged by systemd's own tools."""

import re
import subprocess
from pathlib import Path

import pytest

from netwatch.polling.settings import PollingSettings
from netwatch.web.server import MOST_OPEN

pytestmark = pytest.mark.lab
SYSTEMD = Path(__file__).parents[3] / "systemd"
UNIT = SYSTEMD / "netwatch.service"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_systemd_finds_nothing_wrong_with_the_unit():
    said = run("systemd-analyze", "verify", str(UNIT))
    # It ends with 0 for unknown keys too: what counts is that it says nothing.
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_exposure_is_at_most_2_0():
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT))
    found = re.search(r"Overall exposure level for netwatch\.service: ([0-9.]+)", said.stdout)
    assert found, said.stdout + said.stderr
    assert float(found[1]) <= 2.0


def test_raw_sockets_are_the_only_capability():
    lines = UNIT.read_text().splitlines()
    assert "AmbientCapabilities=CAP_NET_RAW" in lines
    assert "CapabilityBoundingSet=CAP_NET_RAW" in lines


def test_crowded_doors_leave_descriptors_for_everything_else():
    (limit,) = re.findall(r"^LimitNOFILE=(\d+)$", UNIT.read_text(), re.MULTILINE)
    doors = 4  # local API, metrics, page, phone queue
    assert int(limit) > 10 * doors * MOST_OPEN


def test_the_peer_of_the_socket_file_stays_known():
    # In a user namespace of its own every peer would be "nobody", and two approvals one.
    assert not [line for line in UNIT.read_text().splitlines() if line.startswith("PrivateUsers")]


def test_systemd_knows_the_user_and_the_folders(tmp_path):
    (tmp_path / "etc").mkdir()
    made = run("systemd-sysusers", "--root", str(tmp_path), str(SYSTEMD / "sysusers.conf"))
    assert (made.returncode, "Creating user 'netwatch'" in made.stderr) == (0, True), made.stderr
    assert "netwatch:" in (tmp_path / "etc/group").read_text()
    made = run("systemd-tmpfiles", "--root", str(tmp_path), "--create", str(SYSTEMD / "tmpfiles.conf"))
    assert (made.returncode, made.stderr) == (0, "")
    assert (tmp_path / "etc/netwatch").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "etc/netwatch/credentials").stat().st_mode & 0o777 == 0o700


def test_the_kernel_takes_the_receive_buffers_limit():
    (line,) = [row for row in (SYSTEMD / "sysctl.conf").read_text().splitlines() if row and row[0] != "#"]
    name, value = line.split(" = ")
    assert Path("/proc/sys", *name.split(".")).exists()
    asked = PollingSettings()
    assert int(value) == max(asked.receive_buffer_bytes, asked.trap_buffer_bytes)
