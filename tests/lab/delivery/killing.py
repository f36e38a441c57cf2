"""kill -9, again and again, at random moments of mailings of 400 customers through a misbehaving SMTP server.

Each mailing is killed several times, in its first notices or in the all-clear that follows or overtakes them; some
begin with a relay whose name has no DNS. Prints a line a mailing and the sum as JSON; exits 1 when a rule is broken.

    unshare --net sh -c 'ip link set lo up; exec python -m tests.lab.delivery.killing --kills 200 --seed 1'
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Condition, Thread, Timer

from netwatch.communication.model import Phase
from tests.lab.delivery.mailing import identity

HERE = Path(__file__).parent
#: Connections of the route there; so many messages are in flight at most.
IN_FLIGHT = 10
MISBEHAVING = ("--greylist", "0.03", "--drop-after-dot", "0.01", "--storm", "0.005", "--slow-s", "0.002", "--stall", "0.005")  # fmt: skip
#: Cannot be resolved (RFC 6761), and there is nobody to ask in a network of its own.
NO_DNS = "relay.invalid"


class Sink:
    """The SMTP server; `mails` counts what it took by recipient, `order` holds the ids by recipient as they came,
    `lost_replies` those of which it did not say so.
    """

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, HERE / "sink.py", *options], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.port = self.process.stdout.readline().split()[1]
        self.mails: Counter[str] = Counter()
        self.order: dict[str, list[str]] = {}
        self.lost_replies = 0
        self._came = Condition()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def take(self, count: int, mailing: subprocess.Popen[str]) -> None:
        """Return once it took `count` mails more, or the mailing has ended."""
        wanted = self.mails.total() + count
        with self._came:
            while self.mails.total() < wanted and mailing.poll() is None:
                self._came.wait(0.05)

    def _read(self) -> None:
        for line in self.process.stdout:
            recipient, message, fate = line.split()
            with self._came:
                self.mails[recipient] += 1
                self.order.setdefault(recipient.partition("@")[0], []).append(message)
                self.lost_replies += fate == "dropped"
                self._came.notify()

    def finish(self) -> None:
        self.process.terminate()
        self._reader.join(10)
        self.process.wait(10)
        self.process.stdout.close()


def start(directory: Path, port: str, count: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, HERE / "mailing.py", str(directory), port, str(count), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()


def run_to_the_end(directory: Path, port: str, count: int, *options: str) -> dict[str, list[str]]:
    """The recipients by phase and last state, once nothing may leave any more."""
    process = start(directory, port, count, *options)
    watchdog = Timer(90, process.kill)
    watchdog.start()
    output = process.stdout.read()
    process.wait()
    watchdog.cancel()
    process.stdout.close()
    assert process.returncode == 0, output
    return json.loads(output.splitlines()[-1])["states"]


@dataclass
class Found:
    """What became of one mailing, or of all."""

    kills: int = 0
    mails: int = 0
    lost: int = 0
    doubled: int = 0
    bound: int = 0
    most_of_one: int = 0
    lost_replies: int = 0
    end_without_beginning: int = 0
    end_to_the_unsure: int = 0
    told_without_end: int = 0
    beginning_after_end: int = 0
    spared: int = 0
    broken: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        for name, value in vars(other).items():
            if name == "most_of_one":
                self.most_of_one = max(self.most_of_one, value)
            else:
                setattr(self, name, getattr(self, name) + value)


def one_mailing(directory: Path, count: int, kills: int, random: Random) -> Found:
    """Mail to `count`, killed `kills` times, and judge what the sink took against what the store says."""
    options = ["--end-after", str(random.choice([random.randrange(count), count]))]
    if random.random() < 0.3:
        options += ["--dead-relay", NO_DNS]
    sink = Sink(*MISBEHAVING, "--seed", str(random.randrange(10**6)))
    try:
        for _ in range(kills):
            process = start(directory, sink.port, count, *options)
            assert process.stdout.readline().startswith("saved")
            # One in five dies before it has sent anything new.
            sink.take(random.choice([0, 1, 1, 1, 1]) * random.randrange(1, 2 * count // kills), process)
            kill(process)
        states = run_to_the_end(directory, sink.port, count, *options)
    finally:
        sink.finish()
    return judged(sink, states, count, kills)


def judged(sink: Sink, states: dict[str, list[str]], count: int, kills: int) -> Found:
    by_phase = {
        (key.split()[0], name): key.split()[1] for key, recipients in states.items() for name in recipients
    }  # fmt: skip
    found = Found(kills=kills, mails=sink.mails.total(), lost_replies=sink.lost_replies)
    for number in range(count):
        name = f"c-{number}"
        begins, ends = identity(Phase.OPENED, name), identity(Phase.RESOLVED, name)
        order = sink.order.get(name, [])
        began, ended = by_phase.get(("opened", name), ""), by_phase.get(("resolved", name), "")
        copies = Counter(order)
        found.doubled += sum(copies.values()) - len(copies)
        found.most_of_one = max(found.most_of_one, *copies.values(), 0)
        found.lost += not began or not ended or (began == "accepted") > (begins in copies) or (ended == "accepted") > (ends in copies)  # fmt: skip
        if ends in copies and begins not in copies:
            found.end_to_the_unsure += began == "unsure"
            found.end_without_beginning += began != "unsure"
        found.told_without_end += begins in copies and ends not in copies
        found.spared += not copies
        if ends in copies:
            found.beginning_after_end += begins in order[order.index(ends) :]
    found.bound = kills * IN_FLIGHT + sink.lost_replies
    rules = {
        "lost": found.lost == 0,
        "doubled beyond the bound": found.doubled <= found.bound,
        "one of them too often": found.most_of_one <= 2 + kills // 2,
        "all-clear to the untold": found.end_without_beginning == 0,
        "told of the outage, not of its end": found.told_without_end == 0,
        "a first notice after the end": found.beginning_after_end == 0,
    }
    found.broken = [rule for rule, kept in rules.items() if not kept]
    return found


def campaign(kills: int, seed: int, *, count: int = 400) -> Found:
    """So many kills in all, three to ten of them in each mailing."""
    found, number = Found(), 0
    while found.kills < kills:
        random = Random(f"{seed} {number}")
        with tempfile.TemporaryDirectory(prefix="netwatch-kill-") as folder:
            one = one_mailing(Path(folder), count, min(kills - found.kills, random.choice([3, 5, 10])), random)
        found.add(one)
        number += 1
        print(f"mailing {number} of seed {seed}: {json.dumps(vars(one))}", flush=True)
    return found


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(words)
    found = campaign(options.kills, options.seed)
    print(json.dumps(vars(found)))
    return 1 if found.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
