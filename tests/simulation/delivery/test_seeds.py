"""Communication in virtual time: many stories, each with its faults, crashes and people, and rules that must hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.delivery.bugs import BUGS, moved
from tests.simulation.delivery.campaign import campaign

ROOT = Path(__file__).parents[3]
#: A share of the 20,000 that `make soak` plays.
SEEDS = int(os.environ.get("NETWATCH_SEEDS", "800"))
#: Found early, one for each part of delivery; `make soak` hunts all.
SOME_BUGS = (
    "sent before the claim is written down",
    "nothing is blocked while a notice is in flight",
    "a start forgets what was in flight",
    "the all-clear goes to everybody",
)


def _python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_no_seed_loses_doubles_or_tells_anybody_what_is_not_so():
    total = None
    for total in campaign(range(SEEDS), os.cpu_count() or 1):
        assert not total.broken, str(total)
    assert total is not None
    assert total.seeds == SEEDS
    assert total.kills.total() > SEEDS
    assert len(total.kills) > 8


def test_the_same_seed_takes_the_same_course_whatever_the_hash_seed():
    words = "from tests.simulation.delivery.playing import play; print(play(4).trace)"
    one, other = (_python("-c", words, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert one.returncode == 0, one.stderr
    assert one.stdout == other.stdout
    assert one.stdout.count("email/one") > 5


def test_every_seeded_bug_still_has_its_place():
    assert len(BUGS) >= 20
    assert moved() == []


@pytest.mark.slow
def test_some_seeded_bugs_are_found_at_once():
    done = _python("-m", "tests.simulation.delivery.bugs", "--most", "40", *SOME_BUGS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(SOME_BUGS)} of {len(SOME_BUGS)} found" in done.stdout
