"""What the daemon's own metrics say."""

from __future__ import annotations

import urllib.error
import urllib.request

METRICS = "http://127.0.0.1:9464/metrics"


def scrape() -> dict[str, float]:
    """All metrics by name with labels; empty while nothing answers."""
    try:
        with urllib.request.urlopen(METRICS, timeout=30) as answer:
            text = answer.read().decode()
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}
    pairs = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def p99_s(before: dict[str, float], after: dict[str, float], histogram: str) -> float:
    """The upper bound of the class that holds the 99th percentile of what came between; 0 when nothing came."""
    classes = sorted(
        (float(name.partition('le="')[2].partition('"')[0]), value - before.get(name, 0.0))
        for name, value in after.items()
        if name.startswith(f"{histogram}_bucket")
    )
    total = classes[-1][1] if classes else 0.0
    return next((bound for bound, count in classes if total and count >= 0.99 * total), 0.0)
