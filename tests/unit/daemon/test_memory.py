"""All threads share one heap, and what was needed for a while only is given back."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from netwatch.daemon.memory import give_back

PIECE_BYTES = 100_000  # below what the C library asks the system for piece by piece
only_glibc = pytest.mark.skipif("glibc" not in platform.libc_ver()[0], reason="only glibc can")
THREADS = """
import ctypes, threading
from netwatch.daemon.memory import use_one_heap
{first}
kept = []
threads = [threading.Thread(target=lambda: kept.append(bytes(100_000))) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def resident_kb() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def heaps(first: str) -> int:
    """How many heaps a process has whose threads allocated something."""
    words = [sys.executable, "-c", THREADS.format(first=first)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stderr.count("Arena")


@only_glibc
def test_threads_have_heaps_of_their_own_unless_there_is_to_be_one():
    assert heaps("") > 1
    assert heaps("use_one_heap()") == 1


@only_glibc
def test_what_is_free_goes_back_to_the_system_though_something_above_it_lives():
    pieces = [bytes([1]) * PIECE_BYTES for _ in range(400)]
    kept = pieces[-1]
    del pieces
    before = resident_kb()
    give_back()
    assert resident_kb() < before - 20_000
    assert len(kept) == PIECE_BYTES
