"""The whole daemon mails an outage's first notice, in the namespace that its caller made: `DEVICES CUSTOMERS`.

A core device fails with all regions behind it, in which CUSTOMERS live. The daemon polls on meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from bench.compiled import Watched, agents
from bench.daemon_worker import BESIDES, LAG, POLLING, START_S, STOP_S, silence
from bench.provider import PORTS, provider
from bench.scraping import METRICS, p99_s, scrape
from netwatch.inventory.model import Inventory, Port, Segment, Service
from netwatch.simulation.writing import write_inventory

SMTP_PORT = 2525
READY = METRICS.replace("/metrics", "/-/ready")
STEADY_S, MAILED_S, MIDDLE = 45.0, 300.0, 5
#: Everybody may be told at once, whatever the share: what is measured is the way from there on. All else is the default.
FREELY = {"auto_share": 1.0, "auto_customers": 10**6, "max_share": 1.0, "two_person_share": 1.0, "veto_s": 0}
SEGMENTS = (Segment.CRITICAL, Segment.WHOLESALE, Segment.BUSINESS, Segment.RESIDENTIAL)


def behind_one_core(count: int, customers: int) -> tuple[Inventory, set[str]]:
    """The provider with each 20th region hung on one core alone, and `customers` in those; what fails with that core."""
    made = provider(count)
    cores = [name for name, device in made.devices.items() if device.role == "core"]
    # Not where netwatch stands, nor where the upstream comes in: else everybody would be out.
    core, other = cores[MIDDLE], cores[MIDDLE + 1]
    lost = {
        name
        for name, device in made.devices.items()
        if device.role != "core" and int(name.split("-")[1]) % len(cores) == MIDDLE
    }
    links, port = dict(made.links), PORTS // 2
    for name, link in made.links.items():
        if {link.a.device, link.b.device} & lost and other in {link.a.device, link.b.device}:
            port += 1
            near = Port(core, f"ge-0/0/{port}")
            links[name] = replace(link, a=near) if link.a.device == other else replace(link, b=near)
    homes = sorted(name for name in lost if made.devices[name].role != "aggregation")
    elsewhere = {name: held for name, held in made.customers.items() if held[0].primary.device not in lost}
    there = {service.customer: (service,) for service in _services(homes, customers)}
    inventory = replace(made, links=MappingProxyType(links), customers=MappingProxyType({**elsewhere, **there}))
    return inventory, lost | {core}


def _services(homes: list[str], customers: int) -> Iterator[Service]:
    for number in range(customers):
        # One in a hundred is critical, two wholesale, ten business.
        share = number % 100
        segment = SEGMENTS[0 if share == 0 else 1 if share < 3 else 2 if share < 13 else 3]
        device, port = homes[number % len(homes)], f"ge-0/0/{PORTS - number // len(homes)}"
        name = f"h{number}"
        yield Service(
            name, f"Customer {name}", segment, ("nl", "pl", "en")[number % 3], f"{name}.{segment.value}@example.com",
            "", "", "1000 AB", Port(device, port), None, 5, ("email",), 0,
        )  # fmt: skip


@contextlib.contextmanager
def sink(path: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "bench.mailing_sink", str(SMTP_PORT), str(path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


def is_ready() -> bool:
    try:
        with urllib.request.urlopen(READY, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def wait_for(what: str, holds: object, seconds: float, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + seconds
    assert callable(holds)
    while not holds():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{what}: " + log.read_text(encoding="utf-8", errors="replace")[-3000:])
        time.sleep(0.25)


def approve(config: Path) -> int:
    """Where netwatch wants people to agree, two do. Returns how many were asked."""
    words = [sys.executable, "-m", "netwatch", "approve", "-c", str(config), "--by"]
    return sum(
        subprocess.run([*words, who], capture_output=True, check=False).returncode == 0 for who in ("anna", "bram")
    )


def taken(path: Path) -> list[tuple[float, str]]:
    """When each customer's mail was taken, in the order of arrival."""
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return [(float(parts[0]), parts[1]) for parts in lines if len(parts) == 2 and parts[1].startswith("h")]


def main(devices: int, customers: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="netwatch-bench-") as name, agents(161):
        folder = Path(name)
        inventory, lost = behind_one_core(devices, customers)
        config = write_inventory(inventory, folder)
        settings = {
            **BESIDES,
            "polling": POLLING,
            "communication": FREELY,
            "channels": {"email": {"routes": [{"host": "127.0.0.1", "port": SMTP_PORT}]}},
        }
        lines = [f"{key}: {json.dumps(value)}" for key, value in settings.items()]
        config.write_text("\n".join(["inventory: [network.yaml, customers.csv]", *lines]) + "\n", encoding="utf-8")
        mails, log, page = folder / "mails", folder / "log", folder / "page"
        with sink(mails), log.open("wb") as out:
            words = [sys.executable, "-m", "netwatch", "run", "-c", str(config)]
            process = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT)
            try:
                wait_for("not ready", is_ready, START_S, process, log)
                time.sleep(STEADY_S)
                silence(inventory, lost)
                return measured(customers, process, mails=mails, log=log, page=page)
            finally:
                process.terminate()
                try:
                    process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def measured(
    customers: int, process: subprocess.Popen[bytes], *, mails: Path, log: Path, page: Path
) -> dict[str, object]:
    """See what comes when, now that it is broken."""
    watched, before, begun = Watched(process.pid), scrape(), time.monotonic()
    wall_s = time.time() - begun
    wait_for("not told", lambda: " opened: open, " in log.read_text(errors="replace"), MAILED_S, process, log)
    opened_s = time.monotonic() - begun
    time.sleep(3)
    approved = 0 if taken(mails) else approve(log.parent / "netwatch.yaml")
    wait_for("no mail", lambda: len(taken(mails)) > 0, MAILED_S, process, log)
    spent = watched.cpu_s()
    page_at = max(file.stat().st_mtime for file in page.rglob("*") if file.is_file()) - wall_s
    wait_for("not all mailed", lambda: len({who for _, who in taken(mails)}) >= customers, MAILED_S, process, log)
    spent = watched.cpu_s() - spent
    time.sleep(2)
    after, got = scrape(), taken(mails)
    times = [at for at, _ in got]
    ranks = [SEGMENTS.index(Segment(who.partition("@")[0].partition(".")[2])) for _, who in got]
    late = sum(
        value - before.get(key, 0.0)
        for key, value in after.items()
        if key.startswith(("netwatch_probes_late_total", "netwatch_probes_skipped_total"))
    )
    return {
        "customers": customers,
        "mails": len(got),
        "opened_s": opened_s,
        "approved": approved,
        "first_s": times[0] - begun,
        "took_s": times[-1] - times[0],
        "page_before_s": times[0] - page_at,
        "out_of_order": sum(rank < max(ranks[: place or 1]) for place, rank in enumerate(ranks[:2000])),
        "late": late,
        "lag_p99_ms": p99_s(before, after, LAG) * 1e3,
        "daemon_cpu_s": spent,
        "memory_mb": watched.peak_mb(),
        "incidents": sum(value for key, value in after.items() if key.startswith("netwatch_incidents_opened_total")),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
