"""Mails an incident's first notice, and its end, through the production store, dispatcher and mail channel, then exits.

Started again after a kill it goes on where it was. Prints `saved N`, then a line of JSON once nothing may leave any more.

    python mailing.py DIRECTORY PORT COUNT [--end-after N] [--dead-relay NAME]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import time
from dataclasses import replace
from random import Random

from netwatch.clock import SystemClock
from netwatch.communication.channels.build import build
from netwatch.communication.channels.settings import ChannelSettings, EmailRoute, EmailSettings
from netwatch.communication.delivery.dispatcher import Dispatcher
from netwatch.communication.delivery.settings import DeliverySettings
from netwatch.communication.model import (
    Approval,
    ApprovalKind,
    Audience,
    Conditions,
    Message,
    Phase,
    Plan,
    State,
    message_id,
)
from netwatch.diagnosis.model import Scenario, Scope
from netwatch.incidents.model import Change, ChangeKind, Incident, Status
from netwatch.storage import Store
from netwatch.storage.settings import StorageSettings

INCIDENT = "i-1"
#: What one crash may double.
CONNECTIONS = 10
BODY = "Beste klant,\n\nEr is een storing in uw buurt. Wij werken eraan. Zażółć gęślą jaźń.\n" * 6


def identity(phase: Phase, recipient: str) -> str:
    """The id, and so the Message-ID, of a recipient's notice."""
    return message_id(INCIDENT, phase, 1 if phase is Phase.RESOLVED else 0, "email", recipient)


def telling(phase: Phase, count: int, at: float) -> tuple[Change, Plan]:
    """The first notice or the end, to `count` customers, with nothing to wait for."""
    update = 1 if phase is Phase.RESOLVED else 0
    incident = Incident(
        INCIDENT, "k", Status.OPEN, Scope.REGIONAL, Scenario.CABLE, ("link:trunk-17",), at, at, opened_at=at, revision=1
    )
    kind = ChangeKind.OPENED
    if phase is Phase.RESOLVED:
        incident, kind = replace(incident, status=Status.RESOLVED, resolved_at=at, revision=2), ChangeKind.RESOLVED
    messages = tuple(
        Message(
            id=identity(phase, f"c-{number}"),
            incident=INCIDENT,
            phase=phase,
            update=update,
            audience=Audience.CUSTOMER,
            channel="email",
            recipient=f"c-{number}",
            address=f"c-{number}@example.net",
            language="nl",
            subject="Storing in Hengelo",
            body=BODY,
            priority=number % 7,
            planned_at=at,
            expires_at=at + 7200,
        )
        for number in range(count)
    )
    approval = Approval(INCIDENT, update, ApprovalKind.AUTO, at, 0, "few customers")
    supersede = ((INCIDENT, 1),) if phase is Phase.RESOLVED else ()
    return Change(at, kind, incident), Plan(messages=messages, approvals=(approval,), supersede=supersede)


async def tell(store: Store, clock: SystemClock, phase: Phase, count: int) -> None:
    change, plan = telling(phase, count, clock.now())
    await store.save((change,), plan)


async def finished(store: Store, clock: SystemClock, count: int, end_after: int | None) -> None:
    """Return when nothing may leave any more. A person releases what was quarantined; the end comes once
    `end_after` first notices were accepted, None = no end.
    """
    incidents = (await store.load()).incidents
    ended = end_after is None or incidents[0].status is Status.RESOLVED
    while True:
        quarantined = await store.messages_in(State.QUARANTINED)
        for message, _ in quarantined:
            await store.release_quarantined(message.id)
        accepted = sum(one.count for one in await store.tally() if one.state is State.ACCEPTED)
        at_rest = not quarantined and not await store.unfinished()
        if not ended and end_after is not None and (accepted >= end_after or at_rest):
            await tell(store, clock, Phase.RESOLVED, count)
            ended = True
        elif at_rest:
            return
        await asyncio.sleep(0.02)


async def main(options: argparse.Namespace) -> None:
    # That routes rest is what this is about.
    logging.getLogger("netwatch.delivery").setLevel(logging.ERROR)
    clock = SystemClock()
    store = await Store.open(StorageSettings(directory=options.directory, ballast_mib=0, crash_limit=0), clock)
    if not await store.tally():
        await tell(store, clock, Phase.OPENED, options.count)
    print("saved", options.count, flush=True)
    delivery = DeliverySettings(
        retry_delays_s=(0.2, 0.4), resend_after_s=0.2, breaker_open_s=0.1, breaker_open_most_s=0.2
    )
    dead = (EmailRoute(options.dead_relay, 25, timeout_s=1.0),) if options.dead_relay else ()
    routes = (*dead, EmailRoute("127.0.0.1", options.port, connections=CONNECTIONS))
    channels = build(ChannelSettings(EmailSettings(routes=routes), delivery=delivery), clock)
    dispatcher = Dispatcher(store, channels, clock, Conditions, settings=delivery, random=Random(1))
    started_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        group.create_task(dispatcher.run())
        await finished(store, clock, options.count, options.end_after)
        dispatcher.stop()
    states: dict[str, list[str]] = {}
    for message, state in await store.messages_of(INCIDENT):
        states.setdefault(f"{message.phase.value} {state.value}", []).append(message.recipient)
    await store.close()
    print(json.dumps({"seconds": round(time.perf_counter() - started_s, 2), "states": states}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--end-after", type=int, default=None)
    parser.add_argument("--dead-relay", default="")
    asyncio.run(main(parser.parse_args()))
