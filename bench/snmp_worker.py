"""One side of the SNMP benchmark, in the namespace that its caller made: `netwatch|net-snmp`."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from bench.measuring import children_cpu_s, own_cpu_s
from netwatch.clock import SystemClock
from netwatch.polling.snmp import ber, mib
from netwatch.polling.snmp.client import TICK_S, Agent, Client
from netwatch.polling.snmp.codec import GET, V2C, Status, request
from netwatch.polling.snmp.tables import Walker

PORT = 16161
OBJECTS = [f"1.3.6.1.2.1.1.{number}.0" for number in (1, 3, 4, 5, 6)]
COLUMNS = ["1.3.6.1.2.1.2.2.1.7", "1.3.6.1.2.1.2.2.1.8"]
AGENTS, GETS, WALKS = 40, 100, 10
THEIR_GETS, THEIR_WALKS = 60, 20


@contextmanager
def agent():
    """A net-snmp agent on loopback."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "snmpd.conf")
        config.write_text(f"rocommunity public\nagentaddress udp:127.0.0.1:{PORT}\n")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": folder}
        words = ["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", str(config), "-p", f"{folder}/pid"]
        process = subprocess.Popen(words, env=environment, **quiet)
        ask = ["snmpget", "-v2c", "-cpublic", "-On", "-t1", f"127.0.0.1:{PORT}", OBJECTS[0]]
        while subprocess.run(ask, env=environment, check=False, **quiet).returncode:
            time.sleep(0.1)
        try:
            yield environment
        finally:
            process.kill()
            process.wait()


async def netwatch() -> dict:
    client = Client(SystemClock(), rate_rps=20_000, receive_buffer_bytes=4 << 20, rng=random.SystemRandom())
    agents = [Agent(f"d{number}", "127.0.0.1", PORT, V2C, b"public", 3.0, 2) for number in range(AGENTS)]

    async def tick():
        while True:
            client.tick(SystemClock().now())
            await asyncio.sleep(TICK_S)

    ticking = asyncio.create_task(tick())
    asked = request(V2C, b"public", GET, [ber.oid(name) for name in OBJECTS])

    async def gets(one):
        for _ in range(GETS):
            assert (await client.ask(one, asked)).status is Status.NO_ERROR

    async def walks(one):
        walker = Walker(client, one, 48)
        for _ in range(WALKS):
            for column in (mib.IF_ADMIN_STATUS, mib.IF_OPER_STATUS):
                status, rows = await walker.column(column)
                assert status is Status.NO_ERROR
                assert len(rows) >= 48, len(rows)

    found = {}
    for what, work, times in (("get", gets, GETS), ("walk", walks, WALKS)):
        before = own_cpu_s()
        await asyncio.gather(*map(work, agents))
        found[what] = (own_cpu_s() - before) / (AGENTS * times) * 1e6
    ticking.cancel()
    client.close()
    return found


def net_snmp(environment) -> dict:
    place = f"127.0.0.1:{PORT}"
    get = ["snmpget", "-v2c", "-cpublic", "-On", place, *OBJECTS]
    walks = [["snmpbulkwalk", "-v2c", "-cpublic", "-On", "-Cr48", place, column] for column in COLUMNS]
    found = {}
    for what, commands, times in (("get", [get], THEIR_GETS), ("walk", walks, THEIR_WALKS)):
        before = children_cpu_s()
        for _ in range(times):
            for command in commands:
                subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        found[what] = (children_cpu_s() - before) / times * 1e6
    return found


if __name__ == "__main__":
    with agent() as environment:
        print(json.dumps(asyncio.run(netwatch()) if sys.argv[1] == "netwatch" else net_snmp(environment)))
