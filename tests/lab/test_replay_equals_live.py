"""What netwatch recorded while it ran gives, played back, the incidents that it had live."""

import json
import subprocess
import sys
import time

import pytest

from tests.lab.namespaces.daemon import Daemon
from tests.lab.namespaces.lab import Lab, moment
from tests.lab.namespaces.provider import customers
from tests.lab.namespaces.shell import wait_until
from tests.lab.settings import QUICK

SEEN_S = 60
OVER_S = 60


class RecordingDaemon(Daemon):
    """`netwatch run --record`."""

    @property
    def recording(self):
        return self._configuration.with_name("observations.jsonl")

    def start(self, within_s=20.0):
        command = [sys.executable, "-m", "netwatch", "run", "-c", str(self._configuration), "--record"]
        self._process = self._space.start([*command, str(self.recording)], self.log)
        wait_until("netwatch run answers", self._alive, within_s)

    def recorded_until(self):
        """The time of the newest line that is on the disk."""
        lines = self.recording.read_text().splitlines()
        return max((json.loads(line)["at"] for line in lines[-20:-1]), default=0.0)

    def replayed(self):
        """The incidents of `netwatch replay --json` on the recording."""
        command = [sys.executable, "-m", "netwatch", "replay", "-c", str(self._configuration), str(self.recording)]
        done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["incidents"]


@pytest.fixture
def lab(network, tmp_path):
    made = Lab(network, tmp_path / "lab", customers(), QUICK)
    made.daemon = RecordingDaemon(network.spaces["noc"], made.daemon._configuration)
    try:
        made.network.wait_all_answer()
        made.daemon.start()
        made.daemon.wait_warm()
        yield made
    finally:
        made.close()


def test_a_tree_cut_and_a_ring_cut_are_the_same_incidents_live_and_in_the_replay(lab):
    hit = lab.behind("child-1")
    cables = lab.network.cables
    cut_at = time.time()
    cables.cut("acc-1-child-1")
    try:
        lab.wait_told(hit, cut_at, SEEN_S)
        first = lab.incident("the tree's cut is seen", cut_at, 1)
    finally:
        cables.mend("acc-1-child-1")
    lab.wait_over(first["id"], OVER_S)
    ring_at = time.time()
    cables.cut("ring-1-ring-2")
    try:
        second = lab.incident("the ring's cut is seen", ring_at, SEEN_S)
    finally:
        cables.mend("ring-1-ring-2")
    lab.wait_over(second["id"], OVER_S)
    live = {one["id"]: (one, lab.daemon.ask(f"/v1/incidents/{one['id']}/why")) for one in lab.daemon.told()}
    report = lab.report()
    over_at = moment(lab.daemon.incident(second["id"])["resolved_at"])
    wait_until("the recording goes on", lambda: lab.daemon.recorded_until() > over_at + 3.0, SEEN_S, every_s=0.5)
    assert lab.daemon.stop() == 0

    replayed = {one["id"]: one for one in lab.daemon.replayed()}
    assert set(replayed) == set(live), report
    for name, again in replayed.items():
        once, why = live[name]
        assert (again["scope"], again["root_causes"]) == (once["scope"], once["root_causes"])
        assert again["scenario"] == once["scenario"]
        assert len(again["customers"]["out"]) == once["ever_affected"], why
        for instant in ("confirmed_at", "opened_at", "resolved_at"):
            assert again[instant] == pytest.approx(moment(once[instant]), abs=3.0), instant
    told = {one["id"]: one["messages"]["customers"] for one in replayed.values()}
    assert told[first["id"]] == 2 * len(hit), "each customer a first notice and an end"
    assert told[second["id"]] == 0
