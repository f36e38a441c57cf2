"""netwatch's side of the SNMP benchmark, in the namespace that its caller made: `WHAT PACE TARGETS`.

All targets are asked once unmeasured (v3: engines and keys are known then), then measured, in ticks as in the
daemon. CPU is this process' user and system time by getrusage; importing and the first pass are not in it.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, repeat

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
    passes,
)
from netwatch.clock import SystemClock
from netwatch.polling.snmp import ber
from netwatch.polling.snmp.agent import Agent
from netwatch.polling.snmp.client import TICK_S, Client
from netwatch.polling.snmp.codec import V2C, Status
from netwatch.polling.snmp.dialogue import Answer, get, one
from netwatch.polling.snmp.session import Community
from netwatch.polling.snmp.tables import TableShape, walk
from netwatch.polling.snmp.usm.session import UsmSession
from netwatch.polling.snmp.usm.user import user

TIMEOUT_S, RETRIES, REPETITIONS = 3.0, 2, 24
AT_ONCE = 1500
"""Agents that are being asked at once, as fast as it goes."""
QUESTION = get([ber.oid(name) for name in OBJECTS])
PREFIXES = [ber.oid(name) for name in COLUMNS]


class Asker:
    """Begins one dialogue after the other and checks what comes of each."""

    def __init__(self, what: str, count: int) -> None:
        password = PASSWORD.encode()
        secrets = {"auth_password": password, "privacy_password": password}
        person = user(USER, auth="sha", privacy="aes128", first_salt=1, **secrets) if what == "get_v3" else None
        community = Community(V2C, COMMUNITY.encode())
        self.agents = [
            Agent(address, address, PORT, UsmSession(person) if person else community, TIMEOUT_S, RETRIES)
            for address in addresses(count)
        ]
        self.shapes = {agent.device: TableShape(V2C, REPETITIONS) for agent in self.agents} if what == "walk" else {}
        self.client = Client(SystemClock(), 1e6, 4 << 20, random.SystemRandom())
        self.begin = self._walk if what == "walk" else self._get
        self.done = 0

    def _get(self, agent: Agent) -> None:
        self.client.converse(agent, one(QUESTION), self._got)

    def _got(self, answer: Answer) -> None:
        assert answer.status is Status.NO_ERROR, answer
        assert len(answer.varbinds) == len(OBJECTS), answer
        self.done += 1

    def _walk(self, agent: Agent) -> None:
        self.client.converse(agent, walk(self.shapes[agent.device], PREFIXES), self._walked)

    def _walked(self, found) -> None:
        status, columns = found
        assert status is Status.NO_ERROR, status
        assert all(len(column) == ROWS for column in columns), columns
        self.done += 1


def begin_fast(asker: Asker, left: Iterator[Agent], begun: list[int]) -> None:
    """Keep `AT_ONCE` agents busy."""
    while begun[0] - asker.done < AT_ONCE and (agent := next(left, None)) is not None:
        begun[0] += 1
        asker.begin(agent)


def begin_steadily(since: float, asker: Asker, left: Iterator[Agent], begun: list[int]) -> None:
    """Begin what is due at `STEADY_PER_S`."""
    due = int((time.monotonic() - since) * STEADY_PER_S)
    while begun[0] < due and (agent := next(left, None)) is not None:
        begun[0] += 1
        asker.begin(agent)


def ask_all(asker: Asker, begin: Callable[[Asker, Iterator[Agent], list[int]], None], times: int = 1) -> dict:
    """Ask every agent so often."""
    asker.done = 0
    left, begun, clock = chain.from_iterable(repeat(asker.agents, times)), [0], SystemClock()
    before, since = own_cpu_s(), time.monotonic()
    due = since
    while asker.done < times * len(asker.agents):
        begin(asker, left, begun)
        asker.client.tick(clock.now())
        due = max(due + TICK_S, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
    return {"cpu_s": own_cpu_s() - before, "elapsed_s": time.monotonic() - since}


def main(what: str, pace: str, count: int) -> dict:
    asker = Asker(what, count)
    with agents(PORT):
        ask_all(asker, begin_fast)
        known = asker.client.statistics()
        begin = begin_fast if pace == "fast" else partial(begin_steadily, time.monotonic())
        found = ask_all(asker, begin, passes(what, pace))
        counts = asker.client.statistics()
    retries, requests = counts.retries - known.retries, counts.requests - known.requests
    return found | {"retries": retries, "requests": requests, "asked": passes(what, pace) * count}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
