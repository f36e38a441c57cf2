"""gufo_snmp's side of the SNMP benchmark, in the namespace that its caller made: `WHAT PACE TARGETS`.

As its documentation has it: asyncio, one session a target, get_many for several objects, getbulk for a column, v3 with
a master key. Sessions are opened before (v3: refreshed, so that engines and keys are known), all targets are asked once
unmeasured, then measured. CPU is this process' user and system time by getrusage.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from gufo.snmp import Aes128Key, Sha1Key, User
from gufo.snmp.aio import SnmpSession
from gufo.snmp.user import BaseKey, KeyType

from bench.compiled import agents
from bench.measuring import own_cpu_s
from bench.snmp_questions import (
    COLUMNS,
    COMMUNITY,
    OBJECTS,
    PASSWORD,
    PORT,
    ROWS,
    STEADY_PER_S,
    USER,
    addresses,
    allow_files,
    passes,
)

TIMEOUT_S, TICK_S = 3.0, 0.02
AT_ONCE = 100
"""Of 50, 100, 200, 500 and 2,000 the one at which it costs least."""
REPETITIONS = ROWS + 1
"""One answer holds a column and shows its end: two requests a walk, the fewest there can be."""


def sessions(what: str, count: int) -> list[SnmpSession]:
    if what == "get_v3":
        key: type[BaseKey] = Sha1Key
        master = key.get_master_key(PASSWORD.encode())
        secrets = {"auth_key": Sha1Key(master, KeyType.Master), "priv_key": Aes128Key(master, KeyType.Master)}
        return [SnmpSession(a, PORT, user=User(USER, **secrets), timeout=TIMEOUT_S) for a in addresses(count)]
    return [SnmpSession(a, PORT, COMMUNITY, timeout=TIMEOUT_S, max_repetitions=REPETITIONS) for a in addresses(count)]


async def get(session: SnmpSession) -> None:
    found = await session.get_many(OBJECTS)
    assert len(found) == len(OBJECTS), found


async def walk(session: SnmpSession) -> None:
    for column in COLUMNS:
        rows = [value async for _, value in session.getbulk(column)]
        assert len(rows) == ROWS, rows


Ask = Callable[[SnmpSession], Awaitable[None]]


async def fast(ask: Ask, targets: list[SnmpSession]) -> None:
    """`AT_ONCE` askers, each of which takes the next target when it is done with one."""
    left = iter(targets)

    async def asker() -> None:
        for session in left:
            await ask(session)

    await asyncio.gather(*(asker() for _ in range(AT_ONCE)))


async def steady(ask: Ask, targets: list[SnmpSession]) -> None:
    """Begin what is due at `STEADY_PER_S`, in ticks, as a poller does."""
    since, begun = time.monotonic(), 0
    async with asyncio.TaskGroup() as tasks:
        while begun < len(targets):
            due = min(int((time.monotonic() - since) * STEADY_PER_S), len(targets))
            for session in targets[begun:due]:
                tasks.create_task(ask(session))
            begun = due
            await asyncio.sleep(TICK_S)


async def main(what: str, pace: str, count: int) -> dict:
    allow_files()
    ask = walk if what == "walk" else get
    with agents(PORT):
        targets = sessions(what, count)
        if what == "get_v3":
            await fast(SnmpSession.refresh, targets)
        await fast(ask, targets)
        before, since = own_cpu_s(), time.monotonic()
        for _ in range(passes(what, pace)):
            await (fast if pace == "fast" else steady)(ask, targets)
        spent, elapsed_s = own_cpu_s() - before, time.monotonic() - since
        return {"cpu_s": spent, "elapsed_s": elapsed_s, "asked": passes(what, pace) * count}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
