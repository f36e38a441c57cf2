"""The whole daemon over an invented provider, in the namespace that its caller made: `TASK`, a JSON object of `Task`.

A run that records is judged for truth from its start on; its cost is not to be quoted.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.compiled import Watched, agents
from bench.provider import write
from bench.scraping import p99_s, scrape
from netwatch.inventory.model import Inventory

START_S, STOP_S = 300, 120
SCRAPE_S = 15.0
"""As often as Prometheus commonly scrapes: it is part of what a daemon costs."""
LAG = "netwatch_polling_lag_seconds"
POLLING: dict[str, object] = {
    "icmp_interval_s": 10,
    "icmp_rate_pps": 20_000,
    "snmp_interval_s": 30,
    "interface_interval_s": 30,
    "customer_port_interval_s": 300,
    "traffic_interval_s": 300,
    "optics_interval_s": 300,
    "power_interval_s": 0,
    "neighbour_interval_s": 0,
}
"""Ping 10 s, GET 30 s, tables 300 s."""
BESIDES: dict[str, object] = {
    "storage": {"directory": "state"},
    "web": {"socket": "netwatch.sock", "page_directory": "page"},
    "people": [{"id": "anna", "name": "Anna", "email": "anna@noc.example.com", "duties": ["oncall", "lead"]}],
}


@dataclass(frozen=True, slots=True)
class Task:
    """`silent_share`: each so-many-th device is silent from the start; 0 = none. `warm_s` passes before the windows."""

    devices: int
    silent_share: int = 20
    warm_s: float = 240.0
    windows: int = 1
    window_s: float = 60.0
    record: bool = False
    polling: dict[str, object] = field(default_factory=lambda: dict(POLLING))
    snmp: dict[str, object] = field(default_factory=dict)

    def words(self) -> list[str]:
        """What the worker is called with."""
        return [json.dumps(asdict(self))]


def silenced(inventory: Inventory, share: int) -> set[str]:
    """Every device whose number in the inventory, from 1, is a multiple of `share`; none with 0."""
    return {name for number, name in enumerate(inventory.devices, 1) if share and number % share == 0}


def silence(inventory: Inventory, devices: set[str]) -> None:
    """Nothing that is sent to these arrives."""
    if not devices:
        return
    members = ", ".join(inventory.devices[name].address for name in sorted(devices))
    table = f"set silent {{ type ipv4_addr; elements = {{ {members} }}; }}"
    chain = "chain in { type filter hook input priority 0; ip daddr @silent drop; }"
    text = f"table ip q {{\n{table}\n{chain}\n}}\n"
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon that polls. `started_s` passed until then."""

    process: subprocess.Popen[bytes]
    inventory: Inventory
    silent: frozenset[str]
    record: Path
    log: Path
    started_s: float

    def scrape(self) -> dict[str, float]:
        """Its metrics.

        Raises:
            RuntimeError: it answers nothing; with the end of its log.
        """
        found = scrape()
        if not found:
            state = "runs" if self.process.poll() is None else f"ended with {self.process.returncode}"
            raise RuntimeError(f"no metrics, the daemon {state}: {_end_of(self.log)}")
        return found


@contextlib.contextmanager
def daemon(task: Task) -> Iterator[Running]:
    """`netwatch run` with agents to ask, up until the block ends.

    Raises:
        RuntimeError: it ends, or is not up in time.
    """
    with tempfile.TemporaryDirectory(prefix="netwatch-bench-") as folder, agents(161):
        settings = {"polling": task.polling, "snmp": task.snmp, **BESIDES}
        config, inventory = write(Path(folder), task.devices, settings)
        silent = silenced(inventory, task.silent_share)
        silence(inventory, silent)
        log, seen = Path(folder, "log"), Path(folder, "observations.jsonl")
        words = [sys.executable, "-m", "netwatch", "run", "-c", str(config), *(["--record", str(seen)] * task.record)]
        begun = time.monotonic()
        with log.open("wb") as out:
            process = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT)
        try:
            while not scrape().get("netwatch_last_step_timestamp_seconds"):
                if process.poll() is not None or time.monotonic() - begun > START_S:
                    raise RuntimeError(_end_of(log))
                time.sleep(0.5)
            yield Running(process, inventory, frozenset(silent), seen, log, time.monotonic() - begun)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-3000:]


def window(running: Running, watched: Watched, seconds: float) -> dict[str, object]:
    """What it costs and does for so long."""
    first, spent, begun = running.scrape(), watched.cpu_s(), time.monotonic()
    last = first
    while (left := begun + seconds - time.monotonic()) > 0:
        time.sleep(min(left, SCRAPE_S))
        last = running.scrape()
    elapsed = time.monotonic() - begun
    grown = {
        name.removeprefix("netwatch_"): value - first.get(name, 0.0)
        for name, value in last.items()
        if "_bucket" not in name
    }
    counters = {name: value for name, value in grown.items() if name.partition("{")[0].endswith("_total")}
    steps = max(1.0, grown["step_duration_seconds_count"])
    return {
        "seconds": elapsed,
        "core_percent": (watched.cpu_s() - spent) / elapsed * 100,
        "memory_mb": watched.memory_mb(),
        "lag_p99_ms": p99_s(first, last, LAG) * 1e3,
        "step_mean_ms": grown["step_duration_seconds_sum"] / steps * 1e3,
        "step_p99_ms": p99_s(first, last, "netwatch_step_duration_seconds") * 1e3,
        "late": sum(value for name, value in counters.items() if name.startswith(("probes_late", "probes_skipped"))),
        "drops": sum(value for name, value in counters.items() if name.startswith("socket_drops")),
        "counters": {name: value for name, value in counters.items() if value},
    }


def judge(record: Path, silent: frozenset[str]) -> dict[str, int]:
    """Count the pings and reads of a recording that contradict the truth; the rotated file before it counts too."""
    counts = Counter(pings=0, falsely_lost=0, falsely_alive=0, reads=0, reads_falsely_failed=0, reads_falsely_alive=0)
    for file in (*sorted(record.parent.glob(f"{record.name}.*")), record):
        with contextlib.suppress(FileNotFoundError), file.open(encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):
                    break
                seen = json.loads(line)
                answers = seen.get("received", seen.get("ok"))
                if seen["probe"] == "icmp":
                    counts["pings"] += seen["sent"]
                    counts["falsely_lost"] += not answers and seen["device"] not in silent
                    counts["falsely_alive"] += bool(answers) and seen["device"] in silent
                elif seen["probe"] == "snmp":
                    counts["reads"] += 1
                    counts["reads_falsely_failed"] += not answers and seen["device"] not in silent
                    counts["reads_falsely_alive"] += bool(answers) and seen["device"] in silent
    return dict(counts)


def main(task: Task) -> dict[str, object]:
    with daemon(task) as running:
        watched = Watched(running.process.pid)
        time.sleep(task.warm_s)
        windows = [window(running, watched, task.window_s) for _ in range(task.windows)]
        last = running.scrape()
        states = {name: value for name, value in last.items() if name.startswith("netwatch_devices{")}
        incidents = sum(value for name, value in last.items() if name.startswith("netwatch_incidents_opened_total"))
        running.process.terminate()
        running.process.wait(STOP_S)
        truth = judge(running.record, running.silent) if task.record else {}
    counts = {"devices": len(running.inventory.devices), "silent": len(running.silent), "incidents": incidents}
    return {"windows": windows, "started_s": running.started_s, "states": states, **counts, **truth}


if __name__ == "__main__":
    print(json.dumps(main(Task(**json.loads(sys.argv[1])))))
