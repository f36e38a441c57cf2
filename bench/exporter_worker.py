"""snmp_exporter's side of the SNMP benchmark, in the namespace that its caller made: `WHAT PACE TARGETS`.

The exporter is asked over HTTP by a light client with kept-alive connections, all targets once unmeasured (a tenth of
them), then once measured. CPU is the exporter's own process, user and system, from /proc/PID/stat: the client, which
stands for Prometheus, is not in it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.compiled import Watched, agents
from bench.snmp_questions import COLUMNS, COMMUNITY, OBJECTS, ROWS, STEADY_PER_S, addresses, allow_files

DOOR = 9116
AT_ONCE = 32
TICK_S = 0.02
MODULES = {"get": "get5", "walk": "walk2"}


def configuration() -> str:
    """Two modules, as the exporter's generator would write them."""
    gauges = [
        {
            "name": f"object_{n}",
            "oid": name.removesuffix(".0"),
            "type": "gauge" if ".1.3.0" in name else "DisplayString",
            "help": "h",
        }
        for n, name in enumerate(OBJECTS)
    ]
    index = {"labelname": "ifIndex", "type": "gauge"}
    tables = [
        {"name": f"column_{n}", "oid": name, "type": "gauge", "help": "h", "indexes": [index]}
        for n, name in enumerate(COLUMNS)
    ]
    asking = {"version": 2, "auth": {"community": COMMUNITY}, "max_repetitions": ROWS + 1}
    modules = {
        "get5": {**asking, "get": list(OBJECTS), "metrics": gauges},
        "walk2": {**asking, "walk": list(COLUMNS), "metrics": tables},
    }
    return json.dumps(modules)  # JSON is YAML too


class Scraper:
    """Kept-alive connections to the exporter."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def scrape(self, target: str) -> None:
        """Ask the exporter for one target, and check that it had everything."""
        reader, writer = (
            self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", DOOR, limit=1 << 20)
        )
        writer.write(f"GET /snmp?target={target}&module={MODULES[self._what]} HTTP/1.1\r\nHost: b\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        body = await self._body(reader, head)
        self._free.append((reader, writer))
        assert head.startswith(b"HTTP/1.1 200"), body
        wanted = (b"\ncolumn_", 2 * ROWS) if self._what == "walk" else (b"\nobject_", len(OBJECTS))
        assert body.count(wanted[0]) == wanted[1], body

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        name, _, rest = head.lower().partition(b"content-length:")
        if rest:
            return await reader.readexactly(int(rest.split(b"\r\n")[0]))
        assert b"chunked" in name, head
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)


async def fast(scraper: Scraper, targets: list[str]) -> None:
    left = iter(targets)

    async def asker() -> None:
        for target in left:
            await scraper.scrape(target)

    await asyncio.gather(*(asker() for _ in range(AT_ONCE)))


async def steady(scraper: Scraper, targets: list[str]) -> None:
    since, begun = time.monotonic(), 0
    async with asyncio.TaskGroup() as tasks:
        while begun < len(targets):
            due = min(int((time.monotonic() - since) * STEADY_PER_S), len(targets))
            for target in targets[begun:due]:
                tasks.create_task(scraper.scrape(target))
            begun = due
            await asyncio.sleep(TICK_S)


async def measure(what: str, pace: str, count: int, exporter: Watched) -> dict:
    scraper, targets = Scraper(what), addresses(count)
    for _ in range(100):
        try:
            await scraper.scrape(targets[0])
            break
        except ConnectionError:
            await asyncio.sleep(0.1)
    await fast(scraper, targets[: count // 10])
    before, since = exporter.cpu_s(), time.monotonic()
    await (fast if pace == "fast" else steady)(scraper, targets)
    return {"cpu_s": exporter.cpu_s() - before, "elapsed_s": time.monotonic() - since, "asked": count}


def main(what: str, pace: str, count: int) -> dict:
    allow_files()
    with tempfile.TemporaryDirectory(prefix="netwatch-bench-") as folder, agents(161):
        config = Path(folder, "snmp.yml")
        config.write_text(configuration(), encoding="utf-8")
        words = [
            "prometheus-snmp-exporter",
            f"--config.file={config}",
            f"--web.listen-address=127.0.0.1:{DOOR}",
            "--log.level=error",
        ]
        exporter = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return asyncio.run(measure(what, pace, count, Watched(exporter.pid)))
        finally:
            exporter.kill()
            exporter.wait()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
