"""What was needed for a while only is given back."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch.daemon.memory import give_back

PIECE_BYTES = 100_000  # below what the C library asks the system for piece by piece


def resident_kb() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@pytest.mark.skipif("glibc" not in __import__("platform").libc_ver()[0], reason="only glibc can")
def test_what_is_free_goes_back_to_the_system_though_something_above_it_lives():
    pieces = [bytes([1]) * PIECE_BYTES for _ in range(400)]
    kept = pieces[-1]
    del pieces
    before = resident_kb()
    give_back()
    assert resident_kb() < before - 20_000
    assert len(kept) == PIECE_BYTES
