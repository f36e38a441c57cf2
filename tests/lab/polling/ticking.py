"""A client that is ticked as the daemon ticks it."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager

from netwatch.clock import SystemClock
from netwatch.polling.snmp.client import TICK_S, Client


@asynccontextmanager
async def client():
    made = Client(SystemClock(), rate_rps=10_000, receive_buffer_bytes=1 << 20, rng=random.Random(1))

    async def tick():
        while True:
            made.tick(SystemClock().now())
            await asyncio.sleep(TICK_S / 4)

    task = asyncio.create_task(tick())
    try:
        yield made
    finally:
        task.cancel()
        made.close()
