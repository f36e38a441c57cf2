"""Workers in a network of their own, and what they cost."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys


def in_network(setup: str, *command: object) -> dict:
    """Run a command in a fresh network namespace whose loopback is up; the JSON of its last line.

    Raises:
        RuntimeError: it failed.
    """
    script = f'ip link set lo up; {setup}; exec "$@"'
    words = ["unshare", "--net", "sh", "-euc", script, "sh", *map(str, command)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def worker(module: str) -> list[str]:
    """The words that run one of our workers."""
    return [sys.executable, "-m", module]


def children_cpu_s() -> float:
    """CPU seconds, user and system, of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def own_cpu_s() -> float:
    """CPU seconds, user and system, of this process."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def row(name: str, values: list[float], unit: str, most: float | None = None) -> float:
    """Print a median with its spread, and whether it is at most `most`; the median."""
    middle = statistics.median(values)
    spread = f"from {min(values):.1f} to {max(values):.1f}, {len(values)} rounds"
    print(f"  {name:<36} {middle:9.1f} {unit}   ({spread}){verdict(middle, most)}", flush=True)
    return middle


def ratio(name: str, ours: float, theirs: float, most: float | None = None) -> None:
    """Print ours divided by theirs, and whether it is at most `most`."""
    print(f"  {name:<36} {ours / theirs:9.2f}{verdict(ours / theirs, most)}", flush=True)


def at_least(name: str, values: list[float], unit: str, least: float) -> None:
    """Print a median with its spread, and whether it is at least `least`."""
    middle = statistics.median(values)
    spread = f"from {min(values):.0f} to {max(values):.0f}, {len(values)} rounds"
    kept = "kept" if middle >= least else "NOT KEPT"
    print(f"  {name:<36} {middle:9.0f} {unit}   ({spread})   at least {least:g}: {kept}", flush=True)


def verdict(value: float, most: float | None) -> str:
    """Words for a bound; "" without one."""
    if most is None:
        return ""
    return f"   at most {most:g}: {'kept' if value <= most else 'NOT KEPT'}"
