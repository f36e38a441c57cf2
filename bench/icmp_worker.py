"""One side of the ICMP benchmark, in the namespace that its caller made: `netwatch|fping|distant|busy TARGETS PERIOD_S SHARE`.

Each SHARE-th target is silent; none with 0. `distant` and `busy` ping hosts that are 10 ms away, see bench/distant.c.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

from bench.compiled import responder
from bench.measuring import children_cpu_s, own_cpu_s
from netwatch.clock import SystemClock
from netwatch.polling.icmp.engine import TICK_S, Engine

TIMEOUT_S = 1.0
DELAY_MS = 10
BLOCK_S, BLOCK_EVERY_S, LONG_BLOCK_S, LONG_BLOCK_AT_S = 0.03, 0.13, 1.5, 4.0


def addresses(count: int, net: str = "127.1") -> list[str]:
    return [f"{net}.{number // 250}.{number % 250 + 1}" for number in range(count)]


def ping(targets: list[str], period_s: float, share: int, block: Callable[[float], None]) -> dict:
    """Ping every target once; `block` is called after each tick with the seconds since the start."""
    clock = SystemClock()
    engine = Engine("raw", timeout_s=TIMEOUT_S, rate_pps=50_000, urgent_pps=2_000, receive_buffer_bytes=4 << 20)
    for address in targets:
        engine.add(address, address, period_s)
    before = own_cpu_s()
    times, lost, decided = [], set(), set()
    engine.tick(clock.now())
    begun = due = time.monotonic()
    end = due + period_s + TIMEOUT_S + LONG_BLOCK_S + 0.2
    while due < end and len(decided) < len(targets):
        for key, _, rtt_ms in engine.tick(clock.now()):
            decided.add(key)
            if rtt_ms is None:
                lost.add(key)
            else:
                times.append(rtt_ms)
        block(time.monotonic() - begun)
        due = max(due + TICK_S, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
    spent = own_cpu_s() - before
    counts = engine.statistics()
    times.sort()
    truth = {address for number, address in enumerate(targets) if share and number % share == share - 1}
    wrong = {
        "falsely_lost": len(lost - truth),
        "falsely_alive": len(truth - lost),
        "undecided": len(targets) - len(decided),
    }
    spread = {
        "rtt_p50_ms": times[len(times) // 2],
        "rtt_p95_ms": times[len(times) * 95 // 100],
        "rtt_max_ms": times[-1],
    }
    return {"cpu_s": spent, "sent": counts.sent, **wrong, **spread}


def idle(_elapsed_s: float) -> None:
    """Nobody else needs the process."""


def blocks() -> Callable[[float], None]:
    """Something else needs the process 30 ms of every 130, and once 1.5 s."""
    next_at, long_at = BLOCK_EVERY_S, LONG_BLOCK_AT_S

    def block(elapsed_s: float) -> None:
        nonlocal next_at, long_at
        if elapsed_s >= long_at:
            long_at = float("inf")
            time.sleep(LONG_BLOCK_S)
        elif elapsed_s >= next_at:
            next_at = elapsed_s + BLOCK_EVERY_S
            time.sleep(BLOCK_S)

    return block


def distant(count: int, period_s: float, share: int, block: Callable[[float], None]) -> dict:
    """Hosts behind a tun device, each `DELAY_MS` away."""
    with responder("distant.c", "far", DELAY_MS * 1000, share) as far:
        for words in (
            "addr add 10.0.0.1/32 dev far",
            "link set far up txqueuelen 20000",
            "route add 10.1.0.0/16 dev far",
        ):
            subprocess.run(["ip", *words.split()], check=True)
        found = ping(addresses(count, "10.1"), period_s, share, block)
        far.terminate()
        assert far.stdout is not None
        return found | {"held_p95_ms": int(far.stdout.readline()) / 1e3}


def fping(count: int, period_s: float, _share: int) -> dict:
    gap_ms = period_s * 1000 / count
    words = ["fping", "-q", "-c", "1", "-t", "1000", "-i", f"{gap_ms:g}", "-p", f"{period_s * 1000:g}"]
    done = subprocess.run(words, input="\n".join(addresses(count)), capture_output=True, text=True, check=False)
    lost = done.stderr.count("100%")
    return {"cpu_s": children_cpu_s(), "lost": lost}


SIDES = {
    "netwatch": lambda count, period_s, share: ping(addresses(count), period_s, share, idle),
    "fping": fping,
    "distant": lambda count, period_s, share: distant(count, period_s, share, idle),
    "busy": lambda count, period_s, share: distant(count, period_s, share, blocks()),
}

if __name__ == "__main__":
    print(json.dumps(SIDES[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))))
