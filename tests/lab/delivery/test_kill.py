"""kill -9 in the middle of mailings through a real SMTP server: nobody is lost, doubles stay within the bound."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import pytest

from tests.lab.delivery.killing import IN_FLIGHT, Sink, kill, run_to_the_end, start

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(("kills", "options"), [(1, ()), (8, ("--slow-s", "0.003"))], ids=["once", "eight-times"])
def test_a_mailing_of_500_that_is_killed_reaches_all_500_and_doubles_at_most_what_was_in_flight(
    tmp_path, kills, options
):
    random = Random(kills)
    sink = Sink(*options)
    try:
        for _ in range(kills):
            process = start(tmp_path, sink.port, 500)
            assert process.stdout.readline().startswith("saved")
            sink.take(random.randrange(1, 400 // kills), process)
            kill(process)
        run_to_the_end(tmp_path, sink.port, 500)
    finally:
        sink.finish()
    assert len(sink.mails) == 500
    doubled = sink.mails.total() - 500
    assert doubled <= kills * IN_FLIGHT + sink.lost_replies
    # One more each time that a person releases a quarantined one, which needs two crashes.
    assert max(sink.mails.values()) <= 2 + kills // 2


def test_ten_kills_with_a_misbehaving_relay_lose_nobody_and_tell_no_end_to_the_untold(root):
    assert root
    # A network of its own has nobody who knows a name: there the DNS is dead. `make soak` kills 200 times.
    command = [sys.executable, "-m", "tests.lab.delivery.killing", "--kills", "10", "--seed", "3"]
    words = ["unshare", "--net", "sh", "-euc", 'ip link set lo up; exec "$@"', "sh", *command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kills"] == 10
    assert found["mails"] > 400
