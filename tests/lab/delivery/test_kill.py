"""kill -9 in the middle of mailings through a real SMTP server: nobody is lost, doubles stay within the bound."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from threading import Timer

import pytest

pytestmark = pytest.mark.lab

HERE = Path(__file__).parent
#: Connections of a route by default; so many messages are in flight at most.
IN_FLIGHT = 10


class Sink:
    """The SMTP server; `mails` counts what it took by recipient, `lost_replies` those of which it did not say so."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, HERE / "sink.py", *options], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        # Should the mailing stop, the reading below ends with an error instead of waiting for ever.
        self.watchdog = Timer(120, self.process.kill)
        self.watchdog.start()
        self.port = self.process.stdout.readline().split()[1]
        self.mails: Counter[str] = Counter()
        self.lost_replies = 0

    def take(self, count: int) -> None:
        """Return once it took `count` mails more."""
        for _ in range(count):
            self._count(self.process.stdout.readline())

    def _count(self, line: str) -> None:
        recipient, _, fate = line.split()
        self.mails[recipient] += 1
        self.lost_replies += fate == "dropped"

    def finish(self) -> None:
        self.watchdog.cancel()
        self.process.terminate()
        for line in self.process.stdout:
            self._count(line)
        self.process.wait(10)
        self.process.stdout.close()


def start(directory: Path, port: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, HERE / "mailing.py", str(directory), port, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()


def run_to_the_end(directory: Path, port: str, count: int) -> None:
    process = start(directory, port, count)
    watchdog = Timer(60, process.kill)
    watchdog.start()
    output = process.stdout.read()
    process.wait()
    watchdog.cancel()
    process.stdout.close()
    assert process.returncode == 0, output
    assert "done" in output


@pytest.mark.parametrize(
    ("kills", "options"),
    [
        (1, ()),
        (8, ("--slow-s", "0.003")),
        (5, ("--greylist", "0.03", "--drop-after-dot", "0.01", "--storm", "0.01", "--slow-s", "0.002")),
    ],
    ids=["once", "eight-times", "by-a-misbehaving-relay"],
)
def test_a_mailing_of_500_that_is_killed_reaches_all_500_and_doubles_at_most_what_was_in_flight(
    tmp_path, kills, options
):
    random = Random(kills)
    sink = Sink(*options)
    try:
        for _ in range(kills):
            process = start(tmp_path, sink.port, 500)
            assert process.stdout.readline().startswith("saved")
            sink.take(random.randrange(1, 400 // kills))
            kill(process)
        run_to_the_end(tmp_path, sink.port, 500)
    finally:
        sink.finish()
    assert len(sink.mails) == 500
    doubled = sink.mails.total() - 500
    assert doubled <= kills * IN_FLIGHT + sink.lost_replies
    # One more each time that a person releases a quarantined one, which needs two crashes.
    assert max(sink.mails.values()) <= 2 + kills // 2
    print(f"{kills} kills, {doubled} doubled, {sink.lost_replies} replies lost")
