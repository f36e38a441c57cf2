"""What all sides of the SNMP benchmark ask of the same agents, and how fast."""

from __future__ import annotations

import resource

from bench.icmp_worker import addresses

PORT = 161
COMMUNITY = "public"
USER, PASSWORD = "bench", "benchbench"
OBJECTS = tuple(f"1.3.6.1.2.1.1.{number}.0" for number in (1, 3, 4, 5, 6))
COLUMNS = ("1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.2.2.1.8")
"""ifAdminStatus, ifOperStatus."""
ROWS = 48
PASSES = {"get": 5, "get_v3": 5, "walk": 2}
"""How often all targets are asked as fast as it goes: enough that a fast side runs for a second or more."""
STEADY_PER_S = 1_000
WHATS = ("get", "walk", "get_v3")
PACES = ("fast", "steady")
FILES = 20_000
"""Open files that a side with one socket a target needs, for 10,000 of them."""

__all__ = ["addresses"]


def passes(what: str, pace: str) -> int:
    """How often all targets are asked while it is measured."""
    return PASSES[what] if pace == "fast" else 1


def allow_files() -> None:
    """Raise the limit of open files as far as is allowed; below `FILES` it is an error."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < FILES:
        raise SystemExit(f"bench: {FILES} open files are needed, {hard} are allowed; raise the limit (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
