"""Sends SMS through the production store, dispatcher and channel, in the namespace that its caller made: `COUNT RATE`.

`python -m bench.texting_worker gateway RATE` is the gateway: it takes RATE messages in any second and refuses the rest.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from dataclasses import replace
from pathlib import Path
from random import Random
from types import MappingProxyType

from bench.measuring import own_cpu_s, worker
from netwatch.clock import SystemClock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.settings import ChannelSettings
from netwatch.communication.channels.sms_settings import Auth, SmsApi, SmsRoute, SmsSettings
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.model import Conditions, Plan, message_id
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings
from tests.lab.delivery.mailing import INCIDENT, Phase, telling

PORT, TEXT = 8099, "Storing in Hengelo. Wij werken eraan. Nieuws voor 15:00. status.example.net"
BUDGET_S = 20.0


class Gateway:
    """Answers 202 to so many requests in any second (a twentieth more is let pass), 429 to others, each after 20 ms."""

    def __init__(self, rate_per_s: float) -> None:
        self._most = int(rate_per_s * 1.05)
        self._taken: deque[float] = deque()
        self._numbers: Counter[str] = Counter()
        self._refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            size = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            to = str(json.loads(await reader.readexactly(int(size.split(b":")[1])))["to"])
            if to == "count":
                answer = {
                    "accepted": sum(self._numbers.values()),
                    "numbers": len(self._numbers),
                    "refused": self._refused,
                }
                writer.write(_http(200, answer))
                continue
            await asyncio.sleep(0.02)
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - 1.0:
                self._taken.popleft()
            if len(self._taken) >= self._most:
                self._refused += 1
                writer.write(_http(429, {}, "Retry-After: 1\r\n"))
                continue
            self._taken.append(now)
            self._numbers[to] += 1
            writer.write(_http(202, {"id": to}))


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _http(status: int, content: object, more: str = "") -> bytes:
    body = json.dumps(content).encode()
    return (
        f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


async def gateway(rate_per_s: float) -> None:
    server = await asyncio.start_server(Gateway(rate_per_s).serve, "127.0.0.1", PORT)
    print("ready", flush=True)
    await server.serve_forever()


async def counted() -> dict[str, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    body = json.dumps({"to": "count"}).encode()
    writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    head = await reader.readuntil(b"\r\n\r\n")
    found: dict[str, int] = json.loads(
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))
    )
    writer.close()
    return found


def texted(plan: Plan) -> Plan:
    """The same tellings by SMS."""
    messages = tuple(
        replace(
            one,
            id=message_id(INCIDENT, one.phase, one.update, "sms", one.recipient),
            channel="sms", address=f"+3161{number:07d}", subject="", body=TEXT,
        )
        for number, one in enumerate(plan.messages)
    )  # fmt: skip
    return replace(plan, messages=messages)


async def send(count: int, rate_per_s: float, directory: Path) -> dict[str, float]:
    clock = SystemClock()
    store = await Store.open(StorageSettings(directory=directory, ballast_mib=0), clock)
    api = SmsApi(f"http://127.0.0.1:{PORT}/send", auth=Auth.NONE)
    sms = SmsSettings(
        routes=(SmsRoute("stub", rate_per_s=rate_per_s),), apis=MappingProxyType({"stub": api}), country_code="31"
    )
    delivery = DeliverySettings(mailing_budget_s=BUDGET_S)
    channels = build(ChannelSettings(sms=sms, delivery=delivery), clock)
    dispatcher = Dispatcher(store, channels, clock, Conditions, settings=delivery, random=Random(1))
    change, plan = telling(Phase.OPENED, count, clock.now())
    await store.save((change,), texted(plan))
    spent, began = own_cpu_s(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run())
        while await store.unfinished():  # noqa: ASYNC110 -- the store tells nobody that it has nothing left
            await asyncio.sleep(0.1)
        took_s, cpu_s = time.monotonic() - began, own_cpu_s() - spent
        dispatcher.stop()
    await store.close()
    found = await counted()
    once = found["accepted"] if found["accepted"] == found["numbers"] == count else 0
    return {"took_s": took_s, "cpu_s": cpu_s, "accepted_once": once, "refused": found["refused"]}


def main(count: int, rate_per_s: float) -> dict[str, float]:
    logging.getLogger("netwatch").setLevel(logging.ERROR)
    words = [*worker("bench.texting_worker"), "gateway", str(rate_per_s)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with tempfile.TemporaryDirectory(prefix="netwatch-bench-") as folder:
            return asyncio.run(send(count, rate_per_s, Path(folder)))
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    if sys.argv[1] == "gateway":
        asyncio.run(gateway(float(sys.argv[2])))
    else:
        print(json.dumps(main(int(sys.argv[1]), float(sys.argv[2]))))
